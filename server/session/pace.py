"""How many ticks are due: turns a pace and the reading of a clock into whole ticks; pure.

Pace is how fast one watches, never what one sees: a machine that cannot keep up drops the debt
instead of running after it, and the result of the simulation is the same.
"""

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

    def due(self, now: float) -> int:
        """Whole ticks that are due at ``now`` and not yet taken."""
        self._debt += max(now - self._last, 0.0) * self.ticks_per_s
        self._last = now
        self._debt = min(self._debt, max(self.ticks_per_s * MAX_DEBT_S, 1.0))
        return int(self._debt)

    def took(self, ticks: int) -> None:
        """``ticks`` of those due were run."""
        self._debt -= ticks

    def rest(self, now: float) -> None:
        """Nothing is to be run: the debt is forgotten, and the next tick is due at once."""
        self._last = now
        self._debt = 1.0 if self.ticks_per_s else 0.0

    def wait_s(self) -> float | None:
        """Seconds from the last reading until a tick may be due; None while paused."""
        if not self.ticks_per_s:
            return None
        return min(max((1.0 - self._debt) / self.ticks_per_s, 0.0), MAX_WAIT_S)
