"""When a picture is made: on a want, at most so many a second, one round after the other."""

import pytest

from engine.commands import SetWorkload
from server.session.hub import Want
from server.session.mailbox import Round, Wants
from server.session.pictures import Pictures
from server.session.publisher import Delivery


@pytest.fixture
def moving(make_session):
    session = make_session()
    session.accept(SetWorkload(True, 10))
    return session


def hear(pictures, through, **bases):
    """Client c1 has picture ``bases["c1"]``."""
    wants = tuple(Want(int(name[1:]), base) for name, base in bases.items())
    pictures.hear(Wants(wants, through), range(10))


def served(made):
    return {client for item in made if isinstance(item, Delivery) for client in item.clients}


def test_nothing_is_made_for_nobody(moving):
    pictures = Pictures(10)
    assert not pictures.due
    assert pictures.publish(moving, 1, 0.0) == []
    pictures.hear(Wants((Want(11, None),), 0), range(10))
    assert not pictures.due, "a client that has left"


def test_the_next_one_waits_for_its_time(moving):
    pictures = Pictures(10)
    hear(pictures, 0, c1=None)
    first, end = pictures.publish(moving, 1, 0.0)
    assert (first.seq, end) == (1, Round(1))
    hear(pictures, 1, c1=1)
    assert not pictures.due, "it has the newest, and nothing has changed"
    pictures.stale()
    assert pictures.due
    assert pictures.publish(moving, 1, 0.05) == []
    assert pictures.wait_s(0.05) == pytest.approx(0.05)
    assert served(pictures.publish(moving, 1, 0.1)) == {1}


def test_the_next_one_waits_until_the_last_one_is_written_to_all(moving):
    pictures = Pictures(10)
    hear(pictures, 0, c1=None, c2=None)
    assert served(pictures.publish(moving, 1, 0.0)) == {1, 2}
    pictures.stale()
    hear(pictures, 0, c1=1)
    assert not pictures.due
    assert pictures.publish(moving, 1, 9.0) == []
    hear(pictures, 1, c2=1)
    made = pictures.publish(moving, 1, 9.0)
    assert served(made) == {1, 2}, "both get the same picture"
    assert made[-1] == Round(2)


def test_who_comes_between_two_pictures_gets_the_newest_at_once(moving):
    pictures = Pictures(1)
    hear(pictures, 0, c1=None)
    pictures.publish(moving, 1, 0.0)
    hear(pictures, 1, c2=None)
    (made, _) = pictures.publish(moving, 1, 0.01)
    assert (made.clients, made.seq) == ((2,), 1)


def test_after_a_restart_nobody_wants_and_numbers_go_on(moving):
    pictures = Pictures(10)
    hear(pictures, 0, c1=None)
    pictures.publish(moving, 1, 0.0)
    hear(pictures, 1, c1=1)
    pictures.restart()
    assert not pictures.due
    hear(pictures, 1, c1=None)
    (made, _) = pictures.publish(moving, 2, 9.0)
    assert (made.base, made.seq) == (None, 2)
