"""stress-highalloc as a whole, on the small guest: scores, determinism, books that balance."""

from itertools import pairwise
from typing import Any

import pytest

from engine import units as u
from engine.designs import DEFAULT_DESIGNS
from engine.stress.highalloc import RUN_COUNTERS, HighallocRun, make_balloon_cycle
from engine.stress.params import STRESS_PRESETS, with_change
from engine.stress.phases import PASSES

SMALL = STRESS_PRESETS["small"]


def run(design: str, seed: int = 1, profile: str = "modern") -> dict[str, Any]:
    return HighallocRun(design, SMALL, seed, profile).run()


@pytest.mark.slow
@pytest.mark.parametrize("profile", u.PROFILES)
@pytest.mark.parametrize("design", DEFAULT_DESIGNS)
def test_books_balance_after_every_phase_and_scores_are_percent(design: str, profile: str) -> None:
    told: list[tuple[str, float]] = []
    one = HighallocRun(design, SMALL, 1, profile)
    result = one.run(lambda *what: told.append(what), lambda world: world.validate())
    assert list(result) == [*PASSES, *RUN_COUNTERS]
    assert all(0 <= result[name] <= 100 for name in PASSES)
    assert result["compact_success"] + result["compact_fail"] <= result["compact_stall"]
    assert result["balloon_pages_in"] >= result["balloon_pages_out"] > 0
    if design == "pinned":
        assert result["balloon_pages_moved"] == 0
    # The rested machine is given back whole: nothing but system, balloon, stuck slab is left.
    guest = one.world.guest(0)
    assert not (guest.pages["state"] == u.STATE_HUGE).any()
    assert {phase for phase, _ in told} >= {"copy", "run-in", *PASSES}
    assert len(told) == one.done // 8


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    runs = [HighallocRun("lru_hook", SMALL, seed, "modern") for seed in (1, 1, 2)]
    results = [one.run() for one in runs]
    digests = [one.world.digest(0) for one in runs]
    assert digests[0] == digests[1] != digests[2]
    assert results[0] == results[1] != results[2]


def test_the_balloon_goes_up_and_down_by_one_chunk_a_period() -> None:
    balloon = make_balloon_cycle(SMALL, 7)
    assert 1 <= balloon.next_slot <= 8 * SMALL.period_s
    found = [(slot, target) for slot in range(2000) if (target := balloon.target(slot)) is not None]
    slots, targets = zip(*found, strict=True)
    assert {b - a for a, b in pairwise(slots)} == {8 * SMALL.period_s}
    chunk = u.mib_to_pages(SMALL.chunk_mib)
    assert {abs(b - a) for a, b in pairwise(targets)} == {chunk}
    assert (min(targets), max(targets)) == (0, u.mib_to_pages(SMALL.balloon_mib))


def test_the_seed_draws_where_in_its_cycle_the_balloon_is() -> None:
    begins = {
        (make_balloon_cycle(SMALL, seed).at, make_balloon_cycle(SMALL, seed).next_slot)
        for seed in range(20)
    }
    assert len(begins) > 10


def test_without_a_balloon_nothing_moves_it() -> None:
    none = with_change(SMALL, "balloon_mib", -100)
    assert none.balloon_mib == 0
    balloon = make_balloon_cycle(none, 1)
    assert [balloon.target(slot) for slot in range(1000)] == [None] * 1000


def test_bad_input_is_one_sentence() -> None:
    with pytest.raises(ValueError, match="unknown design 'fly'"):
        HighallocRun("fly", SMALL, 1, "modern")
    tiny = with_change(SMALL, "memory_mib", -75)
    with pytest.raises(ValueError, match=r"the builds need \d+ handles"):
        HighallocRun("pinned", tiny, 1, "modern")
