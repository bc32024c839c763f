"""A session as a file: its size is told before it is kept, and it leads back to the session."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from engine.commands import BalloonInflate
from engine.errors import RefusedError
from server.errors import NotFoundError
from server.guests.library import Library
from server.playback import export
from server.playback.export import (
    LargeFileError,
    Wanted,
    playback_of,
    played_story,
    recorded_commands,
)
from server.playback.recorder import Span
from server.session.session import Session
from server.session.transcript import transcript_from_dict
from tests.server.conftest import SMALL
from tests.server.playback.test_page_file import inside


def test_the_story_says_what_a_server_would_and_makes_the_session_anew(
    make_session: Callable[[], Session],
) -> None:
    fresh, log, tick = played_story(SMALL, [BalloonInflate(4096)], Library(1, 1 << 40))
    made = playback_of(fresh, log, tick, Wanted(Span(designs=("pinned",)), link="http://h/"))
    assert made.nbytes == len(made.text.encode()) < 330_000
    assert made.last == tick and made.frames == tick + 2
    story = json.loads(inside(made.text, "playback-story"))
    assert [one["key"] for one in story["welcome"]["designs"]] == ["pinned"]
    assert (story["welcome"]["tick"], story["welcome"]["log_index"]) == (tick, 1)
    assert story["log"] == [log[0].to_dict()] and story["link"] == "http://h/"
    transcript = transcript_from_dict(story["session"], 10)
    assert (transcript.config, transcript.tick, list(transcript.log)) == (SMALL, tick, log)
    again = make_session()
    assert again.config.designs == SMALL.designs  # the link makes all of them, not only the part


def test_a_large_file_is_asked_for_and_a_larger_one_refused(
    make_session: Callable[[], Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "ASK_BYTES", 1000)
    with pytest.raises(LargeFileError, match=r"would have 0\.\d MB.*\(yes\), or leave out designs"):
        playback_of(make_session(), (), 0, Wanted())
    assert playback_of(make_session(), (), 0, Wanted(large=True)).frames == 1
    monkeypatch.setattr(export, "MOST_BYTES", 1500)
    with pytest.raises(RefusedError, match="leave out designs"):
        playback_of(make_session(), (), 0, Wanted(large=True))


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"link": "javascript:alert(1)"}, "begins with http"),
        ({"link": "http://" + "h" * 1000}, "at most 1000 characters"),
        ({"part": Span(every=0)}, "every is 0"),
    ],
)
def test_what_makes_no_sense_is_refused(fields: dict[str, object], sentence: str) -> None:
    with pytest.raises(RefusedError, match=sentence):
        Wanted(**fields)  # type: ignore[arg-type]


def test_an_examples_story_is_what_was_recorded_from_it() -> None:
    assert [command.to_dict()["type"] for command in recorded_commands("runs")] == [
        "balloon_inflate", "compact", "huge",
    ]  # fmt: skip
    with pytest.raises(NotFoundError, match=r"neither a session nor an example.*runs"):
        recorded_commands("nobody")
