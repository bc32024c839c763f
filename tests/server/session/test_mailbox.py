"""The inbox of a worker: whoever waits in it for an answer gets one, whatever ends."""

import queue
import threading
from concurrent.futures import CancelledError, Future

import pytest

from server.errors import NotFoundError
from server.session.mailbox import Ask, Inbox, Joined, Left

OVER = NotFoundError("the session has ended")
WAIT_S = 60


def ask(question=lambda session: session):
    return Ask(question, Future())


def test_items_come_in_order_and_at_most_what_was_there():
    inbox = Inbox()
    for client in (1, 2, 3):
        inbox.put(Joined(client))
    seen = []
    for item in inbox.take(0):
        seen.append(item)
        inbox.put(Left(9))  # a flood must not keep the worker from its ticks
    assert seen == [Joined(1), Joined(2), Joined(3)]
    assert len(inbox) == 3


def test_what_a_failing_reader_leaves_stays_in_the_inbox():
    inbox = Inbox()
    question = ask()
    inbox.put(Joined(1))
    inbox.put(question)
    with pytest.raises(RuntimeError, match="two owners"):
        for _ in inbox.take(0):
            raise RuntimeError("two owners of page 7")
    inbox.close(OVER)
    assert question.reply.exception(0) is OVER


@pytest.mark.parametrize("fault", [ValueError("no"), KeyError("x"), RuntimeError("y")])
def test_any_exception_of_a_question_reaches_who_asked(fault):
    def question(_):
        raise fault

    asked = ask(question)
    asked.answer(None)
    assert asked.reply.exception(0) is fault


def test_a_question_after_the_end_is_refused_at_once():
    inbox = Inbox()
    inbox.close(OVER)
    late = ask()
    inbox.put(late)
    assert late.reply.exception(0) is OVER


def test_a_question_that_nobody_waits_for_any_more_hurts_no_other():
    inbox = Inbox()
    gone, other = ask(), ask()
    for item in (gone, other):
        inbox.put(item)
    assert gone.reply.cancel()
    inbox.close(OVER)
    assert other.reply.exception(0) is OVER
    with pytest.raises(CancelledError):
        gone.reply.result(0)
    for settle in (lambda asked: asked.answer("session"), lambda asked: asked.refuse(OVER)):
        cancelled = ask()
        cancelled.reply.cancel()
        settle(cancelled)
        assert cancelled.reply.cancelled()


def test_no_question_is_lost_between_the_last_look_and_the_end():
    """Asked from one thread while another closes: answered or refused, never left alone."""
    for _ in range(200):
        inbox, asked = Inbox(), queue.SimpleQueue()

        def put(inbox=inbox, asked=asked):
            for _ in range(20):
                question = ask()
                inbox.put(question)
                asked.put(question)

        thread = threading.Thread(target=put)
        thread.start()
        for item in inbox.take(0):
            item.answer("session")
        inbox.close(OVER)
        thread.join(WAIT_S)
        while not asked.empty():
            assert asked.get().reply.done()
