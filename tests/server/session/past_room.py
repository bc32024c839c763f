"""What the past of a session may use, in tests: worlds over the shared guest, and enough memory."""

from __future__ import annotations

from typing import Any

from engine.world import World


class PastRoom:
    """All that a past may ask for.

    Attributes:
        nbytes: memory for checkpoints.
        away: room on the disk, of which there is none.
        refusal: what is said where there is none for a world.
        free: whether there is memory for a world.
        ready: whether that world is made before anybody looks back.
    """

    nbytes = 1 << 28
    away = 0
    refusal = "earlier states need a second copy of the guests, 1 MiB: 0 MiB are free"

    def __init__(self, make_session: Any) -> None:
        self._make = make_session
        self.free = self.ready = True

    def make(self, config: Any) -> World:
        """A world at tick 0."""
        world: World = self._make(config).world
        return world

    def depot(self) -> None:
        """No disk."""

    def claim(self) -> bool:
        """Whether there is memory."""
        return self.free
