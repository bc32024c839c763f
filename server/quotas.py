"""Limits per address, so that one peer cannot take all: sessions, sockets, commands a second; pure.

Off by default: a class sits behind one address. Who a peer is, server/addresses.py says; behind a
proxy of FRAGSCOPE_TRUSTED_PROXIES it is whom the proxy names.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from server.errors import LimitReachedError

BURST_S = 5.0  # a peer that was quiet may give the commands of so long at once
MAX_PEERS = 4096  # whose pace is remembered; the one that was quiet for longest is forgotten


@dataclass(frozen=True)
class AddressLimits:
    """Of one address; 0 = none."""

    sessions: int = 0
    sockets: int = 0
    commands_per_s: float = 0


class Quotas:
    """What each peer has at the moment. Owned by the event loop."""

    def __init__(self, limits: AddressLimits) -> None:
        self._limits = limits
        self._sessions: dict[str, set[str]] = {}
        self._coming: Counter[str] = Counter()
        self._sockets: Counter[str] = Counter()
        self._paces: OrderedDict[str, tuple[float, float]] = OrderedDict()  # left, at

    @contextmanager
    def session(self, peer: str, there: Container[str]) -> Iterator[Callable[[str], None]]:
        """A block in which ``peer`` makes a session; it calls what it is given with its id.

        Args:
            peer: who.
            there: ids of sessions in memory; others do not count.

        Raises:
            LimitReachedError: the peer has made enough.
        """
        limit = self._limits.sessions
        if not limit:
            yield lambda _: None
            return
        mine = {name for name in self._sessions.get(peer, ()) if name in there}
        nr = len(mine) + self._coming[peer]
        if nr >= limit:
            raise LimitReachedError(
                f"{nr} sessions of your address are in memory, the server's limit for one address:"
                " a session that nobody watches makes room after a while"
            )
        self._coming[peer] += 1
        try:
            yield mine.add
        finally:
            _one_less(self._coming, peer)
            # Others of this peer may have been made meanwhile.
            self._sessions[peer] = mine | self._sessions.get(peer, set())
            self._forget_gone(there)

    def _forget_gone(self, there: Container[str]) -> None:
        for peer, made in list(self._sessions.items()):
            made.intersection_update([name for name in made if name in there])
            if not made:
                del self._sessions[peer]

    @contextmanager
    def socket(self, peer: str) -> Iterator[None]:
        """A block in which ``peer`` has a socket open.

        Raises:
            LimitReachedError: the peer has enough.
        """
        limit = self._limits.sockets
        if limit and self._sockets[peer] >= limit:
            raise LimitReachedError(
                f"{limit} pages of your address are open, the server's limit for one address"
            )
        self._sockets[peer] += 1
        try:
            yield
        finally:
            _one_less(self._sockets, peer)

    def command(self, peer: str, now: float) -> None:
        """``peer`` gives a command.

        Args:
            peer: who.
            now: reading of a clock, seconds.

        Raises:
            LimitReachedError: too many of late.
        """
        rate = self._limits.commands_per_s
        if not rate:
            return
        burst = max(rate * BURST_S, 1.0)
        left, at = self._paces.pop(peer, (burst, now))
        left = min(left + (now - at) * rate, burst)
        enough = left >= 1.0
        self._paces[peer] = (left - enough, now)
        if len(self._paces) > MAX_PEERS:
            self._paces.popitem(last=False)
        if not enough:
            raise LimitReachedError(
                f"your address gives more than {rate:g} commands a second, the server's limit for"
                " one address: wait a moment"
            )


def _one_less(counter: Counter[str], peer: str) -> None:
    counter[peer] -= 1
    if not counter[peer]:
        del counter[peer]
