"""The image goes to any kept checkpoint by any way, and what it lends is that state."""

from __future__ import annotations

import itertools

import pytest

from engine import commands as c
from engine.history.image import Image
from engine.history.stored import Patch, Stored, own_bytes, skip_parent
from engine.workload import WorkloadParams
from engine.world import World, WorldConfig
from tests.engine.histories import digests
from tests.engine.worlds import TENTH, base


def busy() -> World:
    """A world whose workload is on from the start."""
    config = WorldConfig(("pinned", "lru_hook"), 1, workload=WorkloadParams(64, enabled=True))
    w = World(base(), config)
    w.apply(c.BalloonInflate(TENTH))
    return w


def nothing() -> None:
    """Never break off."""


def kept(w: World, image: Image) -> tuple[list[Stored], list[list[str]]]:
    """Two chains, a key frame and two changes each, five ticks apart; their digests."""
    nodes: list[Stored] = []
    states = []
    for i in range(6):
        w.step(5)
        last = nodes[0] if i else None
        whole = image.keep_whole if i % 3 == 0 else None
        node = whole(w.glance(), 1, i, last) if whole else image.keep_changes(w.glance(), 1, i)
        assert node is not None
        nodes.append(node)
        states.append(digests(w))
    return nodes, states


def test_every_way_between_two_checkpoints_leads_to_the_same_bytes() -> None:
    w = busy()
    image = Image(w.glance())
    nodes, states = kept(w, image)
    w.step(10)
    later = digests(w)
    fresh = busy()
    for here, there in itertools.permutations(range(6), 2):
        for at in (here, there):
            image.seek(nodes[at], nothing)
            fresh.restore(image.checkpoint())
            assert digests(fresh) == states[at], (here, there)
    image.seek(nodes[5], nothing)
    fresh.restore(image.checkpoint())
    fresh.step(10)
    assert digests(fresh) == later


def test_a_way_that_is_broken_off_anywhere_does_no_harm() -> None:
    w = busy()
    image = Image(w.glance())
    nodes, states = kept(w, image)
    fresh = busy()

    class Over(Exception):
        pass

    for breaks_after in itertools.count():
        image.seek(nodes[5], nothing)
        left = itertools.count()

        def look(left: itertools.count[int] = left, most: int = breaks_after) -> None:
            if next(left) == most:
                raise Over

        try:
            image.seek(nodes[1], look)
        except Over:
            image.seek(nodes[2], nothing)
            fresh.restore(image.checkpoint())
            assert digests(fresh) == states[2], breaks_after
        else:
            break
    assert breaks_after > 2


def test_what_it_lends_cannot_be_written() -> None:
    w = busy()
    image = Image(w.glance())
    kept(w, image)
    with pytest.raises(ValueError, match="read-only"):
        image.checkpoint().guests[0].pages["state"][0] = 1


def test_a_checkpoint_whose_parent_is_given_up_is_the_same_state() -> None:
    w = busy()
    image = Image(w.glance())
    nodes, states = kept(w, image)
    fresh = busy()
    skip_parent(nodes[2])
    assert nodes[2].parent is nodes[0]
    image.make_whole(nodes[2])
    assert nodes[2].parent is None
    for at in (5, 2, 4, 2):
        image.seek(nodes[at], nothing)
        fresh.restore(image.checkpoint())
        assert digests(fresh) == states[at]


def test_a_key_frame_shares_rows_and_pays_for_them_when_it_stands_alone() -> None:
    w = busy()
    image = Image(w.glance())
    first = image.keep_whole(w.glance(), 1, 0.0, None)
    second = image.keep_whole(w.glance(), 1, 0.0, first)
    assert second.nbytes < first.nbytes / 20
    assert own_bytes(second, first) == second.nbytes
    assert own_bytes(second, None) == first.nbytes


def test_what_changes_is_what_is_kept() -> None:
    w = busy()
    image = Image(w.glance())
    image.keep_whole(w.glance(), 1, 0.0, None)
    same = image.keep_changes(w.glance(), 1, 0.0)
    assert same is not None
    assert [p.nr for p in same.columns if isinstance(p, Patch)] == [0] * len(same.columns)


def test_a_workload_that_has_begun_makes_a_key_frame_necessary() -> None:
    w = World(base(), WorldConfig(("pinned",), 1))
    image = Image(w.glance())
    first = image.keep_whole(w.glance(), 0, 0.0, None)
    before = digests(w)
    w.apply(c.SetWorkload(True, 64))
    assert image.keep_changes(w.glance(), 1, 0.0) is None
    second = image.keep_whole(w.glance(), 1, 0.0, first)
    w.step(3)
    after = digests(w)
    fresh = World(base(), WorldConfig(("pinned",), 1))
    image.seek(first, nothing)
    fresh.restore(image.checkpoint())
    assert digests(fresh) == before
    image.seek(second, nothing)
    fresh.restore(image.checkpoint())
    fresh.step(3)
    assert digests(fresh) == after
