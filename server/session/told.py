"""The log as texts: what clients have been told of it, and what one who comes later is told; pure.

Full chunks never change, so each is encoded once however many clients come.
"""

from collections.abc import Sequence

from engine.log import Entry
from server.wire import messages

CHUNK = 1000  # entries in one message


class LogTold:
    """How far the clients of one session know its log."""

    def __init__(self) -> None:
        """A new log: nothing has been told."""
        self._nr = 0
        self._chunks: list[str] = []

    def news(self, log: Sequence[Entry]) -> list[str]:
        """Texts of the entries that were not in the log the last time.

        Args:
            log: the same log, which has only grown.
        """
        texts = []
        while self._nr < len(log):
            part = log[self._nr : self._nr + CHUNK]
            texts.append(messages.entries(part))
            self._nr += len(part)
        while (len(self._chunks) + 1) * CHUNK <= len(log):
            start = len(self._chunks) * CHUNK
            self._chunks.append(messages.entries(log[start : start + CHUNK]))
        return texts

    def catch_up(self, log: Sequence[Entry]) -> list[str]:
        """Texts of everything told so far, for a client that comes now."""
        rest = log[len(self._chunks) * CHUNK : self._nr]
        return [*self._chunks, messages.entries(rest)] if rest else list(self._chunks)
