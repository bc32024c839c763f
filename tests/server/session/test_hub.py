"""Slots and credits: slow clients skip, nobody queues, nobody waits for another."""

import pytest

from server.session.hub import CREDITS_AT_HELLO, MAX_CREDITS, MAX_TEXTS, Hub, Slot, Want


def hub_of(*clients):
    hub, woken = Hub(), []
    for client in clients:
        hub.add(client, lambda client=client: woken.append(client))
    return hub, woken


def send(hub, client):
    """What a socket that is never slow sends."""
    out = hub.take(client)
    hub.sent(client)
    return out


def test_a_client_wants_once_until_it_was_served():
    hub, woken = hub_of(1)
    assert hub.wants() == [Want(1, None)]
    assert hub.wants() == []
    hub.deliver(1, None, 5, b"five")
    assert woken == [1]
    assert hub.wants() == [], "a frame waits for the socket: no second one"
    assert send(hub, 1) == [b"five"]
    assert hub.wants() == [Want(1, 5)]


def test_two_credits_then_silence_then_one_frame_per_paint():
    hub, _ = hub_of(1)
    for seq in range(1, CREDITS_AT_HELLO + 1):
        assert len(hub.wants()) == 1
        hub.deliver(1, None, seq, b"x")
        assert len(send(hub, 1)) == 1
    assert hub.wants() == []
    hub.credit(1)
    assert hub.wants() == [Want(1, CREDITS_AT_HELLO)]


@pytest.mark.parametrize("n", [1, 4])
def test_credits_cannot_be_piled_up(n):
    hub, _ = hub_of(1)
    for _ in range(1000):
        hub.credit(1, n)
    sent = 0
    while hub.wants():
        hub.deliver(1, None, sent + 1, b"x")
        sent += len(send(hub, 1))
    assert sent == MAX_CREDITS


def test_one_credit_may_pay_for_several_frames():
    hub, _ = hub_of(1)
    for seq in (1, 2):
        hub.wants()
        hub.deliver(1, None, seq, b"x")
        send(hub, 1)
    hub.credit(1, 2)
    for seq in (3, 4):
        assert hub.wants() == [Want(1, seq - 1)]
        hub.deliver(1, seq - 1, seq, b"x")
        send(hub, 1)
    assert hub.wants() == []


def looks_for(nr_clients, monkeypatch):
    """Looks at slots that one paint of one client costs among so many."""
    looks = []
    ready = Slot.ready.fget
    monkeypatch.setattr(Slot, "ready", property(lambda slot: looks.append(1) or ready(slot)))
    hub, _ = hub_of(*range(nr_clients))
    for client in range(nr_clients):
        hub.wants()
        hub.deliver(client, None, 1, b"x")
        send(hub, client)
    hub.wants()
    looks.clear()
    hub.credit(0)
    assert len(hub.wants()) <= 1
    hub.deliver(0, 1, 2, b"y")
    hub.wants()
    send(hub, 0)
    hub.wants()
    monkeypatch.undo()
    return len(looks)


def test_what_a_client_does_costs_the_same_among_a_thousand_others(monkeypatch):
    assert looks_for(1000, monkeypatch) == looks_for(1, monkeypatch) <= 4


def test_a_slow_client_holds_nobody_up_and_gets_the_newest():
    hub, _ = hub_of(1, 2)
    got = {1: [], 2: []}
    for seq in range(1, 101):
        for want in hub.wants():
            hub.deliver(want.client, want.base, seq, b"%d" % seq)
        for client, every in ((1, 10), (2, 1)):
            got[client] += send(hub, client) if client == 2 or seq == 1 else hub.take(client)
            if seq % every == 0:  # its socket is free again, and it has painted
                hub.sent(client)
                hub.credit(client)
    assert len(got[2]) == 100
    assert [int(frame) for frame in got[1]] == [1, 2, 11, 21, 31, 41, 51, 61, 71, 81, 91]
    assert hub._slots[1].frame is None


def test_a_frame_made_for_another_base_is_dropped():
    hub, _ = hub_of(1)
    hub.wants()
    hub.deliver(1, None, 1, b"one")
    send(hub, 1)
    hub.wants()
    hub.key(1)  # the client has lost its base while a delta was being made
    hub.deliver(1, 1, 2, b"delta")
    assert send(hub, 1) == []
    assert hub.wants() == [Want(1, None)]
    hub.deliver(1, None, 2, b"key")
    assert send(hub, 1) == [b"key"]


def test_key_renews_the_credits_of_a_client_that_was_hidden():
    hub, _ = hub_of(1)
    for seq in range(1, CREDITS_AT_HELLO + 1):
        hub.wants()
        hub.deliver(1, None, seq, b"x")
        send(hub, 1)
    assert hub.wants() == []
    hub.key(1)
    assert hub.wants() == [Want(1, None)]


def test_texts_come_in_order_and_before_the_frame():
    hub, woken = hub_of(1, 2)
    hub.wants()
    hub.text(1, "a")
    hub.deliver(1, None, 1, b"f")
    hub.text(None, "b")
    assert send(hub, 1) == ["a", "b", b"f"]
    assert send(hub, 2) == ["b"]
    assert woken.count(2) == 1


def test_a_reset_voids_what_was_made_before_it():
    hub, _ = hub_of(1)
    hub.wants()
    hub.deliver(1, None, 1, b"old")
    hub.renew("welcome")
    assert send(hub, 1) == ["welcome"]
    assert hub.wants() == [Want(1, None)]


def test_a_client_that_reads_nothing_is_lost():
    hub, _ = hub_of(1)
    for _ in range(MAX_TEXTS):
        hub.text(1, "x")
    assert not hub.lost(1)
    hub.text(1, "x")
    assert hub.lost(1)
    assert len(send(hub, 1)) == MAX_TEXTS


def test_a_client_that_has_left_gets_nothing():
    hub, woken = hub_of(1)
    hub.wants()
    hub.remove(1)
    hub.remove(1)
    hub.deliver(1, None, 1, b"x")
    hub.text(1, "x")
    assert send(hub, 1) == []
    assert woken == []
    assert len(hub) == 0


def test_pages_come_after_their_picture_cost_no_credit_and_the_newest_wins():
    hub, woken = hub_of(1)
    hub.wants()
    hub.deliver_pages(1, b"old")
    hub.deliver_pages(1, b"pages")
    hub.deliver(1, None, 1, b"picture")
    assert send(hub, 1) == [b"picture", b"pages"]
    assert len(woken) == 3
    hub.wants()
    hub.deliver(1, 1, 2, b"next")
    assert send(hub, 1) == [b"next"]
    assert hub.wants() == [], "both credits are spent"
    hub.deliver_pages(1, b"more")
    assert send(hub, 1) == [b"more"]


def test_pages_of_the_present_are_not_for_who_looks_back_nor_the_other_way():
    hub, _ = hub_of(1)
    hub.deliver_pages(1, b"now")
    hub.look(1)
    assert send(hub, 1) == []
    hub.deliver_pages(1, b"now")
    hub.deliver_pages(1, b"then", past=True)
    assert send(hub, 1) == [b"then"]
    hub.look_now(1)
    hub.deliver_pages(1, b"then", past=True)
    assert send(hub, 1) == []
