"""Who is told what happens between two pictures."""

from engine import commands as c
from engine import units as u
from server.session.publisher import Publisher
from server.session.watchers import Watchers
from server.wire.events import decode_events
from server.wire.frames import Picture
from tests.engine.worlds import SMALLEST, world


def shown(w, seq, epoch=1):
    return Picture(seq, epoch, w.tick, 0, tuple(w.view(i) for i in range(len(w.keys))))


def test_events_reach_only_those_who_asked_and_only_of_the_newest_interval():
    w = world("pinned", "lru_hook", nr_pages=SMALLEST)
    publisher = Publisher()
    watchers = publisher.watchers
    watchers.ask(1, True, w)
    watchers.look(shown(w, 1), w, 0.5)
    w.apply(c.BalloonInflate(512))
    w.step(1)
    watchers.look(shown(w, 2), w, 0.5)  # nobody was due this one
    w.step(1)
    picture = shown(w, 3)
    watchers.look(picture, w, 0.25)
    for client in (1, 2):
        publisher.want(client, None)
    told = {one.clients: one.events for one in publisher.publish(picture, w)}
    assert told[(2,)] == b""
    between = decode_events(told[(1,)])
    assert (between.seq, between.since, between.tick, between.lasts_ms) == (3, 1, 2, 250)
    for kinds in between.designs:
        assert kinds[1].total == 256
        assert {row[1] & 255 for row in kinds[1].rows.tolist()} == {u.EVENT_TAKEN}


def test_without_a_watcher_nothing_is_recorded_or_sent_over_an_epoch():
    w = world("pinned", nr_pages=SMALLEST)
    watchers = Watchers()
    watchers.ask(1, True, w)
    watchers.look(shown(w, 1), w, None)
    w.apply(c.BalloonInflate(256))
    w.step(1)
    watchers.look(shown(w, 2, epoch=2), w, None)
    assert watchers.split([1]) == [((1,), b"")]
    watchers.forget(1)
    watchers.look(shown(w, 3, epoch=2), w, None)
    assert int(w.guest(0).vm[0]["watched"]) == 0
    watchers.ask(1, True, w)
    watchers.ask(1, False, w)
    assert int(w.guest(0).vm[0]["watched"]) == 0
