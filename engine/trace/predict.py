"""What the next ticks of one guest will do, call by call.

The world is really run, so pass a copy: World.alone makes one.
"""

from typing import Any

from engine.trace.limits import check_size, check_ticks
from engine.trace.tracer import Tracer
from engine.world import World


def predict(world: World, ticks: int) -> dict[str, Any]:
    """Run a world of one design for some ticks and say what happened to its pages.

    Args:
        world: of one design; it is run.
        ticks: at most this many; fewer if there is nothing left to do.

    Returns:
        The answer of ``POST /api/sessions/{id}/trace``, see docs/PROTOCOL.md.

    Raises:
        RefusedError: too many ticks.
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
