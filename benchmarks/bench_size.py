"""What a large guest costs in a session: bytes a page, seconds, and the first picture.

    python -m benchmarks.bench_size [--size-mib 65536] [--preset tight] [--inflate-mib 4096]

Makes what a session's worker makes (server/guests/library.py, server/session/making.py), under two
designs, and prints the process's memory beyond what it took before, by /proc/self/status, over the
pages of the guest: while the guest was made, when it was there, and at the peak until the end.
1 TiB (1048576) takes 12 GiB of memory and a quarter of an hour: see that they are free.
"""

from __future__ import annotations

import argparse
import gc
import time
from pathlib import Path

from engine import commands as c
from engine import units as u
from server.guests.library import Library
from server.session.making import new_session
from server.session.session import Session
from server.wire.config import SessionConfig, SyntheticSource
from server.wire.frames import Picture, encode_key

DESIGNS = ("pinned", "dedicated_block")
BOUND = 45  # bytes a page, of both designs together


def memory() -> tuple[int, int]:
    """Bytes of this process now, and at most since reset_peak()."""
    words = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
    return 1024 * int(words["VmRSS"].split()[0]), 1024 * int(words["VmHWM"].split()[0])


def reset_peak() -> None:
    """Begin a new peak."""
    Path("/proc/self/clear_refs").write_text("5")


def make(preset: str, size_mib: int) -> Session:
    """A session at tick 0."""
    config = SessionConfig(SyntheticSource(preset, size_mib, 1), DESIGNS, 1)
    base = Library(1, 1 << 50).base(config.source, config.seed, lambda *_: None)
    return new_session(config, base.guest, base.text, base.facts, base.owned)


def until_rest(session: Session, command: c.Command) -> tuple[float, int]:
    """Give a command; seconds and ticks until every guest is idle."""
    start, tick = time.perf_counter(), session.tick
    session.accept(command)
    while not session.at_rest:
        session.advance()
    return time.perf_counter() - start, session.tick - tick


def picture(session: Session) -> bytes:
    """The first picture that a page gets."""
    return encode_key(Picture(1, 1, session.tick, session.log_index, session.views()))


def main() -> None:
    """Print a line for each figure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--size-mib", type=int, default=16384)
    parser.add_argument("--preset", default="tight")
    parser.add_argument("--inflate-mib", type=int, default=4096)
    parser.add_argument("--compact", action="store_true", help="also compact_memory")
    args = parser.parse_args()
    small = make(args.preset, 256)  # compiles, and loads what is loaded once
    picture(small)
    del small
    gc.collect()
    before, _ = memory()
    nr_pages = u.mib_to_pages(args.size_mib)

    def told(what: str, seconds: float, more: str = "") -> None:
        now, peak = ((nr - before) / nr_pages for nr in memory())
        print(
            f"  {what:24} {seconds:7.1f} s, {now:5.1f} bytes a page, peak {peak:5.1f}{more}",
            flush=True,
        )

    print(f"{args.size_mib} MiB, {args.preset}, {' and '.join(DESIGNS)} (bound {BOUND})")
    print(f"  before                             {before >> 20} MiB of program")
    reset_peak()
    start = time.perf_counter()
    session = make(args.preset, args.size_mib)
    told("made, both designs", time.perf_counter() - start)
    start = time.perf_counter()
    size = len(picture(session))
    told("first picture", time.perf_counter() - start, f", {size / 1e6:.1f} MB")
    seconds, ticks = until_rest(session, c.BalloonInflate(u.mib_to_pages(args.inflate_mib)))
    told(f"inflate {args.inflate_mib} MiB", seconds, f", {ticks} ticks")
    if args.compact:
        seconds, ticks = until_rest(session, c.CompactMemory())
        told("compact_memory", seconds, f", {ticks} ticks")


if __name__ == "__main__":
    main()
