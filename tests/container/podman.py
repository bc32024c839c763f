"""podman with settings and storage of its own, and without a registry."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
STORE = Path(os.environ.get("FRAGSCOPE_CONTAINER_STORE", "/var/tmp/fragscope-container"))
CA_BUNDLE = Path("/etc/ssl/certs/ca-certificates.crt")

# runc, because crun refuses the hybrid cgroups of older hosts; cgroupfs, because there may be no
# systemd; ulimits, because root without CAP_SYS_RESOURCE may not raise them to podman's default.
_CONTAINERS_CONF = """\
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
"""


def environment() -> dict[str, str]:
    """Settings and storage of our own below STORE; nothing of the user's is read or written."""
    (STORE / "tmp").mkdir(parents=True, exist_ok=True)
    folders = f'graphroot = "{STORE}/store"\nrunroot = "{STORE}/run"\n'
    (STORE / "storage.conf").write_text(f'[storage]\ndriver = "overlay"\n{folders}')
    (STORE / "containers.conf").write_text(_CONTAINERS_CONF)
    return {
        **os.environ,
        "TMPDIR": str(STORE / "tmp"),
        "CONTAINERS_STORAGE_CONF": str(STORE / "storage.conf"),
        "CONTAINERS_CONF": str(STORE / "containers.conf"),
    }


def call(*command: str, check: bool = True) -> str:
    """Run a command with podman's settings; its standard output, stripped.

    A failure is an AssertionError with the end of what the command wrote.
    """
    done = subprocess.run(
        command,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if check and done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-40:])
        raise AssertionError(f"{' '.join(command[:4])} ended with {done.returncode}\n{tail}")
    return done.stdout.strip()


def podman(*arguments: str, check: bool = True) -> str:
    """Run podman; see call."""
    return call("podman", *arguments, check=check)


def remove(name: str, seconds: int = 1) -> None:
    """Remove a container, stopped or not.

    podman 4 gives up where the container ends by itself between its look and its signal ("container
    state improper"): asked again, it removes it.

    Args:
        name: its id.
        seconds: between SIGTERM and SIGKILL.
    """
    command = ("rm", "--force", f"--time={seconds}", name)
    podman(*command, check=False)
    if podman("ps", "--all", "--quiet", f"--filter=id={name}"):
        podman("wait", name, check=False)
        podman(*command)


def network_arguments() -> list[str]:
    """The build fetches packages as this machine does: same network, CA bundle and pip index."""
    lines = ["[global]"]
    if CA_BUNDLE.exists():
        lines.append(f"cert = {CA_BUNDLE}")
    index = os.environ.get("PIP_INDEX_URL")
    if index:
        lines.append(f"index-url = {index}")
    config = STORE / "pip.conf"
    config.write_text("\n".join(lines) + "\n")
    arguments = ["--network", "host", "-v", f"{config}:/etc/pip.conf:ro"]
    if CA_BUNDLE.exists():
        arguments += ["-v", f"{CA_BUNDLE}:{CA_BUNDLE}:ro"]
    return arguments


def build(tag: str, *options: str) -> int:
    """Build the Dockerfile of this checkout under a tag; the image's size in bytes.

    The base image must be there (base_image.py).
    """
    podman(
        "build", "--pull=never", "--format=docker", *network_arguments(), *options,
        "--tag", tag, "--file", str(ROOT / "Dockerfile"), str(ROOT),
    )  # fmt: skip
    return int(podman("image", "inspect", "--format", "{{.Size}}", tag))
