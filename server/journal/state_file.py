"""The last state of a session, beside its journal: derived, so it may be thrown away at any time.

It is there whole or not at all: written under another name, synced, then given its own. What fails
here fails silently, since the log makes the same state again.
"""

import contextlib
import logging
import os
import secrets
from collections.abc import Iterable
from pathlib import Path

SUFFIX = ".state"
PART = ".part"

log = logging.getLogger("fragscope")


class StateFile:
    """One session's file. For any thread."""

    def __init__(self, path: Path, most: int) -> None:
        """Nothing is made.

        Args:
            path: the file.
            most: bytes of all such files in its folder; older ones make room.
        """
        self.path = path
        self._most = most

    def read(self) -> bytes | None:
        """What was written last; None: nothing."""
        try:
            return self.path.read_bytes()
        except OSError:
            return None

    def write(self, pieces: Iterable[bytes]) -> bool:
        """Take the place of what was written before; whether that has worked.

        Args:
            pieces: one after the other.
        """
        part = self.path.with_name(f"{self.path.name}.{secrets.token_hex(4)}{PART}")
        try:
            self._write_part(part, pieces)
            if not self._make_room(part.stat().st_size):
                return False
            part.replace(self.path)
        except OSError as error:
            log.warning("the state of a session was not kept: %s", error.strerror or error)
            return False
        finally:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
        return True

    def _write_part(self, part: Path, pieces: Iterable[bytes]) -> None:
        with part.open("wb") as stream:
            for piece in pieces:
                stream.write(piece)
            stream.flush()
            os.fsync(stream.fileno())

    def _make_room(self, size: int) -> bool:
        """Let the oldest of the others go; false: there is no room for so much."""
        others = []
        for path in self.path.parent.glob(f"*{SUFFIX}"):
            with contextlib.suppress(OSError):
                if path != self.path:
                    found = path.stat()
                    others.append((found.st_mtime, found.st_size, path))
        excess = size + sum(nr for _, nr, _ in others) - self._most
        for _, nr, path in sorted(others):
            if excess > 0 and size <= self._most:
                path.unlink(missing_ok=True)
                excess -= nr
        return excess <= 0
