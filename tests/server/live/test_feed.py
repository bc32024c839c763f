"""One look serves all who ask, and each is told what it lacks."""

import base64
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.capture.pages import COUNTS
from engine.errors import RefusedError
from server.live.feed import INTERVAL_S, LiveFeed
from server.live.history import history_kept
from server.live.sampler import Sampler
from tests.server.live.made_proc import Clock, made_proc


def array(told: dict[str, Any], name: str, dtype: str) -> np.ndarray[Any, Any]:
    return np.frombuffer(base64.b64decode(told[name]), dtype)


def test_the_first_question_gets_all_and_the_next_what_is_new(tmp_path: Path) -> None:
    proc = made_proc(tmp_path / "proc")
    clock = Clock(0.0)
    feed = LiveFeed(lambda: Sampler(proc, clock=clock), clock)
    first = feed.since(-1)
    look = Sampler(proc).look()
    blocks = array(first, "blocks", "<u4")
    assert blocks.tolist() == list(range(first["nr_pageblocks"]))
    planes = array(first, "planes", "<u2").reshape(4, -1)
    assert (planes[0] == look.counts[COUNTS.index("free")]).all()
    assert (planes[3] == look.counts[COUNTS.index("unmovable")]).all()
    assert array(first, "ages", "<f4").tolist() == [0] * len(blocks)
    assert first["spans"][0]["first"] == 0
    assert first["zones"][0]["counts"]
    again = feed.since(first["look"])
    assert again["look"] == first["look"], "no second look within the interval"
    assert array(again, "blocks", "<u4").size == 0
    clock.now += INTERVAL_S
    later = feed.since(first["look"])
    assert later["look"] == first["look"] + 1
    assert array(later, "blocks", "<u4").size > 0
    assert (array(feed.since(-1), "blocks", "<u4") == blocks).all(), "who comes late gets all"


def test_an_earlier_look_has_the_form_of_the_present(tmp_path: Path) -> None:
    proc = made_proc(tmp_path / "proc")
    clock = Clock(0.0)
    history = history_kept(tmp_path, 1 << 20)
    feed = LiveFeed(lambda: Sampler(proc, clock=clock), clock, history)
    assert feed.summary()["last"] == -1
    first = feed.since(-1)
    clock.now += INTERVAL_S
    feed.since(first["look"])
    past = feed.past(first["kept"])
    for name in ("zones", "events", "spans", "nr_pageblocks", "planes", "blocks"):
        assert past[name] == first[name], name
    assert past["before"] is None
    assert feed.past(1)["before"]["events"] == first["events"]
    told = feed.summary()
    assert (told["first"], told["last"], told["maps"]) == (0, 1, [0])
    assert told["marks"] == [{"look": 0, "text": "watching began"}]
    sizes = {len(values) for values in told["points"].values()}
    assert sizes == {2}
    assert told["points"]["free_pages"][0] == sum(zone["free_pages"] for zone in first["zones"])
    assert len("".join(feed.lines()).splitlines()) == 3
    feed.end()
    with pytest.raises(RefusedError, match="look 2 is not kept"):
        feed.past(2)


def test_without_a_history_the_past_is_refused_and_nobody_looks_by_himself(tmp_path: Path) -> None:
    feed = LiveFeed(lambda: Sampler(made_proc(tmp_path / "proc")))
    assert feed.since(-1)["kept"] == -1
    with pytest.raises(RefusedError, match="FRAGSCOPE_WATCH_HISTORY_MIB is 0"):
        feed.past(0)
    assert feed.summary()["last"] == -1


def test_it_looks_by_itself_until_it_is_ended(tmp_path: Path) -> None:
    proc = made_proc(tmp_path / "proc")
    history = history_kept(tmp_path, 1 << 20)
    assert history
    kept = threading.Event()
    add = history.add

    def told(*look: Any) -> int:
        number = add(*look)
        kept.set()
        return number

    history.add = told  # type: ignore[method-assign]
    feed = LiveFeed(lambda: Sampler(proc), history=history)
    feed.begin()
    kept.wait(60)
    feed.end()
    assert history.last >= 0
    other = history_kept(tmp_path, 1 << 20)
    assert other
    assert other.stopped == "", "another may write now"
    other.close()
