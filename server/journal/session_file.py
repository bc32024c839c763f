"""A session as a file: JSON lines, one thing a line (docs/SESSIONS.md); pure.

The first line says what the file is, the last how many lines came before, so that a file that was
cut short is noticed. What was changed inside is found by playing it: it carries digests.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from engine.errors import RefusedError
from engine.log import MAIN, Entry
from server.journal.codec import (
    Course,
    Digest,
    Head,
    Record,
    Waiting,
    digest_from_dict,
    head_from_dict,
    timeline_from_dict,
)
from server.jsontext import dump, only_fields, parse_object, shown, whole

FILE_VERSION = 1
MAX_FILE_LINES = 1_000_000
MAX_NUMBER = 1 << 32


class AlteredError(RefusedError):
    """A file is not what was written; ``tick`` is where that shows first."""

    def __init__(self, text: str, tick: int) -> None:
        super().__init__(text)
        self.tick = tick


@dataclass(frozen=True)
class Upload:
    """An archive that a session starts from."""

    name: str
    data: bytes


@dataclass(frozen=True)
class SessionFile:
    """What is in a file.

    Attributes:
        record: the session.
        upload: the archive that it starts from, if that is an upload.
        whole: whether its lines are those that were written. One who wrote them by hand may still
            play them; whether the states agree is another question (server/jobs/verify.py).
    """

    record: Record
    upload: Upload | None = None
    whole: bool = True


def lines_of(record: Record, upload: Upload | None) -> Iterator[str]:
    """The lines of a file, without line ends.

    Args:
        record: what is known of the session.
        upload: the archive that it starts from; None where it starts from none.
    """
    number, seal = 0, hashlib.sha256()
    for thing in _things(record, upload):
        line = dump(thing)
        number += 1
        seal.update(f"{line}\n".encode())
        yield line
    yield dump({"end": number, "sha256": seal.hexdigest()})


def _things(record: Record, upload: Upload | None) -> Iterator[dict[str, Any]]:
    yield {
        "fragscope_session": FILE_VERSION, "head": record.head.to_dict(), "current": record.current,
    }  # fmt: skip
    if upload is not None:
        data = base64.b64encode(upload.data).decode()
        yield {"upload": {"name": upload.name, "data": data}}
    for one in record.timelines:
        yield {"timeline": one.to_dict()}
        for entry in record.entries.get(one.id, ()):
            yield {"entry": entry.to_dict(), "of": one.id}
        for digest in record.digests.get(one.id, ()):
            yield {"digest": digest.to_dict(), "of": one.id}


def cut(record: Record, mark: Digest) -> Record:
    """The record as it was when the current timeline's state was ``mark``."""
    number = record.current
    now = (mark.tick, mark.index)
    own = tuple(entry for entry in record.entries.get(number, ()) if entry.index <= mark.index)
    before = tuple(one for one in record.digests.get(number, ()) if (one.tick, one.index) < now)
    return replace(
        record,
        timelines=tuple(
            replace(one, tick=mark.tick) if one.id == number else one for one in record.timelines
        ),
        entries={**record.entries, number: own},
        digests={**record.digests, number: (*before, mark)},
    )


def until(record: Record, tick: int | None, index: int | None) -> Record:
    """The current timeline as it was at a moment, as a session of its own with one timeline.

    Args:
        record: the session.
        tick: simulated time; None: where it stands.
        index: commands that the state contains; None: all up to that tick.

    Raises:
        RefusedError: there was no such moment.
    """
    log, end = record.log(), record.tick()
    tick = end if tick is None else tick
    if tick > end:
        raise RefusedError(f"tick {tick} lies in the future: the session is at tick {end}")
    before = sum(entry.tick < tick for entry in log)
    most = sum(entry.tick <= tick for entry in log)
    index = most if index is None else index
    if not before <= index <= most:
        raise RefusedError(f"tick {tick} has from {before} to {most} commands, not {index}")
    marks = record.digests.get(record.current, ())
    return replace(
        record,
        timelines=(Course(tick=tick),),
        entries={MAIN: log[:index]},
        digests={MAIN: tuple(d for d in marks if (d.tick, d.index) <= (tick, index))},
        current=MAIN,
        waiting=Waiting(),
    )


class _Reader:
    """Collects what the lines say."""

    def __init__(self, head: Head, current: int) -> None:
        self.head = head
        self.current = current
        self.upload: Upload | None = None
        self.timelines: list[Course] = []
        self.entries: dict[int, list[Entry]] = {}
        self.digests: dict[int, list[Digest]] = {}
        self.tick = 0  # of the last entry read

    def take(self, data: dict[str, Any]) -> None:
        """One line between the first and the last.

        Raises:
            RefusedError: it is none of ours.
        """
        if "entry" in data:
            only_fields(data, ("entry", "of"), "the line")
            entry = Entry.from_dict(data["entry"])
            self.tick = entry.tick
            self._of(self.entries, data).append(entry)
        elif "digest" in data:
            only_fields(data, ("digest", "of"), "the line")
            self._of(self.digests, data).append(digest_from_dict(data["digest"]))
        elif "timeline" in data:
            only_fields(data, ("timeline",), "the line")
            one = timeline_from_dict(data["timeline"])
            if any(one.id == known.id for known in self.timelines):
                raise RefusedError(f"timeline {one.id} is there twice")
            self.timelines.append(one)
            self.entries[one.id], self.digests[one.id] = [], []
        elif "upload" in data and self.upload is None:
            only_fields(data, ("upload",), "the line")
            self.upload = _upload(data["upload"])
        else:
            names = ", ".join(map(str, data))[:60]
            raise RefusedError(f"it has {names or 'nothing'}: timeline, entry or digest is needed")

    def _of(self, found: dict[int, list[Any]], data: dict[str, Any]) -> list[Any]:
        number = whole(data.get("of"), "of", 1, MAX_NUMBER, "(a timeline)")
        if number not in found:
            raise RefusedError(f"there is no timeline {number} before it")
        return found[number]

    def record(self) -> Record:
        """All of it.

        Raises:
            RefusedError: logs that are none.
        """
        if not self.timelines:
            raise RefusedError("the file has no timeline")
        record = Record(
            self.head,
            timelines=tuple(self.timelines),
            entries={number: tuple(own) for number, own in self.entries.items()},
            digests={number: tuple(seen) for number, seen in self.digests.items()},
            current=self.current,
        )
        record.check()
        source = self.head.config.source
        if source.kind == "upload":
            if self.upload is None:
                raise RefusedError("the file lacks the capture that its session starts from")
            if hashlib.sha256(self.upload.data).hexdigest() != source.capture:
                raise RefusedError("the capture in the file is not the one of its session")
        return record


def _upload(data: object) -> Upload:
    if not isinstance(data, dict):
        raise RefusedError(f"upload is {shown(data)}: an object is needed")
    only_fields(data, ("name", "data"), "upload")
    name, text = data.get("name"), data.get("data")
    if not isinstance(name, str) or not isinstance(text, str):
        raise RefusedError("upload needs name and data, both strings")
    try:
        return Upload(name[:120] or "upload", base64.b64decode(text, validate=True))
    except binascii.Error:
        raise RefusedError("data of upload is not base64") from None


def session_file_from(lines: Iterable[str]) -> SessionFile:
    """What a file holds.

    Args:
        lines: of the file, with or without line ends.

    Raises:
        AlteredError: it can be read, but lines were changed, added or taken out.
        RefusedError: it cannot be read.
    """
    every = [line for line in lines if line.strip()]
    if not every:
        raise RefusedError("the file is empty")
    if len(every) > MAX_FILE_LINES:
        raise RefusedError(f"the file has {len(every)} lines: {MAX_FILE_LINES} is the limit")
    first = parse_object(every[0], "line 1")
    version = first.get("fragscope_session")
    if version != FILE_VERSION or isinstance(version, bool):
        raise RefusedError(
            f"fragscope_session is {shown(version)}: this version reads {FILE_VERSION}"
        )
    only_fields(first, ("fragscope_session", "head", "current"), "line 1")
    current = whole(first.get("current"), "current", 1, MAX_NUMBER, "(a timeline)")
    reader = _Reader(head_from_dict(first.get("head")), current)
    last = parse_object(every[-1], f"line {len(every)}")
    if "end" not in last:
        raise RefusedError("the file was cut short: its last line is not the end")
    parsed = [
        parse_object(line, f"line {place}") for place, line in enumerate(every[1:-1], start=2)
    ]
    try:
        for place, data in enumerate(parsed, start=2):
            try:
                reader.take(data)
            except RefusedError as error:
                raise RefusedError(f"line {place}: {error}") from None
        only_fields(last, ("end", "sha256"), "the last line")
        if last["end"] != len(every) - 1:
            raise RefusedError(f"it has {len(every) - 1} lines before the end, not {last['end']}")
        lines_now = "".join(f"{line.rstrip()}\n" for line in every[:-1])
        seal = hashlib.sha256(lines_now.encode(errors="surrogatepass")).hexdigest()
        return SessionFile(reader.record(), reader.upload, seal == last.get("sha256"))
    except RefusedError as error:
        text = f"the file was altered, seen at tick {reader.tick}: {error}"
        raise AlteredError(text, reader.tick) from None
