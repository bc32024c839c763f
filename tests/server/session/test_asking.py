"""Who wants a frame is told to the worker together, and a round ends when the sockets were read."""

import asyncio

from server.session import asking
from server.session.asking import Asking
from server.session.hub import Hub, Want
from server.session.mailbox import Wants


def begun(nr_clients):
    hub, told = Hub(), []
    for client in range(nr_clients):
        hub.add(client, lambda message: True, lambda: None)
    return hub, told, Asking(asyncio.get_running_loop(), hub, told.append)


async def test_the_first_want_goes_on_at_once_and_those_that_follow_soon_and_together(monkeypatch):
    monkeypatch.setattr(asking, "ASK_S", 0.02)
    hub, told, one = begun(3)
    one.soon()
    assert told == [Wants((Want(0, None), Want(1, None), Want(2, None)), 0)]
    for client in range(3):
        hub.deliver(client, None, 1, b"x")
        one.soon()
    assert len(told) == 1
    while len(told) < 2:
        await asyncio.sleep(0)
    assert told[1] == Wants((Want(0, 1), Want(1, 1), Want(2, 1)), 0)
    one.soon()
    assert len(told) == 2, "nothing has changed"


async def test_a_round_ends_after_the_sockets_were_read_once_more():
    """A credit that has arrived while the frames were written counts for the next picture."""
    hub, told, one = begun(1)
    hub.wants()
    one.round_is_written(7)
    assert told == []
    hub.deliver(0, None, 1, b"x")  # as what the loop reads before it comes to the end of the round
    while not told:
        await asyncio.sleep(0)
    assert told == [Wants((Want(0, 1),), 7)]


async def test_a_round_ends_even_if_nobody_wants_anything():
    _, told, one = begun(0)
    one.round_is_written(1)
    while not told:
        await asyncio.sleep(0)
    assert told == [Wants((), 1)]
