"""Memory for pasts: asked for, shared, given up."""

import asyncio

from server.session.budget import Budget
from server.session.past_room import PAST_COST, READY_BYTES, Pasts
from tests.server.conftest import SMALL


def test_a_past_has_memory_until_somebody_needs_it_more(tmp_path):
    budget, given_up = Budget(100), []
    pasts = Pasts(budget, 60, 80, tmp_path)
    for name in ("one", "two"):
        pasts.know(name, lambda name=name: given_up.append(name))
    assert pasts.claim("one", 10)
    assert pasts.claim("one", 10), "once is as good as often"
    assert (budget.used, pasts.share) == (10 * PAST_COST, 60)
    assert pasts.claim("two", 20)
    assert (pasts.share, pasts.share_away) == (30, 40)
    assert not pasts.claim("three", 30), "more than is free"
    assert not pasts.claim("four", 0), "it has ended"
    assert pasts.drop_one()
    pasts.forget("one")
    pasts.forget("two")
    assert sorted(given_up) == ["one", "two"]
    assert (budget.used, pasts.drop_one()) == (0, False)


async def test_a_past_asks_from_its_own_thread(make_session, tmp_path):
    pasts = Pasts(Budget(100), 60, 80, tmp_path / "past")
    pasts.know("one", lambda: None)
    room = pasts.room("one", lambda config, _: make_session(config), lambda _: 10)
    assert await asyncio.to_thread(room.claim)
    assert (room.nbytes, room.away) == (60, 80)
    depot = room.depot()
    assert depot.get(depot.put(b"abc")) == b"abc"
    assert room.make(SMALL).tick == 0


async def test_without_a_disk_there_is_no_room_on_it_and_no_fault(make_session, tmp_path):
    (tmp_path / "past").write_text("a file, where a folder is needed")
    pasts = Pasts(Budget(100), 60, 80, tmp_path / "past")
    room = pasts.room("one", lambda config, _: make_session(config), lambda _: 10)
    assert room.depot() is None


def test_a_past_that_does_not_fit_is_refused_with_what_it_needs_and_the_setting(tmp_path):
    pasts = Pasts(Budget(100 << 20), 0, 0, tmp_path)
    assert not pasts.claim("one", 60 << 20)
    assert pasts.refusal(60 << 20) == (
        "earlier states need a second copy of the guests, 120 MiB: 100 MiB of the server's 100 MiB"
        " for guests (FRAGSCOPE_MAX_GUEST_MIB) are free"
    )


async def test_what_is_made_before_anybody_looks_back_is_small(tmp_path):
    pasts = Pasts(Budget(100 << 30), 0, 0, tmp_path)
    sizes = {"small": (READY_BYTES // PAST_COST) - 1, "large": READY_BYTES // PAST_COST}
    for name, size in sizes.items():
        room = pasts.room(name, None, sizes.get)
        assert await asyncio.to_thread(lambda room=room: room.ready) == (name == "small"), size
        assert f"{PAST_COST * size >> 20} MiB" in await asyncio.to_thread(
            lambda room=room: room.refusal
        )
