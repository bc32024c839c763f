"""A sweep by workers out of the image, as docs/SWEEPS.md says: compose, two workers, the command.

    python -m tests.container.sweep_walk

For who has podman-compose (it is in the Python index) and netavark, and distributed (extra "dask").
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from server.paths import import_paths
from tests.container.base_image import ensure_base
from tests.container.podman import ROOT, call, network_arguments
from tests.server.sweep.grids import results_of

SERVICES = ("sweep-scheduler", "sweep-worker")
ADDRESS = "tcp://127.0.0.1:8786"
WORKERS = 2
GRID = ROOT / "sweeps" / "tiny.toml"


def python(*arguments: str) -> None:
    """Run this Python."""
    environment = {**os.environ, "PYTHONPATH": import_paths()}
    subprocess.run([sys.executable, *arguments], env=environment, check=True)


def walk(folder: Path) -> set[str]:
    """Play it there and here; the workers that took part."""
    build = f"--pull=never --format=docker {' '.join(network_arguments())}"
    compose = ["podman-compose", f"--podman-build-args={build}", "--file",
               str(ROOT / "compose.yaml"), "--profile", "sweep"]  # fmt: skip
    sweep = ["-m", "server.cli", "sweep", str(GRID), "-o"]
    ready = f"from distributed import Client; Client({ADDRESS!r}).wait_for_workers({WORKERS}, 120)"
    call(*compose, "up", "--detach", "--build", "--scale", f"sweep-worker={WORKERS}", *SERVICES)
    try:
        python("-c", ready)
        python(*sweep, str(folder / "there"), "--dask", ADDRESS)
    finally:
        call(*compose, "down", "--volumes")
    python(*sweep, str(folder / "here"))
    assert results_of(folder / "there") == results_of(folder / "here")
    lines = (folder / "there" / "timings.csv").read_text().splitlines()[1:]
    return {line.split(",")[2] for line in lines}


if __name__ == "__main__":
    ensure_base()
    with TemporaryDirectory() as name:
        workers = walk(Path(name))
    assert len(workers) == WORKERS, workers
    print(f"the bytes are those of this machine; played by {', '.join(sorted(workers))}")
