"""Designations of minor planets, packed and written out, as the Minor Planet Center has them.

    00433    433            A0345    100345         ~AZaz    3140113
    J95X00A  1995 XA        K07Tf8A  2007 TA418     _QC0aEM  2026 CZ6190
    PLS2040  2040 P-L       J04O00A  A904 OA

Whatever is no designation of a minor planet comes back as it is. The functions need nothing but `re`: a notebook cell
can hold them as they stand.

Source: Minor Planet Center, "Packed Provisional and Permanent Designations" and "Provisional Designations for Minor
Planets" (with the extended packed scheme of 2023).
"""

from __future__ import annotations

import re


def unpack(text: str) -> str:
    """The designation written out: "K14A01B" gives "2014 AB1", "A0345" gives "100345"."""
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    letters = "ABCDEFGHJKLMNOPQRSTUVWXYZ"  # of the order within half a month: no I
    packed = text.strip()

    def number(of: str) -> int:
        value = 0
        for digit in of:
            value = value * 62 + digits.index(digit)
        return value

    if re.fullmatch("[0-9A-Za-z][0-9]{4}", packed):
        return str(digits.index(packed[0]) * 10000 + int(packed[1:]))
    if re.fullmatch("~[0-9A-Za-z]{4}", packed):
        return str(620000 + number(packed[1:]))
    if re.fullmatch("(PL|T[123])S[0-9]{4}", packed):
        return f"{packed[3:]} {packed[0]}-{packed[1]}"
    if re.fullmatch("[IJKL][0-9]{2}[A-HJ-Y][0-9A-Za-z][0-9][A-HJ-Z]", packed):
        year = f"{digits.index(packed[0])}{packed[1:3]}"
        year = f"A{year[1:]}" if int(year) < 1925 else year
        cycle = digits.index(packed[4]) * 10 + int(packed[5])
        return f"{year} {packed[3]}{packed[6]}{cycle or ''}"
    if re.fullmatch("_[A-Z][A-HJ-Y][0-9A-Za-z]{4}", packed):
        cycle, order = divmod(number(packed[3:]) + 15500, 25)
        return f"20{digits.index(packed[1])} {packed[2]}{letters[order]}{cycle}"
    return text


def pack(text: str) -> str:
    """The designation packed: "2014 AB1" gives "K14A01B", "100345" gives "A0345"."""
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    letters = "ABCDEFGHJKLMNOPQRSTUVWXYZ"  # of the order within half a month: no I
    plain = text.strip()

    def base62(value: int) -> str:
        return "".join(digits[value // 62**power % 62] for power in (3, 2, 1, 0))

    if re.fullmatch("[0-9]{1,8}", plain) and int(plain) <= 15396335:
        number = int(plain)
        if number < 620000:
            return f"{digits[number // 10000]}{number % 10000:04}"
        return f"~{base62(number - 620000)}"
    survey = re.fullmatch("([0-9]{4}) (P-L|T-[123])", plain)
    if survey:
        return f"{survey[2].replace('-', '')}S{survey[1]}"
    written = re.fullmatch("(A8|A9|18|19|20|21)([0-9]{2}) ([A-HJ-Y])([A-HJ-Z])([0-9]{0,6})", plain)
    if written is None:
        return text
    century, year, half, letter, cycles = written.groups()
    century = century.replace("A", "1")
    cycle = int(cycles or 0)
    if cycle < 620:
        return f"{digits[int(century)]}{year}{half}{digits[cycle // 10]}{cycle % 10}{letter}"
    order = cycle * 25 + letters.index(letter) - 15500
    if century != "20" or not 10 <= int(year) <= 35 or order >= 62**4:
        return text
    return f"_{digits[int(year)]}{half}{base62(order)}"
