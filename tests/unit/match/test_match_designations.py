"""Designations of minor planets: the Minor Planet Center's own examples, and there and back again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tapwidget.match.designations import pack, unpack

# From the Minor Planet Center's two pages on designations, all of their examples of minor planets.
EXAMPLES = """
    J95X00A = 1995 XA;      J95X01L = 1995 XL1;    J95F13B = 1995 FB13;   J98SA8Q = 1998 SQ108;  J98SC7V = 1998 SV127
    J98SG2S = 1998 SS162;   K99AJ3Z = 2099 AZ193;  K08Aa0A = 2008 AA360;  K07Tf8A = 2007 TA418
    PLS2040 = 2040 P-L;     T1S3138 = 3138 T-1;    T2S1010 = 1010 T-2;    T3S4101 = 4101 T-3
    03202 = 3202;           50000 = 50000;         A0345 = 100345;        a0017 = 360017;        K3289 = 203289
    ~0000 = 620000;         ~000z = 620061;        ~AZaz = 3140113;       ~zzzz = 15396335
    K26Cz9Z = 2026 CZ619;   _QC0000 = 2026 CA620;  _QC0aEM = 2026 CZ6190; _QCzzzz = 2026 CL591673
    K23B00A = 2023 BA;      K24C03Z = 2024 CZ3;    K25Dz9Z = 2025 DZ619;  _PD0000 = 2025 DA620;  _QD000N = 2026 DY620
    _RD0aEM = 2027 DZ6190;  _SEZZZZ = 2028 EA339749; _TFzzzz = 2029 FL591673
    J04O00A = A904 OA;      I01A00A = A801 AA;     K14A01B = 2014 AB1;    z9999 = 619999;        00001 = 1
"""
PAIRS = [
    tuple(side.strip() for side in line.split("=")) for line in EXAMPLES.replace("\n", ";").split(";") if line.strip()
]


@pytest.mark.parametrize(("packed", "written"), PAIRS)
def test_the_minor_planet_centers_examples(packed, written):
    assert unpack(packed) == written
    assert pack(written) == packed


@pytest.mark.parametrize(
    "text",
    ["", "Ceres", "2000 VC34", "C/1995 O1", "2014 IB1", "2014 ZA", "K14I01B", "K14A01I", "_1C0000", "12345678901"],
)
def test_what_is_not_packed_stays(text):
    assert unpack(text) == text


@pytest.mark.parametrize(
    "text", ["", "Ceres", "K14A01B", "2014 AI1", "2014 AB1-C", "15396336", "2036 AA620", "1999 AA620"]
)
def test_what_cannot_be_packed_stays(text):
    assert pack(text) == text


@given(st.integers(0, 15396335))
def test_every_number_comes_back(number):
    assert unpack(pack(str(number))) == str(number)
    assert len(pack(str(number))) == 5


@given(
    st.integers(1800, 2199),
    st.sampled_from("ABCDEFGHJKLMNOPQRSTUVWXY"),
    st.sampled_from("ABCDEFGHJKLMNOPQRSTUVWXYZ"),
    st.integers(0, 619),
)
def test_every_provisional_designation_comes_back(year, half, letter, cycle):
    written = f"{f'A{year % 1000:03}' if year < 1925 else year} {half}{letter}{cycle or ''}"
    assert unpack(pack(written)) == written
    assert len(pack(written)) == 7
