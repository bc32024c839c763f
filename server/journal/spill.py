"""Room on the disk for earlier states that do not fit into memory: one nameless file a session.

The file has no name, so that nothing is left of it however the process ends.
"""

import contextlib
import os
import tempfile
import weakref
from bisect import insort
from pathlib import Path


class Spill:
    """Bytes by number, in one file. Used by one thread; drop() by any."""

    def __init__(self, folder: Path) -> None:
        """Make the file.

        Args:
            folder: where; made if it is not there.

        Raises:
            OSError: it cannot be made.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file, name = tempfile.mkstemp(dir=folder)
        Path(name).unlink()
        weakref.finalize(self, os.close, self._file)
        self._end = 0
        self._next = 0
        self._places: dict[int, tuple[int, int]] = {}
        self._free: list[tuple[int, int]] = []  # offset and size, by offset, no two touching
        self._dropped: list[int] = []

    def put(self, data: bytes) -> int | None:
        """Keep some bytes; what they are found by, None: the disk does not take them."""
        self._settle()
        offset = self._room(len(data))
        with contextlib.suppress(OSError):
            view, at = memoryview(data), offset
            while view:
                done = os.pwrite(self._file, view, at)
                view, at = view[done:], at + done
            self._next += 1
            self._places[self._next] = (offset, len(data))
            return self._next
        self._give_back(offset, len(data))
        return None

    def _room(self, size: int) -> int:
        """An offset with so much room, taken."""
        for i, (offset, free) in enumerate(self._free):
            if free >= size:
                self._free[i : i + 1] = [(offset + size, free - size)] if free > size else []
                return offset
        self._end += size
        return self._end - size

    def _give_back(self, offset: int, size: int) -> None:
        insort(self._free, (offset, size))
        merged: list[tuple[int, int]] = []
        for at, free in self._free:
            if merged and sum(merged[-1]) == at:
                merged[-1] = (merged[-1][0], merged[-1][1] + free)
            else:
                merged.append((at, free))
        self._free = merged

    def get(self, number: int) -> bytes:
        """Bytes that were kept.

        Raises:
            OSError: the disk does not give them.
        """
        offset, size = self._places[number]
        data = os.pread(self._file, size, offset)
        if len(data) != size:
            raise OSError(f"{len(data)} of {size} bytes of an earlier state came back")
        return data

    def drop(self, number: int) -> None:
        """Give up bytes that were kept; their room is used again by a later put()."""
        self._dropped.append(number)

    def _settle(self) -> None:
        dropped, self._dropped = self._dropped, []
        for number in dropped:
            self._give_back(*self._places.pop(number))
