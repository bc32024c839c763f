"""Who is shown pages: whoever asked, once, and again only when a page has changed."""

from server.session.closer import Closer
from server.wire.detail import Detail, decode_detail
from tests.server.golden_wire import Still


def shown(closer, world, *clients):
    """Client → pageblocks it is shown now."""
    return {
        client: decode_detail(one.data).pageblocks
        for one in closer.show(world, 1, 1, clients)
        for client in one.clients
    }


def test_pages_come_once_and_again_when_one_of_them_changes():
    closer, world = Closer(), Still()
    closer.ask(1, Detail((1, 2)))
    assert closer.owed == (1,)
    assert shown(closer, world, 1, 2) == {1: (1, 2)}
    assert closer.owed == ()
    world.tick += 1
    assert shown(closer, world, 1) == {}, "a tick alone is no news"
    world.guests[1].pages[600]["state"] ^= 1
    assert shown(closer, world, 1) == {1: (1, 2)}


def test_who_asks_for_the_same_shares_a_frame_and_who_asks_anew_is_owed():
    closer, world = Closer(), Still()
    for client in (1, 2):
        closer.ask(client, Detail((1,)))
    closer.ask(3, Detail((4,)))
    assert sorted(one.clients for one in closer.show(world, 1, 1, closer.owed)) == [(1, 2), (3,)]
    closer.ask(1, Detail((5,)))
    assert shown(closer, world, *closer.owed) == {1: (5,)}


def test_who_has_enough_or_is_gone_gets_nothing():
    closer, world = Closer(), Still()
    for client in (1, 2):
        closer.ask(client, Detail((1,)))
    closer.ask(1, Detail(()))
    closer.forget(2)
    assert closer.owed == ()
    assert shown(closer, world, 1, 2) == {}


def test_what_was_lost_is_shown_again():
    closer, world = Closer(), Still()
    closer.ask(1, Detail((1,)))
    shown(closer, world, 1)
    closer.renew(1)
    assert shown(closer, world, 1) == {1: (1,)}
    closer.again()
    assert shown(closer, world, *closer.owed) == {1: (1,)}
