"""The second process by itself: it answers on its socket, and ends with its standard input."""

from __future__ import annotations

import io
import os
import sys
import threading
from pathlib import Path

import httpx2 as httpx
import pytest

from server.api import twin_server


def test_it_answers_on_its_socket_and_ends_with_its_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the process that started it is killed."""
    path = tmp_path / "socket"
    theirs, mine = os.pipe()
    stdin = io.TextIOWrapper(os.fdopen(theirs, "rb"))
    monkeypatch.setattr(sys, "stdin", stdin)
    monkeypatch.setattr(twin_server, "begin_logging", lambda form: None)
    monkeypatch.setattr(twin_server, "keep_compact", lambda: None)
    monkeypatch.setenv("FRAGSCOPE_DATA_DIR", str(tmp_path))
    ended: list[int] = []
    program = threading.Thread(target=lambda: ended.append(twin_server.main(str(path))))
    program.start()
    soon = threading.Event()
    while not path.exists():
        soon.wait(0.05)
    transport = httpx.HTTPTransport(uds=str(path))
    with httpx.Client(transport=transport, base_url="http://localhost") as client:
        assert client.get("/livez", timeout=60).json() == {"status": "ok"}
    os.close(mine)
    program.join(60)
    assert ended == [0]
    stdin.close()
