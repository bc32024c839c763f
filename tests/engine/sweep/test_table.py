"""The table: keys say everything that decides a run, and CSV gives back what was put in."""

from __future__ import annotations

import pytest

from engine import commands as c
from engine.sweep.table import NUMBERS, csv_of, rows_from_csv, run_key, sorted_rows, sweep_columns

BASE = ("e", "g", "pinned", 1, "modern", (c.CompactMemory(), c.BalloonInflate(512)))


def test_a_key_changes_with_everything_that_decides_a_run() -> None:
    others = ("f", "h", "lru_hook", 2, "2012", (c.BalloonInflate(512), c.CompactMemory()))
    keys = [run_key(*BASE)]
    for i, other in enumerate(others):
        keys.append(run_key(*BASE[:i], other, *BASE[i + 1 :]))  # type: ignore[arg-type]
    assert len(set(keys)) == len(keys)
    assert all(len(key) == 32 for key in keys)


def test_one_design_written_in_two_ways_has_one_key() -> None:
    spellings = ("dedicated_block:prevent+own_type", "dedicated_block:own_type=on+prevent=on")
    first, second = (run_key("e", "g", key, 1, "modern", ()) for key in spellings)
    assert first == second
    assert first != run_key("e", "g", "dedicated_block:prevent", 1, "modern", ())


def test_a_table_survives_its_csv() -> None:
    columns = sweep_columns(["size"])
    row = dict.fromkeys(NUMBERS, 7) | {
        "key": "12", "guest": "7", "size_mib": 256, "course": "a, b", "size": "5%",
        "profile": "2012", "family": "pinned", "design": "pinned", "seed": 3, "error": "",
        "tick": 9, "digest": "99",
    }  # fmt: skip
    failed = row | dict.fromkeys(NUMBERS) | {"key": "11", "error": "no room", "tick": None}
    rows = sorted_rows([row, failed], columns)
    assert [one["key"] for one in rows] == ["11", "12"]
    assert rows_from_csv(csv_of(rows, columns)) == rows


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "key,a\n1\n", "key\n1,2\n"])
def test_another_csv_is_no_table(text: str) -> None:
    with pytest.raises(ValueError, match="no table"):
        rows_from_csv(text)
