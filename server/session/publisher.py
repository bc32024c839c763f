"""From pictures to frames: encodes once per group of clients that share a base; pure.

Pages looked at closely come with the picture of the same tick, or at once when they are asked for.

Owned by a session's worker. Keeps exactly the pictures that some client got last, so that a delta
can be made against them; a base that is not kept any more means a key frame.
"""

from collections import Counter
from dataclasses import dataclass

from engine.world import World
from server.meters import ENCODE
from server.session.closer import Closely, Closer
from server.session.watchers import Watchers
from server.wire.frames import Picture, encode_frame

MAX_KEPT = 8  # pictures kept as bases; clients further behind get a key frame


@dataclass(frozen=True)
class Delivery:
    """One encoded frame and the clients it is for.

    Attributes:
        clients: their ids.
        base: seq they must have got last; None for a frame that needs none.
        seq: the picture's number.
        data: the frame.
        events: what happened up to it, b"" = not told.
    """

    clients: tuple[int, ...]
    base: int | None
    seq: int
    data: bytes
    events: bytes = b""


class Publisher:
    """Who wants what, and the pictures that deltas start from.

    Clients are kept by the base that they share, so that a look costs as much as there are bases,
    MAX_KEPT at most, and not as much as there are clients.
    """

    def __init__(self) -> None:
        self._wants: dict[int, int | None] = {}  # client → base
        self._groups: dict[int | None, dict[int, None]] = {}  # base → clients that want, in order
        self._given: dict[int, int] = {}  # client → seq of what it got last
        self._holders: Counter[int] = Counter()  # seq → clients that got it last
        self._kept: dict[int, Picture] = {}
        self.closer = Closer()
        self.watchers = Watchers()

    def want(self, client: int, base: int | None) -> None:
        """``client`` is ready and got ``base`` last."""
        self._give(client, base)
        self._drop_want(client)
        known = base if base in self._kept else None
        if base is None:
            self.closer.renew(client)
        self._wants[client] = known
        self._groups.setdefault(known, {})[client] = None

    def forget(self, client: int) -> None:
        """``client`` is gone."""
        self._drop_want(client)
        self._give(client, None)
        self.closer.forget(client)
        self.watchers.forget(client)

    def restart(self) -> None:
        """The session starts over: nobody has a base, and nobody wants until it says so again."""
        self._wants.clear()
        self._groups.clear()
        self._given.clear()
        self._holders.clear()
        self._kept.clear()
        self.closer.again()

    def _drop_want(self, client: int) -> None:
        if client in self._wants:
            base = self._wants.pop(client)
            del self._groups[base][client]
            if not self._groups[base]:
                del self._groups[base]

    def _give(self, client: int, seq: int | None) -> None:
        """Note what ``client`` got last."""
        before = self._given.pop(client, None)
        if before is not None:
            self._holders[before] -= 1
            if not self._holders[before]:
                del self._holders[before]
        if seq is not None:
            self._given[client] = seq
            self._holders[seq] += 1

    @property
    def wanted(self) -> bool:
        """Whether any client is ready for a frame, or is owed pages."""
        return bool(self._wants or self.closer.owed)

    def waits_for(self, seq: int) -> bool:
        """Whether a client is ready that does not have picture ``seq`` yet, or is owed pages."""
        return bool(self.closer.owed) or any(base != seq for base in self._groups)

    def publish(self, picture: Picture, world: World | None = None) -> list[Delivery | Closely]:
        """Frames for every ready client that does not have ``picture`` yet, and their pages.

        Args:
            picture: the newest.
            world: in the state that it shows; None: nobody is shown pages.
        """
        out: list[Delivery | Closely] = []
        served: list[int] = []
        for base in [base for base in self._groups if base != picture.seq]:
            clients = self._groups.pop(base)
            with ENCODE.timed():
                data = encode_frame(picture, None if base is None else self._kept[base])
            for group, before in self.watchers.split(clients):
                out.append(Delivery(group, base, picture.seq, data, before))
            served += clients
            for client in clients:
                del self._wants[client]
                self._give(client, picture.seq)
        if world is not None:
            served += self.closer.owed
            out += self.closer.show(world, picture.epoch, picture.log_index, served)
        self._keep(picture)
        return out

    def _keep(self, picture: Picture) -> None:
        """Keep ``picture`` and what somebody got last; the oldest go when there are too many."""
        self._kept[picture.seq] = picture
        for seq in [seq for seq in self._kept if seq not in self._holders and seq != picture.seq]:
            del self._kept[seq]
        for seq in sorted(self._kept)[:-MAX_KEPT]:
            del self._kept[seq]
            for client in self._groups.pop(seq, {}):
                self._wants[client] = None
                self._groups.setdefault(None, {})[client] = None
