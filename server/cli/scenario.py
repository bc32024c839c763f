"""``fragscope scenario``: the points of the argument of 2012, one after the other, as numbers."""

import argparse
from typing import TYPE_CHECKING, Any

from engine.scenarios.model import GROUPS, Scenario
from server.cli.common import add_shared, compile_core, seed_of, show_json
from server.cli.progress import ProgressBar
from server.cli.table import Column, Table, paragraph, show

if TYPE_CHECKING:
    from engine.world import World

_LIST_COLUMNS = (Column("name", left=True, key=True), Column("question", left=True))


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


def scenario_list(scenarios: dict[str, Scenario]) -> list[str | Table]:
    """Names and questions, a table for each group."""
    blocks: list[str | Table] = []
    for group, label in GROUPS.items():
        members = [one for one in scenarios.values() if one.group == group]
        if members:
            rows = [(one.name, one.question) for one in members]
            blocks += ["", f"{label} ({group})", "", Table(_LIST_COLUMNS, rows)]
    return blocks[1:]


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
        lines += [
            paragraph(claim.claim),
            paragraph(f"{claim.who}, {claim.when}; {claim.source}{test}"),
            paragraph(claim.reading, first="> "),
            "",
        ]
    return "\n".join(lines)


def scenario_blocks(scenario: Scenario, result: dict[str, Any]) -> list[str | Table]:
    """A scenario and its numbers for people: a table for each step, a row for each design."""
    blocks: list[str | Table] = [
        scenario.label, paragraph(scenario.question), "", paragraph(scenario.text), "",
    ]  # fmt: skip
    design = Column("design", left=True, key=True)
    columns = [design, *(Column(label) for _, label in scenario.show)]
    for number, step in enumerate(result["steps"], 1):
        rows = [
            (key, *(numbers[stat] for stat, _ in scenario.show))
            for key, numbers in step["designs"].items()
        ]
        blocks += [paragraph(f"{number}. {step['words']}"), "", Table(columns, rows), ""]
    return blocks[:-1]


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
        if args.json:
            show_json(claims_json())
        else:
            show(claims_text())
        return 0
    if args.scenario is None:
        if args.seed is not None:
            raise ValueError("--seed is for a scenario: fragscope scenario NAME --seed N")
        if args.json:
            show_json(catalog.catalog())
        else:
            show(*scenario_list(catalog.SCENARIOS))
        return 0
    scenario = catalog.scenario(args.scenario)
    if args.seed is not None:
        scenario = with_seed(scenario, seed_of(args))
    compile_core()
    nr = len(scenario.steps)
    with ProgressBar(f"playing scenario {scenario.name}") as progress:
        library = Library(1, 1 << 30)
        source = source_from_dict(scenario.source)
        base = library.base(source, scenario.seed, lambda text, *_: progress(text, 0, nr))
        progress(scenario.steps[0].words, 0, nr)

        def step_done(_: "World", i: int) -> None:
            progress(scenario.steps[min(i + 1, nr - 1)].words, i + 1, nr)

        result = run_scenario(scenario, base.guest, step_done)
    if args.json:
        show_json(result)
    else:
        show(*scenario_blocks(scenario, result))
    return 0
