"""Memory for guests: who holds how much, and a polite refusal when it would be too much."""

from server.errors import LimitReachedError
from server.settings import GUEST_SETTING


class Budget:
    """Bytes promised to holders, never more than ``limit`` in all. Owned by the event loop."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._held: dict[object, int] = {}

    @property
    def used(self) -> int:
        """Bytes promised."""
        return sum(self._held.values())

    @property
    def free(self) -> int:
        """Bytes that may still be promised."""
        return max(self.limit - self.used, 0)

    def held_by(self, holder: object) -> int:
        """Bytes promised to ``holder``."""
        return self._held.get(holder, 0)

    def check(self, size: int, free: int) -> None:
        """Refuse what does not fit.

        Args:
            size: bytes asked for.
            free: bytes that can be had.

        Raises:
            LimitReachedError: with what is asked, what is free and the limit, in MiB.
        """
        if size > free:
            raise LimitReachedError(
                f"this guest under these designs takes {size >> 20} MiB: {max(free, 0) >> 20} MiB"
                f" of the server's {self.limit >> 20} MiB for guests ({GUEST_SETTING}) are free;"
                " take fewer designs or a smaller guest"
            )

    def reserve(self, holder: object, size: int) -> None:
        """Promise ``size`` more bytes to ``holder``.

        Raises:
            LimitReachedError: see check().
        """
        self.check(size, self.free)
        self._held[holder] = self._held.get(holder, 0) + size

    def hold(self, holder: object, size: int) -> None:
        """Set what ``holder`` holds, after the fact: a reset has ended."""
        self._held[holder] = size

    def release(self, holder: object) -> None:
        """``holder`` needs nothing any more."""
        self._held.pop(holder, None)
