"""One run: numbers of the last command, as a world gives them; a refusal is an error in words."""

from __future__ import annotations

from engine import commands as c
from engine.sweep.play import failed_run, play_run
from engine.sweep.table import NUMBERS
from engine.world import World, WorldConfig
from tests.engine.worlds import SMALLEST, base


def test_a_run_is_what_a_world_gives_beside_other_designs() -> None:
    start = base(seed=2, nr_pages=SMALLEST)
    commands = (c.BalloonInflate(512), c.SetWorkload(True, 64, 8), c.TakeHugePages(5))
    alone = play_run(start, "lru_hook", 2, "modern", commands)
    both = World(start, WorldConfig(("pinned", "lru_hook"), 2))
    both.run_until_idle()
    for command in commands:
        both.apply(command)
        both.run_until_idle()
    stats = both.view(1).stat_dict()
    assert {name: alone[name] for name in NUMBERS} == {name: stats[name] for name in NUMBERS}
    assert alone["error"] == ""
    assert alone == play_run(start, "lru_hook", 2, "modern", commands)


def test_what_the_guest_refuses_is_an_error_in_words() -> None:
    start = base(seed=2, nr_pages=SMALLEST)
    outcome = play_run(start, "pinned", 1, "modern", (c.Offline(4096, 128),))
    assert outcome == failed_run(outcome["error"])
    assert outcome["error"]
    refused = play_run(start, "lru_hook:hook=merged", 1, "modern", ())
    assert "needs profile 2012" in refused["error"]
