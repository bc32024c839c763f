"""Rows of one zone."""

from __future__ import annotations

import time

import pytest

from engine.report.model import FreeCounts
from engine.report.rows import index_kind, index_row, type_row, zone_row


def test_a_row_of_types_keeps_floors_at_their_order() -> None:
    row = "Node    0, zone   Normal, type      Movable >100000     12 >100000      0 "
    assert type_row(row) == (
        (0, "Normal"), "Movable", FreeCounts((100_000, 12, 100_000, 0), frozenset({0, 2})),
    )  # fmt: skip


@pytest.mark.parametrize(
    "row",
    [
        "Node 0, zone Normal, type Movable 1 2 x", "Node 0, zone Normal, type Movable",
        "Node 0, zone Normal, type 1 >", "Node 0, zone Normal, type M " + "1 " * 40,
    ],
)  # fmt: skip
def test_a_broken_row_of_types_is_none(row: str) -> None:
    assert type_row(row) is None


def test_a_long_row_with_a_bad_end_is_given_up_at_once() -> None:
    began = time.process_time()
    for sign in ("x", "\0", ">", "-", "."):
        for number in ("  12", " > 1", " >1", " 0.123", " 1" * 9):
            row = number * (4000 // len(number)) + sign
            assert type_row(f"Node 0, zone DMA, type Movable{row}") is None
            assert zone_row(f"Node 0, zone DMA{row}") is None
            assert index_row(f"Node 0, zone DMA{row}") is None
    assert time.process_time() - began < 5


def test_a_zones_name_alone_begins_a_row_only_where_that_is_known() -> None:
    assert zone_row("Normal 1 2 3") is None
    assert zone_row("Normal 1 2 3", bare=True) == ((0, "Normal"), (1, 2, 3))
    assert zone_row("CPU 1 2 3", bare=True) is None
    assert zone_row("Node 3, zone  Device 1 2") == ((3, "Device"), (1, 2))


def test_an_index_is_per_mille_and_says_which_file_it_is() -> None:
    found = index_row("Node 0, zone Normal -1.000 0.997 0.-500 -0.500 1.000")
    assert found == ((0, "Normal"), (-1000, 997, -500, -500, 1000))
    assert index_kind([(-1000, 0)], "") == "extfrag_index"
    assert index_kind([(0, 997)], "") == "unusable_index"
    assert index_kind([(0, 997)], "extfrag_index") == "extfrag_index"
    assert index_row("Node 0, zone Normal 1 2 3") is None
