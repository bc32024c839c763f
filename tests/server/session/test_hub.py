"""Slots and credits: slow clients skip, nobody queues, nobody waits for another."""

import pytest

from server.meters import FRAMES
from server.session.hub import CREDITS_AT_HELLO, MAX_CREDITS, MAX_TEXTS, Hub, Slot, Want


class Socket:
    """Takes what it gets; one that is slow has something unsent after each message."""

    def __init__(self, hub, client, slow):
        self.hub, self.client, self.slow = hub, client, slow
        self.got = []
        self.over = False

    def write(self, message):
        self.got.append(message)
        return not self.slow

    def end(self):
        self.over = True

    def new(self):
        """What it got since the last time."""
        got, self.got = self.got, []
        return got


def hub_of(*clients, slow=()):
    hub, sockets = Hub(), {}
    for client in clients:
        sockets[client] = socket = Socket(hub, client, client in slow)
        hub.add(client, socket.write, socket.end)
    return hub, sockets


def test_a_client_wants_once_until_it_was_served():
    hub, sockets = hub_of(1, slow=[1])
    assert hub.wants() == [Want(1, None)]
    assert hub.wants() == []
    hub.deliver(1, None, 5, b"five")
    assert sockets[1].new() == [b"five"]
    assert hub.wants() == [], "a frame lies unsent: no second one"
    hub.drained(1)
    assert hub.wants() == [Want(1, 5)]


def test_two_credits_then_silence_then_one_frame_per_paint():
    hub, sockets = hub_of(1)
    for seq in range(1, CREDITS_AT_HELLO + 1):
        assert len(hub.wants()) == 1
        hub.deliver(1, None, seq, b"x")
    assert len(sockets[1].new()) == CREDITS_AT_HELLO
    assert hub.wants() == []
    hub.credit(1)
    assert hub.wants() == [Want(1, CREDITS_AT_HELLO)]


@pytest.mark.parametrize("n", [1, 4])
def test_credits_cannot_be_piled_up(n):
    hub, sockets = hub_of(1)
    for _ in range(1000):
        hub.credit(1, n)
    seq = 0
    while hub.wants():
        seq += 1
        hub.deliver(1, None, seq, b"x")
    assert len(sockets[1].got) == MAX_CREDITS


def test_one_credit_may_pay_for_several_frames():
    hub, _ = hub_of(1)
    for seq in (1, 2):
        hub.wants()
        hub.deliver(1, None, seq, b"x")
    hub.credit(1, 2)
    for seq in (3, 4):
        assert hub.wants() == [Want(1, seq - 1)]
        hub.deliver(1, seq - 1, seq, b"x")
    assert hub.wants() == []


def looks_for(nr_clients, monkeypatch):
    """Looks at slots that one paint of one client costs among so many."""
    looks = []
    ready = Slot.ready.fget
    monkeypatch.setattr(Slot, "ready", property(lambda slot: looks.append(1) or ready(slot)))
    hub, _ = hub_of(*range(nr_clients))
    hub.wants()
    for client in range(nr_clients):
        hub.deliver(client, None, 1, b"x")
    hub.wants()
    looks.clear()
    hub.credit(0)
    assert len(hub.wants()) <= 1
    hub.deliver(0, 1, 2, b"y")
    hub.wants()
    hub.drained(0)
    hub.wants()
    monkeypatch.undo()
    return len(looks)


def test_what_a_client_does_costs_the_same_among_a_thousand_others(monkeypatch):
    assert looks_for(1000, monkeypatch) == looks_for(1, monkeypatch) <= 6


def test_a_slow_client_holds_nobody_up_and_gets_the_newest():
    hub, sockets = hub_of(1, 2, slow=[1])
    for seq in range(1, 101):
        for want in hub.wants():
            hub.deliver(want.client, want.base, seq, b"%d" % seq)
        hub.credit(2)
        if seq % 10 == 0:  # its socket is free again, and it has painted
            hub.drained(1)
            hub.credit(1)
    assert len(sockets[2].got) == 100
    assert [int(frame) for frame in sockets[1].got] == [1, 11, 21, 31, 41, 51, 61, 71, 81, 91]


def test_viewers_that_stop_reading_cost_nothing_until_they_read_again():
    """Neither a look nor a byte: paired with the same viewers without them."""

    def written(stalled):
        hub, sockets = hub_of(*range(10 + stalled), slow=range(10, 10 + stalled))
        asked = 0
        for seq in range(1, 51):
            wants = hub.wants()
            asked += len(wants)
            for want in wants:
                hub.deliver(want.client, want.base, seq, b"x")
            for client in range(10):
                hub.credit(client)
        return asked, [len(sockets[client].got) for client in sorted(sockets)]

    asked, got = written(5)
    assert got == [50] * 10 + [1] * 5
    assert written(0) == (asked - 5, [50] * 10)


def test_a_frame_made_for_another_base_is_dropped():
    hub, sockets = hub_of(1)
    hub.wants()
    hub.deliver(1, None, 1, b"one")
    hub.wants()
    hub.key(1)  # the client has lost its base while a delta was being made
    hub.deliver(1, 1, 2, b"delta")
    assert sockets[1].new() == [b"one"]
    assert hub.wants() == [Want(1, None)]
    hub.deliver(1, None, 2, b"key")
    assert sockets[1].new() == [b"key"]


def test_key_renews_the_credits_of_a_client_that_was_hidden():
    hub, _ = hub_of(1)
    for seq in range(1, CREDITS_AT_HELLO + 1):
        hub.wants()
        hub.deliver(1, None, seq, b"x")
    assert hub.wants() == []
    hub.key(1)
    assert hub.wants() == [Want(1, None)]


def test_texts_come_in_order_and_before_a_frame_that_waits():
    hub, sockets = hub_of(1, 2, slow=[1])
    hub.wants()
    hub.text(1, "a")
    hub.deliver(1, None, 1, b"f")
    hub.text(None, "b")
    assert sockets[1].new() == ["a"]
    sockets[1].slow = False
    hub.drained(1)
    assert sockets[1].new() == ["b", b"f"]
    assert sockets[2].new() == ["b"]


def test_a_reset_voids_what_was_made_before_it():
    hub, sockets = hub_of(1, slow=[1])
    hub.wants()
    hub.text(1, "a")
    hub.deliver(1, None, 1, b"old")
    hub.renew("welcome")
    sockets[1].slow = False
    hub.drained(1)
    assert sockets[1].new() == ["a", "welcome"]
    assert hub.wants() == [Want(1, None)]


def test_a_client_that_reads_nothing_is_lost():
    hub, sockets = hub_of(1, slow=[1])
    for _ in range(MAX_TEXTS + 1):  # one is with the socket
        hub.text(1, "x")
    assert not hub.lost(1)
    assert not sockets[1].over
    hub.text(1, "x")
    assert hub.lost(1)
    assert sockets[1].over


def test_a_client_that_has_left_gets_nothing():
    hub, sockets = hub_of(1)
    hub.wants()
    hub.remove(1)
    hub.remove(1)
    hub.deliver(1, None, 1, b"x")
    hub.text(1, "x")
    hub.drained(1)
    assert sockets[1].got == []
    assert len(hub) == 0


def test_pages_come_after_their_picture_cost_no_credit_and_the_newest_wins():
    hub, sockets = hub_of(1, slow=[1])
    hub.wants()
    hub.text(1, "welcome")
    hub.deliver_pages(1, b"old")
    hub.deliver_pages(1, b"pages")
    hub.deliver(1, None, 1, b"picture")
    assert sockets[1].new() == ["welcome"], "it lies unsent"
    hub.drained(1)
    hub.drained(1)
    assert sockets[1].new() == [b"picture", b"pages"]
    hub.drained(1)
    hub.wants()
    hub.deliver(1, 1, 2, b"next")
    hub.drained(1)
    assert sockets[1].new() == [b"next"]
    assert hub.wants() == [], "both credits are spent"
    hub.deliver_pages(1, b"more")
    assert sockets[1].new() == [b"more"]


def test_pages_of_the_present_are_not_for_who_looks_back_nor_the_other_way():
    hub, sockets = hub_of(1, slow=[1])
    hub.text(1, "welcome")
    hub.deliver_pages(1, b"now")
    hub.look(1)
    hub.drained(1)
    assert sockets[1].new() == ["welcome"], "what waited is void"
    hub.deliver_pages(1, b"now")
    hub.deliver_pages(1, b"then", past=True)
    assert sockets[1].new() == [b"then"]
    hub.look_now(1)
    hub.deliver_pages(1, b"then", past=True)
    hub.drained(1)
    assert sockets[1].new() == []


def test_of_what_only_the_newest_counts_nothing_queues_for_a_slow_reader():
    hub, sockets = hub_of(1, slow=[1])
    hub.text(1, "first")
    for n in range(100):
        hub.latest(1, "shown", f"view {n}")
        hub.latest(1, "class", f"state {n}")
    hub.text(1, "entry")
    for _ in range(10):
        hub.drained(1)
    assert sockets[1].got == ["first", "entry", "view 99", "state 99"]
    hub.latest(2, "shown", "nobody is there")


def test_frames_that_a_client_was_sent_are_counted():
    hub, _ = hub_of(1)
    for seq in range(1, CREDITS_AT_HELLO + 3):
        hub.deliver(1, None, seq, b"x")
    assert (hub.frames(1), hub.frames(2)) == (CREDITS_AT_HELLO, 0)


def test_what_a_slow_client_is_spared_is_counted():
    hub, _ = hub_of(1, 2)
    sent, skipped = FRAMES.sent, FRAMES.skipped
    for seq in (1, 2, 3):
        hub.wants()
        hub.deliver(1, seq - 1 or None, seq, b"x")
        hub.credit(1)
    hub.deliver(2, None, 1, b"x")
    hub.wants()
    hub.deliver(2, 1, 3, b"x")
    assert (FRAMES.sent - sent, FRAMES.skipped - skipped) == (5, 1)


def test_what_happened_goes_right_before_its_picture_or_not_at_all():
    sent = []
    hub = Hub()
    hub.add(1, lambda data: sent.append(data) or True, lambda: None)
    hub.wants()
    hub.deliver(1, None, 1, b"one", b"events of one")
    assert sent == [b"events of one", b"one"]
    hub.credit(1)
    hub.wants()
    hub.deliver(1, 1, 2, b"two")
    assert sent[2:] == [b"two"]
