"""What the next ticks of one guest will do, call by call.

The world is really run, so pass a copy: World.alone makes one.
"""

from typing import Any

from engine.trace.limits import MAX_TRACED_CALLS, check_size, check_ticks
from engine.trace.tracer import EnoughError, Tracer
from engine.world import World


def predict(world: World, ticks: int, most: int = MAX_TRACED_CALLS) -> dict[str, Any]:
    """Run a world of one design for some ticks and say what happened to its pages.

    Args:
        world: of one design; it is run.
        ticks: at most this many; fewer if there is nothing left to do.
        most: calls to watch; after that the trace ends within a tick, and says so.

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
    tracer = Tracer(guest, most)
    cut = False
    tracer.start()
    try:
        while world.tick < start + ticks and world.busy():
            world.step(1)
    except EnoughError:
        cut = True  # in the middle of a tick: the world is of no further use
    finally:
        tracer.stop()
    handled = tracer.handled()
    return {
        "design": world.keys[0],
        "profile": world.config.profile,
        "tick": start,
        "ticks": world.tick - start,
        "cut": most if cut else None,
        "idle": not cut and not world.busy(),
        "digest": None if cut else world.digest(0),
        "total": sum(tracer.counts.values()),
        "shown": len(handled),
        "counts": [
            {"reason": reason, "outcome": outcome, "nr": nr}
            for (reason, outcome), nr in tracer.counts.most_common()
        ],
        "handled": handled,
    }
