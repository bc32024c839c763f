"""Memory for guests: who holds how much, and a polite refusal when it would be too much."""

from server.errors import LimitReachedError


class Budget:
    """Bytes promised to holders, never more than ``limit`` in all. Owned by the event loop."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._held: dict[object, int] = {}

    @property
    def used(self) -> int:
        """Bytes promised."""
        return sum(self._held.values())

    def reserve(self, holder: object, size: int) -> None:
        """Promise ``size`` more bytes to ``holder``.

        Raises:
            LimitReachedError: with what is asked, what is free and the limit, in MiB.
        """
        free = self.limit - self.used
        if size > free:
            raise LimitReachedError(
                f"this guest under these designs takes {size >> 20} MiB: {max(free, 0) >> 20} MiB"
                f" of the server's {self.limit >> 20} MiB for guests are free;"
                " take fewer designs or a smaller guest"
            )
        self._held[holder] = self._held.get(holder, 0) + size

    def hold(self, holder: object, size: int) -> None:
        """Set what ``holder`` holds, after the fact: a reset has ended."""
        self._held[holder] = size

    def release(self, holder: object) -> None:
        """``holder`` needs nothing any more."""
        self._held.pop(holder, None)
