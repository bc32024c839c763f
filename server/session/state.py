"""A state as a program reads it: the numbers of every design at one tick; pure."""

from typing import Any

from engine import units as u
from engine.view import GuestView
from engine.world import World


def views_of(world: World) -> tuple[GuestView, ...]:
    """All designs of a world at its tick, read-only."""
    return tuple(world.view(i) for i in range(len(world.keys)))


def state_of(world: World) -> dict[str, Any]:
    """The answer of GET /api/sessions/{id}/state.

    Args:
        world: at the tick that is asked for, after every command of that tick.

    Returns:
        ``stats`` has every statistic by name; ``buddyinfo`` is as in ``fragscope replay --json``:
        free blocks of the main zone by order.
    """
    designs = {}
    for i, key in enumerate(world.keys):
        stats = dict(world.view(i).stat_dict())
        free = [stats[f"nr_free_order_{order}"] for order in range(u.NR_PAGE_ORDERS)]
        designs[key] = {"stats": stats, "buddyinfo": free}
    return {
        "tick": world.tick,
        "digest": world.state_digest(),
        "idle": not world.busy(),
        "designs": designs,
    }
