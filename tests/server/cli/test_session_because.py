"""``fragscope session because``: in words and as JSON."""

from __future__ import annotations

import argparse
import json

import pytest

from engine.commands import BalloonInflate
from engine.log import Entry
from engine.world import World
from server.cli.session_because import add_because_arguments, because
from tests.engine.worlds import TENTH, world

LOG = [Entry(1, 0, BalloonInflate(TENTH), True)]


def made() -> World:
    """A world of one design."""
    return world("pinned")


def asked(*words: str) -> argparse.Namespace:
    """Parsed arguments."""
    parser = argparse.ArgumentParser()
    add_because_arguments(parser)
    return parser.parse_args(["--design", "pinned", *words])


def test_the_answer_is_printed_in_words_and_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert because(made, LOG, 20, asked("--pageblock", "3", "--json")) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["pageblock"], told["tick"]) == (3, 20)
    assert because(made, LOG, 20, asked("--pageblock", "3", "--tick", "0")) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("pageblock 3 of pinned at tick 0: ")
    assert [line.split()[0] for line in lines if "empty it" in line] == [
        "compaction", "reclaim", "offlining", "contiguous",
    ]  # fmt: skip
    assert lines[-1].startswith("dedicated_block: ")


def test_a_pageblock_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="pageblock 99999: the guest has"):
        because(made, LOG, 1, asked("--pageblock", "99999"))
