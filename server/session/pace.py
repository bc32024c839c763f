"""How many ticks are due: turns a pace and the reading of a clock into whole ticks; pure.

Pace is how fast one watches, never what one sees: a machine that cannot keep up drops the debt
instead of running after it, and the result of the simulation is the same. A tick that moves pages
counts as several, so that a compaction lasts as long as there is something to see in it, on
whatever machine; only at the fastest pace nothing is waited for.
"""

from engine.world import World
from server.wire.messages import MAX_TICKS_PER_S

SHARE = 32  # pages that a tick may move for each GiB of the guest, in the panel that moves most
GIB_PAGES = 1 << 18

MAX_DEBT_S = 0.1  # seconds of ticks that may be made up for after a stall
MAX_WAIT_S = 60.0  # whoever waits looks again: a pace near zero gives waits that no clock can hold


class Pacer:
    """Ticks a second, against a clock in seconds that the caller reads."""

    def __init__(self, ticks_per_s: float, now: float) -> None:
        self.ticks_per_s = ticks_per_s
        self._last = now
        self._debt = 0.0

    def set(self, ticks_per_s: float, now: float) -> None:
        """Change the pace from ``now`` on."""
        self.due(now)
        self.ticks_per_s = ticks_per_s
        self._debt = min(self._debt, 1.0)
        if ticks_per_s >= MAX_TICKS_PER_S:
            self._debt = max(self._debt, 0.0)

    def due(self, now: float) -> int:
        """Whole ticks that are due at ``now`` and not yet taken."""
        self._debt += max(now - self._last, 0.0) * self.ticks_per_s
        self._last = now
        self._debt = min(self._debt, max(self.ticks_per_s * MAX_DEBT_S, 1.0))
        return max(int(self._debt), 0)

    def took(self, ticks: int, weight: float = 1.0) -> None:
        """``ticks`` of those due were run, the last of which counts as ``weight``."""
        at_most = self.ticks_per_s >= MAX_TICKS_PER_S
        self._debt -= ticks if at_most or not ticks else ticks - 1 + weight

    def rest(self, now: float) -> None:
        """Nothing is to be run: the debt is forgotten, and the next tick is due at once."""
        self._last = now
        self._debt = 1.0 if self.ticks_per_s else 0.0

    def wait_s(self) -> float | None:
        """Seconds from the last reading until a tick may be due; None while paused."""
        if not self.ticks_per_s:
            return None
        return min(max((1.0 - self._debt) / self.ticks_per_s, 0.0), MAX_WAIT_S)


class Effort:
    """How many ticks a tick counts as, by the pages that it moved."""

    def __init__(self) -> None:
        self._moved: list[int] = []

    def look(self, world: World) -> None:
        """Ticks are counted from here on."""
        self._moved = _moved(world)

    def weigh(self, world: World) -> float:
        """The weight of what was run since the last look; 1 unless more than its share moved."""
        before, self._moved = self._moved, _moved(world)
        most = max(now - old for now, old in zip(self._moved, before, strict=True))
        return max(most / (SHARE * max(world.nr_pages / GIB_PAGES, 1.0)), 1.0)


def _moved(world: World) -> list[int]:
    """Pages that each guest has moved so far, by whatever means."""
    found = []
    for i in range(len(world.keys)):
        vm = world.guest(i).vm[0]
        found.append(int(vm["pages_copied"]) + int(vm["balloon_migrate"]))
    return found
