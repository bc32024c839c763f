"""``fragscope race``: what can break when compactors and driver meet on one balloon page."""

import argparse
from typing import Any

from engine.race.era import ERAS, MAX_COMPACTORS, protocol_from
from engine.race.explorer import race
from server.cli.common import show_json
from server.cli.table import Column, Table, paragraph, show

_ACTOR_WIDTH = 36  # of an actor's column where lines may be long


def add_race(commands: Any) -> None:
    """Describe the command to argparse."""
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
    if args.json:
        show_json(result)
    else:
        show(*race_blocks(result))
    return 0


def _page(name: str, page: dict[str, Any]) -> str:
    words = [f"{name} {page['place']}", f"refs {page['refcount']}"]
    if page["locked_by"]:
        words.append(f"locked by {page['locked_by']}")
    if page["balloon"]:
        words.append("balloon")
    return ", ".join(words)


def _schedule(violation: dict[str, Any], names: list[str]) -> Table:
    """One schedule: a column for each actor that moves, both pages after each step."""
    moving = {step["actor"] for step in violation["schedule"]}
    actors = [name for name in names if name in moving]
    rows = []
    for number, step in enumerate(violation["schedule"], 1):
        pages = step["after"]["pages"]
        lines = [
            f"{step['function']}: {step['words']}",
            *(f"| {_page(name, pages[name])}" for name in pages),
        ]
        cells = ["\n".join(lines) if name == step["actor"] else "" for name in actors]
        rows.append((number, *cells))
    columns = [Column(name, left=True, wrap=_ACTOR_WIDTH) for name in actors]
    return Table([Column("step", key=True), *columns], rows)


def race_blocks(result: dict[str, Any]) -> list[str | Table]:
    """A result for people: what was explored, then what can break and how."""
    toggles = ", ".join(
        f"{name.replace('_', ' ')} {result[name]}" for name in ("page_lock", "refcount_test")
    )
    alike = " (compactors counted as alike)" if result["compactors_alike"] else ""
    defects = ", ".join(result["known_defects"]) or "none"
    nr = len(result["violations"])
    blocks: list[str | Table] = [
        paragraph(
            f"{result['compactors']} compactors and the driver, era {result['era']}, {toggles};"
            f" known defects: {defects}"
        ),
        f"{result['states']:,} states{alike}, {result['transitions']:,} steps: "
        f"{nr or 'no'} {'property' if nr < 2 else 'properties'} can break",
    ]
    names = [f"C{number}" for number in range(1, result["compactors"] + 1)] + ["driver"]
    for violation in result["violations"]:
        blocks += [
            "",
            paragraph(f"{violation['property']}: {violation['text']}"),
            f"Shortest schedule: {violation['steps']} steps.",
            "",
            _schedule(violation, names),
        ]
    in_force = set(result["known_defects"])
    apart = [row for row in result["known_defects_of_era"] if row["name"] not in in_force]
    if apart:
        blocks += ["", "This era also had (add with --known-defects NAME):"]
    for row in apart:
        breaks = ", ".join(row["breaks"]) or "nothing more under this setting"
        text = f"{row['name']}: {row['text']} Breaks {breaks}. Mended in {row['mended']}."
        blocks.append(paragraph(text, "  ", "    "))
    return blocks
