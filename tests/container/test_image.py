"""The Dockerfile, built and run for real: hardened as an operator would, and driven once."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser import chromium
from tests.browser.look import FOUR, inflate, open_guest, press
from tests.container.base_image import ensure_base
from tests.container.podman import build, call, podman, remove

IMAGE = "localhost/fragscope:test"
PORT = 8000
HARDENED = [
    "--network=none",
    "--read-only",
    "--read-only-tmpfs=false",
    "--cap-drop=all",
    "--security-opt=no-new-privileges",
    "--tmpfs=/tmp:rw,noexec,nosuid,size=64m,mode=1777",
    "--pids-limit=256",
    "--memory=1g",
]
# A start on a warm cache takes two to three times the processor time of importing its libraries,
# whatever the machine; a compiler at work takes forty times as much.
START_LIMIT = 6
LIBRARIES = "import time, fastapi, numba, uvicorn; print(time.process_time())"
STOP_LIMIT_S = 10


class Box:
    """One running container."""

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.name = podman("run", "--detach", "--log-driver=k8s-file", *HARDENED, IMAGE)
        self.pid = podman("inspect", "--format", "{{.State.Pid}}", self.name)
        log = podman("inspect", "--format", "{{.HostConfig.LogConfig.Path}}", self.name)
        self._log = Path(log)

    def execute(self, *command: str) -> str:
        """Run a command inside, as the image's user."""
        return podman("exec", self.name, *command)

    def logs(self) -> str:
        """What the server wrote, both streams."""
        return call("sh", "-c", f"podman logs {self.name} 2>&1")

    def get(self, path: str) -> str:
        """GET from inside its network namespace; '' while nothing answers."""
        url = f"http://127.0.0.1:{PORT}{path}"
        script = "import sys, urllib.request as r; print(r.urlopen(sys.argv[1]).read().decode())"
        return podman("exec", self.name, "python", "-c", script, url, check=False)

    def processor_seconds(self) -> float:
        """User and system time of the server so far, all threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def wait(self, seconds: float) -> float:
        """Wait until /healthz says ok; returns the seconds since the start."""
        while time.monotonic() - self.started < seconds:
            # First the file that its log goes to: asking by an interpreter each time would slow
            # down the start that is measured, to twice its processor time on two hyperthreads.
            said_so = "the simulator is ready" in self._log.read_text()
            if said_so and '"ok"' in self.get("/healthz"):
                return time.monotonic() - self.started
            time.sleep(0.02)
        raise AssertionError(f"no answer on /healthz after {seconds:.0f} s:\n{self.logs()}")


@pytest.fixture(scope="module")
def image() -> str:
    """The image, built from the Dockerfile of this checkout."""
    start = time.monotonic()
    ensure_base()
    print(f"\nbase image: {time.monotonic() - start:.0f} s")
    start = time.monotonic()
    size = build(IMAGE)
    print(f"Dockerfile: {time.monotonic() - start:.0f} s, {size / 1e6:.0f} MB")
    # Layers of today are the next build's cache; older ones only fill the disk.
    podman("image", "prune", "--force", "--filter=until=24h")
    return IMAGE


@pytest.fixture(scope="module")
def box(image: str) -> Iterator[Box]:
    """A hardened container, serving."""
    one = Box()
    try:
        one.wait(120)
        yield one
    finally:
        remove(one.name)


def test_image_declares_user_health_check_and_exec_form_command(image: str) -> None:
    found = json.loads(podman("image", "inspect", image))[0]
    assert found["Config"]["User"] == "10001:10001"
    assert found["Healthcheck"]["Test"][0] == "CMD", "the health check needs no shell"
    assert isinstance(found["Config"]["Cmd"], list)


def test_no_secret_and_no_tool_of_the_build_is_left(box: Box) -> None:
    assert box.execute("sh", "-c", "ls -d /src /opt/build /etc/pip.conf 2>/dev/null; true") == ""


def test_it_runs_without_rights(box: Box) -> None:
    status = dict(re.findall(r"^(\w+):\s+(.*)$", box.execute("cat", "/proc/1/status"), re.M))
    assert status["Uid"].split() == ["10001"] * 4
    assert status["Gid"].split() == ["10001"] * 4
    assert int(status["CapEff"], 16) == 0
    assert status["NoNewPrivs"] == "1"


def test_nothing_but_tmp_is_writable_and_tmp_runs_nothing(box: Box) -> None:
    script = """
        for folder in / /opt /opt/fragscope /usr/local /var/tmp /home; do
            if touch $folder/probe 2>/dev/null; then echo "writable: $folder"; fi
        done
        cp /bin/true /tmp/probe && if /tmp/probe 2>/dev/null; then echo "exec in /tmp"; fi
        rm -f /tmp/probe
    """
    assert box.execute("sh", "-c", script) == ""


def test_its_own_health_check_passes(box: Box) -> None:
    podman("healthcheck", "run", box.name)


def test_it_knows_that_it_takes_the_sessions_with_it(box: Box) -> None:
    assert json.loads(box.get("/api/info"))["ends_with_container"] is True


def test_a_start_takes_the_compiled_core_from_the_image(image: str, box: Box) -> None:
    """Nothing is compiled anew: what had to be compiled would be kept below /tmp."""
    find = "find {} -type f -printf '%f\\n' | sort"
    shipped = box.execute("sh", "-c", find.format("/opt/fragscope/core-cache")).split()
    assert {"program", "sources"} < set(shipped), "the image carries no compiled core"
    assert all(name in ("program", "sources") or ".wrapper" in name for name in shipped)
    made = box.execute("sh", "-c", find.format("/tmp/fragscope-core-*"))
    assert made == "", "something was compiled in the container"
    second = Box()
    try:
        seconds = second.wait(60)
        used = second.processor_seconds()
        libraries = float(second.execute("python", "-c", LIBRARIES))
    finally:
        remove(second.name)
    print(f"\nstart to /healthz: {seconds:.1f} s, {used:.1f} s of processor time")
    assert used < START_LIMIT * libraries, f"importing its libraries takes {libraries:.1f} s"


def test_the_page_works_in_a_browser(box: Box, tmp_path: Path) -> None:
    """Chromium in the container's network namespace, which has only the loopback."""
    wrapper = tmp_path / "chromium-inside"
    wrapper.write_text(
        f'#!/bin/sh\nexec nsenter --target {box.pid} --net {chromium.executable()} "$@"\n'
    )
    wrapper.chmod(0o755)
    with sync_playwright() as playwright:
        browser = chromium.launch(playwright, str(wrapper))
        page = browser.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        open_guest(page, f"http://127.0.0.1:{PORT}/")
        expect(page.locator(".panel canvas.map")).to_have_count(len(FOUR))
        inflate(page, 50)
        press(page, "compact")
        browser.close()
    assert errors == []


def test_sigterm_ends_it_with_0(image: str) -> None:
    one = Box()
    try:
        one.wait(60)
        start = time.monotonic()
        podman("stop", f"--time={STOP_LIMIT_S}", one.name)
        assert time.monotonic() - start < STOP_LIMIT_S
        code = podman("inspect", "--format", "{{.State.ExitCode}}", one.name)
        assert code == "0", one.logs()
    finally:
        remove(one.name)
