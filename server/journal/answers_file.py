"""Questions and answers of a session on the disk, beside its journal: they are no commands.

Text, one record a line behind its checksum, only ever appended and synced. A last line that is not
whole was not acknowledged, and is cut off by the next write.
"""

import json
import os
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from server.errors import JournalError
from server.jsontext import dump

ANSWERS_SUFFIX = ".answers"
MAX_ANSWERS_BYTES = 64 << 20


def _line(record: dict[str, Any]) -> bytes:
    data = dump(record).encode()
    return b"%08x %s\n" % (zlib.crc32(data), data)


class AnswersFile:
    """One session's file. Used by whoever has the session open."""

    def __init__(self, path: Path) -> None:
        """Nothing is made before something is written.

        Args:
            path: of the file.
        """
        self._path = path
        self._end: int | None = None  # where whole lines end; None: not looked yet

    def read(self) -> list[dict[str, Any]]:
        """Everything that was acknowledged.

        Raises:
            JournalError: it is damaged, or cannot be read.
        """
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            data = b""
        except OSError as error:
            raise JournalError(f"the answers of this session cannot be read: {error}") from None
        records, end = [], 0
        for line in data.splitlines(keepends=True):
            seal, _, text = line.rstrip(b"\n").partition(b" ")
            if line.endswith(b"\n") and seal == b"%08x" % zlib.crc32(text):
                records.append(json.loads(text))
                end += len(line)
            elif end + len(line) == len(data):
                break  # the write of it was cut short
            else:
                raise JournalError("the answers of this session are damaged")
        self._end = end
        return records

    def append(self, records: Sequence[dict[str, Any]]) -> None:
        """Keep records; they are on the disk when this returns.

        Raises:
            JournalError: they are not kept.
        """
        data = b"".join(map(_line, records))
        if self._end is None:
            self.read()
        end = self._end or 0
        if end + len(data) > MAX_ANSWERS_BYTES:
            raise JournalError(
                f"the answers of this session take {MAX_ANSWERS_BYTES >> 20} MiB, the limit"
            )
        try:
            file = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.ftruncate(file, end)
                os.pwrite(file, data, end)
                os.fsync(file)
            finally:
                os.close(file)
        except OSError as error:
            self._end = None
            text = f"the answers of this session cannot be kept: {error.strerror or error}"
            raise JournalError(text) from None
        self._end = end + len(data)
