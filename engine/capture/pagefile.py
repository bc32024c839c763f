"""A page file (kpageflags, kpagecount) in pieces: what is alike throughout a section costs a word.

Both have a word for every pfn up to the highest, and a machine with memory at high addresses has
far more pfns than pages.
"""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engine.capture.pages import PAGES_PER_SECTION
from engine.errors import RefusedError

WORD_BYTES = 8
PIECE_BYTES = PAGES_PER_SECTION * WORD_BYTES


class Stream(Protocol):
    """What pieces are read from."""

    def read(self, size: int, /) -> bytes | bytearray:
        """At most ``size`` bytes; fewer at the end only."""


class PageFile:
    """Words by pfn.

    Attributes:
        nr_bytes: of the whole file, as it was read.
        alike: uint64[nr_sections], the word that a section has throughout; 0 of the others.
        pieces: uint64[PAGES_PER_SECTION] by section (the last may be shorter), of the others.
    """

    def __init__(self, nr_bytes: int, alike: NDArray[np.uint64],
                 pieces: dict[int, NDArray[np.uint64]]) -> None:  # fmt: skip
        """As read_pages() found it."""
        self.nr_bytes = nr_bytes
        self.alike = alike
        self.pieces = pieces

    def __len__(self) -> int:
        """Words."""
        return self.nr_bytes // WORD_BYTES

    def all_of(self, section: int) -> int | None:
        """The word that a section has throughout; None if it has several."""
        return None if section in self.pieces else int(self.alike[section])

    def words(self, start: int, end: int) -> NDArray[np.uint64]:
        """A copy of the words of some pfns; fewer where the file ends.

        Args:
            start, end: pfns, half-open.
        """
        end = min(end, len(self))
        out = np.empty(max(0, end - start), np.uint64)
        at = start
        while at < end:
            section, offset = divmod(at, PAGES_PER_SECTION)
            nr = min(end - at, PAGES_PER_SECTION - offset)
            piece = self.pieces.get(section)
            into = out[at - start : at - start + nr]
            into[...] = self.alike[section] if piece is None else piece[offset : offset + nr]
            at += nr
        return out


def read_pages(stream: Stream, size: int, name: str, most: int) -> PageFile:
    """Read a page file piece by piece.

    Args:
        stream: at its first byte.
        size: bytes to be read; fewer if the stream ends.
        name: of the file, for the sentence.
        most: pages of which more than one word may be kept.

    Raises:
        RefusedError: it describes more memory than that.
    """
    alike: list[int] = []
    pieces: dict[int, NDArray[np.uint64]] = {}
    done = 0
    while done < size:
        part = stream.read(min(size - done, PIECE_BYTES))
        if not part:
            break
        done += len(part)
        words = np.frombuffer(bytes(part[: len(part) // WORD_BYTES * WORD_BYTES]), "<u8")
        if len(words) and (words == words[0]).all():
            alike.append(int(words[0]))
        else:
            pieces[len(alike)] = words.astype(np.uint64, copy=False)
            alike.append(0)
        if len(pieces) * PAGES_PER_SECTION > most + PAGES_PER_SECTION:
            raise RefusedError(f"{name} describes more than {most >> 8} MiB of memory")
    return PageFile(done, np.array(alike, np.uint64), pieces)
