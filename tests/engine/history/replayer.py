"""Plays a log straight to some ticks, with no history; its digests are what a history must give."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from engine.log import Entry, play
from tests.engine.histories import digests
from tests.engine.worlds import world

KEYS = ("pinned", "dedicated_block")


def main(path: str, *ticks: str) -> None:
    """Print {tick: digests}."""
    entries = [Entry.from_dict(data) for data in json.loads(Path(path).read_text())]
    found = {}
    for tick in map(int, ticks):
        fresh = world(*KEYS)
        play(fresh, [e for e in entries if e.tick <= tick], tick)
        found[tick] = digests(fresh)
    print(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
