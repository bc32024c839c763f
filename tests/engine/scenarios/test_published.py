"""Published figures: complete rows, numbers where bars are drawn, a note of caution on each."""

from __future__ import annotations

import re

import pytest

from engine.scenarios.published import DIFFSTAT, FAULTS, HIGHALLOC, OVERHEAD, Figure


@pytest.mark.parametrize("figure", (DIFFSTAT, FAULTS, HIGHALLOC, OVERHEAD))
def test_a_figure_is_a_whole_table(figure: Figure) -> None:
    assert {len(row) for row in figure.rows} == {len(figure.head)}
    assert figure.note.endswith(".")
    if figure.bar >= 0:
        assert all(row[figure.bar].isdigit() for row in figure.rows)
    assert set(figure.to_dict()) == {"title", "head", "rows", "bar", "note"}


def test_what_the_notes_derive_follows_from_the_rows() -> None:
    rows = {row[0]: [float(text.replace(",", "")) for text in row[1:]] for row in OVERHEAD.rows}
    longer, more = re.findall(r"(\d+) %", OVERHEAD.note)
    for row, said in (("CPU time (ms)", longer), ("pages moved", more)):
        clean, patched = rows[row]
        assert round(100 * (patched / clean - 1)) == int(said)
    added = {row[0].split(",")[0].split()[0]: int(row[1]) for row in DIFFSTAT.rows}
    assert added["v9"] > 2 * added["v7"]
    assert 2.5 < added["v11"] / added["v4"] < 3
