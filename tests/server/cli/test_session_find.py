"""``fragscope session find``: the ends in words and as JSON, and status 1 for what never was."""

from __future__ import annotations

import argparse
import json

import pytest

from engine.commands import BalloonInflate
from engine.history.chronicle import PREDICATES
from engine.log import Entry
from engine.world import World
from server.cli.session_find import WHAT, add_find_arguments, find
from tests.engine.worlds import TENTH, world

LOG = [Entry(1, 0, BalloonInflate(TENTH), True)]


def made() -> World:
    """A world of one design."""
    return world("pinned")


def asked(*words: str) -> argparse.Namespace:
    """Parsed arguments."""
    parser = argparse.ArgumentParser()
    add_find_arguments(parser)
    return parser.parse_args(["--design", "pinned", *words])


def test_what_can_be_asked_is_what_the_chronicle_knows() -> None:
    assert tuple(PREDICATES) == WHAT


def test_both_ends_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    status = find(made, LOG, 60, asked("--what", "balloon_pages", "--pages", str(TENTH), "--json"))
    told = json.loads(capsys.readouterr().out)
    assert status == 0
    assert 0 < told["first"] < told["last"] == told["tick"] == 60
    find(made, LOG, 60, asked("--what", "balloon_pages", "--pages", str(TENTH)))
    words = f"the balloon of pinned holds at least {TENTH} pages"
    assert capsys.readouterr().out == f"{words}: first at tick {told['first']}, last at 60\n"


def test_what_never_was_has_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    status = find(made, LOG, 20, asked("--what", "balloon_pages", "--pages", str(2 * TENTH)))
    assert status == 1
    assert "at no tick up to 20" in capsys.readouterr().out


def test_a_pageblock_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="pageblock 99999: the guest has"):
        find(made, LOG, 1, asked("--what", "block_free", "--pageblock", "99999"))
