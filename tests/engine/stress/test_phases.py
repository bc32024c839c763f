"""The recipe: its phases, attempts and times; the same for everybody."""

from collections import Counter

import pytest

from engine import units as u
from engine.core.workload import stress_builds as b
from engine.stress.params import STRESS_PRESETS
from engine.stress.phases import PASSES, TimeSlot, Timetable

PARAMS = STRESS_PRESETS["small"]
MANAGED = 240 * u.MIB_PAGES


def recipe(seed: int = 1) -> Timetable:
    return Timetable(PARAMS, seed, MANAGED, 1 << 16, u.GFP_HIGHUSER)


def slots(seed: int = 1) -> list[TimeSlot]:
    return list(recipe(seed).slots())


def test_phases_come_in_the_recipes_order() -> None:
    order: list[str] = []
    for slot in slots():
        if not order or order[-1] != slot.phase:
            order.append(slot.phase)
    assert order == [
        "boot", "copy", "run-in", "pass1", "pause", "pass2", "pause", "builds", "delete",
        "large file", "drop caches", "rested",
    ]  # fmt: skip


def test_a_pass_tries_once_a_slot_and_then_gives_back() -> None:
    one = recipe()
    assert one.attempts == (MANAGED >> 9) * 95 // 100
    count: Counter[str] = Counter()
    scores = []
    for slot in one.slots():
        kinds = [row[0] for row in slot.rows]
        assert kinds.count(b.B_HUGE) <= 1
        count[slot.phase] += kinds.count(b.B_HUGE)
        if slot.event == "score":
            assert b.B_HUGE_FREE in kinds
            scores.append(slot.phase)
    assert +count == dict.fromkeys(PASSES, one.attempts)
    assert tuple(scores) == PASSES


def test_phases_last_as_long_as_prescribed() -> None:
    count = Counter(slot.phase for slot in slots())
    assert count["run-in"] == 8 * PARAMS.run_in_s
    assert count["pause"] == 2 * 8 * PARAMS.pause_s
    assert count["builds"] == 8 * PARAMS.wait_s
    assert count["pass1"] == recipe().attempts + 1


def test_the_rested_machine_is_idle_and_min_free_is_low() -> None:
    every = slots()
    rested = [slot for slot in every if slot.phase == "rested"]
    kinds = {row[0] for slot in rested for row in slot.rows}
    assert kinds <= {b.B_HUGE, b.B_HUGE_FREE, b.B_START_IO, b.B_END_IO}
    events = [slot.event for slot in every if slot.event]
    assert events == ["score", "score", "drop", "drop", "min_free", "score"]


def test_progress_within_a_phase_only_grows() -> None:
    last: dict[str, float] = {}
    for slot in slots():
        if slot.phase != "pause":
            assert 0 < slot.at <= 1
            assert slot.at >= last.get(slot.phase, 0.0)
        last[slot.phase] = slot.at
    assert set(last.values()) == {1.0}


def test_builds_finish_as_many_compilations_as_given() -> None:
    """A compilation drops its temporary file once."""
    one = recipe()
    files = {build._temporary.first for build in one._builds}
    ended = Counter(
        slot.phase
        for slot in one.slots()
        for row in slot.rows
        if row[0] == b.B_DROP and row[1] in files
    )
    wanted = PARAMS.jobs_per_second * PARAMS.run_in_s
    assert ended["run-in"] == pytest.approx(wanted, rel=0.5)


def test_the_seed_decides_every_slot_and_handles_suffice() -> None:
    assert [s.rows for s in slots(5)] == [s.rows for s in slots(5)]
    assert [s.rows for s in slots(5)] != [s.rows for s in slots(6)]
    top = max(row[1] + row[2] for s in slots() for row in s.rows)
    assert top <= 1 << 16
    with pytest.raises(ValueError, match=r"the builds need \d+ handles"):
        Timetable(PARAMS, 1, MANAGED, 1000, 0)
