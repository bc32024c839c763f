"""Where compiled code is kept: files that are written whole, checked when read, and only ours.

A name is a path below the cache folder. Each file begins with a digest of the rest: one that is cut
off or damaged counts as absent and is written anew. A folder that cannot be written (a container
image) is read where it is; what must be written then goes to a folder of this process.
"""

import atexit
import hashlib
import os
import shutil
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path

_CHECK_BYTES = 16

# What was done, not found: front ends run, programs linked, entries wrapped. Tests count here.
done: Counter[str] = Counter()
_used: set[str] = set()


def _root() -> Path:
    """The folder asked for by FRAGSCOPE_CACHE_DIR, else the user's cache folder."""
    chosen = os.environ.get("FRAGSCOPE_CACHE_DIR")
    if chosen:
        return Path(chosen)
    xdg = os.environ.get("XDG_CACHE_HOME")
    if xdg:
        return Path(xdg) / "fragscope"
    try:
        return Path.home() / ".cache" / "fragscope"
    except RuntimeError:  # a user without a home folder, as in a container
        return Path(tempfile.gettempdir()) / "fragscope"


def _is_writable(folder: Path) -> bool:
    """Whether files can be made in ``folder``, which is made if need be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def _is_ours(folder: Path) -> bool:
    """Whether ``folder`` is this user's: cached code is executed, nobody else may plant it."""
    try:
        owner = folder.stat().st_uid
    except OSError:
        return True
    return owner in (0, os.getuid()) if hasattr(os, "getuid") else True


@cache
def base() -> Path:
    """The folder that is written: the chosen one, else one that this process throws away."""
    root = _root()
    if _is_ours(root) and _is_writable(root):
        return root
    own = Path(tempfile.mkdtemp(prefix="fragscope-core-"))
    atexit.register(shutil.rmtree, own, ignore_errors=True)
    return own


@cache
def _readable() -> tuple[Path, ...]:
    """The folders that are read, in this order."""
    root = _root()
    return (base(), root) if base() != root and root.is_dir() and _is_ours(root) else (base(),)


def use(folder: str) -> None:
    """Mark a folder as used by this process."""
    _used.add(folder)


def load(name: str) -> bytes | None:
    """What was stored under a name; None if nothing was, or if it is damaged."""
    if "/" in name:
        use(name.partition("/")[0])
    for place in _readable():
        path = place / name
        try:
            if not _is_ours(path.parent):
                continue
            data = path.read_bytes()
        except OSError:
            continue
        check, payload = data[:_CHECK_BYTES], data[_CHECK_BYTES:]
        if check == hashlib.blake2b(payload, digest_size=_CHECK_BYTES).digest():
            return payload
    return None


def store(name: str, payload: bytes) -> None:
    """Keep some bytes under a name: whole or not at all, whoever else writes the same."""
    path = base() / name
    check = hashlib.blake2b(payload, digest_size=_CHECK_BYTES).digest()
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Not by tempfile: others must be able to read it, as the umask says (a container image).
        temporary = path.with_name(f".new-{os.urandom(8).hex()}")
        temporary.write_bytes(check + payload)
        temporary.replace(path)
    except OSError:  # a full disk: it is compiled again the next time
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def has(name: str) -> bool:
    """Whether a name is there and whole."""
    return load(name) is not None


def folders() -> tuple[Path, frozenset[Path]]:
    """The folder of all caches, and those in it that this process has used so far.

    The others belong to other versions or flags: whoever has a clock may throw old ones away.
    """
    return base(), frozenset(base() / name for name in _used)
