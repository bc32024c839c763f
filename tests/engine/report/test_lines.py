"""What is taken off a line, and what is not."""

from __future__ import annotations

import time

import pytest

from engine.report.lines import MAX_LINE, decoded, logical_lines

BARE = "Node 0 DMA free:1kB"


@pytest.mark.parametrize(
    "line",
    [
        f"[  812.000123] {BARE}", f"[  812.000123][  T471] {BARE}", f"<4>[ 812.0001] {BARE}",
        f"<6>{BARE}", f"[Tue Nov 28 04:01:12 2026] {BARE}", f"> {BARE}", f">> > {BARE}",
        f"Nov  8 04:01:12 db-3 kernel: {BARE}", f"Nov 28 04:01:12 db-3 kernel: [812.0] {BARE}",
        f"2026-11-28T04:01:12.123456+01:00 db-3 kernel: {BARE}", f"db-3 kernel: {BARE}",
        f"kern  :warn  : [  812.000123] {BARE}", f"\x1b[32m[  812.000123] \x1b[0m{BARE}",
        f"| > {BARE}".removeprefix("| "), f"kernel:{BARE}",
    ],
)  # fmt: skip
def test_what_stands_around_a_line_is_taken_off(line: str) -> None:
    assert [one.text for one in logical_lines(line)] == [BARE]


def test_who_printed_a_line_is_kept() -> None:
    (line,) = logical_lines(f"[  812.000123][    C3] {BARE}")
    assert line.caller == "C3"


def test_inner_blanks_stay_and_a_floor_is_no_quotation() -> None:
    lines = [one.text for one in logical_lines(">   pages free     3\n>100000 1 2\n\tmin 4\n")]
    assert lines == ["  pages free     3", ">100000 1 2", " min 4", ""]


def test_soft_line_breaks_join_lines_and_keep_their_numbers() -> None:
    text = "Content-Transfer-Encoding: quoted-printable\nab=\ncd =3D e\nplain\n"
    lines = list(logical_lines(text))
    assert [(one.numbers, one.text) for one in lines[1:3]] == [
        ((2, 3), "abcd = e"),
        ((4,), "plain"),
    ]
    assert [one.text for one in logical_lines("ab=\ncd\n")] == ["ab=", "cd", ""]


def test_encodings_are_recognised() -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        assert decoded("zone µ".encode(encoding)) == "zone µ"
    assert "\N{REPLACEMENT CHARACTER}" in decoded(b"\xff\xfa zone")


def test_no_line_costs_more_than_its_length() -> None:
    began = time.perf_counter()
    for piece in ("> ", "[ 1.0] ", "=3D=\n", "kernel: ", "&gt;", "<4>", " ", "a:1 ", "\x1b[1m"):
        for _ in logical_lines(piece * (1 << 18)):
            pass
        for _ in logical_lines((piece.strip("\n") * MAX_LINE)[:MAX_LINE] * 2):
            pass
    assert time.perf_counter() - began < 20
