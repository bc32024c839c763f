"""Designs share commands and workload and nothing else: other designs change nobody's state."""

from __future__ import annotations

from functools import cache, partial

import pytest

from engine import commands as c
from engine import units as u
from engine.designs import DEFAULT_DESIGNS
from tests.engine import worlds
from tests.engine.worlds import SMALLEST, UNCOMPILED

TENTH = SMALLEST // 10 // 256 * 256
world = partial(worlds.world, nr_pages=SMALLEST)

COMMANDS = (
    c.BalloonInflate(TENTH),
    c.CompactMemory(),
    c.SetWorkload(True, 100),
    c.TakeHugePages(20),
    c.BalloonDeflate(TENTH // 2),
)
TICKS = 5 if UNCOMPILED else 40
COMPANY = ("pinned", "lru_hook") if UNCOMPILED else DEFAULT_DESIGNS


@cache
def digests(*keys: str, profile: str = u.PROFILES[0]) -> dict[str, str]:
    w = world(*keys, profile=profile)
    for command in COMMANDS:
        w.apply(command)
        w.step(TICKS)
    w.validate()
    return {key: w.digest(i) for i, key in enumerate(w.keys)}


@pytest.mark.parametrize("profile", u.PROFILES)
def test_a_design_alone_is_what_it_is_in_company(profile: str) -> None:
    together = digests(*COMPANY, profile=profile)
    for key in COMPANY[:1] if UNCOMPILED else COMPANY:
        assert digests(key, profile=profile) == {key: together[key]}


def test_the_order_of_the_panels_does_not_matter() -> None:
    assert digests("pinned", "lru_hook") == digests("lru_hook", "pinned")


def test_all_guests_begin_alike_and_part_by_their_rules_only() -> None:
    w = world("pinned", "pinned:retry")
    for command in (c.BalloonInflate(TENTH), c.CompactMemory()):
        w.apply(command)
        w.step(TICKS)
    assert (w.guest(0).pages == w.guest(1).pages).all()


@cache
def counted_out(profile: str, *steps: int) -> tuple[int, str]:
    """Tick and digest of a world that made the same steps after each command."""
    w = world("dedicated_block", profile=profile)
    for command in COMMANDS:
        w.apply(command)
        for n in steps:
            w.step(n)
    return w.tick, w.digest(0)


@pytest.mark.parametrize("profile", u.PROFILES)
@pytest.mark.parametrize("steps", [(3, 4), (1,) * 7])
def test_how_ticks_are_counted_out_does_not_matter(steps: tuple[int, ...], profile: str) -> None:
    whole = counted_out(profile, 7)
    assert whole[0] == 7 * len(COMMANDS)
    assert counted_out(profile, *steps) == whole
