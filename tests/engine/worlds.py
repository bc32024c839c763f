"""Small guests and worlds for the tests of this folder; smaller where nothing is compiled."""

from __future__ import annotations

import os
from functools import cache

from engine import commands as c
from engine import units as u
from engine.guest import Guest
from engine.presets import make_from_recipe
from engine.recipes import PRESETS
from engine.world import World, WorldConfig

UNCOMPILED = os.environ.get("NUMBA_DISABLE_JIT") == "1"
NR_PAGES = u.mib_to_pages(64 if UNCOMPILED else 256)
# Two zones and 16 pageblocks: for tests of time and order, which ask nothing of proportions. In
# such a guest the pass finds nothing to move, gathering no victims, and recipes are not kept.
SMALLEST = u.mib_to_pages(32 if UNCOMPILED else 256)
TENTH = NR_PAGES // 10 // 256 * 256  # pages: what the tests inflate by


@cache
def _made(preset: str, seed: int, nr_pages: int) -> Guest:
    return make_from_recipe(PRESETS[preset], nr_pages, seed)


def base(preset: str = "tight", seed: int = 1, nr_pages: int = NR_PAGES) -> Guest:
    """A settled guest; a World copies it, so it may be shared."""
    return _made(preset, seed, nr_pages)


def world(
    *keys: str,
    preset: str = "tight",
    seed: int = 1,
    profile: str = u.PROFILES[0],
    nr_pages: int = NR_PAGES,
) -> World:
    """A world of the given designs from a shared base."""
    guest = base(preset, nr_pages=nr_pages)
    return World(guest, WorldConfig(keys or ("pinned",), seed, profile=profile))


def done(world: World, *commands: c.Command) -> World:
    """Apply commands, each until nothing is left to do, and recount after each."""
    for command in commands:
        world.apply(command)
        world.run_until_idle()
        world.validate()
    return world


def stats(world: World, i: int = 0) -> dict[str, int]:
    """Statistics of one guest by name."""
    return dict(world.view(i).stat_dict())
