"""A session whose book refuses does nothing; one without a book keeps nothing."""

import pytest

from engine.commands import CompactMemory
from server.errors import JournalError
from server.session.book import NoBook
from server.session.timelines import Branch


class Full(NoBook):
    """Takes nothing."""

    def fork(self, *_):
        raise JournalError("the disk is full")


def test_a_fork_that_cannot_be_kept_leaves_the_session_where_it_was(make_session):
    session = make_session()
    start = session.world.checkpoint()
    session.accept(CompactMemory())
    session.advance()
    session.keep_in(Full())
    first = session.timeline
    before = (session.tick, session.world.state_digest(), list(session.log))
    with pytest.raises(JournalError, match="full"):
        session.branch(Branch(first + 1, first, (), start, CompactMemory()))
    assert (session.tick, session.world.state_digest(), session.log) == before
    assert (session.timeline, list(session.timelines)) == (first, [first])
    session.keep_in(NoBook())
    session.branch(Branch(first + 1, first, (), start, CompactMemory()))
    assert session.timeline == first + 1
