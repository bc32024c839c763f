"""A TCP relay that can cut its connections: a dropped socket without a stopped server."""

from __future__ import annotations

import contextlib
import socket
import threading


class Proxy:
    """Relays one loopback port to another.

    Attributes:
        port: where it listens.
        url: address of the page through it.
    """

    def __init__(self, target_port: int) -> None:
        self._target = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}/"
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self._refuse = False
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self._refuse:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self._target))
            with self._lock:
                self._open += [near, far]
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(source, sink), daemon=True).start()

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def cut(self, refuse: bool = False) -> None:
        """End every connection; with ``refuse`` take no new ones until `mend`."""
        self._refuse = refuse
        with self._lock:
            for end in self._open:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
            self._open.clear()

    def mend(self) -> None:
        """Take connections again."""
        self._refuse = False

    def close(self) -> None:
        """Stop listening and end every connection."""
        self._listener.close()
        self.cut()
