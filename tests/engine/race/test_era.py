"""Settings of the race explorer: what is accepted, what an era's order of steps is."""

from __future__ import annotations

import pytest

from engine.race import era as e
from engine.race.era import DEFECTS, ERAS, PROPERTIES, Protocol, parse_defects


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((0, True, True, "v4"), "compactors is 0: from 1 to 3"),
        ((4, True, True, "v4"), "compactors is 4: from 1 to 3"),
        ((2, True, True, "6.19"), "era is '6.19': one of v4, 3.8, 3.18, movable_ops"),
        ((2, True, True, "3.18", frozenset({"move_once"})), "3.18 has no defect 'move_once'"),
    ],
)
def test_a_wrong_setting_is_one_sentence(arguments: tuple[object, ...], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Protocol(*arguments)  # type: ignore[arg-type]


def test_defects_are_off_on_or_by_name() -> None:
    assert parse_defects("off", "3.8") == frozenset()
    assert parse_defects("on", "3.8") == {defect.name for defect in DEFECTS["3.8"]}
    assert parse_defects("move_once, lru_putback", "3.8") == {"move_once", "lru_putback"}
    with pytest.raises(ValueError, match=r"v4 has no defect 'move_once': on, off, or of"):
        parse_defects("move_once", "v4")
    with pytest.raises(ValueError, match="era is '2012'"):
        parse_defects("off", "2012")


def test_every_position_has_its_name() -> None:
    names = {name.lower(): value for name, value in vars(e).items() if isinstance(value, int)}
    for number, name in enumerate(e.POSITIONS):
        assert names[name] == number


def test_a_move_unlocks_its_target_before_it_is_done() -> None:
    for era in ERAS:
        protocol = Protocol(2, True, True, era)
        step, seen = e.INSERT, [e.INSERT]
        while step != e.DONE:
            step = protocol.after[step]
            seen.append(step)
        assert seen.index(e.INSERT) < seen.index(e.UNLOCK_DST) < seen.index(e.DONE)
        assert set(protocol.moving) >= set(seen[: seen.index(e.UNLOCK_DST) + 1])
        assert len(seen) == len(set(seen))


def test_each_property_and_defect_has_a_sentence() -> None:
    assert all(text.endswith(".") for text in PROPERTIES.values())
    for rows in DEFECTS.values():
        assert all(row.text.endswith(".") and row.mended for row in rows)
        assert len({row.name for row in rows}) == len(rows)
