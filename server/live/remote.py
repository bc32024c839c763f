"""Another machine, watched through a pipe: a shell there reads its own files when it is asked.

Nothing is installed there and nothing stays: the loop below is the command line of ``ssh``, waits
for a line on its standard input, answers it, and ends when the pipe does. It needs ``cat`` and
``grep``; for maps ``dd``, ``gzip`` and ``base64`` too. What it costs there, the shell says itself.
"""

import base64
import binascii
import contextlib
import re
import shlex
import subprocess
import time
import zlib
from collections.abc import Callable, Iterator
from typing import IO

import numpy as np

from engine import units as u
from engine.capture.pages import COUNTS, PAGES_PER_SECTION
from engine.capture.partial import count_part
from engine.capture.text import parse_zoneinfo
from engine.errors import RefusedError
from server.live.counters import WATCHED, counters_of
from server.live.sampler import NEVER, PLANNED, MachineLook, pageblocks_of

_BLOCK = u.PAGEBLOCK_NR_PAGES
_PART_BLOCKS = PAGES_PER_SECTION // _BLOCK
_PART_BYTES = PAGES_PER_SECTION * 8
MOST_PARTS = 64  # of 128 MiB, in one answer
_FIRST_PARTS = 16  # so that there is a picture soon; not counted, as the first look here is not
_MOST_LINES = 1 << 20  # of an answer
SHELL_LOOP = f"""while read -r what part parts; do
  echo @buddyinfo; cat /proc/buddyinfo
  echo @vmstat; grep -E '^({"|".join(WATCHED)}) ' /proc/vmstat
  case $what in zones) echo @zoneinfo; cat /proc/zoneinfo;; esac
  case $part in ?*) echo @pages
    dd if=/proc/kpageflags bs={_PART_BYTES} skip=$part count=$parts 2>/dev/null | gzip -1 | base64
  ;; esac
  echo @times; times; echo @end
done"""


class RemoteSampler:
    """Looks at another machine; to its users it is a Sampler.

    Attributes:
        blocks: its pageblocks.
        blind: why no page can be seen, one sentence; empty where pages are read.
    """

    def __init__(
        self, command: str, share: float = 0.02, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Reach the machine, and find out what can be read.

        Args:
            command: what runs a shell command there, as ``ssh root@host``; ``sh -c`` runs it here.
            share: processor time that looking may take there, of one processor.
            clock: seconds that pass.

        Raises:
            RefusedError: it cannot be reached, or its counters cannot be read; one sentence.
        """
        self._command, self._share, self._clock = command, share, clock
        self._pipe = self._begun()
        try:
            answer = self._asked("zones 0 1")
            self.blocks = pageblocks_of(parse_zoneinfo(answer.get("zoneinfo", b""))[0])
        except RefusedError:
            self.close()
            raise
        self.blind = (
            ""
            if _unpacked(answer.get("pages", b""))
            else "The other machine gives no page flags (root is needed there, or its container or "
            "kernel hides /proc/kpageflags): free lists and counters only, no maps."
        )
        nr = 0 if self.blind else len(self.blocks.pfns)
        self._counts = np.zeros((len(COUNTS), nr), np.uint16)
        self._seen_at = np.full(nr, -NEVER)
        # Sections that a zone has a pageblock in, ascending; and which is next.
        self._sections = np.unique(self.blocks.pfns // PAGES_PER_SECTION)
        self._next = 0
        self._of_a_part = 0.0  # processor seconds there; 0: nothing was read yet
        self._first = True
        self._began, self._base, self._paid = self._clock(), _seconds_of(answer), 0.0

    def _begun(self) -> "subprocess.Popen[bytes]":
        try:
            words = shlex.split(self._command)
            if not words:
                raise ValueError
            return subprocess.Popen(
                [*words, SHELL_LOOP], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        except ValueError:
            raise RefusedError(
                f"remote is {self._command[:60]!r}: a command is needed, as 'ssh root@host'"
            ) from None
        except OSError as error:
            raise RefusedError(f"{self._command[:60]}: {error.strerror or error}") from None

    def close(self) -> None:
        """End the loop there."""
        with contextlib.suppress(OSError):  # it has gone before, with a request under way
            _open(self._pipe.stdin).close()
        try:
            self._pipe.wait(5)
        except subprocess.TimeoutExpired:
            self._pipe.kill()
            self._pipe.wait()
        _open(self._pipe.stdout).close()

    @contextlib.contextmanager
    def charged(self) -> Iterator[None]:
        """What is done here costs nothing there."""
        yield

    def _asked(self, request: str) -> dict[str, bytes]:
        """One answer: the texts of its sections by name.

        Raises:
            RefusedError: the other end has gone; one sentence.
        """
        out: dict[str, bytes] = {}
        name, lines = "", list[bytes]()
        try:
            stdin = _open(self._pipe.stdin)
            stdin.write(f"{request}\n".encode())
            stdin.flush()
            for _ in range(_MOST_LINES):
                line = _open(self._pipe.stdout).readline()
                if not line:
                    break
                if line.startswith(b"@"):
                    out[name] = b"".join(lines)
                    name, lines = line[1:].decode("ascii", "replace").strip(), []
                    if name == "end":
                        return out
                else:
                    lines.append(line)
        except OSError:
            pass
        status = self._pipe.poll()
        raise RefusedError(
            f"{self._command[:60]} has ended" + (f" with status {status}" if status else "")
        )

    def look(self) -> MachineLook:
        """Read the counters, and as many pageblocks as the budget pays for.

        Raises:
            RefusedError: the machine has gone, or its counters cannot be read; one sentence.
        """
        passed = self._clock() - self._began
        parts = 0 if self.blind else self._affordable(passed)
        section = int(self._sections[self._next]) if parts else 0
        answer = self._asked(f"look {section} {parts}" if parts else "look")
        reading = counters_of(answer.get("buddyinfo", b""), answer.get("vmstat", b""), "there: ")
        now = self._clock()
        if parts:
            self._note(_unpacked(answer.get("pages", b"")), section, parts, now)
        paid = _seconds_of(answer) - self._base
        if parts:
            self._of_a_part = max(1e-4, (paid - self._paid) / parts)
        self._paid, passed = paid, now - self._began
        cost = 0.0 if self._first else paid / passed
        if self._first:
            self._began, self._base, self._paid = now, self._base + paid, 0.0
            self._first = False
        return MachineLook(now, reading, self._counts, self._seen_at, cost)

    def _affordable(self, passed: float) -> int:
        """Sections side by side that the budget pays for now; 0: none."""
        if self._first:
            wanted = _FIRST_PARTS
        else:
            left = PLANNED * self._share * passed - self._paid
            wanted = int(min(MOST_PARTS, left / self._of_a_part))
        here = self._sections[self._next : self._next + max(0, wanted)]
        gaps = np.flatnonzero(np.diff(here) != 1)
        return int(gaps[0]) + 1 if len(gaps) else len(here)

    def _note(self, body: bytes, section: int, parts: int, now: float) -> None:
        """Count the pages of sections that came; what is beyond the file's end has no pages."""
        first_pfn = section * PAGES_PER_SECTION
        whole = len(body) // (8 * _BLOCK)
        pfns = self.blocks.pfns
        places = np.flatnonzero((pfns >= first_pfn) & (pfns < first_pfn + whole * _BLOCK))
        if len(places):
            words = np.frombuffer(body, "<u8", whole * _BLOCK).astype(np.uint64, copy=False)
            counted = count_part(words)
            self._counts[:, places] = counted[:, (pfns[places] - first_pfn) // _BLOCK]
            self._seen_at[places] = now
        self._next = (self._next + parts) % len(self._sections)


def _open(file: IO[bytes] | None) -> IO[bytes]:
    assert file is not None
    return file


def _unpacked(text: bytes) -> bytes:
    """Flags from base64 of gzip; empty where that is not what came."""
    try:
        return zlib.decompressobj(31).decompress(base64.b64decode(text), MOST_PARTS * _PART_BYTES)
    except (binascii.Error, zlib.error):
        return b""


def _seconds_of(answer: dict[str, bytes]) -> float:
    """Processor seconds of the shell there and of what it ran, as its ``times`` prints them."""
    found = re.findall(rb"(\d+)m([\d.]+)s", answer.get("times", b""))
    return sum(60 * int(minutes) + float(seconds) for minutes, seconds in found)
