"""The parts that every cell of plain pyvo has: the table read, the upload made of it, the query's text, the job."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import numpy as np
from astropy.table import QTable, Table

from tapwidget.match.dialects import is_rubin
from tapwidget.match.plan import Upload
from tapwidget.match.python_position import python_text

UNFINISHED = '("PENDING", "QUEUED", "EXECUTING", "HELD", "SUSPENDED", "UNKNOWN")'


def reading_code(table: Any) -> str:
    """How the cell gets the user's table, as an astropy Table called `table`."""
    if isinstance(table, str | os.PathLike):
        return f"table = Table.read({python_text(os.fspath(table))})"
    known = table.meta.get("tapwidget") if isinstance(table, Table) else None
    facts = known if isinstance(known, dict) else {}
    if facts.get("read"):
        return f"table = {facts['read']}"
    if isinstance(table, QTable):
        return "table = Table(table)  # your QTable; quantities become columns with units"
    if hasattr(table, "to_parquet"):
        return "table = Table.from_pandas(table)  # your data frame"
    source = str(facts.get("source", ""))
    if source and source == facts.get("format"):  # an object, of which not all is known any more
        return "# `table` is your table, an astropy Table as tapwidget made it: table = app.form.table, in the app."
    file = python_text(os.path.basename(source))
    return f"# `table` is your table, an astropy Table{f', as read from {file}' if source else ''}."


def upload_code(upload: Upload, table: Any, *, cleaned: str = "", cleaning: str = "", why: str) -> str:
    """Code that makes `upload` of `table`, and of `ra` and `dec` where the position travels.

    Parameters
    ----------
    cleaned, cleaning : str
        The column of identifiers that are cleaned up before they travel, if any, and the code that does it.
    why : str
        What travels, as a comment.
    """
    row_type = np.asarray(upload.table[upload.row_column]).dtype.name
    lines = [
        f"# {why}",
        f'upload = Table({{{python_text(upload.row_column)}: np.arange(len(table), dtype="{row_type}")}})',
    ]
    if upload.position:
        lines.append(f"upload[{python_text(upload.position[0])}], upload[{python_text(upload.position[1])}] = ra, dec")
    travelling = [name for name in upload.names if upload.names[name] not in (upload.position or ())]
    lines += [
        f"upload[{python_text(upload.names[name])}] = {_column(name, upload, table)}"
        for name in travelling
        if name != cleaned
    ]
    if cleaned:
        lines[:0] = [cleaning, ""]
        lines.append(f"upload[{python_text(upload.names[cleaned])}] = identifiers")
    if any(upload.table[upload.names[name]].dtype.kind == "S" for name in travelling):
        lines.append("upload.convert_unicode_to_bytestring()")
    if upload.position:
        lines.append("upload = upload[np.isfinite(ra) & np.isfinite(dec)]")
    if cleaned:
        lines.append("upload = upload[have]")
    return "\n".join(lines)


def _column(name: str, upload: Any, table: Any) -> str:
    """The user's column as it travels: of another type only where the upload needs one."""
    code = f"table[{python_text(name)}]"
    if not isinstance(table, Table) or name not in table.colnames:
        return code
    ours, theirs = getattr(table[name], "dtype", None), upload.table[upload.names[name]].dtype
    if ours is None:  # a time, made text by `plain_code`
        return code
    if theirs.kind in "SU":
        return code if ours.kind in "SU" else f"{code}.astype(str)"
    return code if ours == theirs or theirs.kind == "O" else f'{code}.astype("{theirs.name}")'


def job_code(service_url: str, uploads: str, result: str, *, maxrec: int | None = None) -> str:
    """Code that runs `query` as a job and puts what it gives into the variable `result`.

    Parameters
    ----------
    uploads : str
        The name of `upload` in the query; empty where none goes with it.
    """
    if is_rubin(service_url):
        name = "ssotap" if urlsplit(service_url).path.rstrip("/").endswith("ssotap") else "tap"
        service = f'lsst.rsp.get_tap_service("{name}")'
    else:
        service = f"pyvo.dal.TAPService({python_text(_without_secrets(service_url))})"
    more = f", uploads={{{python_text(uploads)}: upload}}" if uploads else ""
    rows = f", maxrec={maxrec}" if maxrec is not None else ""
    return f"""\
service = {service}
job = service.submit_job(query{more}{rows})
try:
    job.run()
    while job.phase in {UNFINISHED}:
        time.sleep(1)
    job.raise_if_error()
    {result} = job.fetch_result().to_table()
finally:
    job.delete()"""


def query_code(adql: str) -> str:
    """The query as a Python expression, on several lines where it has several; its value is the very text."""
    if "\n" not in adql:
        return python_text(adql)
    plain = adql.replace("\n", "").replace("\t", "").isprintable()
    if plain and '"""' not in adql and "\\" not in adql and not adql.endswith('"'):
        return f'"""\\\n{adql}"""'
    lines = "\n".join(f"    {line!r}" for line in adql.splitlines(keepends=True))
    return f"(\n{lines}\n)"


def _without_secrets(service_url: str) -> str:
    """The URL without user, password, query and fragment."""
    parts = urlsplit(service_url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
