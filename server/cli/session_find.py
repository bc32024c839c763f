"""``fragscope session find``: when something was true in a session, exactly."""

import argparse
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from server.cli.common import show_json

if TYPE_CHECKING:
    from engine.log import Entry
    from engine.world import World

WHAT = ("no_free_block", "balloon_in_block", "block_free", "balloon_pages")


def add_find_arguments(parser: Any) -> None:
    """What ``find`` takes beside the session."""
    parser.add_argument("--what", required=True, choices=WHAT, help="what is looked for")
    parser.add_argument("--design", required=True, metavar="KEY", help="in whose memory")
    parser.add_argument("--pageblock", type=int, default=0, metavar="N", help="which, from 0")
    parser.add_argument(
        "--pages", type=int, default=0, metavar="N", help="of the balloon, at least"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def find(
    make: "Callable[[], World]",
    entries: "Sequence[Entry]",
    tick: int,
    args: argparse.Namespace,
    look: Callable[[], None] = lambda: None,
) -> int:
    """Play a log, find, print; the exit status is 1 where it was never so.

    Args:
        make: makes the session's world at tick 0.
        entries: its log.
        tick: where it ends.
        args: of add_find_arguments.
        look: called now and then while the log is played.

    Raises:
        RefusedError: what is asked makes no sense for this session.
    """
    from engine.history.chronicle import Predicate, chronicle_of, described, design_of

    world = make()
    asked = Predicate(args.what, design_of(world.keys, args.design), args.pageblock, args.pages)
    found = described(chronicle_of(world, entries, tick, look), asked)
    if args.json:
        show_json(found)
    elif found["first"] is None:
        print(f"{found['words']}: at no tick up to {found['tick']}")
    else:
        times = "" if found["total"] == 1 else f", {found['total']} times with breaks"
        print(f"{found['words']}: first at tick {found['first']}, last at {found['last']}{times}")
    return int(found["first"] is None)
