"""The map on paper: letters and sentences."""

from __future__ import annotations

from typing import Any

import pytest

from engine.sweep.grid import grid_from_text
from engine.sweep.winners import lettered
from server.sweep.paper import cell_mark, cell_words, map_text
from tests.server.sweep.grids import GRID

MAP_LETTERS = {"pinned": "A", "lru_hook": "B"}


def cell(state: str, *leaders: str, margin: float | None = 3.5) -> dict[str, Any]:
    designs = {key: {"mean": 40.0, "smaller": False, "failed": 0} for key in MAP_LETTERS}
    return {
        "at": {"balloon": "5%", "guest": "tight"}, "state": state, "leaders": list(leaders),
        "margin": margin, "half": 1.25, "rival": "lru_hook", "pairs": 3, "designs": designs,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("shown", "mark", "words"),
    [
        (cell("won", "pinned"), "A", "pinned wins with 40, 3.5 ± 1.2 ahead of lru_hook (3 pairs)"),
        (cell("level", "pinned", "lru_hook", margin=None), "A=B",
         "pinned and lru_hook are level at 40 (3 pairs)"),
        (cell("undecided", "lru_hook", "pinned"), "B?A",
         "undecided between lru_hook and pinned: 40, 3.5 ± 1.2 ahead of lru_hook (3 pairs)"),
        (cell("nothing"), "–", "no run came to a number"),
    ],
)  # fmt: skip
def test_a_cell_is_a_mark_and_a_sentence(shown: dict[str, Any], mark: str, words: str) -> None:
    assert cell_mark(shown, MAP_LETTERS) == mark
    assert cell_words(shown) == words


def test_a_map_is_a_table_with_its_rule_and_says_who_is_left_out() -> None:
    grid = grid_from_text(GRID)
    small = cell("won", "pinned")
    small["designs"]["lru_hook"] |= {"smaller": True, "failed": 2}
    text = map_text(grid, {
        "axes": [{"name": "balloon", "values": ["5%"]}, {"name": "guest", "values": ["tight"]}],
        "judge": {"stat": "huge_best", "better": "high", "margin": 2, "margin_percent": 5},
        "pooled": ["course"],
        "designs": lettered(grid), "cells": [[small]],
    })  # fmt: skip
    assert "| guest ↓ balloon → | 5% |\n| --- | --- |\n| tight | A |\n" in text
    assert "Smaller balloon: lru_hook. 2 runs failed." in text
    assert "Student's t" in text
    assert "margin 2 or 5 %. Pooled: course." in text
