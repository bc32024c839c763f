"""What the next ticks of one guest will do, told call by call.

The world is run in earnest, so hand over a copy: World.alone makes one.
"""

from typing import Any

from engine import units as u
from engine.trace.tracer import Tracer
from engine.world import World

MAX_TICKS = 16
MAX_PAGES = u.mib_to_pages(4096)  # a larger guest does more in a tick than one waits for


def check_ticks(ticks: int) -> int:
    """The number itself.

    Raises:
        ValueError: there are too few or too many.
    """
    if not 1 <= ticks <= MAX_TICKS:
        raise ValueError(f"ticks is {ticks}: a trace runs 1 to {MAX_TICKS} ticks")
    return ticks


def check_size(nr_pages: int) -> None:
    """Refuse guests whose ticks take too long uncompiled.

    Raises:
        ValueError: there are too many pages.
    """
    if nr_pages > MAX_PAGES:
        raise ValueError(
            f"the guest has {nr_pages // u.MIB_PAGES} MiB: call traces are made of guests up to"
            f" {MAX_PAGES // u.MIB_PAGES} MiB"
        )


def foretell(world: World, ticks: int) -> dict[str, Any]:
    """Run a world of one design for some ticks and say what happened to its pages.

    Args:
        world: of one design; it is run.
        ticks: at most so many; fewer if there is nothing left to do.

    Returns:
        The answer of ``POST /api/sessions/{id}/trace``, see docs/PROTOCOL.md.

    Raises:
        ValueError: too many ticks.
        RuntimeError: the core is compiled.
    """
    check_ticks(ticks)
    check_size(world.nr_pages)
    guest = world.guest(0)
    start = world.tick
    tracer = Tracer(guest)
    tracer.start()
    try:
        while world.tick < start + ticks and world.busy():
            world.step(1)
    finally:
        tracer.stop()
    handled = tracer.handled()
    return {
        "design": world.keys[0],
        "profile": world.config.profile,
        "tick": start,
        "ticks": world.tick - start,
        "idle": not world.busy(),
        "digest": world.digest(0),
        "total": sum(tracer.counts.values()),
        "shown": len(handled),
        "counts": [
            {"reason": reason, "outcome": outcome, "nr": nr}
            for (reason, outcome), nr in tracer.counts.most_common()
        ],
        "handled": handled,
    }
