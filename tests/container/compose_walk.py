"""compose.yaml as it is deployed: two hardened containers, a volume, TLS, and a kill -9 of each.

    python -m tests.container.compose_walk

For who has podman-compose (it is in the Python index) and netavark. Debian's nginx stands in for
the published image of it, which a machine without a registry cannot have: same configuration, same
user, same restrictions. The folder of tests/container/podman.py is used.
"""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import expect, sync_playwright

from tests.browser import chromium
from tests.browser.look import cell, full_speed, headline, inflate, open_small, wait_idle
from tests.browser.nginx import certificate
from tests.container.base_image import BASE, ensure_base
from tests.container.podman import CA_BUNDLE, ROOT, STORE, call, network_arguments, podman

PAGE = "https://localhost/fragscope/"


def nginx_image(name: str) -> None:
    """Debian's nginx under that name, for user 101."""
    if podman("images", "--quiet", name):
        return
    folder = STORE / "nginx"
    folder.mkdir(exist_ok=True)
    packages = "apt-get update -q && apt-get install -y -q --no-install-recommends nginx-light"
    recipe = f"FROM {BASE}\nRUN {packages}\nUSER 101\n"
    (folder / "Containerfile").write_text(recipe)
    trust = ["-v", f"{CA_BUNDLE}:{CA_BUNDLE}:ro"] if CA_BUNDLE.exists() else []
    podman("build", "--pull=never", "--network=host", "--format=docker", *trust, "--tag", name,
           str(folder))  # fmt: skip


def state(service: str, what: str) -> str:
    """Something of the container of a service."""
    return podman("inspect", "--format", f"{{{{.{what}}}}}", f"fragscope_{service}_1")


@contextmanager
def deployed(folder: Path) -> Iterator[None]:
    """Both containers, with a certificate in that folder."""
    certificate(folder)
    (folder / "privkey.pem").chmod(0o644)
    folder.chmod(0o755)
    ensure_base()
    found = re.search(r"image: (nginxinc/\S+)", (ROOT / "compose.yaml").read_text())
    assert found
    nginx_image(found[1])
    build = f"--pull=never --format=docker {' '.join(network_arguments())}"
    compose = ["env", f"SITE_TLS={folder}", "podman-compose", f"--podman-build-args={build}",
               "--file", str(ROOT / "compose.yaml")]  # fmt: skip
    call(*compose, "up", "--detach", "--build")
    try:
        ready = ["--retry", "100", "--retry-delay", "1", "--retry-all-errors", "--fail"]
        call("curl", "--silent", "--insecure", *ready, f"{PAGE}healthz")
        yield
    finally:
        call(*compose, "down", "--volumes")


def kill(service: str) -> None:
    """kill -9 of its first process, from outside."""
    os.kill(int(state(service, "State.Pid")), signal.SIGKILL)


def walk() -> None:
    """Open the page, kill either container, and find the session again."""
    for service in ("fragscope", "proxy"):
        hard = [state(service, what) for what in ("HostConfig.ReadonlyRootfs", "EffectiveCaps")]
        assert hard == ["true", "[]"]
    way_out = "import socket; socket.create_connection(('192.0.2.1', 80), 3); print('out')"
    inside = ["exec", "fragscope_fragscope_1", "python", "-c", way_out]
    assert podman(*inside, check=False) == "", "the server's container has a way out"
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright)
        page = browser.new_context(ignore_https_errors=True).new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        open_small(page, PAGE)
        full_speed(page)
        inflate(page, 40)
        link, blocks = page.url, headline(page, "lru_hook")
        for service in ("fragscope", "proxy"):
            before = state(service, "State.Pid")
            kill(service)
            expect(page.locator("#connection-text")).not_to_have_text("Connected")
            expect(page.locator("#connection-text")).to_have_text("Connected", timeout=60_000)
            wait_idle(page)
            assert state(service, "State.Pid") != before
            assert (page.url, headline(page, "lru_hook")) == (link, blocks)
        inflate(page, 50)
        assert cell(page, "pinned", "balloon") == "50 of 50"
        browser.close()
    assert errors == []
    both = "for one in proxy fragscope; do podman logs fragscope_${one}_1 2>&1; done"
    said = call("sh", "-c", both)
    token = link.partition("&t=")[2].partition("&")[0]
    assert token and token not in said


if __name__ == "__main__":
    with TemporaryDirectory() as name, deployed(Path(name)):
        walk()
    print("the session outlived both containers")
