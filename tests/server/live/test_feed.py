"""One look serves all who ask, and each is told what it lacks."""

import base64
from pathlib import Path
from typing import Any

import numpy as np

from engine.capture.pages import COUNTS
from server.live.feed import INTERVAL_S, LiveFeed
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
