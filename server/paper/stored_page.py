"""The report of a session that is kept somewhere: played, and with the session in it as a file."""

from collections.abc import Sequence
from dataclasses import replace

from server.journal.codec import Digest, Record
from server.journal.session_file import SessionFile, lines_of
from server.paper.page import TickSeen
from server.paper.play import PlayedFacts, play_for_paper
from server.paper.session_page import Origin
from server.session.session import Session


def _with_digest(record: Record, played: PlayedFacts) -> Record:
    """The record with the digest of where it stands, which verifying compares."""
    facts = played.facts
    mark = Digest(facts["tick"], len(facts["log"]), facts["digest"])
    known = record.digests.get(record.current, ())
    if any((one.tick, one.index) == (mark.tick, mark.index) for one in known):
        return record
    return replace(record, digests={**record.digests, record.current: (*known, mark)})


def play_stored(
    found: SessionFile,
    origin: Origin,
    session: Session,
    look: TickSeen = lambda tick: None,
    designs: Sequence[str] = (),
) -> tuple[PlayedFacts, Origin]:
    """Play a session that is kept.

    Args:
        found: the session.
        origin: its name and kind; the file is filled in.
        session: new, at tick 0, of its config; it is played on.
        look: told the tick now and then; may raise to break off.
        designs: keys, those reported; empty: all.

    Returns:
        What session_page() makes the report of.

    Raises:
        RefusedError: see play_for_paper().
    """
    record = found.record
    played = play_for_paper(session, record.log(), record.tick(), look, designs)
    lines = lines_of(_with_digest(record, played), found.upload)
    return played, replace(origin, file="".join(f"{line}\n" for line in lines))
