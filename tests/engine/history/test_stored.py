"""A kept checkpoint comes back as it was, whole or as changes, and after its parent is given up."""

from __future__ import annotations

from engine import commands as c
from engine.history.stored import Patch, keep_changes, keep_whole, own_bytes, skip_parent, unfolded
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


def test_a_chain_comes_back_and_goes_on_as_the_world_itself() -> None:
    w = busy()
    w.step(5)
    first = w.checkpoint()
    whole = keep_whole(first, 1, 0.0, None)
    w.step(5)
    second = w.checkpoint()
    child = keep_changes(second, 1, 1.0, whole, first)
    w.step(5)
    third = w.checkpoint()
    assert child is not None
    grandchild = keep_changes(third, 1, 2.0, child, second)
    assert grandchild is not None
    assert [n.place for n in grandchild.chain()] == [(15, 1), (10, 1), (5, 1)]
    want = digests(w)
    w.step(30)
    later = digests(w)

    skip_parent(grandchild)
    assert grandchild.parent is whole
    fresh = busy()
    fresh.restore(unfolded(grandchild))
    assert digests(fresh) == want
    fresh.step(30)
    assert digests(fresh) == later
    fresh.restore(unfolded(child))
    fresh.step(5)
    assert digests(fresh) == want


def test_a_key_frame_shares_rows_and_pays_for_them_when_it_stands_alone() -> None:
    w = busy()
    first = keep_whole(w.checkpoint(), 1, 0.0, None)
    second = keep_whole(w.checkpoint(), 1, 0.0, first)
    assert second.nbytes < first.nbytes / 20
    assert own_bytes(second, first) == second.nbytes
    assert own_bytes(second, None) == first.nbytes


def test_what_changes_is_what_is_kept() -> None:
    w = busy()
    point = w.checkpoint()
    whole = keep_whole(point, 1, 0.0, None)
    same = keep_changes(w.checkpoint(), 1, 0.0, whole, point)
    assert same is not None
    assert [p.nr for p in same.columns if isinstance(p, Patch)] == [0] * len(same.columns)


def test_a_workload_that_has_begun_makes_a_key_frame_necessary() -> None:
    w = World(base(), WorldConfig(("pinned",), 1))
    point = w.checkpoint()
    w.apply(c.SetWorkload(True, 64))
    assert keep_changes(w.checkpoint(), 1, 0.0, keep_whole(point, 0, 0.0, None), point) is None
