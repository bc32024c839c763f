"""``fragscope race``: what can break when compactors and driver meet on one balloon page."""

import argparse
import json
import textwrap
from typing import Any

from engine.race.era import ERAS, MAX_COMPACTORS, protocol_from
from engine.race.explorer import race

COLUMN = 38


def add_race(commands: Any) -> None:
    """The command's arguments."""
    parser = commands.add_parser(
        "race",
        help="explore every interleaving on one balloon page",
        description="Which properties can break, and the shortest schedule that breaks each.",
    )
    parser.add_argument("--compactors", default="2", help=f"1 to {MAX_COMPACTORS} (default 2)")
    parser.add_argument(
        "--page-lock", default="on", metavar="on|off",
        help="isolation, put-back and deflation take the page lock (default on)",
    )  # fmt: skip
    parser.add_argument(
        "--refcount-test", default="on", metavar="on|off",
        help="isolation asks whether somebody else has the page (default on)",
    )  # fmt: skip
    parser.add_argument(
        "--era", default="v4", metavar="ERA", help=f"{', '.join(ERAS)} (default v4)"
    )
    parser.add_argument(
        "--known-defects", default="off", metavar="off|on|NAMES",
        help="what else was wrong in that era: all (as it was posted or merged), or by name;"
        " default off",
    )  # fmt: skip
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one JSON object")
    form.add_argument("--table", action="store_true", help="print schedules (the default)")
    parser.set_defaults(run=run_race)


def run_race(args: argparse.Namespace) -> int:
    """Explore and print; the exit status."""
    protocol = protocol_from(
        args.compactors, args.page_lock, args.refcount_test, args.era, args.known_defects
    )
    result = race(protocol)
    print(json.dumps(result) if args.json else table(result), flush=True)
    return 0


def _page(name: str, page: dict[str, Any]) -> str:
    words = [f"{name} {page['place']}", f"refs {page['refcount']}"]
    if page["locked_by"]:
        words.append(f"locked by {page['locked_by']}")
    if page["balloon"]:
        words.append("balloon")
    return ", ".join(words)


def _schedule(violation: dict[str, Any], names: list[str]) -> list[str]:
    """One schedule: a column for each actor that moves, the pages' fields between the steps."""
    moving = {step["actor"] for step in violation["schedule"]}
    columns = [name for name in names if name in moving]
    lines = ["", "  " + "".join(name.ljust(COLUMN) for name in columns).rstrip()]
    for number, step in enumerate(violation["schedule"], 1):
        indent = " " * (2 + COLUMN * columns.index(step["actor"]))
        text = f"{number}. {step['function']}: {step['words']}"
        lines += [indent + line for line in textwrap.wrap(text, COLUMN - 2)]
        after = step["after"]["pages"]
        lines.append("    | " + "; ".join(_page(name, after[name]) for name in after))
    return lines


def table(result: dict[str, Any]) -> str:
    """A result for people."""
    toggles = ", ".join(
        f"{name.replace('_', ' ')} {result[name]}" for name in ("page_lock", "refcount_test")
    )
    alike = " (compactors counted as alike)" if result["compactors_alike"] else ""
    defects = ", ".join(result["known_defects"]) or "none"
    lines = [
        f"{result['compactors']} compactors and the driver, era {result['era']}, {toggles};"
        f" known defects: {defects}",
        f"{result['states']:,} states{alike}, {result['transitions']:,} steps: "
        + (f"{len(result['violations'])} properties can break" if result["violations"] else
           "no property can break"),
    ]  # fmt: skip
    names = [f"C{number}" for number in range(1, result["compactors"] + 1)] + ["driver"]
    for violation in result["violations"]:
        lines += ["", f"{violation['property']}: {violation['text']}"]
        lines.append(f"  Shortest schedule: {violation['steps']} steps.")
        lines += _schedule(violation, names)
    in_force = set(result["known_defects"])
    apart = [row for row in result["known_defects_of_era"] if row["name"] not in in_force]
    if apart:
        lines += ["", "Besides, this era had (put in with --known-defects NAME):"]
    for row in apart:
        breaks = ", ".join(row["breaks"]) or "nothing more under this setting"
        lines += textwrap.wrap(
            f"{row['name']}: {row['text']} Breaks {breaks}. Mended in {row['mended']}.",
            96, initial_indent="  ", subsequent_indent="    ",
        )  # fmt: skip
    return "\n".join(lines)
