"""`tapwidget doctor`: what works here and what does not. Shows whether there is a token, never the token."""

from __future__ import annotations

import json
import os
import platform
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from tapwidget.cli.outcomes import DONE, FAILED
from tapwidget.errors import TapWidgetError

LAB_EXTENSIONS = ("@jupyter-widgets/jupyterlab-manager", "anywidget", "bqplot")
OPTIONAL = ("server", "demo")
TOKEN_VARIABLES = ("TAPWIDGET_TOKEN", "NUBLADO_TOKEN", "ACCESS_TOKEN")


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `ok` is None where it is missing and nothing needs it, or works but for a known fault."""

    subject: str
    ok: bool | None
    text: str

    def __str__(self) -> str:
        mark = {True: "ok", False: "NO", None: "--"}[self.ok]
        return f"{mark}  {self.subject:<38} {self.text}"


def run(service: str = "") -> int:
    """Print what was found; the exit status."""
    healthy = True
    for finding in examine(service):
        print(finding, flush=True)
        healthy &= finding.ok is not False
    print("Everything needed works." if healthy else "Something needed does not work: see the lines marked NO.")
    return DONE if healthy else FAILED


def examine(service: str) -> Iterator[Finding]:
    """All findings, in the order in which one would ask."""
    yield Finding("Python", sys.version_info >= (3, 11), f"{platform.python_version()} at {sys.executable}")
    yield from packages()
    yield from kernel()
    yield from lab_extensions()
    yield token()
    yield from services(service)


def packages() -> Iterator[Finding]:
    """Every package that tapwidget asks for, with its version; those of an extra may be missing."""
    told = {"tapwidget"}
    found = [
        (re.search(r"""extra\s*==\s*['"](\w+)['"]""", requirement), requirement)
        for requirement in metadata.requires("tapwidget") or ()
    ]
    wanted_here = [(extra, line) for extra, line in found if not extra or extra[1] in OPTIONAL]
    # The smallest extra that brings a package is the one to name.
    for extra, requirement in sorted(wanted_here, key=lambda one: OPTIONAL.index(one[0][1]) if one[0] else -1):
        name = re.split(r"[\s<>=!~;\[(]", requirement, maxsplit=1)[0]
        if name in told:  # one extra contains another
            continue
        told.add(name)
        bounds = requirement.partition(";")[0].removeprefix(name).strip()
        try:
            version = metadata.version(name)
        except metadata.PackageNotFoundError:
            wanted = f"tapwidget[{extra[1]}]" if extra else f"{name}{bounds}"
            yield Finding(name, None if extra else False, f'missing: pip install "{wanted}"')
            continue
        fits = satisfies(version, bounds)
        yield Finding(name, fits, version if fits else f"{version}, but tapwidget needs {bounds}")


def satisfies(version: str, bounds: str) -> bool:
    """Whether a version lies within bounds such as ">=30,<31"; only `>=` and `<` occur in ours."""
    for sign, bound in re.findall(r"(>=|<)\s*([\d.]+)", bounds):
        ahead = numbers(version) >= numbers(bound)
        if ahead != (sign == ">="):
            return False
    return True


def numbers(version: str) -> tuple[int, ...]:
    """The release numbers of a version, with trailing zeros dropped so that 2 and 2.0 are one."""
    release = re.match(r"\d+(\.\d+)*", version)
    parts = [int(part) for part in release[0].split(".")] if release else []
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def kernel() -> Iterator[Finding]:
    """What runs the cells, and whether it is a release that loses requests (ipython/ipykernel, issue 1554)."""
    try:
        version = metadata.version("ipykernel")
    except metadata.PackageNotFoundError:
        return
    if (7,) <= numbers(version) < (7, 4):
        text = f'{version} can miss a cell or a click until the page is loaded again: pip install "ipykernel>=7.4"'
        yield Finding("ipykernel", None, text)
    else:
        yield Finding("ipykernel", True, version)


def lab_extensions() -> Iterator[Finding]:
    """Whether JupyterLab finds the front-end halves of the widget packages, in the folders it looks into."""
    try:
        from jupyter_core.paths import jupyter_path
    except ModuleNotFoundError:
        yield Finding("front-end extensions", None, "no Jupyter beside this Python: cannot be looked at from here")
        return
    folders = [Path(folder) for folder in jupyter_path("labextensions")]
    for name in LAB_EXTENSIONS:
        found = next((folder / name for folder in folders if (folder / name / "package.json").is_file()), None)
        if found is None:
            text = f"not in {', '.join(map(str, folders))}; install its package beside JupyterLab and reload the page"
            yield Finding(f"labextension {name}", False, text)
        else:
            version = json.loads((found / "package.json").read_text(encoding="utf-8")).get("version", "?")
            yield Finding(f"labextension {name}", True, f"{version} in {found}")


def token() -> Finding:
    """Whether a token for the Rubin Science Platform is here, and where; its value is neither read nor shown."""
    places = [f"in the environment variable {name}" for name in TOKEN_VARIABLES if os.environ.get(name)]
    mounts = os.environ.get("NUBLADO_RUNTIME_MOUNTS_DIR", "/opt/lsst/software/jupyterlab")
    files = (Path("/etc/nublado/secrets/token"), Path(mounts, "secrets/token"))
    places += [f"in {file}" for file in files if file.is_file()]
    if places:
        return Finding("token", True, f"present, {' and '.join(places)} (its value is not shown)")
    return Finding("token", None, "none; only services that ask for one need it (TAPWIDGET_TOKEN)")


def services(wanted: str) -> Iterator[Finding]:
    """The built-in service, if it is installed, and the one asked for."""
    from tapwidget.client.builtin import missing

    if wanted != "demo":
        lacking = missing()
        if lacking:
            text = f'not installed (no {", ".join(lacking)}): pip install "tapwidget[server]"'
            yield Finding("built-in service", None, text)
        else:
            yield reach("demo", "built-in service")
    if wanted:
        yield reach(wanted, f"service {wanted}")


def reach(name: str, subject: str) -> Finding:
    """Ask a service for what it can do."""
    from tapwidget.client.services import connect

    try:
        service = connect(name)
        limits, kind, notice = service.limits(), service.dialect().name, service.notice()
    except TapWidgetError as error:
        return Finding(subject, False, " ".join(str(error).split()))
    uploads = "takes uploads" if limits.upload else "takes no uploads"
    if limits.upload and limits.upload_bytes:
        uploads += f" up to {limits.upload_bytes / 2**20:,.0f} MiB"
    # A service that is down says so itself; one that will be down still works.
    is_down = "not available" in notice
    works = f"{service.url} answers ({kind}), {uploads}. {notice}".rstrip()
    return Finding(subject, not is_down, notice if is_down else works)
