"""Encoding once per group of clients that share a base."""

from server.session import publisher as publisher_module
from server.session.publisher import MAX_KEPT, Publisher
from server.wire import frames
from tests.server import fake


def chain(length, nr_pageblocks=64):
    """Pictures 1 to ``length``, one changed pageblock each."""
    pictures = [fake.picture(seq=1, nr_pageblocks=nr_pageblocks)]
    for seq in range(2, length + 1):
        pictures.append(fake.changed(pictures[-1], seq, {0: [seq % nr_pageblocks]}))
    return pictures


def test_one_frame_for_all_who_share_a_base():
    one, two, three = chain(3)
    publisher = Publisher()
    for client in (1, 2, 3):
        publisher.want(client, None)
    (made,) = publisher.publish(one)
    assert (made.clients, made.base, made.seq) == ((1, 2, 3), None, 1)
    for client in (1, 2):
        publisher.want(client, 1)
    (made,) = publisher.publish(two)
    assert (made.clients, made.base) == ((1, 2), 1)
    assert made.data[5] == frames.FRAME_DELTA
    publisher.want(1, 2)
    publisher.want(2, 2)
    publisher.want(3, 1)
    publisher.want(4, None)
    made = {d.base: d for d in publisher.publish(three)}
    assert {base: d.clients for base, d in made.items()} == {2: (1, 2), 1: (3,), None: (4,)}
    assert fake.same(frames.decode_frame(made[1].data, one), three)
    assert fake.same(frames.decode_frame(made[2].data, two), three)
    assert fake.same(frames.decode_frame(made[None].data), three)


def test_nobody_gets_the_same_picture_twice():
    (one,) = chain(1)
    publisher = Publisher()
    publisher.want(1, None)
    publisher.publish(one)
    publisher.want(1, 1)
    assert publisher.wanted
    assert not publisher.waits_for(1)
    assert publisher.publish(one) == []


def test_only_bases_that_somebody_has_are_kept():
    pictures = chain(50)
    publisher = Publisher()
    publisher.want(1, None)
    publisher.want(2, None)
    publisher.publish(pictures[0])
    for picture in pictures[1:]:
        publisher.want(1, picture.seq - 1)
        publisher.publish(picture)
    assert set(publisher._kept) == {1, 50}
    publisher.want(2, 1)
    (made,) = publisher.publish(pictures[-1])
    assert made.base == 1
    publisher.forget(2)
    publisher.forget(1)
    publisher.publish(pictures[-1])
    assert set(publisher._kept) == {50}


def test_many_stragglers_cannot_fill_the_memory():
    publisher = Publisher()
    pictures = chain(40)
    for client, picture in enumerate(pictures):
        publisher.want(client, None)
        publisher.publish(picture)
    assert len(publisher._kept) == MAX_KEPT
    publisher.want(0, 1)  # its base is gone: a key frame
    (made,) = publisher.publish(pictures[-1])
    assert made.base is None
    assert made.data[5] == frames.FRAME_KEY


def test_a_restart_forgets_everybody():
    one, two = chain(2)
    publisher = Publisher()
    publisher.want(1, None)
    publisher.publish(one)
    publisher.want(1, 1)
    publisher.restart()
    assert not publisher.wanted
    assert publisher.publish(two) == []


def test_a_client_that_asks_again_is_served_once_by_its_newest_base():
    one, two = chain(2)
    publisher = Publisher()
    publisher.want(1, None)
    publisher.publish(one)
    publisher.want(1, 1)
    publisher.want(1, None)  # it has lost the frame meanwhile
    (made,) = publisher.publish(two)
    assert (made.clients, made.base) == ((1,), None)
    assert publisher.publish(two) == []


def test_a_base_that_goes_while_somebody_wants_gives_a_key_frame():
    pictures = chain(MAX_KEPT + 2)
    publisher = Publisher()
    for client, picture in enumerate(pictures[:-1]):  # each got another picture last
        publisher.want(client, None)
        publisher.publish(picture)
    publisher.want(0, 1)
    assert publisher.waits_for(pictures[-2].seq)
    (made,) = publisher.publish(pictures[-1])
    assert (made.clients, made.base) == ((0,), None)


class Counted(dict):
    """Counts what is looked at in it."""

    looks = 0

    def __iter__(self):
        for key in super().__iter__():
            Counted.looks += 1
            yield key

    def items(self):
        return [(key, self[key]) for key in self]

    def values(self):
        return [self[key] for key in self]


def looks_of_a_want(nr_clients, monkeypatch):
    """Entries looked at when one client among so many wants, waits and is served."""
    monkeypatch.setattr(publisher_module, "encode_frame", lambda picture, base: b"")
    one, two = chain(2)
    publisher = Publisher()
    for client in range(nr_clients):
        publisher.want(client, None)
    publisher.publish(one)
    for client in range(1, nr_clients):
        publisher.want(client, 1)
    for name in ("_wants", "_groups", "_given", "_kept"):
        setattr(publisher, name, Counted(getattr(publisher, name)))
    Counted.looks = 0
    publisher.waits_for(1)
    publisher.want(0, 1)
    publisher.waits_for(1)
    publisher.publish(one)
    assert two.seq == 2
    return Counted.looks


def test_a_want_costs_the_same_among_a_thousand_that_have_the_picture(monkeypatch):
    few, many = looks_of_a_want(2, monkeypatch), looks_of_a_want(1000, monkeypatch)
    assert few == many <= 8
