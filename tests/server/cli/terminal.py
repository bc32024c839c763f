"""A real pseudo-terminal around a child process: what a person sees at a given width."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

ROOT = Path(__file__).parents[3]
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def run_in_terminal(code: str, columns: int = 80, **env: str) -> str:
    """Run Python code whose stdin, stdout and stderr are one terminal; everything it wrote.

    Args:
        code: of the child.
        columns: width of the terminal.
        env: variables beside those of this process; TERM is xterm unless given.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    dropped = ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR")
    rest = {name: value for name, value in os.environ.items() if name not in dropped}
    child = subprocess.Popen(
        [sys.executable, "-P", "-c", code],
        stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT,
        env={**rest, "TERM": "xterm", "PYTHONPATH": str(ROOT), **env},
    )  # fmt: skip
    os.close(theirs)
    seen = b""
    while True:
        try:
            data = os.read(ours, 1 << 16)
        except OSError:  # the last one has closed the other side
            break
        if not data:
            break
        seen += data
    os.close(ours)
    assert child.wait() == 0, seen.decode()
    return seen.decode().replace("\r\n", "\n")


def without_control(text: str) -> str:
    """Text without colours and movements of the cursor."""
    return _CONTROL.sub("", text)
