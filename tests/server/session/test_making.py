"""What is said while a log is played."""

import pytest

from server.session import making
from server.session.making import StopAskedError, replaying


def test_it_is_said_now_and_then_and_broken_off_when_asked(monkeypatch):
    said, asked = [], []
    now = [0.0]
    monkeypatch.setattr(making.time, "monotonic", lambda: now[0])
    look = replaying(lambda *what: said.append(what), lambda: bool(asked))
    for now[0] in (0.1, 0.3, 0.4, 0.6):
        look()
    assert len(said) == 2
    asked.append(1)
    with pytest.raises(StopAskedError):
        look()
