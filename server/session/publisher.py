"""From pictures to frames: encodes once per group of clients that share a base; pure.

Owned by a session's worker. Keeps exactly the pictures that some client got last, so that a delta
can be made against them; a base that is not kept any more means a key frame.
"""

from dataclasses import dataclass

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
    """

    clients: tuple[int, ...]
    base: int | None
    seq: int
    data: bytes


class Publisher:
    """Who wants what, and the pictures that deltas start from."""

    def __init__(self) -> None:
        self._wants: dict[int, int | None] = {}
        self._given: dict[int, int] = {}
        self._kept: dict[int, Picture] = {}

    def want(self, client: int, base: int | None) -> None:
        """``client`` is ready and got ``base`` last."""
        self._wants[client] = base
        if base is None:
            self._given.pop(client, None)
        else:
            self._given[client] = base

    def forget(self, client: int) -> None:
        """``client`` is gone."""
        self._wants.pop(client, None)
        self._given.pop(client, None)

    def restart(self) -> None:
        """The session starts over: nobody has a base, and nobody wants until it says so again."""
        self._wants.clear()
        self._given.clear()
        self._kept.clear()

    @property
    def wanted(self) -> bool:
        """Whether any client is ready for a frame."""
        return bool(self._wants)

    def waits_for(self, seq: int) -> bool:
        """Whether a client is ready that does not have picture ``seq`` yet."""
        return any(base != seq for base in self._wants.values())

    def publish(self, picture: Picture) -> list[Delivery]:
        """Frames for every ready client that does not have ``picture`` yet."""
        groups: dict[int | None, list[int]] = {}
        for client, base in self._wants.items():
            if base != picture.seq:
                known = base if base in self._kept else None
                groups.setdefault(known, []).append(client)
        out = []
        for base, clients in groups.items():
            data = encode_frame(picture, None if base is None else self._kept[base])
            out.append(Delivery(tuple(clients), base, picture.seq, data))
            for client in clients:
                del self._wants[client]
                self._given[client] = picture.seq
        self._keep(picture)
        return out

    def _keep(self, picture: Picture) -> None:
        self._kept[picture.seq] = picture
        needed = {picture.seq, *self._given.values()}
        self._kept = {seq: kept for seq, kept in self._kept.items() if seq in needed}
        for seq in sorted(self._kept)[:-MAX_KEPT]:
            del self._kept[seq]
