"""``fragscope report``: what a machine's own text says about its free memory.

Needs no compiled core: the answer is there at once, wherever the text came from.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from server.cli.common import (
    add_shared,
    designs_of,
    keep_stdin,
    seed_of,
    show_json,
    whole_number,
)
from server.cli.paper import check_output, report_session, report_text, session_kind
from server.cli.table import Column, Table, paragraph, show

if TYPE_CHECKING:
    from engine.report.model import TextReport

MAX_STDIN = 64 << 20  # bytes
_SHOWN_SENTENCES = 20  # of one kind; --json has all
_KEYS = (Column("node", left=True, key=True), Column("zone", left=True, key=True))
_KINDS = {"unmovable": "GFP_KERNEL", "movable": "GFP_HIGHUSER_MOVABLE", "atomic": "GFP_ATOMIC"}


def add_report(commands: Any) -> None:
    """Describe the command to argparse."""
    report = commands.add_parser(
        "report",
        help="read buddyinfo, pagetypeinfo, an OOM report or a sosreport: why did it fail?",
        description="Free blocks, indices, and whether a request would succeed, from text alone.",
    )
    report.add_argument(
        "path", metavar="PATH|SESSION",
        help="a file, a folder, an archive or a sosreport; - reads standard input; or a session's"
        " id or file, or an example's name, for its report as a page",
    )  # fmt: skip
    report.add_argument(
        "after", metavar="AFTER", nargs="?",
        help="a later report of the same machine: what changed, and what could have done it",
    )  # fmt: skip
    report.add_argument("--order", metavar="N", help="judge a request of this order")
    report.add_argument(
        "--gfp", metavar="FLAGS",
        help="its mask, as GFP_KERNEL|__GFP_COMP; default GFP_KERNEL",
    )  # fmt: skip
    report.add_argument(
        "--what-if", metavar="OPS",
        help="draw guests that print this report and play inflate=200,compact,huge=2000 on them",
    )  # fmt: skip
    report.add_argument("--draws", metavar="N", help="how many guests are drawn; default 3")
    add_shared(report, "--designs", "--seed", "--json")
    report.add_argument(
        "-o", "--output", metavar="FILE.html",
        help="write one page that needs no network: pictures, tables, and how to make it again",
    )  # fmt: skip
    report.set_defaults(run=run_report)


def _read(path: str, again: bool = False) -> "TextReport":
    """The report at a path, or on standard input.

    Args:
        path: a dash is standard input.
        again: this process may be replaced by another one, which reads standard input, too.

    Raises:
        ValueError: bad input; one sentence.
    """
    from engine.report.read import read_report

    if path != "-":
        return read_report(Path(path), path)
    body = sys.stdin.buffer.read(MAX_STDIN + 1)
    if len(body) > MAX_STDIN:
        raise ValueError(f"standard input is over {MAX_STDIN >> 20} MiB: the limit")
    if again:
        keep_stdin(body)
    return read_report(body, "standard input")


def answer_for(args: argparse.Namespace) -> dict[str, Any]:
    """The answer to what the command line asks: about the later report where there are two.

    Raises:
        ValueError: bad input, or nothing in it that is known; one sentence.
    """
    from engine.report.answer import answer_of
    from engine.report.compare import compare_reports
    from engine.report.model import MAX_ORDERS

    order = None
    if args.order is not None:
        order = whole_number(args.order, "order", MAX_ORDERS - 1)
    if args.draws is not None and args.what_if is None:
        raise ValueError("--draws is for --what-if OPS")
    report = _read(args.path, args.what_if is not None)
    changes = {}
    if args.after is not None:
        before, report = report, _read(args.after)
        changes = {"changes": compare_reports(before, report)}
    return answer_of(report, order, args.gfp) | changes | _what_if(args, report)


def _what_if(args: argparse.Namespace, report: "TextReport") -> dict[str, Any]:
    """The answer to --what-if; nothing where it was not asked."""
    if args.what_if is None:
        return {}
    from server.cli.whatif import DEFAULT_DRAWS, MAX_DRAWS, play_draws

    draws = DEFAULT_DRAWS
    if args.draws is not None:
        draws = whole_number(args.draws, "number of draws", MAX_DRAWS, 1)
    if not report.moments:
        raise ValueError("what-if needs the files of /proc: zoneinfo says where zones lie")
    played = play_draws(report.moments[-1], args.what_if, draws, designs_of(args), seed_of(args))
    return {"what_if": played}


def run_report(args: argparse.Namespace) -> int:
    """Run the command.

    Returns:
        The exit status.

    Raises:
        ValueError: bad input; one sentence.
    """
    kind = session_kind(args.path, args.output is not None or args.json)
    if kind:
        return report_session(args, kind)
    path = None if args.output is None else check_output(args.output)
    answer = answer_for(args)
    if path is not None:
        report_text(args, answer, path)
        if not args.json:
            return 0
    if args.json:
        show_json(answer)
    else:
        show(*report_blocks(answer))
    return 0


def _sentences(title: str, texts: list[str]) -> list[str]:
    """A paragraph for each text under a title; nothing for none."""
    if not texts:
        return []
    more = len(texts) - _SHOWN_SENTENCES
    shown = [paragraph(text, "  ", "    ") for text in texts[:_SHOWN_SENTENCES]]
    return [f"{title}:", *shown, *([f"  and {more} more (--json)"] if more > 0 else []), ""]


def report_blocks(answer: dict[str, Any]) -> list[str | Table]:
    """The answer for people: first what was asked, then what it rests on.

    Args:
        answer: of engine/report/answer.py.
    """
    blocks: list[str | Table] = []
    for request in answer["requests"][:_SHOWN_SENTENCES]:
        blocks += [paragraph(f"{request['why']}.")] if request["why"] else []
        blocks += [paragraph(request["text"] + ".", "", "  "), ""]
        blocks += _sentences("Counters that do not agree", request["disagreements"])
    if more := len(answer["requests"]) - _SHOWN_SENTENCES:
        blocks += [f"{more} more requests (--json)", ""] if more > 0 else []
    for verdict in answer["answers"]:
        if verdict["asked"]:
            blocks += [paragraph(verdict["text"] + ".", "", "  "), ""]
    if answer["refused"]:
        blocks += [paragraph(answer["refused"] + ".", "", "  "), ""]
    blocks += _sentences("Beware", answer["notices"])
    blocks += _sentences("Figures that do not agree (buddyinfo's stand)", answer["disagreements"])
    if "changes" in answer:
        blocks += _change_blocks(answer["changes"])
    if "what_if" in answer:
        blocks += _what_if_blocks(answer["what_if"])
    if answer["zones"]:
        blocks += [*([] if answer["refused"] else _verdict_table(answer)), *_zone_tables(answer)]
    for request in answer["requests"][:_SHOWN_SENTENCES]:
        agreeing = [check["text"] for check in request["checks"] if check["agrees"]]
        blocks += _sentences(f"Counters of line {request['line']} that agree", agreeing)
    blocks += _sentences("Taken for granted", answer["assumed"])
    blocks += _sentences("Passed over", answer["passed_over"])
    return [*blocks, *_read_words(answer["read"])]


def _verdict_table(answer: dict[str, Any]) -> list[str | Table]:
    """Would a request succeed now: a row per order, a column per usual mask."""
    usual = [one for one in answer["answers"] if not one["asked"]]
    cells = {(one["order"], one["gfp"][0]): one for one in usual}
    rows = []
    for order in sorted({one["order"] for one in usual}):
        row = [str(order)]
        for gfp in _KINDS.values():
            one = cells[order, gfp]
            word = "yes" if one["succeeds"] else one["cause"] or "no zone"
            row.append(f"{word}, {one['zone']} {one['node']}" if one["zone"] else word)
        rows.append(row)
    columns = [Column("order", key=True)]
    columns += [Column(f"{name} ({gfp})", left=True) for name, gfp in _KINDS.items()]
    past = all(zone["source"] == "Mem-Info" for zone in answer["zones"])
    when = "have succeeded then" if past else "succeed now"
    return [
        f"Would a request {when}, and if not, what stands in its way:",
        Table(columns, rows),
    ]


def _change_blocks(changes: dict[str, Any]) -> list[str | Table]:
    """What changed since the earlier report."""
    zones = changes["zones"]
    size = max(len(zone["counts"]) for zone in zones)
    rows = [
        [
            str(zone["node"]), zone["zone"], f"{zone['free_pages']:+d}",
            *(f"{n:+d}" if n else "0" for n in zone["counts"]),
            *[""] * (size - len(zone["counts"])),
        ]
        for zone in zones
    ]  # fmt: skip
    columns = [*_KEYS, Column("free pages"), *(Column(str(order)) for order in range(size))]
    title = "What changed: free blocks by order, later less earlier:"
    return [
        title,
        Table(columns, rows),
        "",
        *_sentences("What could have done it", changes["could_be"]),
    ]


def _what_if_blocks(played: dict[str, Any]) -> list[str | Table]:
    """What came of drawn guests."""
    from server.cli.whatif import what_if_table

    number = played["drawn"]
    title = (
        f"What if, on {number} drawn guest{'s' if number != 1 else ''} that print this report, by"
        f" the rules of {played['rules']} (lowest–highest over the draws):"
    )
    assumed = _sentences("Drawn, not read", played["assumed"])
    return [paragraph(title), what_if_table(played), "", *assumed]


def _zone_tables(answer: dict[str, Any]) -> list[str | Table]:
    """FreeCounts and both indices by zone and order."""
    zones = answer["zones"]
    size = max(len(zone["counts"]) for zone in zones)
    orders = [Column(str(order)) for order in range(size)]
    moments = [Column("at", key=True)] if any(zone["moment"] for zone in zones) else []
    page_kib = answer["page_kib"] or 4

    def keys(zone: dict[str, Any]) -> list[str]:
        at = [str(zone["moment"] + 1)] if moments else []
        return [*at, str(zone["node"]), zone["zone"]]

    def table(name: str, shown: Any, *more: Column) -> Table:
        rows = []
        for zone in zones:
            values = [shown(zone, order, value) for order, value in enumerate(zone[name])]
            extra = [str(zone["free_pages"] * page_kib >> 10)] if more else []
            rows.append([*keys(zone), *extra, *values, *[""] * (size - len(values))])
        return Table([*moments, *_KEYS, *more, *orders], rows)

    def count(zone: dict[str, Any], order: int, value: int) -> str:
        return f"{'≥' if order in zone['floors'] else ''}{value}"

    def ratio(_zone: dict[str, Any], _order: int, value: int) -> str:
        return "-1" if value == -1000 else f"{value / 1000:.3f}"

    return [
        "", "Free blocks by order:", table("counts", count, Column("free MiB")),
        "", "Unusable free space index: share of the free memory in blocks below the order:",
        table("unusable_index", ratio),
        "", "Fragmentation index (-1: such a block is free; towards 0: memory is short; towards 1:"
        " it is in pieces):",
        table("fragmentation_index", ratio), "",
    ]  # fmt: skip


def _read_words(read: list[dict[str, Any]]) -> list[str]:
    """How many lines were read as what, and how many were not."""
    kinds = Counter(one["as"] for one in read)
    unread = kinds.pop(None, 0)
    known = ", ".join(f"{kind} {number}" for kind, number in sorted(kinds.items()))
    return [f"Lines read: {known}; not read: {unread}."]
