"""``fragscope scenario``: the points of the argument of 2012, one after the other, as numbers."""

import argparse
import json
import sys
import textwrap
import time
from typing import Any

from engine.scenarios.model import GROUPS, Scenario
from server.cli.common import add_shared, compile_core, seed_of

_WIDTH = 100
_SLOW_S = 1.0  # after so long a person is told what is under way


def add_scenario(commands: Any) -> None:
    """Describe the command to argparse."""
    parser = commands.add_parser(
        "scenario",
        help="play a scenario under its designs, or list what there is",
        description="Each scenario shows one point of the argument: a guest, designs side by side, "
        "steps, and the numbers that decide.",
    )
    parser.add_argument("scenario", metavar="NAME", nargs="?", help="default: list all")
    parser.add_argument("--seed", help="another seed; a synthetic guest is drawn anew")
    parser.add_argument(
        "--claims", action="store_true", help="list the claims of 2012 that the scenarios test"
    )
    add_shared(parser, "--json")
    parser.set_defaults(run=run_scenario_command)


def listing(scenarios: dict[str, Scenario]) -> str:
    """Names and questions by group."""
    wide = max(len(name) for name in scenarios) + 2
    lines: list[str] = []
    for group, label in GROUPS.items():
        members = [one for one in scenarios.values() if one.group == group]
        if members:
            lines += ["", f"{label} ({group})"]
            lines += [f"  {one.name.ljust(wide)}{one.question}" for one in members]
    return "\n".join(lines[1:]) + "\n"


def claims_text() -> str:
    """Every claim: who made it, where it stands, what tests it, a fair reading."""
    from engine.scenarios.claims import CLAIMS, PARTS

    lines: list[str] = []
    part = ""
    for claim in CLAIMS:
        if claim.part != part:
            part = claim.part
            lines += [PARTS[part], ""]
        test = f"; scenario {claim.scenario}" if claim.scenario else ""
        lines += textwrap.wrap(claim.claim, _WIDTH)
        lines += textwrap.wrap(f"{claim.who}, {claim.when}; {claim.source}{test}", _WIDTH)
        lines += [*textwrap.wrap(claim.reading, _WIDTH, initial_indent="> "), ""]
    return "\n".join(lines)


def table(scenario: Scenario, result: dict[str, Any]) -> str:
    """A scenario and its numbers for people: a row per design and step."""
    lines = [scenario.label, *textwrap.wrap(scenario.question, _WIDTH), ""]
    lines += [*textwrap.wrap(scenario.text, _WIDTH), ""]
    labels = [label for _, label in scenario.show]
    widths = [max(10, len(label)) + 2 for label in labels]
    first = max(len(key) for key in scenario.designs) + 2
    head = "".join(label.rjust(width) for label, width in zip(labels, widths, strict=True))
    for number, step in enumerate(result["steps"], 1):
        lines += textwrap.wrap(f"{number}. {step['words']}", _WIDTH)
        lines.append("  " + " " * first + head)
        for key, numbers in step["designs"].items():
            cells = "".join(
                str(numbers[stat]).rjust(width)
                for (stat, _), width in zip(scenario.show, widths, strict=True)
            )
            lines.append("  " + key.ljust(first) + cells)
        lines.append("")
    return "\n".join(lines)


class _Progress:
    """Tells on stderr what is under way, once it has taken a second."""

    def __init__(self) -> None:
        self._start = time.monotonic()

    def tell(self, text: str) -> None:
        """One line, if the person has waited."""
        if time.monotonic() - self._start > _SLOW_S:
            sys.stderr.write(text + "\n")
            sys.stderr.flush()


def run_scenario_command(args: argparse.Namespace) -> int:
    """Run the command; the exit status.

    Raises:
        ValueError: bad input; one sentence.
    """
    from engine.scenarios import catalog
    from engine.scenarios.claims import claims_json
    from engine.scenarios.run import run_scenario, with_seed
    from server.guests.library import Library
    from server.wire.config import source_from_dict

    if args.claims:
        if args.scenario is not None or args.seed is not None:
            raise ValueError("--claims stands alone: fragscope scenario --claims")
        print(json.dumps(claims_json()) if args.json else claims_text(), flush=True)
        return 0
    if args.scenario is None:
        if args.seed is not None:
            raise ValueError("--seed is for a scenario: fragscope scenario NAME --seed N")
        answer = catalog.catalog()
        print(json.dumps(answer) if args.json else listing(catalog.SCENARIOS), flush=True)
        return 0
    scenario = catalog.scenario(args.scenario)
    if args.seed is not None:
        scenario = with_seed(scenario, seed_of(args))
    compile_core()
    progress = _Progress()
    nr = len(scenario.steps)
    library = Library(1, 1 << 30)
    base = library.base(source_from_dict(scenario.source), scenario.seed, lambda *_: None)
    progress.tell(f"the guest is ready; {nr} steps, {len(scenario.designs)} designs")
    result = run_scenario(
        scenario, base.guest, lambda _, i: progress.tell(f"step {i + 1} of {nr} done")
    )
    print(json.dumps(result, allow_nan=False) if args.json else table(scenario, result), flush=True)
    return 0
