"""The report of a session that is kept holds that session, with the digest of its end."""

from __future__ import annotations

from engine.log import MAIN
from server.guests.library import Library
from server.journal.codec import MAIN_NAME, Course, Head, Record
from server.journal.session_file import SessionFile, session_file_from
from server.paper.session_page import Origin, session_page
from server.paper.stored_page import play_stored
from server.playback.export import played_story, recorded_commands
from server.session.making import new_session
from server.wire.config import CaptureSource, SessionConfig
from tests.server.playback.test_page_file import inside

CONFIG = SessionConfig(CaptureSource("tight"), ("lru_hook",))


def test_the_session_is_in_its_report() -> None:
    library = Library(1, 1 << 50)
    before, log, tick = played_story(CONFIG, recorded_commands("tight")[:1], library)
    head = Head(CONFIG, before.engine, "2026-01-01T00:00:00Z")
    record = Record(head, 1, (Course(name=MAIN_NAME, tick=tick),), {MAIN: tuple(log)}, {MAIN: ()})
    base = library.base(CONFIG.source, CONFIG.seed, lambda *_: None)
    fresh = new_session(CONFIG, base.guest, base.text, base.facts)
    played, origin = play_stored(SessionFile(record), Origin("abc", "session"), fresh)
    lines = inside(session_page(played, origin), "paper-session").decode()
    found = session_file_from(lines.strip().split("\n")).record
    (digest,) = found.digests[MAIN]
    assert (digest.tick, digest.index) == (tick, len(log))
    assert digest.digest == played.facts["digest"]
    assert "fragscope session export abc" in session_page(played, origin)
