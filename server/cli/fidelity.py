"""``fragscope fidelity``: how well recordings of a real kernel are predicted, as a score."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from server.cli.common import add_shared, compile_core, recording_folder, seed_of, show_json
from server.cli.progress import ProgressBar
from server.cli.table import Column, Table, show

if TYPE_CHECKING:
    from engine.recordings.score import Judgement, Score

_COLUMNS = (
    Column("design", left=True, key=True, group=True),
    Column("step", left=True, key=True),
    Column("quantity", left=True),
    Column("kernel"),
    Column("band"),
    Column("ours"),
    Column("", left=True),
)


def add_fidelity(commands: Any) -> None:
    """Describe the command to argparse."""
    fidelity = commands.add_parser(
        "fidelity",
        help="score our predictions against recordings of a real kernel",
        description="Replay each recording from its capture and compare every quantity with what "
        "the kernel did; docs/FIDELITY.md explains the rule.",
    )
    fidelity.add_argument(
        "folders", nargs="*", metavar="FOLDER",
        help="a recording (fragscope capture --series), or an example's name; default: the six "
        "examples, one line each",
    )  # fmt: skip
    add_shared(fidelity, "--seed", "--json")
    fidelity.set_defaults(run=run_fidelity)


def shown_quantity(quantity: str, value: float | None) -> str:
    """A quantity's value for people."""
    if value is None:
        return "none"
    return f"{value:.3f}" if quantity == "unusable" else f"{value:.0f}"


def shown_kernel(one: "Judgement") -> str:
    """Lowest and highest of the kernel's runs."""
    low, high = (shown_quantity(one.quantity, f(one.kernel)) for f in (min, max))
    return low if low == high else f"{low}–{high}"


def _mark(share: float) -> str:
    """What a row says of a quantity: nothing where it is in the band."""
    return {0.0: "missed", 1.0: ""}.get(share, f"in {share:.0%} of the bands")


def score_line(found: "Score") -> str:
    """A score in one line."""
    from engine.recordings.score import BLOCKS_AFTER_COMPACT

    def shown(inside: float) -> str:
        return f"{inside:.1f}".removesuffix(".0")

    inside, total = found.counts.get("all", (0, 0))
    parts = [
        f"{shown(inside)} of {total} quantities within the band ({100 * found.share('all'):.1f} %)"
    ]
    for name in ("huge", BLOCKS_AFTER_COMPACT):
        if name in found.counts:
            inside, total = found.counts[name]
            parts.append(f"{name} {shown(inside)} of {total}")
    return ", ".join([*parts, f"median error {100 * found.median_error:.1f} %"])


def fidelity_table(judgements: "Sequence[Judgement]") -> Table:
    """Judgements for people: one row per design, step and quantity.

    Args:
        judgements: of one recording.
    """
    rows = [
        (
            one.design,
            f"{one.step} {one.op}",
            one.quantity,
            shown_kernel(one),
            f"±{shown_quantity(one.quantity, one.band)}",
            shown_quantity(one.quantity, one.ours),
            _mark(one.share),
        )
        for one in judgements
    ]
    return Table(_COLUMNS, rows)


def run_fidelity(args: argparse.Namespace) -> int:
    """Run the command.

    Returns:
        The exit status.

    Raises:
        ValueError: bad input; one sentence.
    """
    from engine.recordings.measure import everything, measure
    from engine.recordings.score import score
    from server.guests.library import EXAMPLES

    seed = seed_of(args)
    folders = [recording_folder(text) for text in args.folders or EXAMPLES]
    compile_core()
    found = []
    with ProgressBar(f"replaying {len(folders)} recordings") as progress:
        for i, folder in enumerate(folders):
            progress(f"replaying {folder.name}", i, len(folders))
            found.append(measure(folder, (seed,)))
    scores = {one.name: score(one.judged[0]) for one in found}
    total = score(everything(found))
    if args.json:
        counts = {name: one.counts for name, one in {**scores, "all": total}.items()}
        show_json({"seed": seed, "counts": counts})
        return 0
    blocks: list[str | Table] = []
    for one in found:
        if args.folders:
            blocks += [one.name, "", fidelity_table(one.judged[0]), ""]
        blocks.append(f"{one.name}: {score_line(scores[one.name])}")
    show(*blocks, f"all: {score_line(total)}")
    return 0
