"""podman without a registry: its settings, a stand-in for the base image, and a few calls.

The base carries the name that the Dockerfile asks for, so the Dockerfile builds unchanged: this
machine's own distribution by debootstrap, from the mirror that apt uses here, and a Python 3.13 on
top. It does not prove the exact contents of the published base image.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
STORE = Path(os.environ.get("FRAGSCOPE_CONTAINER_STORE", "/var/tmp/fragscope-container"))
BASE = "localhost/python:3.13-slim-bookworm"
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

_PYTHON_LIBRARIES = (
    "ca-certificates netbase tzdata libbz2-1.0 libexpat1 libffi8 liblzma5 libncursesw6 "
    "libreadline8 libsqlite3-0 libssl3 libuuid1 zlib1g"
)


def environment() -> dict[str, str]:
    """Settings and storage of our own below STORE; nothing of the user's is read or written."""
    (STORE / "tmp").mkdir(parents=True, exist_ok=True)
    storage = (
        f'[storage]\ndriver = "overlay"\ngraphroot = "{STORE}/store"\nrunroot = "{STORE}/run"\n'
    )
    (STORE / "storage.conf").write_text(storage)
    (STORE / "containers.conf").write_text(_CONTAINERS_CONF)
    return {
        **os.environ,
        "TMPDIR": str(STORE / "tmp"),
        "CONTAINERS_STORAGE_CONF": str(STORE / "storage.conf"),
        "CONTAINERS_CONF": str(STORE / "containers.conf"),
    }


def podman(*arguments: str, check: bool = True) -> str:
    """Run podman; its standard output, stripped. A failure shows the end of what it wrote."""
    done = subprocess.run(
        ["podman", *arguments],
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if check and done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-40:])
        raise AssertionError(
            f"podman {' '.join(arguments[:3])} ended with {done.returncode}\n{tail}"
        )
    return done.stdout.strip()


def run(*command: str) -> None:
    """Run a command of the system; its output only if it fails."""
    done = subprocess.run(
        command, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-40:])
        raise AssertionError(f"{' '.join(command[:3])} ended with {done.returncode}\n{tail}")


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


def apt_source() -> tuple[str, str]:
    """(mirror, codename) of this machine, out of apt's own sources."""
    release = Path("/etc/os-release").read_text()
    codename = re.search(r"^VERSION_CODENAME=\"?(\w+)", release, re.M)
    folder = Path("/etc/apt")
    sources = [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]
    text = "\n".join(path.read_text() for path in sources if path.is_file())
    assert codename, "/etc/os-release names no VERSION_CODENAME"
    name = codename.group(1)
    # One-line style, then deb822: a stanza whose Suites name this release.
    line = re.search(rf"^deb\s+(?:\[[^]]*\]\s+)?(\S+)\s+{name}\s", text, re.M)
    if line:
        return line.group(1), name
    for stanza in re.split(r"\n\s*\n", text):
        uris = re.search(r"^URIs:\s*(\S+)", stanza, re.M)
        if uris and re.search(rf"^Suites:.*\b{name}(\s|$)", stanza, re.M):
            return uris.group(1), name
    raise AssertionError(f"apt's sources name no mirror for {name}")


def python_prefix() -> Path | None:
    """A self-contained Python 3.13 on this machine (pyenv, a CI tool cache), not Debian's own."""
    around = Path(sys.base_prefix).parent
    candidates = [Path(sys.base_prefix), *sorted(around.glob("3.13*"), reverse=True)]
    found = shutil.which("python3.13")
    if found:
        candidates.append(Path(found).resolve().parent.parent)
    for prefix in candidates:
        interpreter = prefix / "bin" / "python3.13"
        if prefix != Path("/usr") and (prefix / "lib/python3.13/os.py").exists():
            question = [str(interpreter), "-c", "import ssl, venv, ensurepip"]
            if subprocess.run(question, capture_output=True, check=False).returncode == 0:
                return prefix
    return None


def ensure_base() -> None:
    """Make the stand-in base image unless a former run did, with the same recipe."""
    prefix = python_prefix()
    recipe = hashlib.sha256(Path(__file__).read_bytes() + str(prefix).encode()).hexdigest()[:12]
    have = podman("image", "inspect", "--format", '{{index .Labels "recipe"}}', BASE, check=False)
    if have == recipe:
        return
    mirror, codename = apt_source()
    packages = _PYTHON_LIBRARIES
    if prefix is None:
        # Debian 13 brings Python 3.13; older mirrors carry it beside the release of this machine.
        codename, packages = "trixie", "ca-certificates netbase tzdata python3 python3-venv"
    rootfs, context = STORE / "rootfs", STORE / "base"
    for folder in (rootfs, context):
        shutil.rmtree(folder, ignore_errors=True)
    context.mkdir()
    included = packages.replace(" ", ",")
    run("debootstrap", "--variant=minbase", f"--include={included}", codename, str(rootfs), mirror)
    if prefix is not None:
        copy_python(prefix, rootfs / "usr/local")
    left_out = ["./var/cache/apt/*", "./var/lib/apt/lists/*", "./usr/share/doc/*",
                "./usr/share/man/*", "./usr/share/locale/*", "./proc/*", "./sys/*", "./dev/*"]  # fmt: skip
    excludes = [f"--exclude={pattern}" for pattern in left_out]
    archive = context / "rootfs.tar"
    run("tar", "-C", str(rootfs), "--numeric-owner", *excludes, "-cf", str(archive), ".")
    shutil.rmtree(rootfs)
    links = "ln -sf python3 python" if prefix else "ln -sf /usr/bin/python3 python"
    (context / "Containerfile").write_text(
        f"FROM scratch\nADD rootfs.tar /\n"
        f"RUN ldconfig && cd /usr/local/bin && {links}\n"
        f"ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8\n"
        f'LABEL recipe={recipe}\nCMD ["python3"]\n'
    )
    podman("build", "--pull=never", "--network", "none", "--format", "docker", "-t", BASE,
           "-f", str(context / "Containerfile"), str(context))  # fmt: skip
    shutil.rmtree(context)


def copy_python(prefix: Path, target: Path) -> None:
    """Copy interpreter and standard library, without tests, Tk, site-packages and debug symbols."""
    library = "lib/python3.13"
    skip = [f"{library}/{name}" for name in
            ("test", "site-packages/*", "config-*", "idlelib", "tkinter", "turtledemo",
             "lib-dynload/_tkinter*", "lib-dynload/_test*")]  # fmt: skip
    archive = STORE / "python.tar"
    run("tar", "-C", str(prefix), "--exclude=__pycache__", "--exclude=*.a",
        *[f"--exclude={pattern}" for pattern in skip], "-chf", str(archive),
        "bin/python3", "bin/python3.13", "lib", "include")  # fmt: skip
    target.mkdir(parents=True, exist_ok=True)
    run("tar", "-C", str(target), "--no-same-owner", "-xf", str(archive))
    archive.unlink()
    for path in target.rglob("*.so*"):
        subprocess.run(["strip", "--strip-unneeded", str(path)], capture_output=True, check=False)
