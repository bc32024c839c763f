"""Commands of programs: answered when they are kept, or when the guests are idle."""

from concurrent.futures import Future

import pytest

from engine.commands import BalloonInflate, SetWorkload
from engine.errors import RefusedError
from server.errors import ConflictError
from server.session.mailbox import Left, Order
from server.session.orders import DRIVEN_S, Orders
from tests.server.session.worker import PAUSED, WAIT_S

ENDLESS, ENDING = SetWorkload(True, 10), SetWorkload(True, 10, 5)


def ordered(orders, session, command, wait=False, paused=False):
    """The reply to an order that is given now."""
    reply = Future()
    orders.give(Order(command, wait, reply), session, 0.0, paused)
    return reply


def test_the_entry_is_the_answer(make_session):
    session, orders = make_session(), Orders()
    reply = ordered(orders, session, BalloonInflate(64))
    assert reply.result(0) == session.log[0]
    refused = ordered(orders, session, BalloonInflate(1 << 27))
    assert isinstance(refused.exception(0), RefusedError)


def test_who_waits_for_idle_is_answered_then_and_not_before(make_session):
    session, orders = make_session(), Orders()
    reply = ordered(orders, session, BalloonInflate(4096), wait=True)
    orders.look(session)
    assert not reply.done()
    while not session.at_rest:
        session.advance()
    orders.look(session)
    assert reply.result(0).index == 1


@pytest.mark.parametrize(
    ("before", "command", "paused"),
    [(None, ENDLESS, False), (ENDLESS, BalloonInflate(64), False), (None, ENDING, True)],
)
def test_what_will_never_be_idle_is_refused_before_anything_is_done(
    make_session, before, command, paused
):
    session, orders = make_session(), Orders()
    if before:
        session.accept(before)
    given = len(session.log)
    reply = ordered(orders, session, command, wait=True, paused=paused)
    assert isinstance(reply.exception(0), ConflictError)
    assert len(session.log) == given


@pytest.mark.parametrize("before", [ENDLESS, ENDING])
def test_a_workload_that_ends_or_is_turned_off_can_be_waited_for(make_session, before):
    session, orders = make_session(), Orders()
    session.accept(before)
    command = SetWorkload(False) if before is ENDLESS else BalloonInflate(64)
    reply = ordered(orders, session, command, wait=True)
    while not session.at_rest:
        session.advance()
    orders.look(session)
    assert reply.result(0).index == 2


def test_a_workload_turned_on_meanwhile_ends_the_wait(make_session):
    session, orders = make_session(), Orders()
    reply = ordered(orders, session, BalloonInflate(4096), wait=True)
    session.accept(ENDLESS)
    orders.look(session)
    assert isinstance(reply.exception(0), ConflictError)


def test_a_program_is_waited_for_a_while(make_session):
    orders = Orders()
    assert not orders.driven(0.0)
    orders.drive(10.0)
    assert orders.driven(10.0 + DRIVEN_S - 1)
    assert not orders.driven(10.0 + DRIVEN_S)


def test_without_a_viewer_a_driven_session_runs_whatever_the_pace(start):
    worker = start(rates=PAUSED)
    reply = Future()
    worker.runner.put(Order(BalloonInflate(4096), True, reply))
    assert reply.result(WAIT_S).index == 1
    assert worker.export()["tick"] > 0
    worker.join()
    held = Future()
    worker.runner.put(Order(BalloonInflate(64), True, held))
    assert isinstance(held.exception(WAIT_S), ConflictError), "its viewers have paused it"
    worker.runner.put(Left(1))
    later = Future()
    worker.runner.put(Order(BalloonInflate(64), True, later))
    assert later.result(WAIT_S).index == 2


def test_nobody_waits_for_ever_when_the_session_ends(start):
    worker = start(rates=PAUSED)
    worker.join()
    reply, late = Future(), Future()
    worker.runner.put(Order(ENDING, False, reply))
    assert reply.result(WAIT_S)
    worker.end()
    worker.runner.put(Order(ENDING, True, late))
    assert "has ended" in str(late.exception(WAIT_S))
