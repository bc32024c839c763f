"""The world: commands, lockstep time, views, one sentence for what does not fit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from engine import commands as c
from engine import units as u
from engine.guest import COST_FIELDS, VMSTAT_FIELDS
from engine.presets import make_from_recipe
from engine.recipes import PRESETS
from engine.snapshot import copy_guest, digest
from engine.workload import WorkloadParams
from engine.world import BrokenInvariantError, World, WorldConfig
from tests.engine.histories import EXAMPLES, HISTORIES, History, digests, live
from tests.engine.worlds import NR_PAGES, TENTH, base, done, stats, world


@pytest.fixture(params=u.PROFILES)
def profile(request: pytest.FixtureRequest) -> str:
    """What a world promises it promises under the rules of either kernel."""
    return str(request.param)


def test_the_base_is_copied_once_per_design_and_never_written(profile: str) -> None:
    before = digest(base())
    w = done(
        world("pinned", "lru_hook", profile=profile), c.BalloonInflate(TENTH), c.CompactMemory()
    )
    assert digest(base()) == before
    assert w.guest(0).pages is not w.guest(1).pages
    assert w.keys == ("pinned", "lru_hook")


def test_counters_start_at_zero(profile: str) -> None:
    vm = world(profile=profile).guest(0).vm[0]
    assert {name: int(vm[name]) for name in (*VMSTAT_FIELDS, *COST_FIELDS) if vm[name]} == {}


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (
            c.BalloonInflate(u.mib_to_pages(9000)),
            f"inflate by 9000 MiB: the guest has {NR_PAGES // 256} MiB",
        ),
        (
            c.BalloonDeflate(u.mib_to_pages(9000)),
            f"deflate by 9000 MiB: the guest has {NR_PAGES // 256} MiB",
        ),
        (
            c.BalloonTarget(NR_PAGES + 1),
            f"balloon target of {NR_PAGES + 1} pages: the guest has {NR_PAGES // 256} MiB",
        ),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(
    command: c.Command, text: str, profile: str
) -> None:
    w = world("pinned", "lru_hook", profile=profile)
    before = [w.digest(i) for i in range(2)]
    with pytest.raises(ValueError, match="the guest has") as error:
        w.apply(command)
    assert str(error.value) == text
    assert [w.digest(i) for i in range(2)] == before


@pytest.mark.parametrize(
    ("command", "text"),
    [
        (c.Offline(NR_PAGES // 256, 2), f"the memory ends at {NR_PAGES // 256} MiB"),
        (c.Offline(14, 4), "offline 14 to 18 MiB: a range lies in one zone: DMA 0 to 16 MiB"),
        (c.AllocContig(9000), "contiguous memory of 9000 MiB: the guest has"),
    ],
)
def test_a_range_outside_of_the_memory_is_refused(command: c.Command, text: str) -> None:
    w = world("pinned")
    before = w.digest(0)
    with pytest.raises(ValueError, match=text):
        w.apply(command)
    assert w.digest(0) == before


def test_one_range_at_a_time() -> None:
    w = world("pinned", "lru_hook")
    w.apply(c.Offline(32, 4))
    with pytest.raises(ValueError, match="another range is being emptied"):
        w.apply(c.AllocContig(2))
    w.run_until_idle()
    w.apply(c.AllocContig(2))


def test_a_range_goes_offline_in_lockstep_and_stays_gone() -> None:
    w = done(world("pinned", "lru_hook"), c.Offline(32, 4))
    for i in range(2):
        found = stats(w, i)
        assert found["range_kind"] == u.RANGE_OFFLINE
        if found["range_result"] == u.RANGE_DONE:
            assert found["offline_pages"] == u.mib_to_pages(4)
        else:
            assert found["range_pfn"] >= u.mib_to_pages(32)
    assert w.nr_pages == NR_PAGES
    again = done(w, c.CompactMemory(), c.Offline(32, 4))
    assert stats(again)["range_result"] == u.RANGE_STOPPED


def test_contiguous_memory_comes_from_the_cma_area() -> None:
    guest = make_from_recipe(PRESETS["tight"], NR_PAGES, 1, u.mib_to_pages(8))
    w = World(guest, WorldConfig(("pinned", "lru_hook", "separate_pass:ranges=off"), 1))
    done(w, c.BalloonInflate(TENTH), c.AllocContig(8))
    for i in range(2):
        assert stats(w, i)["range_result"] == u.RANGE_DONE
    with pytest.raises(ValueError, match="contiguous memory of 16 MiB: the CMA area has 8 MiB"):
        w.apply(c.AllocContig(16))


def test_linux_3_8_has_contiguous_memory_in_a_cma_area_only() -> None:
    w = World(base(), WorldConfig(("pinned",), 1, profile="2012"))
    with pytest.raises(ValueError, match=r"there is no CMA area, and Linux 3.8 had no other way"):
        w.apply(c.AllocContig(2))


def test_an_unknown_command_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown command"):
        world().apply(c.Command())


def test_inflate_and_deflate_at_rest_are_relative_to_what_each_balloon_holds(profile: str) -> None:
    w = done(
        world("pinned", "lru_hook", profile=profile), c.BalloonInflate(1000), c.BalloonInflate(500)
    )
    assert [stats(w, i)["balloon_actual"] for i in range(2)] == [1500, 1500]
    done(w, c.BalloonDeflate(200))
    assert [stats(w, i)["balloon_actual"] for i in range(2)] == [1300, 1300]
    done(w, c.BalloonDeflate(NR_PAGES))
    assert [stats(w, i)["balloon_actual"] for i in range(2)] == [0, 0]


def test_a_stopped_balloon_stays_where_it_is_until_the_next_balloon_command(profile: str) -> None:
    w = done(world("pinned", profile=profile), c.BalloonTarget(NR_PAGES))
    held = stats(w)["balloon_actual"]
    assert 0 < held < NR_PAGES
    assert stats(w)["balloon_stopped"] == 1
    done(w, c.DropCaches())
    assert stats(w)["balloon_actual"] == held
    done(w, c.BalloonTarget(NR_PAGES))
    # By the rules of 3.8 kswapd has taken all page cache already: there is nothing left to drop.
    assert (stats(w)["balloon_actual"] > held) == (profile == "modern")


def test_drop_caches_frees_the_page_cache(profile: str) -> None:
    w = done(world("pinned", profile=profile))
    cache = np.count_nonzero(w.guest(0).pages["state"] == u.STATE_FILE)
    done(w, c.DropCaches())
    assert np.count_nonzero(w.guest(0).pages["state"] == u.STATE_FILE) < cache // 10
    assert stats(w)["drop_pagecache"] == 1


def test_a_workload_churns_all_designs_with_one_stream(profile: str) -> None:
    w = world("pinned", "lru_hook", profile=profile)
    w.apply(c.SetWorkload(True, 200))
    w.step(30)
    w.validate()
    ops = [stats(w, i)["workload_ops"] for i in range(2)]
    assert ops[0] == ops[1] > 3000
    assert w.busy()
    with pytest.raises(ValueError, match="the workload is on"):
        w.run_until_idle()
    w.apply(c.SetWorkload(False, 200))
    w.run_until_idle()
    assert not w.busy()
    assert stats(w)["workload_ops"] == ops[0]
    assert w.workload.rate == 200
    assert not w.workload.enabled


def test_a_workload_with_an_end_stops_by_itself() -> None:
    w, by_ticks = world("pinned", "lru_hook"), world("pinned", "lru_hook")
    w.apply(c.SetWorkload(True, 200, 30))
    w.run_until_idle()
    assert not w.workload.enabled
    by_ticks.apply(c.SetWorkload(True, 200, 30))
    for _ in range(w.tick):
        by_ticks.step()
    by_hand = world("pinned", "lru_hook")
    by_hand.apply(c.SetWorkload(True, 200))
    by_hand.step(30)
    by_hand.apply(c.SetWorkload(False, 200))
    by_hand.step(w.tick - 30)
    for i in range(2):
        assert w.digest(i) == by_ticks.digest(i) == by_hand.digest(i)


def test_a_configured_workload_runs_from_the_first_tick() -> None:
    config = WorldConfig(("pinned",), workload=WorkloadParams(rate=50, enabled=True))
    w = World(base(), config)
    w.step()
    assert stats(w)["workload_ops"] > 0


def test_seeds_make_different_workloads(profile: str) -> None:
    def run(seed: int) -> str:
        w = world(seed=seed, profile=profile)
        w.apply(c.SetWorkload(True, 100))
        w.step(5)
        return w.digest(0)

    assert run(1) == run(1) != run(2)


def test_pages_of_a_base_without_handles_are_adopted() -> None:
    guest = copy_guest(base())
    guest.pages["handle"] = u.HANDLE_NONE
    guest.pages["where"] = u.PFN_NONE
    w = World(guest, WorldConfig(("pinned",)))
    pages = w.guest(0).pages
    held = np.flatnonzero(pages["where"] != u.PFN_NONE)
    assert len(held) > NR_PAGES // 10
    assert (pages["handle"][pages["where"][held]] == held).all()
    w.validate()


def test_a_balloon_in_the_base_is_taken_over() -> None:
    first = done(world("pinned"), c.BalloonInflate(300))
    second = World(first.guest(0), WorldConfig(("lru_hook", "pinned")))
    second.run_until_idle()
    second.validate()
    assert stats(second)["balloon_actual"] == stats(second)["balloon_target"] == 300
    movable = [
        np.count_nonzero(second.guest(i).pages["flags"] & u.PG_MOVABLE_OPS) for i in range(2)
    ]
    assert movable == [300, 0]


def test_a_broken_invariant_is_reported_with_design_and_rule(profile: str) -> None:
    w = world("pinned", "lru_hook", profile=profile)
    w.guest(1).blocks["nr_free"][20] += 1
    with pytest.raises(BrokenInvariantError, match="lru_hook, tick 0"):
        w.validate()


def test_views_are_read_only(profile: str) -> None:
    view = world(profile=profile).view(0)
    assert not view.stats.flags.writeable
    assert not any(plane.flags.writeable for plane in view.planes.values())


def test_sizes_are_in_mib_where_whole() -> None:
    assert c.format_size(256) == "1 MiB"
    assert c.format_size(257) == "257 pages"


def test_an_unknown_profile_is_refused():
    with pytest.raises(ValueError, match=r"unknown profile '3\.8': must be one of modern, 2012"):
        World(base("tight"), WorldConfig(("pinned",), profile="3.8"))


def test_a_copy_made_by_alone_does_not_affect_its_world(profile: str) -> None:
    w = world("pinned", "separate_pass", profile=profile)
    w.apply(c.SetWorkload(True, 64))
    w.apply(c.BalloonInflate(TENTH))
    w.step(3)
    before = [w.digest(0), w.digest(1)]
    twin = w.alone(1)
    assert twin.keys == twin.config.designs == ("separate_pass",)
    assert (twin.digest(0), twin.tick) == (before[1], 3)
    twin.step(5)
    assert [w.digest(0), w.digest(1)] == before
    w.step(5)
    assert w.digest(1) == twin.digest(0)  # the workload's stream went on alike in both


@settings(max_examples=EXAMPLES, deadline=None)
@given(HISTORIES, HISTORIES, HISTORIES)
def test_a_restored_world_has_the_same_future(
    before: History, after: History, detour: History
) -> None:
    """Back in the same world, after it has gone astray, and in a new one made alike."""
    w = world("dedicated_block", "separate_pass")
    live(w, before)
    point = w.checkpoint()
    live(w, after)
    w.step(3)
    future = (digests(w), w.tick, w.workload)
    live(w, detour)
    w.restore(point)
    live(w, after)
    w.step(3)
    assert (digests(w), w.tick, w.workload) == future
    fresh = world("dedicated_block", "separate_pass")
    fresh.restore(point)
    live(fresh, after)
    fresh.step(3)
    assert (digests(fresh), fresh.tick, fresh.workload) == future


def test_a_checkpoint_cannot_be_written_and_is_written_by_nobody() -> None:
    w = world("pinned")
    w.apply(c.SetWorkload(True, 100))
    w.step(3)
    point = w.checkpoint()
    kept = digest(point.guests[0])
    w.step(3)
    w.restore(point)
    w.step(3)
    assert digest(point.guests[0]) == kept
    for array in (*point.guests[0], *point.objects):
        assert not array.flags.writeable
    assert point.workload is not None
    with pytest.raises(ValueError, match="read-only"):
        point.workload.tick()


def test_a_checkpoint_of_another_world_is_refused_untouched() -> None:
    w = world("pinned")
    before = w.digest(0)
    with pytest.raises(ValueError, match="of a world with another config"):
        w.restore(world("lru_hook").checkpoint())
    small = World(make_from_recipe(PRESETS["tight"], NR_PAGES // 2, 1), w.config)
    with pytest.raises(ValueError, match="of a guest with another memory map"):
        w.restore(small.checkpoint())
    assert w.digest(0) == before
