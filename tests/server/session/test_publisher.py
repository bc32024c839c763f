"""Encoding once per group of clients that share a base."""

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
