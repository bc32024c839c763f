"""Debian's nginx on loopback with deploy/nginx.conf and a certificate of its own."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.browser.conftest import free_port
from tests.project_files import ROOT

CONFIG, DOC = ROOT / "deploy" / "nginx.conf", ROOT / "docs" / "DEPLOY.md"
STOP_SECONDS = 10


def command() -> str:
    """nginx; /usr/sbin is not in everybody's PATH."""
    return shutil.which("nginx") or "/usr/sbin/nginx"


def certificate(folder: Path) -> None:
    """A key and a certificate for localhost that nobody has signed."""
    made = ["-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem")]
    kind = (
        "req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -days 2 -subj /CN=localhost"
    )
    alternative = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"]
    subprocess.run(["openssl", *kind.split(), *alternative, *made], check=True, capture_output=True)


class Nginx:
    """A process that runs a configuration.

    Attributes:
        folder: what it writes is here.
    """

    def __init__(self, folder: Path, text: str) -> None:
        """Start it; it goes into the background when it listens."""
        self.folder = folder
        self._config = folder / "nginx.conf"
        self._config.write_text(text)
        self._call("-g", "daemon on;")

    def _call(self, *more: str) -> None:
        path = self.folder / "errors"
        with path.open("a") as errors:  # not a pipe: it stays open in the background
            done = subprocess.run(
                [command(), "-c", str(self._config), *more],
                stdin=subprocess.DEVNULL, stdout=errors, stderr=errors,
                timeout=STOP_SECONDS, check=False,
            )  # fmt: skip
        assert done.returncode == 0, path.read_text()

    def log(self) -> str:
        """What it wrote of each request, and of faults."""
        return "".join((self.folder / name).read_text() for name in ("access.log", "errors"))

    def close(self) -> None:
        """End it."""
        self._call("-s", "stop")


def replaced(text: str, *pairs: tuple[str, str]) -> str:
    """A configuration with this machine's addresses and paths; everything else is as deployed."""
    for there, here in pairs:
        assert there in text, f"the configuration has no {there!r}"
        text = text.replace(there, here)
    return text


@contextmanager
def deployed(folder: Path, server_port: int) -> Iterator[tuple[Nginx, str]]:
    """deploy/nginx.conf before a server on loopback; the process, and the page's address."""
    certificate(folder)
    port = free_port()
    text = replaced(
        CONFIG.read_text(),
        (" /tmp/", f" {folder}/"),
        ("listen 8080;", f"listen 127.0.0.1:{free_port()};"),
        ("listen 8443 ", f"listen 127.0.0.1:{port} "),
        ("server 172.30.77.2:8000;", f"server 127.0.0.1:{server_port};"),
        ("/etc/nginx/tls/", f"{folder}/"),
        ("/dev/stdout", f"{folder}/access.log"),
    )
    one = Nginx(folder, text)
    try:
        yield one, f"https://127.0.0.1:{port}/fragscope/"
    finally:
        one.close()


@contextmanager
def several_machines(folder: Path, ports: tuple[int, int]) -> Iterator[str]:
    """What docs/DEPLOY.md says of more than one machine, before two ports; its address."""
    found = re.search(r"```nginx\n(.*?)```", DOC.read_text(), re.S)
    assert found
    port = free_port()
    text = replaced(
        found[1],
        ("10.0.0.11:8000", f"127.0.0.1:{ports[0]}"),
        ("10.0.0.12:8000", f"127.0.0.1:{ports[1]}"),
        ("listen 127.0.0.1:8000;", f"listen 127.0.0.1:{port};"),
    )
    main = f"pid {folder}/pid; error_log stderr; events {{}} http {{ access_log off; {text} }}"
    one = Nginx(folder, main)
    try:
        yield f"http://127.0.0.1:{port}/"
    finally:
        one.close()
