"""astropy.io.votable is the judge: it reads what we write, and we read what it writes."""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np
import pytest
from astropy.io.votable import parse_single_table
from astropy.io.votable.exceptions import VOWarning
from astropy.io.votable.tree import TableElement, VOTableFile
from astropy.table import Column, MaskedColumn, Table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tapwidget.tables.votable import from_votable, to_votable

DTYPES = ["u1", "i2", "i4", "i8", "f4", "f8", "c8", "c16"]
# What XML can carry; \r and the like apart, which astropy writes so that XML changes them.
XML_TEXT = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=12)
ANY_TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=12)
ASCII_TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=12)
SETTINGS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def astropy_read(document: bytes) -> np.ma.MaskedArray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VOWarning)
        return parse_single_table(io.BytesIO(document)).array


def astropy_written(table: Table, form: str, nulls: dict[str, Any] | None = None) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VOWarning)
        file = VOTableFile.from_table(table)
        element = file.get_first_table()
        assert isinstance(element, TableElement)
        for field in element.fields:
            if nulls and field.name in nulls:
                field.values.null = nulls[field.name]
        out = io.BytesIO()
        file.to_xml(out, tabledata_format=form)
        return out.getvalue()


def same(left: Any, right: Any) -> bool:
    """Bit for bit, but for which NaN it is."""
    left, right = np.asarray(left), np.asarray(right)
    if left.dtype.kind in "fc":
        return left.shape == right.shape and np.array_equal(left, right, equal_nan=True)
    return left.shape == right.shape and bool((left == right).all())


def numbers(dtype: str, shape: tuple[int, ...]) -> st.SearchStrategy[np.ndarray]:
    edges = None
    if dtype == "i8":
        edges = st.sampled_from([-(2**63), 2**63 - 1, 2**53 + 1, 0, -1]) | st.integers(-(2**63), 2**63 - 1)
    return hnp.arrays(dtype, shape, elements=edges)


@st.composite
def tables(draw: Any, *, text: st.SearchStrategy[str] = XML_TEXT, least: int = 0, masked: bool = True) -> Table:
    nrows = draw(st.integers(least, 5))
    table = Table()
    for index, kind in enumerate(
        draw(st.lists(st.sampled_from([*DTYPES, "b1", "text", "vector"]), min_size=1, max_size=9))
    ):
        if kind == "text":
            values = np.empty(nrows, object)
            values[:] = draw(st.lists(text, min_size=nrows, max_size=nrows))
        elif kind == "vector":
            values = draw(numbers(draw(st.sampled_from(["i4", "i8", "f4", "f8"])), (nrows, draw(st.integers(2, 3)))))
        else:
            values = draw(numbers(kind, (nrows,)))
        if masked and draw(st.booleans()):
            rows = np.array(draw(st.lists(st.booleans(), min_size=nrows, max_size=nrows)), bool)
            mask = np.broadcast_to(rows[:, None], values.shape) if values.ndim > 1 else rows
            table[f"c{index}"] = MaskedColumn(values, mask=mask)
        else:
            table[f"c{index}"] = Column(values)
    return table


def check(table: Table, read: Any, *, empty_is_null: bool, judge: bool) -> None:
    for name in table.colnames:
        wanted, got = table[name], read[name]
        mask = (
            np.ma.getmaskarray(np.ma.asarray(wanted))
            if isinstance(wanted, MaskedColumn)
            else np.zeros(wanted.shape, bool)
        )
        values = np.asarray(wanted)
        got_mask = np.ma.getmaskarray(got) if isinstance(got, np.ma.MaskedArray) else np.zeros(wanted.shape, bool)
        if values.dtype == object:
            hidden = np.array(["" if gone else text for text, gone in zip(values, mask, strict=True)], object)
            texts = [str(text) for text in np.ma.getdata(got)]
            if judge and empty_is_null:  # astropy strips the cells of TABLEDATA
                hidden, texts = np.array([text.strip(" ") for text in hidden]), [text.strip(" ") for text in texts]
            assert texts == list(hidden)
            if not judge:  # astropy has no missing text
                assert list(got_mask) == list(mask | (hidden == "") if empty_is_null else mask)
            continue
        # astropy masks a bare NaN too; it is still NaN below the mask
        nan = np.isnan(values) if values.dtype.kind in "fc" else np.zeros(values.shape, bool)
        if judge:
            assert same(got_mask | nan, mask | nan)
        else:
            assert same(got_mask, mask)
            assert np.asarray(got).dtype == values.dtype
        assert same(np.ma.getdata(got)[~mask], values[~mask])


@pytest.mark.parametrize("serialization", ["BINARY2", "TABLEDATA"])
@given(data=st.data())
@SETTINGS
def test_astropy_reads_what_we_write(serialization: str, data: st.DataObject) -> None:
    table = data.draw(tables(text=ANY_TEXT if serialization == "BINARY2" else XML_TEXT))
    read = astropy_read(to_votable(table, serialization=serialization))
    check(table, read, empty_is_null=serialization == "TABLEDATA", judge=True)


@pytest.mark.parametrize("serialization", ["BINARY2", "TABLEDATA"])
@given(data=st.data())
@SETTINGS
def test_we_read_what_we_write(serialization: str, data: st.DataObject) -> None:
    table = data.draw(tables(text=ANY_TEXT if serialization == "BINARY2" else XML_TEXT))
    read = from_votable(to_votable(table, serialization=serialization))
    assert read.colnames == table.colnames
    check(table, read, empty_is_null=serialization == "TABLEDATA", judge=False)


@pytest.mark.parametrize("form", ["tabledata", "binary2"])
@given(data=st.data())
@SETTINGS
def test_we_read_what_astropy_writes(form: str, data: st.DataObject) -> None:
    table = data.draw(tables(text=ANY_TEXT if form == "binary2" else XML_TEXT, least=1))
    for name in table.colnames:
        # what astropy 8 cannot say is missing: complex numbers, bits, text, arrays of integers
        unsaid = table[name].dtype.kind in "cbO" or (table[name].ndim > 1 and table[name].dtype.kind == "i")
        if isinstance(table[name], MaskedColumn) and unsaid:
            table[name] = Column(np.asarray(table[name]))
        if table[name].dtype == object and form == "tabledata":  # it strips cells of their outer blanks when it writes
            table[name] = Column(np.array([text.strip() for text in table[name]], object))
    read = from_votable(astropy_written(table, form))
    check(table, read, empty_is_null=form == "tabledata", judge=False)


@given(data=st.data())
@SETTINGS
def test_we_read_astropys_binary(data: st.DataObject) -> None:
    """BINARY has no null bits: NaN is a value, a missing integer is what VALUES says."""
    table = data.draw(tables(text=ANY_TEXT, least=1, masked=False))
    check(table, from_votable(astropy_written(table, "binary")), empty_is_null=False, judge=False)


@pytest.mark.parametrize("form", ["tabledata", "binary", "binary2"])
def test_values_null_of_astropy(form: str) -> None:
    table = Table({"n": MaskedColumn(np.array([1, 2, -(2**63)], "i8"), mask=[False, True, False])})
    read = from_votable(astropy_written(table, form, {"n": -99}))
    assert list(read["n"].mask) == [False, True, False]
    assert read["n"][2] == -(2**63)


@pytest.mark.parametrize("form", ["tabledata", "binary", "binary2"])
def test_fixed_length_text_of_astropy(form: str) -> None:
    table = Table({"u": np.array(["née", "", "abcde"]), "b": np.array([b"x", b"yz", b""])})
    read = from_votable(astropy_written(table, form))
    assert [str(text) for text in np.ma.getdata(read["u"])] == ["née", "", "abcde"]
    assert [str(text) for text in np.ma.getdata(read["b"])] == ["x", "yz", ""]


@pytest.mark.parametrize("form", ["tabledata", "binary", "binary2"])
@pytest.mark.parametrize("dtype", ["i2", "i8", "f4", "f8", "c16"])
def test_arrays_of_varying_length_of_astropy(form: str, dtype: str) -> None:
    cells = [np.ma.array(np.arange(count).astype(dtype), mask=np.zeros(count, bool)) for count in (3, 0, 1)]
    values = np.empty(3, object)
    values[:] = cells
    read = from_votable(astropy_written(Table({"v": values, "n": [1, 2, 3]}), form))
    assert read["v"].dtype == object
    for got, wanted in zip(np.ma.getdata(read["v"]), cells, strict=True):
        assert same(got, np.ma.getdata(wanted))
    assert list(read["n"]) == [1, 2, 3]


def test_astropy_sees_units_ucds_and_descriptions() -> None:
    table = Table({"ra": Column([1.5], unit="deg", description='right "ascension" <J2000> & more')})
    table["ra"].meta.update(ucd="pos.eq.ra;meta.main", utype="x:y.z", xtype="t")
    document = to_votable(table, name="ut1")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        element = parse_single_table(io.BytesIO(document))
    field = element.fields[0]
    assert element.name == "ut1"
    assert (field.name, str(field.unit), field.ucd) == ("ra", "deg", "pos.eq.ra;meta.main")
    assert (field.utype, field.xtype, field.description) == ("x:y.z", "t", 'right "ascension" <J2000> & more')
    read = from_votable(document)
    assert read["ra"].unit == table["ra"].unit
    assert read["ra"].description == table["ra"].description
    assert read["ra"].meta == table["ra"].meta


def test_a_long_column_with_texts_of_very_different_length() -> None:
    """So long that rows travel in several blocks."""
    rng = np.random.default_rng(5)
    text = np.array(["é" * int(size) for size in rng.integers(0, 40, 30_000)], object)
    text[777] = "x" * 500_000
    table = Table({"id": np.arange(30_000), "text": text, "flag": rng.random(30_000) < 0.5})
    document = to_votable(table)
    for read in (from_votable(document), astropy_read(document)):
        assert (np.asarray(read["id"]) == table["id"]).all()
        assert list(read["text"]) == list(text)
        assert (np.asarray(read["flag"]) == table["flag"]).all()
