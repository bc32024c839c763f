"""The twin's own program: ``python -m server.api.twin_server SOCKET`` (server/twin.py).

It serves what the other process hands on, over a Unix socket, and ends when its standard input
does: however that process ends, its twin is gone a moment later and lets go of every session.
"""

import socket
import sys
import threading
from pathlib import Path

from server.allocator import keep_compact
from server.api.logs import begin_logging
from server.api.serve import make_server
from server.settings import settings_from


def listen(path: str) -> socket.socket:
    """A listening socket at ``path``, which appears when it listens; its folder is ours alone."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(f"{path}.new")
    listener.listen(256)
    listener.setblocking(False)
    Path(f"{path}.new").rename(path)
    return listener


def main(path: str) -> int:
    """Serve until standard input ends; the exit status.

    Args:
        path: of the socket.
    """
    settings = settings_from()
    keep_compact()
    begin_logging(settings.log)
    server = make_server(settings, is_twin=True)

    def end_with_stdin() -> None:
        sys.stdin.buffer.read()
        server.should_exit = True

    threading.Thread(target=end_with_stdin, name="stdin", daemon=True).start()
    server.run(sockets=[listen(path)])
    return 1 if server.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
