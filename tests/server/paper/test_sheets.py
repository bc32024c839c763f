"""Cells for people and for programs."""

from __future__ import annotations

from server.paper.sheets import Cell, index_cell, number, padded, word_cells


def test_a_number_has_commas_for_people_and_none_for_programs() -> None:
    assert number(1234567) == Cell("1,234,567", "1234567")
    assert number(0.5) == Cell("0.50", "0.5")
    assert number(-3) == Cell("-3", "-3")


def test_an_index_is_a_ratio_and_minus_one_where_nothing_fails() -> None:
    assert index_cell(972) == Cell("0.972", "0.972")
    assert index_cell(-1000) == Cell("-1", "-1")
    assert index_cell(0) == Cell("0.000", "0")


def test_a_short_row_is_filled_with_nothing() -> None:
    assert padded(word_cells("a", "b"), 3) == [Cell("a"), Cell("b"), Cell("")]
