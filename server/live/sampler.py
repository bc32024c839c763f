"""Looks at a running machine's pages a part at a time, and at its counters, for a stated price.

Reading the flags of all pages of 64 GiB takes two seconds of a processor; nobody wants to pay that
every second. So each look reads as many pageblocks as the budget pays for, goes on there at the
next, and knows of every pageblock how old its picture is.
"""

import contextlib
import io
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine import units as u
from engine.capture.pages import COUNTS, PAGES_PER_SECTION
from engine.capture.partial import count_part
from engine.capture.text import ZoneText
from server.live.counters import Reading, read_counters, zones_of

_WORD = 8  # bytes of a page's flags in kpageflags
PART_BLOCKS = PAGES_PER_SECTION // u.PAGEBLOCK_NR_PAGES  # read at once: 256 KiB of flags, 4 ms
FIRST_S = 1.0  # processor seconds that the first look may take, so that there is a picture at once
_BLOCK = u.PAGEBLOCK_NR_PAGES
MAX_SHARE = 0.5
PLANNED = 0.9  # of the budget: the rest is for what a process costs beside its looks
NEVER = np.inf


@dataclass
class MachineLook:
    """What is known of the machine after a look.

    The arrays are the sampler's own: the next look changes them.

    Attributes:
        at: seconds of the sampler's clock.
        reading: counters at that time.
        counts: uint16[len(COUNTS), nr_blocks] of the pageblocks in ``pfns``; 0 where none was read.
        seen_at: float64[nr_blocks], when each was read; -inf: never.
        cost: processor time of looking since the first look, as a share of the time that passed;
            0 at the first look.
    """

    at: float
    reading: Reading
    counts: NDArray[np.uint16]
    seen_at: NDArray[np.float64]
    cost: float

    @property
    def ages(self) -> NDArray[np.float64]:
        """float64[nr_blocks]: seconds since each was read; inf: never."""
        return self.at - self.seen_at

    @property
    def seen(self) -> float:
        """Share of the pageblocks of which there is a picture."""
        return float(np.isfinite(self.seen_at).mean()) if len(self.seen_at) else 0.0


@dataclass(frozen=True)
class Pageblocks:
    """Which pageblocks the machine has: those that a zone spans.

    Attributes:
        pfns: int64[nr_blocks], first pfn of each, ascending.
        zones: (node, name, index of its first pageblock, one past its last) in that order.
    """

    pfns: NDArray[np.int64]
    zones: tuple[tuple[int, str, int, int], ...] = field(default=())


def pageblocks_of(zones: tuple[ZoneText, ...]) -> Pageblocks:
    """Pageblocks of the populated zones; two zones that share one both have it in the first."""
    pfns: list[NDArray[np.int64]] = []
    named = []
    done, end_before = 0, 0
    for zone in sorted(zones, key=lambda zone: zone.start_pfn):
        start = max(zone.start_pfn // _BLOCK * _BLOCK, end_before)
        end = -(-(zone.start_pfn + zone.spanned) // _BLOCK) * _BLOCK
        here = np.arange(start, end, _BLOCK, dtype=np.int64)
        pfns.append(here)
        named.append((*zone.key, done, done + len(here)))
        done, end_before = done + len(here), max(end, end_before)
    return Pageblocks(np.concatenate(pfns) if pfns else np.zeros(0, np.int64), tuple(named))


class Sampler:
    """Reads one machine.

    Attributes:
        blocks: its pageblocks.
        blind: why no page can be seen, one sentence; empty where pages are read.
    """

    def __init__(
        self,
        proc: Path = Path("/proc"),
        share: float = 0.02,
        clock: Callable[[], float] = time.monotonic,
        cost: Callable[[], float] = time.thread_time,
    ) -> None:
        """Find out what can be read.

        Args:
            proc: where procfs is.
            share: processor time that looking may take, of one processor; 0 to 0.5.
            clock: seconds that pass.
            cost: processor seconds that this thread has used.

        Raises:
            RefusedError: zoneinfo or buddyinfo cannot be read; one sentence.
        """
        self._proc, self._share, self._clock, self._cost = proc, share, clock, cost
        self.blocks = pageblocks_of(zones_of(proc))
        self.blind = self._why_blind()
        nr = 0 if self.blind else len(self.blocks.pfns)
        self._counts = np.zeros((len(COUNTS), nr), np.uint16)
        self._seen_at = np.full(nr, -NEVER)
        self._next = 0
        self._began = self._paid = 0.0
        self._first = True

    def _why_blind(self) -> str:
        path = self._proc / "kpageflags"
        try:
            with path.open("rb", buffering=0) as file:
                file.seek(int(self.blocks.pfns[-1]) * _WORD)
                last = file.read(_BLOCK * _WORD)
        except PermissionError:
            return f"{path} needs root: free lists and counters only, no maps."
        except FileNotFoundError:
            return (
                f"{path} does not exist (a kernel without CONFIG_PROC_PAGE_MONITOR, or a container "
                "that hides it): free lists and counters only, no maps."
            )
        except OSError as error:
            return f"{path} cannot be read ({error.strerror or error}): no maps."
        if not last:
            return (
                f"{path} is empty (a container masks it, or it ends before the machine's memory "
                "does): free lists and counters only, no maps."
            )
        return ""

    @contextlib.contextmanager
    def charged(self) -> Iterator[None]:
        """Work for a look beside reading it, such as drawing or keeping it: it is paid for too."""
        began = self._cost()
        yield
        self._paid += self._cost() - began

    def look(self) -> MachineLook:
        """Read the counters, and as many pageblocks as the budget pays for: at least one part.

        Raises:
            RefusedError: the counters cannot be read any more; one sentence.
        """
        began = self._cost()  # of this thread: the next look may be another's
        passed = 0.0 if self._first else self._clock() - self._began
        allowed = FIRST_S if self._first else PLANNED * self._share * passed - self._paid
        reading = read_counters(self._proc)
        if not self.blind:
            self._read_parts(began + allowed)
        now = self._clock()
        if self._first:
            self._began, self._first = now, False
        else:
            self._paid += self._cost() - began
        share = self._paid / passed if passed else 0.0
        return MachineLook(now, reading, self._counts, self._seen_at, share)

    def _read_parts(self, limit: float) -> None:
        """Go on until all pageblocks are read once or another part would be beyond the limit."""
        read = 0
        before = self._cost()
        with (self._proc / "kpageflags").open("rb", buffering=0) as file:
            while read < len(self._seen_at):
                read += self._read_part(file)
                now = self._cost()
                if now + (now - before) >= limit:
                    return
                before = now

    def _read_part(self, file: io.FileIO) -> int:
        """The next pageblocks that lie side by side in one section; how many."""
        first = self._next
        left = PART_BLOCKS - int(self.blocks.pfns[first]) % PAGES_PER_SECTION // _BLOCK
        end = min(first + left, len(self.blocks.pfns))
        pfns = self.blocks.pfns[first:end]
        gaps = np.flatnonzero(np.diff(pfns) != _BLOCK)
        if len(gaps):
            end = first + int(gaps[0]) + 1
        file.seek(int(pfns[0]) * _WORD)
        body = file.read((end - first) * _BLOCK * _WORD)
        whole = len(body) // (_BLOCK * _WORD)
        if whole:
            words = np.frombuffer(body, "<u8", whole * _BLOCK).astype(np.uint64, copy=False)
            self._counts[:, first : first + whole] = count_part(words)
            self._seen_at[first : first + whole] = self._clock()
        # What lies beyond the end of the file has no page structures: passed over.
        self._next = end % len(self.blocks.pfns)
        return end - first
