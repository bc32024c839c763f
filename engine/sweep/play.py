"""One run of a sweep: a design through commands on a guest, each when nothing is left to do."""

from collections.abc import Iterable
from typing import Any

from engine.commands import Command
from engine.errors import RefusedError
from engine.guest import Guest
from engine.sweep.table import NUMBERS
from engine.world import World, WorldConfig


def play_run(
    base: Guest, design: str, seed: int, profile: str, commands: Iterable[Command]
) -> dict[str, Any]:
    """Play it to its end.

    Args:
        base: not written.
        design: key.
        seed: of the programs.
        profile: whose rules.
        commands: what is done.

    Returns:
        ``{"error", "tick", "digest", *NUMBERS}``: a command that the guest refuses is an error
        in words, and the numbers are None.
    """
    try:
        world = World(base, WorldConfig((design,), seed, profile=profile))
        world.run_until_idle()
        for command in commands:
            world.apply(command)
            world.run_until_idle()
    except RefusedError as error:
        return failed_run(str(error))
    stats = world.view(0).stat_dict()
    numbers = {name: int(stats[name]) for name in NUMBERS}
    return {"error": "", "tick": world.tick, "digest": world.digest(0), **numbers}


def failed_run(words: str) -> dict[str, Any]:
    """What stands in the place of numbers that there are not.

    Args:
        words: why, one sentence.
    """
    return {"error": words, "tick": None, "digest": None, **dict.fromkeys(NUMBERS)}
