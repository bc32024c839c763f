"""What is counted while the server works, for /metrics: plain numbers, cheap to move.

Of this process, all sessions together; nothing is looked up by a name on the way. The event loop
owns FRAMES; worker threads share the latencies, each behind a lock that is held for an addition.
"""

import threading
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar

# Seconds; each is the upper end of a bucket. A tick at 4 GiB takes about a millisecond, a sync of
# the journal from 0.1 ms on a fast disk to 100 ms on a slow one.
BOUNDS = (
    0.0001,
    0.00025,
    0.0005,
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
)

_Result = TypeVar("_Result")


class Latency:
    """How long something took, as a histogram."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS) + 1)
        self._total_s = 0.0
        self._lock = threading.Lock()

    def took(self, seconds: float) -> None:
        """It was done once more."""
        place = bisect_left(BOUNDS, seconds)
        with self._lock:
            self._counts[place] += 1
            self._total_s += seconds

    def of(self, call: Callable[[], _Result]) -> _Result:
        """Do it, timed; what fails is not counted."""
        begin = time.perf_counter()
        result = call()
        self.took(time.perf_counter() - begin)
        return result

    @contextmanager
    def timed(self) -> Iterator[None]:
        """Time a block; one that fails is not counted."""
        begin = time.perf_counter()
        yield
        self.took(time.perf_counter() - begin)

    def read(self) -> tuple[list[int], float]:
        """Times per bucket, the last one without end; and seconds in all."""
        with self._lock:
            return list(self._counts), self._total_s


@dataclass(slots=True)
class Frames:
    """Frames of the present.

    Attributes:
        sent: handed to sockets.
        skipped: made for others meanwhile, which a slower client was spared.
    """

    sent: int = 0
    skipped: int = 0


FRAMES = Frames()
TICK, ENCODE, JOURNAL = Latency(), Latency(), Latency()
