"""A machine's text report on paper: why it failed, what is free, and, of a capture, its map."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.capture.load import Capture
from engine.capture.planes import machine_view
from engine.capture.text import pageblock_size
from engine.replay import exact_mib, steps_in_turn
from engine.units import PAGEBLOCK_ORDER, Migratetype
from engine.view import STAT_FIELDS
from server.paper.page import paper_page
from server.paper.play import MOST_CELLS, planes_of
from server.paper.quantities import HOLDERS
from server.paper.sheets import Cell, Sheet, index_cell, number, padded, word_cells

USUAL_KIB = 4
MOST_ZONES = 200  # rows of a table; a log may hold hundreds of copies
MOST_TEXTS = 100
_KINDS = {"GFP_KERNEL": "unmovable", "GFP_HIGHUSER_MOVABLE": "movable", "GFP_ATOMIC": "atomic"}


@dataclass(frozen=True)
class ReadFrom:
    """What was read, and how it was asked for.

    Attributes:
        name: of the file, in the title.
        line: the command that was typed.
        digest: SHA-256 of the file; empty: no file.
    """

    name: str
    line: str
    digest: str = ""


def _place(zone: Mapping[str, Any], several: bool) -> list[Cell]:
    at = word_cells(f"at {zone['moment'] + 1}") if several else []
    return [*at, *word_cells(f"node {zone['node']}", zone["zone"])]


def _count(zone: Mapping[str, Any], order: int, value: int) -> Cell:
    return Cell(f"≥ {value:,}", f">={value}") if order in zone["floors"] else number(value)


def zone_tables(answer: Mapping[str, Any]) -> list[Sheet]:
    """Free blocks and both indices of every zone, by order."""
    zones = answer["zones"][:MOST_ZONES]
    several = any(zone["moment"] for zone in zones)
    size = max(len(zone["counts"]) for zone in zones)
    kib = answer["page_kib"] or USUAL_KIB
    keys = 3 if several else 2
    head = [*(["Copy"] if several else []), "Node", "Zone"]
    orders = [str(order) for order in range(size)]
    counts: list[list[Cell]] = []
    unusable: list[list[Cell]] = []
    fragmentation: list[list[Cell]] = []
    for zone in zones:
        place = _place(zone, several)
        mib = round(zone["free_pages"] * kib / 1024, 2)
        values = (_count(zone, order, value) for order, value in enumerate(zone["counts"]))
        counts.append([*place, number(zone["free_pages"]), number(mib), *padded(values, size)])
        for rows, name in ((unusable, "unusable_index"), (fragmentation, "fragmentation_index")):
            rows.append([*place, *padded(map(index_cell, zone[name]), size)])
    more = len(answer["zones"]) - len(zones)
    note = f"Order n is a block of {kib} KiB · 2ⁿ."
    if any(zone["floors"] for zone in zones):
        note += " ≥: the kernel counted no further; indices are of what was counted."
    if more > 0:
        note += f" The first {MOST_ZONES} zones; {more} more are in fragscope report … --json."
    return [
        Sheet(
            "free-lists", "Free blocks by order", [*head, "Free pages", "Free MiB", *orders],
            counts, keys, note=note,
        ),
        Sheet(
            "unusable", "Unusable free space index by order", head + orders, unusable, keys,
            note="The share of the zone's free memory in blocks too small for the order: 0 none,"
            " 1 all of it; unusable_free_index().",
        ),
        Sheet(
            "fragmentation", "Fragmentation index by order", head + orders, fragmentation, keys,
            note="Why a request would fail: towards 0 memory is short, towards 1 it is in pieces;"
            " -1: it would not fail, such a block is free; __fragmentation_index().",
        ),
    ]  # fmt: skip


def answers_sheet(answer: Mapping[str, Any]) -> Sheet:
    """Would a request succeed now: a row per order, a column per usual mask."""
    usual = [one for one in answer["answers"] if not one["asked"]]
    cells = {(one["order"], one["gfp"][0]): one for one in usual}
    rows = []
    for order in sorted({one["order"] for one in usual}):
        row = [Cell(str(order))]
        for gfp in _KINDS:
            one = cells[order, gfp]
            word = "yes" if one["succeeds"] else f"no: {one['cause'] or 'no zone'}"
            where = f", {one['zone']} {one['node']}" if one["zone"] else ""
            row.append(Cell(word + where, tone="good" if one["succeeds"] else "bad"))
        rows.append(row)
    head = ["Order", *(f"{words} ({gfp})" for gfp, words in _KINDS.items())]
    note = "From the free lists as they are: no reclaim, no compaction. The zone is the one that"
    return Sheet(
        "answers", "Would a request succeed now, and if not, why?", head, rows,
        words=frozenset({1, 2, 3}), note=f"{note} decides.",
    )  # fmt: skip


def _known(value: int | None) -> Cell:
    return Cell("") if value is None else number(value)


def _types(answer: Mapping[str, Any]) -> list[Sheet]:
    """Free blocks by migratetype, pageblocks, watermarks: where the text has them."""
    zones = answer["zones"][:MOST_ZONES]
    several = any(zone["moment"] for zone in zones)
    keys = 3 if several else 2
    head = [*(["Copy"] if several else []), "Node", "Zone"]
    size = max(len(zone["counts"]) for zone in zones)
    typed = [
        [
            *_place(zone, several), Cell(name),
            *padded((_count(row, o, n) for o, n in enumerate(row["counts"])), size),
        ]
        for zone in zones
        for name, row in zone["types"].items()
    ]  # fmt: skip
    out = []
    if typed:
        orders = [str(order) for order in range(size)]
        caption = "Free blocks by migratetype and order"
        out.append(Sheet("types", caption, [*head, "Migratetype", *orders], typed[:400], keys + 1))
    names = list(dict.fromkeys(name for zone in zones for name in zone["pageblocks"]))
    if names:
        rows = [
            [*_place(zone, several), *(number(zone["pageblocks"].get(name, 0)) for name in names)]
            for zone in zones
        ]
        out.append(Sheet("pageblocks", "Pageblocks by migratetype", head + names, rows, keys))
    if any(zone["watermarks"] for zone in zones):
        marks = ("min", "low", "high")
        rows = [
            [
                *_place(zone, several), number(zone["free_pages"]),
                *(_known(zone["watermarks"].get(mark)) for mark in marks),
                _known(zone["managed"]), _known(zone["present_pages"]),
            ]
            for zone in zones
        ]  # fmt: skip
        columns = [*head, "Free pages", *marks, "Managed", "Present"]
        out.append(Sheet("watermarks", "Watermarks and size, in pages", columns, rows, keys))
    return out


def _changes(answer: Mapping[str, Any]) -> Sheet | None:
    """What changed since the earlier report."""
    if "changes" not in answer:
        return None
    zones = answer["changes"]["zones"]
    size = max(len(zone["counts"]) for zone in zones)

    def signed(value: int) -> Cell:
        return Cell(f"{value:+,}" if value else "0", str(value))

    rows = [
        [
            *word_cells(f"node {zone['node']}", zone["zone"]), signed(zone["free_pages"]),
            *padded(map(signed, zone["counts"]), size),
        ]
        for zone in zones
    ]  # fmt: skip
    head = ["Node", "Zone", "Free pages", *map(str, range(size))]
    return Sheet("changes", "What changed: later less earlier", head, rows, 2)


def _what_if(answer: Mapping[str, Any]) -> tuple[Sheet | None, list[str]]:
    """What came of drawn guests: lowest to highest over the draws."""
    if "what_if" not in answer:
        return None, []
    played = answer["what_if"]
    designs = played.get("spread", played["designs"])

    def span(value: Any, mib: bool = False) -> Cell:
        ends = [value["low"], value["high"]] if isinstance(value, dict) else [value, value]
        shown = [exact_mib(int(end)) if mib else int(end) for end in ends]
        text = f"{shown[0]:,}" if shown[0] == shown[1] else f"{shown[0]:,}–{shown[1]:,}"
        return Cell(text, text.replace(",", ""))

    rows = []
    for key, step in steps_in_turn(designs):
        stats = step["stats"]
        rows.append(
            [
                *word_cells(" ".join(map(str, step["op"])), key),
                span(stats["balloon_actual"], mib=True), span(step["free"], mib=True),
                span(stats["free_blocks_all"]),
                Cell("") if step["huge_pages"] is None else span(step["huge_pages"]),
            ]
        )  # fmt: skip
    number_of, rules = played["drawn"], played["rules"]
    note = (
        f"Lowest to highest over {number_of} drawn guests, by the rules of {rules}; not measured."
    )
    head = ["After", "Design", "Balloon MiB", "Free MiB", "2 MiB blocks", "Huge pages"]
    sheet = Sheet("what-if", "What if: played on drawn guests", head, rows, 2, note=note)
    return sheet, list(played["assumed"])


def _heat(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Free memory by zone and order, for the picture: of the last copy."""
    last = answer["zones"][-1]["moment"]
    zones = [zone for zone in answer["zones"] if zone["moment"] == last][:MOST_ZONES]
    return {
        "rows": [f"node {zone['node']}, {zone['zone']}" for zone in zones],
        "counts": [zone["counts"] for zone in zones],
        "floors": [zone["floors"] for zone in zones],
        "page_kib": answer["page_kib"] or USUAL_KIB,
    }


def capture_map(capture: Capture | None, problem: str) -> tuple[dict[str, Any] | None, str, Any]:
    """The map of a capture's pageblocks.

    Args:
        capture: None where there is none.
        problem: why there is none; empty: nobody expected one.

    Returns:
        planes or None; why there are none; a table of what holds the pageblocks, or None.
    """
    if capture is None:
        return None, problem, None
    view = machine_view(capture, capture.inferred, hook=True)
    nr_blocks = len(view.planes["free"])
    if nr_blocks > MOST_CELLS:
        return None, f"It has {nr_blocks:,} pageblocks: a page shows {MOST_CELLS:,} at most.", None
    stats = dict(zip(STAT_FIELDS, view.stats.tolist(), strict=True))
    rows = [[Cell(words), number(stats[key])] for key, words in HOLDERS]
    holders = Sheet(
        "holders", "Pageblocks by what holds them", ["", "Pageblocks"], rows,
        note=f"{nr_blocks:,} pageblocks of {pageblock_size(PAGEBLOCK_ORDER)}, all zones.",
    )  # fmt: skip
    return planes_of(view), "", holders


def _shown(texts: Sequence[str]) -> list[str]:
    more = len(texts) - MOST_TEXTS
    return [*texts[:MOST_TEXTS], *([f"and {more:,} more (--json)"] if more > 0 else [])]


def _why(request: dict[str, Any]) -> str:
    """Why a request failed, in a few words, before its sentence."""
    return f"{request['why']}. " if request["why"] else ""


def report_page(
    answer: Mapping[str, Any], asked: ReadFrom, capture: Capture | None = None, problem: str = ""
) -> str:
    """The report of a machine's text.

    Args:
        answer: of engine/report/answer.py, and what the command line added to it.
        asked: where it comes from.
        capture: the same, with its pages.
        problem: why its pages are not shown, where there are any.

    Returns:
        HTML.

    Raises:
        RefusedError: the file would be too large; one sentence.
    """
    planes, why, holders = capture_map(capture, problem)
    kinds = Counter(one["as"] or "not read" for one in answer["read"])
    what_if, drawn = _what_if(answer)
    zones = bool(answer["zones"])
    inferred = [] if capture is None else [str(one) for one in capture.summary()["assumed"]]
    first = [one["text"] for one in answer["answers"] if one["asked"]]
    context = {
        "title": asked.name, "answer": answer, "asked": asked, "first": first,
        "requests": _shown([f"{_why(one)}{one['text']}" for one in answer["requests"]]),
        "answers": answers_sheet(answer) if answer["answers"] else None,
        "zones": zone_tables(answer) if zones else [], "types": _types(answer) if zones else [],
        "changes": _changes(answer), "what_if": what_if, "drawn": drawn,
        "could_be": answer.get("changes", {}).get("could_be", []),
        "refused": answer["refused"], "notices": _shown(answer["notices"]),
        "disagreements": _shown(answer["disagreements"]), "assumed": answer["assumed"],
        "inferred": inferred, "passed_over": _shown(answer["passed_over"]),
        "read": ", ".join(f"{kind} {n:,}" for kind, n in sorted(kinds.items())),
        "pageblock": pageblock_size(PAGEBLOCK_ORDER),
        "has_map": planes is not None, "why_no_map": why, "holders": holders,
        "moments": 1 + max((zone["moment"] for zone in answer["zones"]), default=0),
        "again_ways": [("With the same file:", asked.line)],
    }  # fmt: skip
    name = "".join(c if c.isalnum() or c in "-_" else "-" for c in asked.name)[:60]
    data: dict[str, Any] = {"kind": "report", "name": name, "designs": ["this machine"]}
    data["heats"] = {"heat-free": _heat(answer)} if zones else {}
    data["pageblock_order"] = PAGEBLOCK_ORDER
    data["migratetypes"] = [one.name for one in Migratetype]
    if planes is not None:
        data["maps"] = [{"state": 0, "designs": {"this machine": planes}}]
    return paper_page("report.html.jinja", context, data)
