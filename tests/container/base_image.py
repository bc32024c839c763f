"""A stand-in for the base image, made on this machine.

It carries the name that the Dockerfile asks for, so the Dockerfile builds unchanged: this machine's
own distribution by debootstrap, from the mirror that apt uses here, and a Python 3.13 on top. It
does not prove the exact contents of the published base image.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tests.container.podman import STORE, call, podman

BASE = "localhost/python:3.13-slim-bookworm"

_PYTHON_LIBRARIES = (
    "ca-certificates netbase tzdata libbz2-1.0 libexpat1 libffi8 liblzma5 libncursesw6 "
    "libreadline8 libsqlite3-0 libssl3 libuuid1 zlib1g"
)

_LEFT_OUT = (
    "./var/cache/apt/*",
    "./var/lib/apt/lists/*",
    "./usr/share/doc/*",
    "./usr/share/man/*",
    "./usr/share/locale/*",
    "./proc/*",
    "./sys/*",
    "./dev/*",
)


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
    call("debootstrap", "--variant=minbase", f"--include={included}", codename, str(rootfs), mirror)
    if prefix is not None:
        copy_python(prefix, rootfs / "usr/local")
    excludes = [f"--exclude={pattern}" for pattern in _LEFT_OUT]
    archive = context / "rootfs.tar"
    call("tar", "-C", str(rootfs), "--numeric-owner", *excludes, "-cf", str(archive), ".")
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
    call("tar", "-C", str(prefix), "--exclude=__pycache__", "--exclude=*.a",
        *[f"--exclude={pattern}" for pattern in skip], "-chf", str(archive),
        "bin/python3", "bin/python3.13", "lib", "include")  # fmt: skip
    target.mkdir(parents=True, exist_ok=True)
    call("tar", "-C", str(target), "--no-same-owner", "-xf", str(archive))
    archive.unlink()
    for path in target.rglob("*.so*"):
        subprocess.run(["strip", "--strip-unneeded", str(path)], capture_output=True, check=False)
