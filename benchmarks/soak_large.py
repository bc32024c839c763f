"""A session of 128 GiB under two designs, walked through: does it stay within 45 bytes a page?

    python -m benchmarks.soak_large [--size-mib 131072]

A server makes the guest; somebody watches it, inflates, looks at a pageblock, looks back and is
refused, and another session above the limit of the server is refused. Ends with 1 where anything
else came. Memory is the server's beyond what it took with a guest of 256 MiB.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
import urllib.error
from typing import Any

from benchmarks.soak_sessions import resident
from benchmarks.viewers import Made, Served, Tally, connect

BOUND = 45  # bytes a page, of both designs together
WAIT_S = 1800.0
STILL_S = 5.0


def config(size_mib: int) -> dict[str, Any]:
    """A session's config."""
    source = {"kind": "synthetic", "preset": "tight", "size_mib": size_mib}
    return {"source": source, "designs": ["pinned", "dedicated_block"]}


def refusal(served: Served, path: str, body: Any = None, token: str = "") -> str:
    """The sentence of a request that is refused; empty: it was not."""
    try:
        served.ask(path, body, token)
    except urllib.error.HTTPError as error:
        return error.read().decode()
    return ""


async def until(served: Served, made: Made, tally: Tally) -> None:
    """Until the session has a picture and is at rest: ticks stand still then."""
    end = time.monotonic() + WAIT_S
    tick, since = -1, time.monotonic()
    while True:
        if tally.welcomed:
            path = f"/api/sessions/{made.session}"
            told = await asyncio.to_thread(served.ask, path, token=made.viewer)
            if told["tick"] != tick:
                tick, since = told["tick"], time.monotonic()
            elif time.monotonic() - since > STILL_S:
                return
        if time.monotonic() > end:
            raise TimeoutError(f"not at rest after {WAIT_S:.0f} s")
        await asyncio.sleep(0.5)


async def opened(served: Served, size_mib: int) -> Made:
    """A session that somebody watches."""
    tally = Tally(1)
    made = await asyncio.to_thread(served.make, config(size_mib))
    await connect(served, tally, made, made.presenter)
    await until(served, made, tally)
    return made


async def walk(served: Served, size_mib: int) -> list[str]:
    """What went wrong."""
    wrong = []
    await opened(served, 256)
    before = resident(served.process.pid)
    nr_pages = size_mib * 256
    begin = time.monotonic()
    made = await opened(served, size_mib)
    print(f"open: {time.monotonic() - begin - STILL_S:.1f} s")
    begin = time.monotonic()
    served.command(made, type="balloon_inflate", nr_pages=nr_pages // 8)
    tally = Tally(1, welcomed=1)
    await until(served, made, tally)
    print(f"inflate by an eighth: {time.monotonic() - begin - STILL_S:.1f} s")
    path = f"/api/sessions/{made.session}"
    back = await asyncio.to_thread(refusal, served, f"{path}/state?tick=1", token=made.viewer)
    if "second copy of the guests" not in back or "FRAGSCOPE_MAX_GUEST_MIB" not in back:
        wrong.append(f"looking back was answered by {back[:200]!r}")
    large = await asyncio.to_thread(refusal, served, "/api/sessions", config(2 * size_mib))
    if f"guests up to {size_mib} MiB (FRAGSCOPE_MAX_SIZE_MIB)" not in large:
        wrong.append(f"a larger guest was answered by {large[:200]!r}")
    taken = (resident(served.process.pid) - before) / nr_pages
    print(f"{taken:.1f} bytes a page of both designs (at most {BOUND})")
    if taken > BOUND:
        wrong.append("more bytes a page than that")
    return wrong


def main() -> int:
    """Print what was seen; 0 if all is well."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--size-mib", type=int, default=131072)
    size_mib = parser.parse_args().size_mib
    room = size_mib * 256 * 48 // (1 << 20) * 3 // 2  # no room for a past
    limits = {"max_size_mib": size_mib, "max_guest_mib": room, "ticks_per_s": 1000}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        served = Served(folder, **limits)
        try:
            wrong = asyncio.run(walk(served, size_mib))
        finally:
            log = served.end()
    if "Traceback" in log:
        wrong.append(log[-2000:])
    print("\n".join(wrong) or "all is well")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
