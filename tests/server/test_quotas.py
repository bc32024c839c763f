"""Limits per address: each peer by itself, given back when it is over, and none by default."""

import pytest

from server.errors import LimitReachedError
from server.quotas import BURST_S, MAX_PEERS, AddressLimits, Quotas


def test_sessions_that_have_left_memory_make_room():
    quotas, there = Quotas(AddressLimits(sessions=2)), set()

    def make(peer, name):
        with quotas.session(peer, there) as made:
            there.add(name)
            made(name)

    make("a", "one")
    make("a", "two")
    with pytest.raises(LimitReachedError, match="2 sessions of your address are in memory"):
        make("a", "three")
    make("b", "four")
    there.remove("one")
    make("a", "three")
    with pytest.raises(LimitReachedError):
        make("a", "five")


def test_sessions_that_are_still_being_made_count_and_those_that_failed_do_not():
    quotas, there = Quotas(AddressLimits(sessions=1)), set()
    with quotas.session("a", there) as made:
        with pytest.raises(LimitReachedError), quotas.session("a", there):
            raise AssertionError("a second one was let in")
        there.add("one")
        made("one")
    there.clear()
    with pytest.raises(ZeroDivisionError), quotas.session("a", there):
        _ = 1 / 0
    with quotas.session("a", there):
        pass


def test_sockets_are_given_back_however_they_end():
    quotas = Quotas(AddressLimits(sockets=1))
    with pytest.raises(ZeroDivisionError), quotas.socket("a"), quotas.socket("b"):
        with pytest.raises(LimitReachedError, match="1 pages of your address are open"):
            quotas.socket("a").__enter__()
        _ = 1 / 0
    with quotas.socket("a"):
        pass


def test_commands_come_in_bursts_and_then_at_the_pace():
    quotas, now = Quotas(AddressLimits(commands_per_s=2)), 100.0
    for _ in range(int(2 * BURST_S)):
        quotas.command("a", now)
    with pytest.raises(LimitReachedError, match="more than 2 commands a second"):
        quotas.command("a", now)
    quotas.command("b", now)
    quotas.command("a", now + 0.5)
    with pytest.raises(LimitReachedError):
        quotas.command("a", now + 0.9)
    for i in range(MAX_PEERS + 1):  # strangers cost no memory without end
        quotas.command(f"stranger {i}", now + 1)
    assert len(quotas._paces) == MAX_PEERS


def test_there_is_no_limit_by_default():
    quotas = Quotas(AddressLimits())
    for i in range(200):
        quotas.command("a", 0.0)
        quotas.socket("a").__enter__()
        with quotas.session("a", {str(i)}) as made:
            made(str(i))
