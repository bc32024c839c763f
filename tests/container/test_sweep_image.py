"""The image of a sweep's workers: a scheduler and a worker out of it play as this machine does."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.paths import import_paths
from server.sweep.sweep import run_sweep
from tests.container.base_image import ensure_base
from tests.container.podman import ROOT, build, podman, remove
from tests.server.sweep.grids import GRID, RUNS, HerePool, results_of

IMAGE = "localhost/fragscope-sweep:test"
ADDRESS = "tcp://127.0.0.1:8786"
HARDENED = [
    "--read-only",
    "--read-only-tmpfs=false",
    "--cap-drop=all",
    "--security-opt=no-new-privileges",
    "--tmpfs=/tmp:rw,noexec,nosuid,size=256m,mode=1777",
    "--pids-limit=256",
    "--memory=2g",
]
# Also what a client needs: somebody who works.
READY = f"from distributed import Client; Client({ADDRESS!r}).wait_for_workers(1, timeout=60)"


def command_of(service: str) -> list[str]:
    """What compose.yaml starts there; both stand in one network namespace here."""
    text = (ROOT / "compose.yaml").read_text().partition(f"  {service}:\n")[2]
    found = re.search(r"command: \[(.*)\]", text)
    assert found
    words = [word.strip('"') for word in found[1].split(", ")]
    return [word.replace("tcp://sweep-scheduler:8786", ADDRESS) for word in words]


@pytest.fixture(scope="module")
def cluster() -> Iterator[str]:
    """Both containers, in a network that has only the loopback; the process whose network it is."""
    ensure_base()
    print(f"\nimage of sweeps: {build(IMAGE, '--target=sweep') / 1e6:.0f} MB")
    names = []
    try:
        for service in ("sweep-scheduler", "sweep-worker"):
            network = f"--network=container:{names[0]}" if names else "--network=none"
            start = ["run", "--detach", network, *HARDENED, IMAGE]
            names.append(podman(*start, *command_of(service)))
        yield podman("inspect", "--format", "{{.State.Pid}}", names[0])
    finally:
        for name in reversed(names):  # the first has the network of both
            remove(name, 0)


def inside(pid: str, *command: str) -> None:
    """Run this Python where the cluster's network is."""
    done = subprocess.run(
        ["nsenter", f"--target={pid}", "--net", sys.executable, *command],
        env={**os.environ, "PYTHONPATH": import_paths()}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_its_workers_give_the_bytes_that_this_machine_gives(cluster: str, tmp_path: Path) -> None:
    (tmp_path / "grid.toml").write_text(GRID)
    inside(cluster, "-c", READY)
    sweep = ["-m", "server.cli", "sweep", str(tmp_path / "grid.toml")]
    inside(cluster, *sweep, "-o", str(tmp_path / "there"), "--dask", ADDRESS)
    lines = (tmp_path / "there" / "timings.csv").read_text().splitlines()[1:]
    assert len(lines) == RUNS
    here = f"{socket.gethostname()}-"
    assert not any(line.split(",")[2].startswith(here) for line in lines), "they were played here"
    run_sweep(GRID, tmp_path / "here", HerePool())
    assert results_of(tmp_path / "there") == results_of(tmp_path / "here")
