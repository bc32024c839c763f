"""A session on paper: the answer, maps and lines, tables, commands, and how to make it again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from engine.capture.text import pageblock_size
from engine.commands import command_from_dict
from engine.indices import contig_pages, fragmentation_index, unusable_index
from engine.replay import exact_mib, op_of
from engine.units import HPAGE_ORDER, NR_PAGE_ORDERS, PAGEBLOCK_ORDER, Migratetype
from server.lessons.plain import command_words
from server.paper.page import paper_page
from server.paper.play import PlayedFacts
from server.paper.quantities import BOARD_GROUPS, COSTS, HOLDERS, SCOREBOARD, pages_as_mib
from server.paper.sheets import Cell, Sheet, index_cell, number, word_cells
from server.playback.page_file import packed_text

MOST_FILE = 4_000_000  # bytes of a session file that the report carries along
MOST_COMMANDS = 500  # rows of the tables of commands


@dataclass(frozen=True)
class Origin:
    """Where a report comes from.

    Attributes:
        name: as it was asked for.
        kind: "session", "file" or "example".
        file: the session as a file, that it can be made from again; empty: not carried along.
    """

    name: str
    kind: str
    file: str = ""


def _words(command: Mapping[str, Any]) -> str:
    return command_words(command_from_dict(dict(command)))


def ops_of_log(log: Sequence[Mapping[str, Any]]) -> list[list[Any]] | None:
    """A log as operations of ``fragscope replay``.

    Returns:
        None where they would not make the same: a command came while guests were at work, or there
        is no such operation.
    """
    out: list[list[Any]] = []
    for entry in log:
        op = op_of(command_from_dict(entry["command"])) if entry["idle"] else None
        if op is None:
            return None
        out.append(op)
    return out


def scoreboard_sheet(facts: Mapping[str, Any]) -> Sheet:
    """Benefit and cost, a column per design, as on the page."""
    designs = facts["states"][-1]["designs"]
    rows = [
        [*word_cells(f"{one.words}", one.unit), *(one.show(of["stats"]) for of in designs.values())]
        for group in BOARD_GROUPS
        for one in SCOREBOARD
        if one.group == group
    ]
    return Sheet("scoreboard", "Scoreboard", ["Quantity", "Unit", *designs], rows, keys=2)


def _gained(before: Mapping[str, int], after: Mapping[str, int], kind: str) -> Cell:
    if not kind.startswith("balloon_"):
        return Cell("")
    return pages_as_mib(after["balloon_actual"] - before["balloon_actual"])


def steps_sheet(facts: Mapping[str, Any]) -> Sheet:
    """What each command left, a row per command and design."""
    rows = []
    states = facts["states"]
    for before, after in pairwise(states):
        entry = facts["log"][after["commands"] - 1]
        kind = entry["command"]["type"]
        for key, design in after["designs"].items():
            stats, old = design["stats"], before["designs"][key]["stats"]
            rows.append(
                [
                    Cell(f"{entry['index']}. {_words(entry['command'])}", str(entry["index"])),
                    Cell(key), _gained(old, stats, kind), pages_as_mib(stats["balloon_actual"]),
                    pages_as_mib(stats["nr_free_pages"]), number(stats["free_blocks_all"]),
                    number(stats["huge_best"]) if kind == "huge" else Cell(""),
                    index_cell(stats["unusable_index_9"]), number(stats["compact_isolated"]),
                    number(stats["balloon_migrate"]), number(stats["host_exits"]),
                ]
            )  # fmt: skip
    shown = rows[: MOST_COMMANDS * len(facts["designs"])]
    note = "Read when the next command was given, or at the end; counters count from the start."
    if len(shown) < len(rows):
        note += f" The first {MOST_COMMANDS} commands of {len(facts['log'])}."
    head = [
        "After command", "Design", "Gained MiB", "Balloon MiB", "Free MiB", "2 MiB blocks",
        "Huge pages", "Unusable index", "Isolated", "Balloon moved", "Host exits",
    ]  # fmt: skip
    return Sheet("steps", "After each command", head, shown, keys=2, note=note)


def zone_sheets(facts: Mapping[str, Any]) -> list[Sheet]:
    """Free blocks and both indices of every zone, by order, a row per design."""
    designs = facts["states"][-1]["designs"]
    counts, unusable, fragmentation = [], [], []
    for at, zone in enumerate(next(iter(designs.values()))["zones"]):
        for key, design in designs.items():
            values = design["zones"][at]["counts"]
            orders = range(len(values))
            names = word_cells(zone["zone"], key)
            pages, _, pieces = contig_pages(values, HPAGE_ORDER)
            free = [pages_as_mib(pages), number(pieces)]
            counts.append([*names, *free, *map(number, values)])
            unusable.append([*names, *(index_cell(unusable_index(values, o)) for o in orders)])
            fragmentation.append(
                [*names, *(index_cell(fragmentation_index(values, o)) for o in orders)]
            )
    head, orders_head = ["Zone", "Design"], [str(order) for order in range(NR_PAGE_ORDERS)]
    free_head = ["Free MiB", "2 MiB pieces"]
    return [
        Sheet(
            "free-lists", "Free blocks by order", [*head, *free_head, *orders_head], counts, 2,
            note="Order n is a block of 4 KiB · 2ⁿ: order 9 has 2 MiB, order 10 has 4 MiB.",
        ),
        Sheet(
            "unusable", "Unusable free space index by order", head + orders_head, unusable, 2,
            note="The share of the zone's free memory in blocks too small for the order: 0 none,"
            " 1 all of it; unusable_free_index().",
        ),
        Sheet(
            "fragmentation", "Fragmentation index by order", head + orders_head, fragmentation, 2,
            note="Why a request would fail: towards 0 memory is short, towards 1 it is in pieces;"
            " -1: it would not fail, such a block is free; __fragmentation_index().",
        ),
    ]  # fmt: skip


def _by_design(facts: Mapping[str, Any], name: str, caption: str, rows: Any, note: str) -> Sheet:
    designs = facts["states"][-1]["designs"]
    cells = [
        [Cell(words), *(number(of["stats"][key]) for of in designs.values())] for key, words in rows
    ]
    return Sheet(name, caption, ["", *designs], cells, note=note)


def commands_sheet(facts: Mapping[str, Any]) -> Sheet:
    """The log."""
    rows = [
        [
            number(entry["index"]), number(entry["tick"]), Cell(_words(entry["command"])),
            Cell("all idle" if entry["idle"] else "at work"),
        ]
        for entry in facts["log"][:MOST_COMMANDS]
    ]  # fmt: skip
    more = len(facts["log"]) - len(rows)
    note = f"{more:,} more are in the session file." if more else ""
    head = ["#", "Tick", "Command", "Guests then"]
    return Sheet("commands", "Commands", head, rows, words=frozenset({2, 3}), note=note)


def _facts_list(facts: Mapping[str, Any], origin: Origin) -> list[tuple[str, str]]:
    guest, config = facts["guest"], facts["config"]
    zones = ", ".join(
        f"{zone['name']} {exact_mib(zone['managed']):,} MiB managed" for zone in guest["zones"]
    )
    laws = {"modern": "Linux 6.12", "2012": "Linux 3.8"}.get(config["profile"], config["profile"])
    out = [
        ("Guest", f"{guest['label']}: {guest['size_mib']:,} MiB, {zones}"),
        ("Rules of", laws),
        ("Designs", "; ".join(f"{one['key']}: {one['label']}" for one in facts["designs"])),
        ("Seed", str(config["seed"])),
        ("Stands at", f"tick {facts['tick']:,}, after {len(facts['log'])} commands"),
        ("Digest of that state", facts["digest"]),
        ("Digest of the simulator", facts["engine"]),
    ]
    if config["source"]["kind"] == "upload":
        out.append(("SHA-256 of the capture", config["source"]["capture"]))
    if origin.kind == "session":
        out.append(("Session", origin.name))
    return out


def _assumed(facts: Mapping[str, Any]) -> list[str]:
    """What was drawn or assumed, in sentences."""
    kind, seed = facts["config"]["source"]["kind"], facts["config"]["seed"]
    found = [str(one) for one in facts["guest"]["summary"].get("assumed", [])]
    if kind == "synthetic":
        first = "The guest is made up: nothing in it was read from a machine."
    else:
        first = "The guest's pages were read from a capture of a real machine."
        found = [f"Drawn or assumed, for a capture does not say it: {one}." for one in found]
    return [
        first,
        *found,
        f"Seed {seed} draws what is left open; another seed gives other numbers"
        " (fragscope replay … --seeds 20 shows the spread).",
        "All that came after it is simulated, by rules of Linux that were written down anew; no"
        " kernel ran. separate_pass and dedicated_block were never built: they are as proposed, in"
        " our implementation.",
    ]


def _again(facts: Mapping[str, Any], origin: Origin) -> list[tuple[str, str]]:
    """What makes it again: a sentence, and the exact lines to type."""
    out = []
    if origin.file:
        lines = (
            "fragscope session verify session.jsonl\nfragscope report session.jsonl -o report.html"
        )
        out.append(
            ("Save the session file (below) as session.jsonl; every digest is compared:", lines)
        )
    if origin.kind == "example":
        designs = ",".join(facts["config"]["designs"])
        out.append(
            ("From the example that comes with fragscope:",
             f"fragscope report {origin.name} --designs {designs}"
             f" --seed {facts['config']['seed']} -o report.html")
        )  # fmt: skip
    elif origin.kind == "session":
        out.append(
            ("On the machine that has the session:",
             f"fragscope session export {origin.name} -o session.jsonl")
        )  # fmt: skip
    config = facts["config"]
    ops = ops_of_log(facts["log"])
    if ops and config["source"]["kind"] == "capture":
        lines = (
            f"echo '{json.dumps(ops)}' > ops.json\n"
            f"fragscope replay {config['source']['name']} --ops ops.json --look idle"
            f" --seed {config['seed']} --profile {config['profile']}"
            f" --designs {','.join(config['designs'])}"
        )
        out.append(("The same numbers as a table in the terminal:", lines))
    return out


def _verdict(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The answer in one sentence, and a card per design."""
    last = facts["states"][-1]["designs"]
    sizes = {of["stats"]["balloon_actual"] for of in last.values()}
    free = {key: of["stats"]["free_blocks_all"] for key, of in last.items()}
    best, least = max(free.values()), min(free.values())
    balloon = (
        f"With {exact_mib(next(iter(sizes))):,} MiB in the balloon of each design"
        if len(sizes) == 1
        else "The balloons differ in size; as they are"
    )
    if len(free) == 1 or best == least:
        words = f"{balloon}, {best:,} blocks of 2 MiB are free" + (
            " under each." if len(free) > 1 else "."
        )
    else:
        first = " and ".join(key for key, value in free.items() if value == best)
        final = " and ".join(key for key, value in free.items() if value == least)
        words = (
            f"{balloon}, {first} leaves the most 2 MiB blocks free, {best:,}; {final} the fewest,"
            f" {least:,}."
        )
    cards = [
        {
            "key": key, "blocks": f"{free[key]:,}", "value": str(free[key]),
            "of": f"{facts['guest']['nr_pages'] >> HPAGE_ORDER:,}",
            "balloon": pages_as_mib(of["stats"]["balloon_actual"]).text,
            "unusable": index_cell(of["stats"]["unusable_index_9"]).text,
        }
        for key, of in last.items()
    ]  # fmt: skip
    return {"words": words, "cards": cards, "fair": len(sizes) == 1}


def _state_names(facts: Mapping[str, Any], maps: Sequence[Mapping[str, Any]]) -> list[str]:
    out = []
    for picture in maps:
        state = facts["states"][picture["state"]]
        contained = state["commands"]
        what = "at the start" if not contained else (
            f"after {contained}. {_words(facts['log'][contained - 1]['command'])}"
        )  # fmt: skip
        out.append(f"{what}, tick {state['tick']:,}")
    return out


def session_page(played: PlayedFacts, origin: Origin) -> str:
    """The report of a session.

    Args:
        played: of play_for_paper.
        origin: where it comes from.

    Returns:
        HTML.

    Raises:
        RefusedError: the file would be too large; one sentence.
    """
    facts = played.facts
    carried = origin.file if len(origin.file) <= MOST_FILE else ""
    origin = Origin(origin.name, origin.kind, carried)
    keys = [one["key"] for one in facts["designs"]]
    title = f"{facts['guest']['label']}, tick {facts['tick']:,}"
    context = {
        "title": title, "facts": facts, "verdict": _verdict(facts), "keys": keys,
        "about": _facts_list(facts, origin), "assumed": _assumed(facts),
        "scoreboard": scoreboard_sheet(facts), "steps": steps_sheet(facts),
        "zones": zone_sheets(facts), "commands": commands_sheet(facts),
        "costs": _by_design(
            facts, "costs", "What it cost, path by path", COSTS, "Counters from the start."
        ),
        "holders": _by_design(
            facts, "holders", "Pageblocks by what holds them", HOLDERS,
            "At the end, all zones: the maps in numbers.",
        ),
        "again_ways": _again(facts, origin), "carries": bool(carried),
        "pageblock": pageblock_size(PAGEBLOCK_ORDER),
        "left_out": played.left_out, "states": _state_names(facts, played.maps),
    }  # fmt: skip
    name = "".join(c if c.isalnum() or c in "-_" else "-" for c in origin.name)[:60]
    data = {
        "kind": "session", "name": f"{name}-tick{facts['tick']}", "designs": keys,
        "maps": played.maps, "states": context["states"], "lines": facts["lines"],
        "lines_every": facts["lines_every"],
        "commands": [[entry["tick"], _words(entry["command"])] for entry in facts["log"]],
        "migratetypes": [one.name for one in Migratetype], "pageblock_order": PAGEBLOCK_ORDER,
    }  # fmt: skip
    inside = {"paper-session": packed_text(carried.encode())} if carried else {}
    return paper_page("session.html.jinja", context, data, inside)
