"""The words and cells of a watched machine's screen."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from server.cli.watch_screen import headline, index_words, rates, screen
from server.live.counters import Reading
from server.live.sampler import MachineLook, Sampler
from tests.server.live.made_proc import Clock, made_proc


def text_of(sampler: Sampler, before: MachineLook, now: MachineLook, width: int) -> str:
    console = Console(width=width, no_color=True, file=io.StringIO())
    console.print(screen(sampler, before, now, width))
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_a_screen_has_every_zone_the_rates_and_the_map(tmp_path: Path) -> None:
    sampler = Sampler(made_proc(tmp_path / "proc"), clock=Clock(0.5))
    before, now = sampler.look(), sampler.look()
    before.reading = Reading(now.reading.zones, {"compact_stall": 4})
    now.reading = Reading(now.reading.zones, {"compact_stall": 10})
    text = text_of(sampler, before, now, 80)
    for zone in now.reading.zones:
        assert f" {zone.zone} " in text
        assert f"node {zone.node}, {zone.zone}: a cell is" in text
    assert "compact_stall" in text
    assert "not read yet" in text
    assert all(len(line) <= 80 for line in text.splitlines())
    assert headline(sampler, now).startswith("Looking takes ")


def test_a_machine_without_page_flags_has_no_map_and_says_why(tmp_path: Path) -> None:
    sampler = Sampler(made_proc(tmp_path / "proc", kpageflags=None))
    now = sampler.look()
    text = text_of(sampler, now, now, 100)
    assert "CONFIG_PROC_PAGE_MONITOR" in text
    assert "a cell is" not in text
    assert "Neither compaction, reclaim nor balloon moved." in text


def test_rates_are_of_what_rose_and_nothing_else(tmp_path: Path) -> None:
    sampler = Sampler(made_proc(tmp_path / "proc"), clock=Clock(1.0))
    before, now = sampler.look(), sampler.look()
    before.reading = Reading((), {"compact_stall": 4, "compact_fail": 4})
    now.reading = Reading((), {"compact_stall": 4, "compact_fail": 10, "pageoutrun": 3})
    seconds = now.at - before.at
    assert rates(before, now) == {"compact_fail": pytest.approx(6 / seconds)}
    assert rates(now, now) == {}


def test_an_index_that_means_success_is_a_word() -> None:
    assert index_words(-1000) == "none"
    assert index_words(612) == "0.612"
