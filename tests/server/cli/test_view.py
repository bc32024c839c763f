"""``fragscope view``: a real server's session in a real terminal, driven by keys."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator

import pytest

from server.cli.view import door_of
from tests.server.cli.terminal import ROOT, without_control
from tests.server.client import WAIT_S, Made, post_session
from tests.server.command_line import run


class Terminal:
    """``fragscope view`` in a pseudo-terminal of 80 x 24; what it drew is kept."""

    def __init__(self, link: str, **env: str) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        dropped = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR")
        rest = {name: value for name, value in os.environ.items() if name not in dropped}
        self._child = subprocess.Popen(
            [sys.executable, "-P", "-m", "server.cli", "view", link],
            stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT,
            env={**rest, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT), **env},
        )  # fmt: skip
        os.close(theirs)
        self.drawn = ""

    def until(self, pattern: str) -> str:
        """What it draws from now on, until that is in it."""
        seen = b""
        deadline = time.monotonic() + WAIT_S
        while not re.search(pattern, without_control(seen.decode(errors="replace"))):
            assert time.monotonic() < deadline, seen.decode(errors="replace")
            if select.select([self._ours], [], [], 1)[0]:
                seen += os.read(self._ours, 1 << 16)
        self.drawn = seen.decode(errors="replace")
        return without_control(self.drawn)

    def press(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def leave(self) -> None:
        """Quit by its key; it must leave the terminal as it was."""
        self.press("q")
        while True:
            try:
                if not os.read(self._ours, 1 << 16):
                    break
            except OSError:
                break
        assert self._child.wait(WAIT_S) == 0

    def close(self) -> None:
        if self._child.poll() is None:
            self._child.kill()
            self._child.wait()
        os.close(self._ours)


def link(address: str, made: Made, presenter: bool = True) -> str:
    """The link that the page would have."""
    end = f"&p={made.presenter}" if presenter else ""
    return f"{address}/#s={made}&t={made.viewer}{end}"


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for each in opened:
        each.close()


def test_once_prints_letters_into_a_pipe(server: str, capsys: pytest.CaptureFixture[str]) -> None:
    made = post_session(server)
    status, out, err = run(capsys, "view", link(server, made), "--once")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert "\x1b" not in out
    assert lines[1].split() == ["pinned", "dedicated_block"]
    assert re.match(r"\d+ blocks left +\d+ blocks left", lines[2])
    maps = [line.split() for line in lines[4:-1]]
    assert all(left == right for left, right in maps), "the same memory, as nothing has happened"
    assert sum(len(left) for left, _ in maps) == 128, "a letter for each pageblock of 256 MiB"


def test_a_terminal_shows_colours_moves_by_keys_and_commands(
    server: str, terminals: list[Terminal]
) -> None:
    made = post_session(server)
    terminal = Terminal(link(server, made), COLORTERM="truecolor")
    terminals.append(terminal)
    first = terminal.until("quit")
    assert "▀" in first
    assert "\x1b[38;2;66;135;197" in terminal.drawn, "the page's blue, in 24 bits"
    terminal.press("\x1b[A")
    terminal.until(r"pinned: Pageblock 0, 0 to 2 MiB: ")
    terminal.press("\x1b[C\t")  # in one breath
    terminal.until(r"dedicated_block: Pageblock 1, 2 to 4 MiB: ")
    terminal.press("+")
    terminal.until("ticks a second")
    terminal.press(">")
    terminal.until(r"command no. 1 at tick")
    terminal.press("c")
    terminal.until(r"command no. 2 at tick")
    terminal.leave()


def test_a_viewer_may_not_command_and_no_color_gives_letters(
    server: str, terminals: list[Terminal]
) -> None:
    made = post_session(server)
    terminal = Terminal(link(server, made, presenter=False), NO_COLOR="1")
    terminals.append(terminal)
    shown = terminal.until("quit")
    assert "▀" not in shown
    assert re.search(r"[.:,mMu]{8}", shown)
    terminal.press("c")
    terminal.until("this link may look on only")
    terminal.leave()


@pytest.mark.parametrize(
    ("url", "words"),
    (
        ("fragscope", "is no address of a page"),
        ("http://127.0.0.1:1/#s=abc", "put it in quotes"),
        ("http://127.0.0.1:1/#s=abc&t=x", "fragscope: "),
    ),
)
def test_what_is_no_link_is_refused_in_a_sentence(
    url: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(capsys, "view", url, "--once")
    assert (status, out) == (2, "")
    assert words in err
    assert len(err.splitlines()) == 1


def test_a_session_that_is_gone_is_named_in_the_servers_words(
    server: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = run(capsys, "view", f"{server}/#s=0123456789abcdef&t=x", "--once")
    assert status == 2
    assert "session" in err


def test_a_link_below_a_prefix_leads_to_the_socket_there() -> None:
    assert door_of("https://a.example/lab/#s=1&t=2&p=3") == ("wss://a.example/lab/ws/1", "3")
    assert door_of("http://127.0.0.1:8000/#t=2&s=1&view=x")[0] == "ws://127.0.0.1:8000/ws/1"
