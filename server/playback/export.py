"""A session as a file that plays without a server: made, with its size told before it is kept."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.commands import Command, command_from_dict
from engine.designs import DEFAULT_DESIGNS, DESIGNS
from engine.errors import RefusedError
from engine.log import LOG_VERSION, Entry
from server.errors import ConflictError, NotFoundError
from server.guests.library import EXAMPLES, Library
from server.guests.recorded import Recordings
from server.paths import examples_folder, project_version
from server.playback.page_file import Recorded, playback_page
from server.playback.recorder import Reel, Span, film, reel_facts
from server.session.making import new_session
from server.session.session import Session
from server.wire import messages
from server.wire.config import SessionConfig
from server.wire.frames import WIRE_VERSION

PLAYBACK_VERSION = 1  # of the story in the file
MB = 1_000_000
ASK_BYTES = 10 * MB  # a larger file has to be asked for
MOST_BYTES = 50 * MB
MAX_LINK = 1000
MAX_EVERY = 1_000_000
_LESS = (
    "leave out designs (designs), play a part of the time (from, to) or keep one tick in so many"
    " (every)"
)


class LargeFileError(ConflictError):
    """The file would be large, and nobody has said that this is wanted."""


@dataclass(frozen=True)
class Wanted:
    """How a file is to be.

    Attributes:
        part: of the session.
        charts: whether the library that draws the charts is in it, 1.9 MB.
        link: address of a fragscope that "Open in fragscope" leads to; empty: the reader is asked.
        large: whether it may be larger than ASK_BYTES.
        title: what it shows, a few words; empty: a recording.
        text: a sentence more about it.
    """

    part: Span = field(default_factory=Span)
    charts: bool = False
    link: str = ""
    large: bool = False
    title: str = ""
    text: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.part.every <= MAX_EVERY:
            raise RefusedError(f"every is {self.part.every}: 1 to {MAX_EVERY} ticks")
        good = self.link.startswith(("http://", "https://")) and self.link.isprintable()
        if self.link and (not good or len(self.link) > MAX_LINK):
            raise RefusedError(
                f"link is {self.link!r:.60}: an address that begins with http:// or https:// and"
                f" has at most {MAX_LINK} characters is needed"
            )


@dataclass(frozen=True)
class PlaybackFile:
    """A file that was made.

    Attributes:
        text: HTML.
        nbytes: of the file.
        frames: moments in it.
        last: tick of the last one.
    """

    text: str
    nbytes: int
    frames: int
    last: int


def _room(nbytes: int) -> None:
    if nbytes * 4 / 3 > MOST_BYTES:
        raise RefusedError(f"the file would have over {MOST_BYTES // MB} MB, the limit: {_LESS}")


def _info() -> dict[str, Any]:
    """What the page asks a server for, as far as a file can answer it."""
    designs = [
        {"name": d.name, "label": d.label, "source": d.source, "toggles": []}
        for d in DESIGNS.values()
    ]
    return {
        "version": project_version(), "wire_version": WIRE_VERSION, "designs": designs,
        "default_designs": list(DEFAULT_DESIGNS), "presets": [], "captures": [],
        "upload_suffixes": [], "ends_with_container": False, "published": [],
        "default_source": {"kind": "capture", "name": "runs"}, "limits": {},
    }  # fmt: skip


def _story(
    session: Session, log: Sequence[Entry], tick: int, wanted: Wanted, kept: Reel
) -> dict[str, Any]:
    last, contained = kept.moments[-1]
    about = session.describe()
    places = wanted.part.places([one["key"] for one in about["designs"]])
    welcome = json.loads(
        messages.welcome(
            {
                **about, "epoch": 1, "session": "recording", "ticks_per_s": 0, "tick": last,
                "log_index": contained, "designs": [about["designs"][i] for i in places],
                "sequence": None, "timeline": 1,
                "timelines": [
                    {"id": 1, "parent": None, "tick": 0, "index": 0, "command": None, "name": None}
                ],
            }
        )
    )  # fmt: skip
    return {
        "playback": PLAYBACK_VERSION, "info": _info(), "welcome": welcome,
        "log": [entry.to_dict() for entry in log[:contained]],
        # The whole of it: "Open in fragscope" makes the session anew, not only the part.
        "session": {
            "log_version": LOG_VERSION, "engine": session.engine,
            "config": session.config.to_dict(), "tick": tick,
            "log": [entry.to_dict() for entry in log],
        },
        "every": wanted.part.every, "link": wanted.link, "title": wanted.title, "text": wanted.text,
        **reel_facts(kept),
    }  # fmt: skip


@dataclass(frozen=True)
class Played:
    """A session to be written down.

    Attributes:
        session: new, at tick 0; it is played on.
        log: of the session shown.
        tick: where it stands.
    """

    session: Session
    log: Sequence[Entry]
    tick: int


def recorded_part(
    played: Played,
    wanted: Wanted,
    look: Callable[[int], None] = lambda tick: None,
    room: Callable[[int], None] = _room,
) -> tuple[Recorded, str]:
    """Play a session once more and write down what it shows.

    Args:
        played: which.
        wanted: how the file is to be.
        look: told the tick now and then; may raise to break off.
        room: told the bytes that its pictures take so far; may raise to break off.

    Returns:
        What goes into a file, and what that is, in words.
    """
    session, log = played.session, played.log
    kept = film(session, log, played.tick, wanted.part, room, look)
    story = _story(session, log, played.tick, wanted, kept)
    first, last = kept.moments[0][0], kept.moments[-1][0]
    words = (
        f"fragscope {project_version()}, engine {session.engine}: ticks {first} to {last},"
        f" {len(kept.moments)} moments, {len(log)} commands"
    )
    return Recorded(story, kept.segments), words


def file_within(text: str, large: bool) -> int:
    """The bytes of a file that is not too large.

    Args:
        text: of the file.
        large: whether it may be larger than ASK_BYTES.

    Raises:
        RefusedError: it is larger than a browser likes to open.
        LargeFileError: it is larger than ASK_BYTES, which nobody has asked for.
    """
    nbytes = len(text.encode())
    if nbytes > MOST_BYTES:
        raise RefusedError(
            f"the file would have {nbytes / MB:.1f} MB, the limit is {MOST_BYTES // MB}: {_LESS}"
        )
    if nbytes > ASK_BYTES and not large:
        raise LargeFileError(
            f"the file would have {nbytes / MB:.1f} MB, which browsers open slowly: ask for it"
            f" nevertheless (yes), or {_LESS}"
        )
    return nbytes


def playback_of(
    session: Session,
    log: Sequence[Entry],
    tick: int,
    wanted: Wanted,
    look: Callable[[int], None] = lambda tick: None,
) -> PlaybackFile:
    """A session as a file; see recorded_part() for what it is given.

    Raises:
        RefusedError: nothing would be in the file, or more than a browser likes to open.
        LargeFileError: it is larger than ASK_BYTES, which nobody has asked for.
    """
    one, words = recorded_part(Played(session, log, tick), wanted, look)
    text = playback_page([one], words, wanted.charts)
    ticks = one.story["ticks"]
    return PlaybackFile(text, file_within(text, wanted.large), len(ticks), sum(ticks))


def played_story(
    config: SessionConfig, commands: Sequence[Command], library: Library
) -> tuple[Session, list[Entry], int]:
    """A session in which commands are given one after the other, each when every guest is idle.

    Returns:
        A new session of the same config, and the log and the tick of the one that was played.
    """
    base = library.base(config.source, config.seed, lambda *_: None)
    played = new_session(config, base.guest, base.text, base.facts)
    for command in commands:
        while not played.at_rest:
            played.advance()
        played.accept(command)
    while not played.at_rest:
        played.advance()
    fresh = new_session(config, base.guest, base.text, base.facts)
    return fresh, played.log, played.tick


def recorded_commands(example: str) -> list[Command]:
    """The commands that were recorded on a real kernel from an example.

    Raises:
        NotFoundError: nothing was recorded from it.
    """
    recordings = Recordings(examples_folder())
    if example not in EXAMPLES or example not in recordings:
        known = ", ".join(name for name in EXAMPLES if name in recordings)
        raise NotFoundError(
            f"{example!r:.60} is neither a session nor an example with a recorded story: {known}"
        )
    steps = json.loads(recordings.describe(example))["operations"]
    return [command_from_dict(step["command"]) for step in steps]
