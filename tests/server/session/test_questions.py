"""Questions about the past: one moment first, the whole log later, and nobody is left waiting."""

from __future__ import annotations

import queue
from concurrent.futures import Future

import pytest

from server.errors import NotFoundError
from server.session.mailbox import Ask
from server.session.past_items import Asked, Drop
from server.session.questions import Questions, refuse_left


def asked(text: str) -> Ask:
    return Ask(lambda subject: f"{subject}: {text}", Future())


def test_those_about_a_moment_come_first_and_in_order() -> None:
    waiting = Questions()
    whole, first, second = asked("all"), asked("1"), asked("2")
    assert not waiting
    for one, about_all in ((whole, True), (first, False), (second, False)):
        waiting.add(one, about_all)
    assert waiting.answer_moment("now")
    assert (first.reply.result(), second.reply.done()) == ("now: 1", False)
    assert waiting.answer_moment("now")
    assert not waiting.answer_moment("now")
    assert not whole.reply.done()
    waiting.answer_all("end")
    assert whole.reply.result() == "end: all"
    assert not waiting


def test_whoever_waits_is_refused_at_the_end() -> None:
    waiting, left = Questions(), queue.SimpleQueue()  # type: ignore[var-annotated]
    asks = [asked("x") for _ in range(3)]
    waiting.add(asks[0], True)
    waiting.add(asks[1], False)
    left.put(Drop())
    left.put(Asked(asks[2], True))
    waiting.refuse(NotFoundError("over"))
    refuse_left(left, NotFoundError("over"))
    for one in asks:
        with pytest.raises(NotFoundError, match="over"):
            one.reply.result(0)
