"""Who looks at pages closely, and what each of them saw last; pure.

Owned by a session's worker for the present, and by the thread of its past for what is past.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from engine.world import World
from server.wire.detail import Detail, encode_detail
from server.wire.frames import HEADER


@dataclass(frozen=True)
class Closely:
    """One encoded frame of pages and the clients it is for."""

    clients: tuple[int, ...]
    data: bytes


class Closer:
    """Requests for detail, newest per client; what has not changed is not sent again."""

    def __init__(self) -> None:
        self._asked: dict[int, Detail] = {}
        self._owed: set[int] = set()  # have asked since they were served
        self._seen: dict[int, int] = {}  # client → hash of the pages it saw last

    def ask(self, client: int, message: Detail) -> None:
        """``client`` wants to see these pages from now on, or none any more."""
        self.forget(client)
        if message.pageblocks:
            self._asked[client] = message
            self._owed.add(client)

    def forget(self, client: int) -> None:
        """``client`` is gone, or has enough."""
        self._asked.pop(client, None)
        self._owed.discard(client)
        self._seen.pop(client, None)

    def renew(self, client: int) -> None:
        """What ``client`` saw is void."""
        self._seen.pop(client, None)

    def again(self) -> None:
        """Whatever anybody saw is void: whoever has asked is owed it anew."""
        self._seen.clear()
        self._owed = set(self._asked)

    @property
    def owed(self) -> tuple[int, ...]:
        """Clients that wait for pages since they asked for them."""
        return tuple(self._owed)

    def wants(self, client: int) -> bool:
        """Whether ``client`` looks closely."""
        return client in self._asked

    def show(
        self, world: World, epoch: int, log_index: int, clients: Iterable[int]
    ) -> list[Closely]:
        """Frames for those of ``clients`` that look closely and have not seen these pages.

        Args:
            world: at the moment that is shown.
            epoch: of the session.
            log_index: last command contained in that state.
            clients: who may be served; the same frame serves all who ask for the same.
        """
        frames: dict[Detail, tuple[bytes, int]] = {}
        due: dict[Detail, list[int]] = {}
        for client in dict.fromkeys(clients):
            asked = self._asked.get(client)
            if asked is None:
                continue
            if asked not in frames:
                data = encode_detail(world, epoch, log_index, asked)
                frames[asked] = (data, hash(data[HEADER.size :]))  # of the pages, not the tick
            if self._seen.get(client) != frames[asked][1]:
                self._seen[client] = frames[asked][1]
                due.setdefault(asked, []).append(client)
            self._owed.discard(client)
        return [Closely(tuple(due[asked]), frames[asked][0]) for asked in due]
