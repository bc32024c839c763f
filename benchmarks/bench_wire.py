"""How long a frame takes to encode, and how large it is.

    python -m benchmarks.bench_wire

Pictures are made by hand, so that nothing but the encoding is measured. The bound for four designs
at 4 GiB (2,048 pageblocks) is 1 ms; a delta changes 3 % of the pageblocks.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine.view import PLANES, STAT_FIELDS
from server.wire.frames import Picture, decode_frame, encode_frame

BOUND_MS = 1.0
ROUNDS = 200
SIZES = ((1, 512), (4, 2048), (64, 32768))  # GiB, pageblocks
CHANGED = 0.03


@dataclass(frozen=True)
class Panel:
    """Planes and statistics of one design."""

    planes: dict[str, np.ndarray]
    stats: np.ndarray


def make_picture(seq: int, nr_pageblocks: int, random: np.random.Generator) -> Picture:
    """Four designs of random pageblocks."""
    panels = []
    for _ in range(4):
        planes = {
            name: random.integers(0, 200, nr_pageblocks).astype(dtype) for name, dtype in PLANES
        }
        panels.append(Panel(planes, np.arange(len(STAT_FIELDS), dtype=np.int64)))
    return Picture(seq, 1, 0, 0, tuple(panels))


def change(picture: Picture, random: np.random.Generator) -> Picture:
    """The next picture: some pageblocks of each design differ."""
    panels = []
    for old in picture.panels:
        planes = {name: plane.copy() for name, plane in old.planes.items()}
        for name in ("free", "movable", "flags"):
            which = random.random(len(planes[name])) < CHANGED
            planes[name][which] ^= 1
        panels.append(Panel(planes, old.stats + 1))
    return Picture(picture.seq + 1, 1, 1, 0, tuple(panels))


def median_ms(work: Callable[[], object]) -> float:
    """Milliseconds of one call, median of many."""
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def main() -> int:
    """Print one line per size; status 1 if the bound is missed."""
    random = np.random.default_rng(1)
    slowest = 0.0
    for size_gib, nr_pageblocks in SIZES:
        one = make_picture(1, nr_pageblocks, random)
        two = change(one, random)
        key, delta = encode_frame(one, None), encode_frame(two, one)
        key_ms = median_ms(lambda one=one: encode_frame(one, None))
        delta_ms = median_ms(lambda one=one, two=two: encode_frame(two, one))
        back_ms = median_ms(lambda one=one, delta=delta: decode_frame(delta, one))
        print(
            f"{size_gib:3} GiB, four designs: key {len(key) / 1024:7.1f} KiB {key_ms:6.3f} ms,"
            f" delta {len(delta) / 1024:6.1f} KiB {delta_ms:6.3f} ms, decoded {back_ms:6.3f} ms"
        )
        if size_gib == 4:
            slowest = max(key_ms, delta_ms)
    verdict = "kept" if slowest < BOUND_MS else "missed"
    print(f"bound {BOUND_MS} ms at 4 GiB: {verdict} ({BOUND_MS / slowest:.1f} times as fast)")
    return 0 if slowest < BOUND_MS else 1


if __name__ == "__main__":
    raise SystemExit(main())
