"""``fragscope session because``: why a pageblock is not free, and who could empty it."""

import argparse
import itertools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from server.cli.common import show_json

if TYPE_CHECKING:
    from engine.log import Entry
    from engine.world import World


def add_because_arguments(parser: Any) -> None:
    """What ``because`` takes beside the session."""
    parser.add_argument("--design", required=True, metavar="KEY", help="in whose memory")
    parser.add_argument("--pageblock", type=int, required=True, metavar="N", help="which, from 0")
    parser.add_argument("--tick", type=int, metavar="T", help="when; without: at the end")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def because(
    make: "Callable[[], World]", entries: "Sequence[Entry]", tick: int, args: argparse.Namespace
) -> int:
    """Play a log, say why a pageblock is as it is; the exit status is 0.

    Args:
        make: makes the session's world at tick 0.
        entries: its log.
        tick: where it ends.
        args: of add_because_arguments.

    Raises:
        RefusedError: there is no such design, pageblock or tick.
    """
    from engine.because.moment import because_at
    from engine.history.history import History
    from engine.log import MAIN

    history = History(make(), itertools.count().__next__)
    history.learn(entries, tick)
    found = because_at(history, MAIN, args.design, args.pageblock, args.tick, lambda: True)
    if args.json:
        show_json(found)
        return 0
    kinds = ", ".join(f"{one['pages']} {one['kind']}" for one in found["kinds"])
    print(f"pageblock {found['pageblock']} of {found['design']} at tick {found['tick']}: {kinds}")
    for one in found["brought"]:
        since = f"command {one['command']}" if one["command"] else "was there at the start"
        print(f"  {one['pages']} {one['kind']}: {since}")
    for one in found["ways"]:
        verdict = "could" if one["could"] else "could not"
        print(f"{one['way']} {verdict} empty it ({one['reason']}): {one['sentence']}")
    for one in found["designs"]:
        print(f"{one['design']}: {one['sentence']}")
    return 0
