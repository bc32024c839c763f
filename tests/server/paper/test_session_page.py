"""A session on paper: what stands in the file is what the engine says."""

from __future__ import annotations

import json
import re

import pytest

from engine import commands as c
from engine.capture.load import guest_from_capture, load_capture
from engine.replay import LOOK_IDLE, exact_mib, parse_ops, replay
from server.guests.library import EXAMPLES, Library
from server.paper.play import PlayedFacts, play_for_paper
from server.paper.session_page import Origin, ops_of_log, session_page
from server.playback.export import played_story, recorded_commands
from server.wire.config import CaptureSource, SessionConfig
from tests.server.playback.test_page_file import inside

DESIGNS = ("pinned", "lru_hook")


def table_of(text: str, name: str) -> list[list[str]]:
    """A table of the file, row by row: the exact numbers where there are any, else the words."""
    found = re.search(rf'<table id="{name}".*?</table>', text, re.S)
    assert found, name
    rows = []
    for row in re.findall(r"<tr>(.*?)</tr>", found[0], re.S):
        cells = re.findall(r"<t[hd]\b([^>]*)>(.*?)</t[hd]>", row, re.S)
        exact = [re.search(r'data-value="([^"]*)"', head) for head, _ in cells]
        rows.append(
            [
                e[1] if e else re.sub(r"<.*?>", "", words)
                for e, (_, words) in zip(exact, cells, strict=True)
            ]
        )
    return rows


@pytest.fixture(scope="module")
def story() -> tuple[PlayedFacts, str]:
    config = SessionConfig(CaptureSource("tight"), DESIGNS)
    commands = recorded_commands("tight")[:3]
    fresh, log, tick = played_story(config, commands, Library(1, 1 << 50))
    made = play_for_paper(fresh, log, tick)
    return made, session_page(made, Origin("tight", "example", "one\ntwo\n"))


def test_numbers_are_those_of_replay(story: tuple[PlayedFacts, str]) -> None:
    made, text = story
    ops = ops_of_log(made.facts["log"])
    assert ops is not None and json.dumps(ops).replace('"', "&#34;") in text
    guest = guest_from_capture(load_capture(EXAMPLES["tight"].path, "tight"), 1)
    steps = replay(guest, DESIGNS, parse_ops(ops), 1, look=LOOK_IDLE)["designs"]
    rows = table_of(text, "steps")[1:]
    assert len(rows) == len(ops) * len(DESIGNS)
    for i, row in enumerate(rows):
        step = steps[DESIGNS[i % 2]][i // 2]
        stats = step["stats"]
        free = sum(sum(n << o for o, n in enumerate(zone["counts"])) for zone in step["zones"])
        assert row[1] == DESIGNS[i % 2]
        assert row[2] == ("" if "got_mib" not in step else str(step["got_mib"]))
        assert row[3] == str(exact_mib(stats["balloon_actual"]))
        assert row[4] == str(exact_mib(free))
        assert row[5] == str(stats["free_blocks_all"])
        assert row[6] == ("" if step["huge_pages"] is None else str(step["huge_pages"]))
        assert float(row[7]) == stats["unusable_index_9"] / 1000
        assert row[8] == str(step["vmstat"]["compact_isolated"])
        assert row[9] == str(step["vmstat"]["balloon_migrate"])
        assert row[10] == str(stats["host_exits"])
    # Free lists, zone by zone.
    lists = table_of(text, "free-lists")[1:]
    want = [
        [zones[at]["zone"], key, *map(str, zones[at]["counts"])]
        for at in range(len(steps["pinned"][-1]["zones"]))
        for key, zones in ((key, steps[key][-1]["zones"]) for key in DESIGNS)
    ]
    assert [[*row[:2], *row[4:]] for row in lists] == want


def test_it_says_what_was_done_and_how_to_do_it_again(story: tuple[PlayedFacts, str]) -> None:
    made, text = story
    facts = made.facts
    assert facts["digest"] in text and facts["engine"] in text
    rows = table_of(text, "commands")[1:]
    assert [[int(row[0]), int(row[1])] for row in rows] == [
        [entry["index"], entry["tick"]] for entry in facts["log"]
    ]
    assert "fragscope report tight --designs pinned,lru_hook --seed 1 -o report.html" in text
    assert inside(text, "paper-session") == b"one\ntwo\n"
    assert "drawn from seed 1" in text and "no kernel ran" in " ".join(text.split())
    data = json.loads(inside(text, "paper-data"))
    assert data["lines"] == facts["lines"] and len(data["maps"]) == len(data["states"]) == 4


def test_a_log_with_what_replay_cannot_do_gives_no_operations() -> None:
    entry = {"index": 1, "tick": 0, "idle": True}
    inflate = {"type": "balloon_inflate", "nr_pages": 256}
    assert ops_of_log([{**entry, "command": inflate}]) == [["inflate", 1]]
    pin, alloc = c.PinMemory(8).to_dict(), c.AllocPages(5, 2, "atomic", True).to_dict()
    assert ops_of_log([{**entry, "command": one} for one in (pin, alloc)]) == [
        ["pin", 8], ["alloc", 5, 2, "atomic", "keep"],
    ]  # fmt: skip
    assert ops_of_log([{**entry, "command": inflate, "idle": False}]) is None
    assert ops_of_log([{**entry, "command": inflate | {"nr_pages": 1}}]) is None
    assert ops_of_log([{**entry, "command": {"type": "direct_compact", "order": 9}}]) is None
