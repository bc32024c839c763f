"""What a session showed, moment by moment: segments of a key frame and the deltas after it; pure.

Frames are those of the wire (server/wire/frames.py). A moment is a tick and the number of commands
that its state contains: before and after each command there is one, whatever is left out between.
"""

import struct
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import RefusedError
from engine.log import Entry
from engine.view import STAT_FIELDS
from engine.world import World
from server.session.session import Session
from server.wire.frames import Picture, encode_frame

SEGMENT_FRAMES = 64  # a key frame and what follows: a jump decodes one segment
MOST_POINTS = 1200  # of a line in the charts, as on the page
_LENGTH = struct.Struct("<II")  # bytes of the frame, 0: keeps frames at multiples of 8
_LINES = {"blocks": "free_blocks_all", "unusable": "unusable_index_9"}


@dataclass(frozen=True)
class Span:
    """What of a session is kept.

    Attributes:
        first: tick, the earliest.
        last: tick, the latest; None: as far as the session went.
        every: keep one tick in so many, and the states around each command.
        designs: keys; empty: all of the session's.
    """

    first: int = 0
    last: int | None = None
    every: int = 1
    designs: tuple[str, ...] = ()

    def places(self, keys: Sequence[str]) -> list[int]:
        """Places of the designs among a session's.

        Raises:
            RefusedError: the session has no such design.
        """
        for key in self.designs:
            if key not in keys:
                raise RefusedError(f"design is {key!r:.60}: this session has {', '.join(keys)}")
        return [i for i, key in enumerate(keys) if not self.designs or key in self.designs]

    def end(self, tick: int) -> int:
        """The latest tick kept, of a session that stands at ``tick``.

        Raises:
            RefusedError: nothing would be kept.
        """
        end = tick if self.last is None else min(self.last, tick)
        if self.first > end:
            raise RefusedError(f"the part begins at tick {self.first} and ends at tick {end}")
        return end


@dataclass(frozen=True)
class Reel:
    """A session as it was shown.

    Attributes:
        segments: compressed (raw deflate), each of SEGMENT_FRAMES frames, the last of fewer.
        moments: tick and commands contained, of every frame.
        lines: per design, name of a line of the charts → its values at ``line_ticks``.
        line_ticks: ticks of the lines' points.
        digest: of the state at the end, all designs of the session.
    """

    segments: tuple[bytes, ...]
    moments: tuple[tuple[int, int], ...]
    lines: tuple[Mapping[str, Sequence[float]], ...]
    line_ticks: tuple[int, ...]
    digest: str


@dataclass(frozen=True)
class _Kept:
    """A panel whose planes the world does not write to any more."""

    planes: Mapping[str, NDArray[np.generic]]
    stats: NDArray[np.int64]


class _Tape:
    """Takes pictures and packs them."""

    def __init__(
        self, session: Session, places: Sequence[int], room: Callable[[int], None]
    ) -> None:
        self._session, self._places, self._room = session, places, room
        self._packed: list[bytes] = []
        self._frames: list[bytes] = []
        self._before: Picture | None = None
        self.moments: list[tuple[int, int]] = []
        self._stats: list[list[NDArray[np.int64]]] = []
        self._columns = [STAT_FIELDS.index(name) for name in _LINES.values()]

    def keep(self, index: int) -> None:
        """Keep the present state, which contains ``index`` commands; once."""
        moment = (self._session.tick, index)
        if self.moments and self.moments[-1] == moment:
            return
        views = self._session.views()
        panels = tuple(
            _Kept(
                {name: plane.copy() for name, plane in views[i].planes.items()},
                views[i].stats.copy(),
            )
            for i in self._places
        )
        self.moments.append(moment)
        self._stats.append([panel.stats[self._columns] for panel in panels])
        picture = Picture(len(self.moments), 1, *moment, panels)
        frame = encode_frame(picture, self._before if self._frames else None)
        self._before = picture
        self._frames += [_LENGTH.pack(len(frame), 0), frame]
        if len(self.moments) % SEGMENT_FRAMES == 0:
            self._pack()

    def _pack(self) -> None:
        if not self._frames:
            return
        deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._packed.append(deflate.compress(b"".join(self._frames)) + deflate.flush())
        self._frames = []
        self._room(sum(map(len, self._packed)))

    def done(self) -> Reel:
        """Everything kept."""
        self._pack()
        stats = np.array(self._stats)  # moment, design, line
        new = np.ones(len(stats), bool)
        new[1:-1] = (stats[1:-1] != stats[:-2]).any(axis=(1, 2)) | (stats[1:-1] != stats[2:]).any(
            axis=(1, 2)
        )
        points = np.flatnonzero(new)
        step = -(-len(points) // MOST_POINTS)
        points = np.unique(np.append(points[::step], points[-1]))
        lines = []
        for i in range(stats.shape[1]):
            blocks, unusable = (stats[points, i, j].tolist() for j in range(len(_LINES)))
            lines.append({"blocks": blocks, "unusable": [value / 1000 for value in unusable]})
        ticks = tuple(self.moments[i][0] for i in points.tolist())
        digest = self._session.world.state_digest()
        return Reel(tuple(self._packed), tuple(self.moments), tuple(lines), ticks, digest)


def walk(
    world: World, log: Sequence[Entry], end: int, first: int = 0
) -> Iterator[tuple[int, bool]]:
    """Play a log and stop at every state that it comes through.

    Args:
        world: at tick 0; it is played on.
        log: every command.
        end: tick of the last state.
        first: tick of the first one.

    Yields:
        how many commands the state contains, and whether it is the first, the last, or the one
        before or after a command.
    """
    coming = list(log[: bisect_right(log, end, key=lambda entry: entry.tick)])
    done = 0
    if world.tick >= first:
        yield done, True
    while done < len(coming) or world.tick < end:
        if done < len(coming) and coming[done].tick <= world.tick:
            if world.tick >= first:
                yield done, True
            world.apply(coming[done].command)
            done += 1
            if world.tick >= first:
                yield done, True
            continue
        until = coming[done].tick if done < len(coming) else end
        # Nothing changes at rest: there the next command, or the first tick, comes at once.
        stop = first if world.tick < first < until else until
        world.step(1 if world.busy() else stop - world.tick)
        yield done, False
    yield done, True


def film(
    session: Session,
    log: Sequence[Entry],
    tick: int,
    part: Span,
    room: Callable[[int], None],
    look: Callable[[int], None] = lambda tick: None,
) -> Reel:
    """Play a log and keep what it shows.

    Args:
        session: new, at tick 0, of the log's config.
        log: every command.
        tick: where that session stands.
        part: what is kept.
        room: told the bytes that the segments take so far; may raise to break off.
        look: told the tick now and then; may raise to break off.

    Raises:
        RefusedError: the part has nothing in it, or the log is no log of such a session.
    """
    world = session.world
    end = part.end(tick)
    tape = _Tape(session, part.places(world.keys), room)
    for contained, at_edge in walk(world, log, end, part.first):
        wanted = at_edge or world.tick % part.every == 0 or world.tick in (end, part.first)
        if wanted and world.tick >= part.first:
            tape.keep(contained)
        look(world.tick)
    return tape.done()


def reel_facts(recording: Reel) -> dict[str, Any]:
    """What a player must know of the frames before it decodes one, in the JSON form."""
    ticks = [tick for tick, _ in recording.moments]
    return {
        "segment_frames": SEGMENT_FRAMES,
        "ticks": [b - a for a, b in zip([0, *ticks], ticks, strict=False)],
        "indices": [index for _, index in recording.moments],
        "line_ticks": list(recording.line_ticks),
        "lines": [dict(lines) for lines in recording.lines],
        "digest": recording.digest,
    }
