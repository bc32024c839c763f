"""``fragscope report … --what-if``: drawn guests that print the report, played under the designs.

A report fixes counts, not positions: every number is a range over the draws.
"""

from typing import TYPE_CHECKING, Any

from server.cli.common import compile_core
from server.cli.progress import ProgressBar
from server.cli.table import Column, Table

if TYPE_CHECKING:
    from engine.report.model import Moment

MAX_DRAWS = 20
DEFAULT_DRAWS = 3
_COLUMNS = (
    Column("step", left=True, key=True, group=True),
    Column("design", left=True, key=True),
    Column("balloon MiB"),
    Column("free MiB"),
    Column("2 MiB blocks"),
    Column("huge pages"),
    Column("isolated"),
)


def ops_of(text: str) -> list[list[Any]]:
    """The operations of ``inflate=200,compact,huge=2000``, as engine/replay.py wants them.

    Args:
        text: operations by commas, a number behind =.
    """
    out: list[list[Any]] = []
    for part in text.split(","):
        name, given, number = part.strip().partition("=")
        value: Any = int(number) if number.isascii() and number.isdigit() else number
        out.append([name, value] if given else [name])
    return out


def play_draws(
    moment: "Moment", text: str, draws: int, designs: list[str], seed: int
) -> dict[str, Any]:
    """Draw guests from a report and play operations on each.

    Args:
        moment: what was read.
        text: operations, as for ops_of.
        draws: how many guests.
        designs: keys.
        seed: of the first draw; the others count up from it.

    Raises:
        ValueError: it cannot be drawn or played; one sentence.
    """
    from engine.capture.drawn import DRAWN_ASSUMED, check_drawable, draw_guest
    from engine.replay import parse_ops, replay
    from engine.spread import replay_seeds, seeds_from
    from server.wire.config import MAX_SEED

    ops = parse_ops(ops_of(text))
    check_drawable(moment)
    compile_core()
    seeds = seeds_from(seed, draws, MAX_SEED)
    nodes = [zone.key[0] for zone in sorted(moment.counted, key=lambda one: one.pages["start_pfn"])]
    words = f"playing {len(ops)} operations on {draws} drawn guests"
    done = 0
    with ProgressBar(words) as progress:

        def under(seed: int) -> dict[str, Any]:
            nonlocal done
            result = replay(draw_guest(moment, seed), designs, ops, seed, nodes=nodes)
            done += 1
            progress(words, done, draws)
            return result

        answer = replay_seeds(seeds, under)
    return {
        "drawn": draws,
        "seeds": list(seeds),
        "rules": "Linux 6.12",
        "assumed": list(DRAWN_ASSUMED),
        **answer,
    }


def what_if_table(answer: dict[str, Any]) -> Table:
    """Ranges over the draws, a row per operation and design.

    Args:
        answer: of play_draws.
    """
    from engine.replay import steps_in_turn
    from engine.units import MIB_PAGES

    designs = answer.get("spread", answer["designs"])
    rows = []
    for key, step in steps_in_turn(designs):
        stats = step["stats"]
        rows.append(
            (
                " ".join(map(str, step["op"])), key,
                _range(stats["balloon_actual"], MIB_PAGES), _range(step["free"], MIB_PAGES),
                _range(stats["free_blocks_all"]),
                "" if step["huge_pages"] is None else _range(step["huge_pages"]),
                _range(step["vmstat"]["compact_isolated"]),
            )
        )  # fmt: skip
    return Table(_COLUMNS, rows)


def _range(value: Any, unit: int = 1) -> str:
    """Lowest and highest of the draws, one number where they agree."""
    if not isinstance(value, dict):
        return str(int(value) // unit)
    low, high = int(value["low"]) // unit, int(value["high"]) // unit
    return str(low) if low == high else f"{low}–{high}"
