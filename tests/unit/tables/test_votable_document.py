from __future__ import annotations

import base64
import io
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from tapwidget.errors import ColumnError, FileFormatError
from tapwidget.ivoa.tapschema import Column
from tapwidget.tables.votable_document import Document, read_document, write_document, write_stream

COLUMNS = [
    Column("id", "long", ucd="meta.id", description="An <id>"),
    Column("mag", "float", unit="mag"),
    Column("t", "char", "*"),
]
ARRAYS = [np.array([1, 2**62 + 1, 3]), np.array([1.5, np.nan, 0], "f4"), np.array(["a", "", "xyz"], object)]
MASKS = [None, np.array([False, False, True]), None]
FIELDS = '<FIELD name="id" datatype="long"/><FIELD name="t" datatype="char" arraysize="*"/>'
ROWS = "<DATA><TABLEDATA><TR><TD>5</TD><TD>five</TD></TR></TABLEDATA></DATA>"


def written(**words: object) -> bytes:
    return b"".join(write_document(COLUMNS, ARRAYS, MASKS, **words))  # type: ignore[arg-type]


def votable(inside: str, *, version: str = "1.4") -> bytes:
    return f'<?xml version="1.0"?>\n<VOTABLE version="{version}">{inside}</VOTABLE>'.encode()


def results(inside: str) -> bytes:
    return votable(f'<RESOURCE type="results">{inside}</RESOURCE>')


def stream(data: bytes, attributes: str = 'encoding="base64"', form: str = "BINARY2") -> str:
    text = base64.encodebytes(data).decode()
    return f"<TABLE>{FIELDS}<DATA><{form}><STREAM {attributes}>{text}</STREAM></{form}></DATA></TABLE>"


@pytest.mark.parametrize("serialization", ["BINARY2", "TABLEDATA"])
def test_a_document_comes_back_as_it_was(serialization: str) -> None:
    document = read_document(
        written(serialization=serialization, infos={"server": "a & b"}, table_name="x", description="d")
    )
    assert document.columns == tuple(COLUMNS)
    assert document.nrows == 3
    assert document.arrays[0].tolist() == [1, 2**62 + 1, 3]
    assert document.arrays[0].dtype == np.int64
    assert document.arrays[1][0] == np.float32(1.5)
    assert np.isnan(document.arrays[1][1])
    assert document.masks[0] is None
    assert document.masks[1] is not None
    assert document.masks[1].tolist() == [False, False, True]
    assert document.arrays[2].tolist() == ["a", "", "xyz"]
    assert (document.query_status, document.query_message, document.overflow) == ("OK", "", False)
    assert (document.infos, document.name, document.description) == ({"server": "a & b"}, "x", "d")
    assert document.changes == ()


def test_the_document_is_what_the_standard_says() -> None:
    text = written(query_status="OVERFLOW", query_message="cut at 3").decode()
    assert text.index('value="OK"') < text.index("<TABLE>") < text.index("</TABLE>") < text.index('value="OVERFLOW"')
    assert "cut at 3" not in text[: text.index("</TABLE>")]
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<VOTABLE version="1.4" ')
    assert "QUERY_STATUS" not in written(query_status="").decode()
    with pytest.raises(ValueError, match="FITS"):
        written(serialization="FITS")


@pytest.mark.parametrize("serialization", ["BINARY2", "TABLEDATA"])
def test_batches_of_any_size_make_one_table(serialization: str) -> None:
    """Also where the bytes of a batch are no multiple of three, as base64 has them, or none at all."""
    asked: list[int] = []

    def batches() -> Iterator[tuple[list[np.ndarray], list[np.ndarray | None]]]:
        row = 0
        for size in (1, 0, 4, 2, 7):
            rows = np.arange(row, row + size)
            row += size
            text = np.array(["x" * (n % 4) + "." for n in rows], object)
            yield [rows, rows.astype("f4"), text], [None, rows == 3, None]
        asked.append(row)

    def after() -> tuple[str, str]:
        assert asked == [14]
        return "OVERFLOW", "there is more"

    chunks = list(write_stream(COLUMNS, batches(), serialization=serialization, status_after=after))
    assert len(chunks) >= 6
    document = read_document(b"".join(chunks))
    assert document.arrays[0].tolist() == list(range(14))
    assert np.flatnonzero(document.masks[1]).tolist() == [3]
    assert document.arrays[2].tolist() == ["x" * (n % 4) + "." for n in range(14)]
    assert (document.query_status, document.query_message, document.overflow) == ("OVERFLOW", "there is more", True)


def test_the_first_bytes_come_before_the_last_batch_is_asked_for() -> None:
    def batches() -> Iterator[tuple[list[np.ndarray], None]]:
        yield [np.arange(3)], None
        raise RuntimeError("the engine failed")

    chunks = write_stream([Column("n", "long")], batches())
    assert b"<FIELD" in next(chunks)
    begun = next(chunks)
    with pytest.raises(RuntimeError, match="engine failed"):
        next(chunks)
    with pytest.raises(FileFormatError, match="incomplete"):
        read_document(b"<VOTABLE><RESOURCE><TABLE>" + begun)


def test_rows_are_counted_from_the_first_batch_on() -> None:
    text = np.array(["a"] * 10_500, object)
    text[10_200] = "é"
    chunks = write_document([Column("t", "char", "*")], [text], serialization="TABLEDATA")
    with pytest.raises(ColumnError, match=r"row 200.*counted from row 10000"):
        list(chunks)


def test_an_error_has_no_table() -> None:
    text = b"".join(write_document([], [], query_status="ERROR", query_message="line 1: <what>?"))
    assert b"<TABLE" not in text
    document = read_document(text)
    assert (document.query_status, document.query_message) == ("ERROR", "line 1: <what>?")
    assert (document.columns, document.nrows) == ((), 0)


@pytest.mark.parametrize(
    ("before", "after", "status", "message"),
    [
        ("OK", "", "OK", "said before"),
        ("OK", "OVERFLOW", "OVERFLOW", "said after"),
        ("OK", "ERROR", "ERROR", "said after"),
        ("", "OVERFLOW", "OVERFLOW", "said after"),
        ("", "", "", ""),
    ],
)
def test_what_is_said_behind_the_table_wins(before: str, after: str, status: str, message: str) -> None:
    head = f'<INFO name="QUERY_STATUS" value="{before}">said before</INFO>' if before else ""
    tail = f'<INFO name="QUERY_STATUS" value="{after}">said after</INFO>' if after else ""
    for document in (
        read_document(results(f"{head}<TABLE>{FIELDS}{ROWS}</TABLE>{tail}")),
        read_document(results(f"{head}<TABLE>{FIELDS}{ROWS}{tail}</TABLE>")),
    ):
        assert (document.query_status, document.query_message, document.nrows) == (status, message, 1)
        assert document.overflow == (status == "OVERFLOW")


@pytest.mark.parametrize("version", ["1.0", "1.1", "1.2", "1.3", "1.4", "1.5"])
def test_all_versions_and_prefixes(version: str) -> None:
    text = f"""<?xml version='1.0'?>
    <vot:VOTABLE xmlns:vot="http://www.ivoa.net/xml/VOTable/v1.3" version="{version}">
     <vot:DEFINITIONS><vot:COOSYS ID="J2000" system="eq_FK5" equinox="J2000"/></vot:DEFINITIONS>
     <vot:RESOURCE type="results"><vot:COOSYS ID="c" system="ICRS"/><vot:TIMESYS ID="t" timescale="UTC"/>
      <vot:TABLE name="n"><vot:DESCRIPTION> of
        the table </vot:DESCRIPTION><vot:PARAM name="p" datatype="int" value="5"/>
       <vot:GROUP><vot:FIELDref ref="i"/></vot:GROUP>
       <vot:FIELD ID="i" name="id" datatype="long" ref="c" width="5" ucd="meta.id" utype="u" xtype="x" unit="deg">
         <vot:DESCRIPTION>what
          it is</vot:DESCRIPTION><vot:VALUES null="-1"><vot:MIN value="0"/></vot:VALUES><vot:LINK href="h"/></vot:FIELD>
       <vot:FIELD ID="only" datatype="char" arraysize="*"/>
       <vot:DATA><vot:TABLEDATA> <vot:TR><vot:TD>-1</vot:TD> <vot:TD/></vot:TR>
         <vot:TR><vot:TD>7</vot:TD><vot:TD><![CDATA[a<b]]></vot:TD></vot:TR></vot:TABLEDATA></vot:DATA>
      </vot:TABLE></vot:RESOURCE></vot:VOTABLE>"""
    document = read_document(text.encode())
    first, second = document.columns
    assert (first.name, first.ucd, first.utype, first.xtype, first.unit) == ("id", "meta.id", "u", "x", "deg")
    assert (first.description, second.name, document.description) == ("what it is", "only", "of the table")
    assert (document.arrays[0][1], document.arrays[1].tolist()) == (7, ["", "a<b"])
    assert [list(mask) for mask in document.masks if mask is not None] == [[True, False]] * 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252"])
def test_encodings_of_the_document(encoding: str) -> None:
    text = f"<?xml version='1.0' encoding='{encoding}'?><VOTABLE><RESOURCE><TABLE>{FIELDS}"
    text += ROWS.replace("five", "fünf") + "</TABLE></RESOURCE></VOTABLE>"
    assert read_document(text.encode(encoding)).arrays[1].tolist() == ["fünf"]


def table(name: str, number: int) -> str:
    return f'<TABLE name="{name}">{FIELDS}{ROWS.replace(">5<", f">{number}<")}</TABLE>'


@pytest.mark.parametrize(
    ("inside", "name"),
    [
        (f"<RESOURCE>{table('a', 1)}{table('b', 2)}</RESOURCE>", "a"),
        (
            f"<RESOURCE>{table('a', 1)}</RESOURCE><RESOURCE type='results'>{table('b', 2)}{table('c', 3)}</RESOURCE>",
            "b",
        ),
        (f"<RESOURCE type='meta'>{table('a', 1)}</RESOURCE><RESOURCE type='results'>{table('b', 2)}</RESOURCE>", "b"),
        (f"<RESOURCE type='results'><RESOURCE type='meta'>{table('a', 1)}</RESOURCE>{table('b', 2)}</RESOURCE>", "b"),
        (f"<RESOURCE><RESOURCE>{table('a', 1)}</RESOURCE></RESOURCE>", "a"),
        (
            f"<RESOURCE type='results'>{table('a', 1)}</RESOURCE><RESOURCE type='results'>{table('b', 2)}</RESOURCE>",
            "a",
        ),
    ],
)
def test_which_table_is_the_one(inside: str, name: str) -> None:
    document = read_document(votable(inside))
    assert document.name == name
    assert document.arrays[0].tolist() == [{"a": 1, "b": 2}[name]]


def test_infos_of_the_results_and_not_of_services_beside_them() -> None:
    datalink = '<RESOURCE type="meta"><INFO name="QUERY_STATUS" value="ERROR"/><PARAM name="x" value="1"/></RESOURCE>'
    text = '<INFO name="a" value="1"/><INFO name="a" value="2">text</INFO><INFO name="b"> words </INFO>'
    document = read_document(votable(f'{text}<RESOURCE type="results">{table("t", 1)}</RESOURCE>{datalink}'))
    assert document.infos == {"a": "1\n2", "b": "words"}
    assert document.query_status == ""


def test_columns_of_one_name_get_a_number_and_it_is_said() -> None:
    fields = "".join(f'<FIELD name="{name}" datatype="int"/>' for name in ("x", "X", "x", "x_2", "x"))
    document = read_document(results(f"<TABLE>{fields}</TABLE>"))
    assert [column.name for column in document.columns] == ["x", "X", "x_3", "x_2", "x_4"]
    assert len(document.changes) == 2
    assert "'x_3'" in document.changes[0]


def test_values_null_in_each_serialization() -> None:
    field = '<TABLE><FIELD name="n" datatype="short"><VALUES null="-9"/></FIELD><DATA>'
    binary, binary2 = (base64.b64encode(rows).decode() for rows in (b"\xff\xf7\0\1", b"\0\xff\xf7\0\0\1"))
    for rows in (
        "<TABLEDATA><TR><TD>-9</TD></TR><TR><TD>1</TD></TR></TABLEDATA>",
        f"<BINARY><STREAM encoding='base64'>{binary}</STREAM></BINARY>",
        f"<BINARY2><STREAM encoding='base64'>{binary2}</STREAM></BINARY2>",
    ):
        document = read_document(results(f"{field}{rows}</DATA></TABLE>"))
        assert document.masks[0] is not None
        assert document.masks[0].tolist() == [True, False]


@pytest.mark.parametrize(
    "data",
    [
        "",
        "<DATA/>",
        "<DATA><TABLEDATA/></DATA>",
        "<DATA><BINARY2><STREAM encoding='base64'/></BINARY2></DATA>",
        "<DATA><BINARY><STREAM encoding='base64'> \n </STREAM></BINARY></DATA>",
    ],
)
def test_tables_without_rows(data: str) -> None:
    document = read_document(results(f'<TABLE nrows="0">{FIELDS}{data}</TABLE>'))
    assert (document.nrows, document.columns[0].name) == (0, "id")
    assert [(values.shape, values.dtype) for values in document.arrays] == [
        ((0,), np.dtype("i8")),
        ((0,), np.dtype("O")),
    ]
    for serialization in ("BINARY2", "TABLEDATA"):
        text = b"".join(write_document(document.columns, document.arrays, document.masks, serialization=serialization))
        assert read_document(text).nrows == 0


ROW = b"\0" + (5).to_bytes(8, "big") + b"\0\0\0\1x"


def test_base64_with_any_white_space() -> None:
    text = base64.b64encode(ROW * 3).decode()
    spaced = "\n  \t".join(text)
    document = read_document(results(stream(b"").replace("></STREAM", f">{spaced}</STREAM")))
    assert document.arrays[0].tolist() == [5, 5, 5]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (b"", "no VOTable"),
        (b"\x89PNG\r\n", "no VOTable"),
        (b"id,ra\n1,2\n", "no VOTable"),
        (b"<html><body>Please log in</body></html>", "<html>"),
        (b"<!DOCTYPE html><html/>", "web page"),
        (b"<!DOCTYPE VOTABLE SYSTEM 'http://x/VOTable.dtd'><VOTABLE/>", "DOCTYPE"),
        (b"<!DOCTYPE x [<!ENTITY a 'aaa'>]><VOTABLE>&a;</VOTABLE>", "DOCTYPE"),
        (votable("<RESOURCE/>"), "no TABLE"),
        (results('<INFO name="QUERY_STATUS" value="OK"/>'), "no TABLE"),
        (results(stream(ROW, 'href="file:///etc/passwd" encoding="base64"')), "another file.*/etc/passwd"),
        (results(stream(ROW, 'encoding="gzip"')), "gzip.*base64"),
        (results(stream(ROW, 'encoding="dynamic"')), "dynamic.*base64"),
        (results(f"<TABLE>{FIELDS}<DATA><FITS><STREAM/></FITS></DATA></TABLE>"), "FITS"),
        (results(f"<TABLE>{FIELDS}<DATA><PARQUET/></DATA></TABLE>"), "PARQUET"),
        (results(f"<TABLE>{FIELDS}<DATA><BINARY2/></DATA></TABLE>"), "no STREAM"),
        (results("<TABLE ref='other'/>"), "refers"),
        (results(stream(ROW[:-1])), "incomplete"),
        (results(stream(ROW + b"\0")), "incomplete"),
        (results(stream(ROW).replace("AAAA", "AA*A")), "damaged"),
        (results(stream(b"").replace("></STREAM", ">AAA</STREAM")), "incomplete"),
        (results(stream(b"").replace("></STREAM", ">AA==AAAA</STREAM")), "damaged"),
        (results(stream(b"").replace("></STREAM", ">é</STREAM")), "damaged"),
        (results(f'<TABLE nrows="2">{FIELDS}{ROWS}</TABLE>'), "declares 2 rows, but holds 1"),
        (results(f"<TABLE>{ROWS}</TABLE>"), "2 cells for 0 FIELDs"),
        (results('<TABLE><FIELD name="n" datatype="integer"/></TABLE>'), "'integer'"),
        (results('<TABLE><FIELD name="n" datatype="integer"/><DATA><TABLEDATA/></DATA></TABLE>'), "'integer'"),
        (results(f"<TABLE>{FIELDS}{ROWS}</TABLE>").replace(b">5<", b">five<"), "'id'.*long.*row 0.*'five'"),
        (results(f"<TABLE>{FIELDS}{ROWS}</TABLE>") + b"<more/>", "damaged"),
    ],
)
def test_what_is_no_votable_or_not_whole(text: bytes, says: str) -> None:
    for source in (text, io.BytesIO(text)):
        with pytest.raises(FileFormatError, match=says):
            read_document(source)


@pytest.mark.parametrize("serialization", ["BINARY2", "TABLEDATA"])
def test_a_document_cut_anywhere_is_never_taken_for_whole(serialization: str) -> None:
    text = written(serialization=serialization, query_status="OVERFLOW")
    whole = len(text.rstrip())
    for end in range(whole):
        with pytest.raises(FileFormatError):
            read_document(text[:end])
    assert read_document(text[:whole]).nrows == 3


def test_a_document_comes_in_pieces() -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(7, size or 7))

    for serialization in ("BINARY2", "TABLEDATA"):
        document = read_document(Slow(written(serialization=serialization)))
        assert document.arrays[0].tolist() == [1, 2**62 + 1, 3]
        assert document.arrays[2].tolist() == ["a", "", "xyz"]


def test_a_document_says_nothing_by_default() -> None:
    assert Document() == Document((), (), (), {}, "", "", 0, "", "", ())


def test_neither_astropy_nor_more_is_loaded() -> None:
    """The built-in service starts with these modules."""
    code = "import sys, tapwidget.tables.votable_document; print('astropy' in sys.modules, 'pyarrow' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert answer.stdout.strip() == "False False"
