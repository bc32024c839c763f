"""The compiled core: how its functions are compiled and where the compiled code is kept.

numba's disk cache does not notice an edited callee or constant in *another* file, nor that bounds
checking was switched on: a stale core would answer wrongly without a word. So each core file has a
cache folder named by a digest of everything that its machine code depends on, set here before any
function of it exists. Only this folder of the project imports numba.
"""

import atexit
import hashlib
import os
import re
import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numba import config, types

_CORE = Path(__file__).resolve().parent
# What changes the machine code without being a core file that is imported: constants and dtypes.
_SOURCES = (
    *(_CORE.parent / name for name in ("units.py", "kernels.py", "guest.py")),
    _CORE / "__init__.py",
)
_FLAGS = ("NUMBA_BOUNDSCHECK", "NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES", "NUMBA_OPT")
# An import of this folder, which file or which names: parsing all files properly took every start a
# quarter of a second. tests/engine/test_core.py holds this against the parser.
_IMPORT = re.compile(rb"^from engine\.core(?:\.([\w.]+))? import (\([^)]*\)|[^\n]*)", re.M)


@cache
def _content(path: Path) -> bytes:
    """A file, read once: digests of fifty files overlap."""
    return path.read_bytes()


@cache
def _imports(name: str) -> frozenset[str]:
    """The core files that a core file imports, directly or not, itself included."""
    found = {name}
    for match in _IMPORT.finditer(_content(_CORE / f"{name}.py")):
        module, names = (part.decode() if part else "" for part in match.groups())
        folder = module.replace(".", "/")
        names = [f"{folder}/{word}" if folder else word for word in re.findall(r"\w+", names)]
        for other in [folder, *names]:
            if other != name and (_CORE / f"{other}.py").is_file():
                found |= _imports(other)
    return frozenset(found)


@cache
def cache_digest(name: str) -> str:
    """Digest of the sources, versions and flags that the compiled code of a core file depends on.

    Args:
        name: the file without .py, below engine/core.
    """
    digest = hashlib.blake2b(digest_size=10)
    for path in (*(_CORE / f"{n}.py" for n in sorted(_imports(name))), *_SOURCES):
        digest.update(str(path.relative_to(_CORE.parent)).encode() + b"\0")
        digest.update(_content(path) + b"\0")
    for word in (numba.__version__, np.__version__, *(os.environ.get(f, "") for f in _FLAGS)):
        digest.update(word.encode() + b"\0")
    return digest.hexdigest()


def _cache_root() -> Path:
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
def _cache_base() -> Path:
    """Folder of the folders named by digests: writable, and warm if a warm one exists."""
    root = _cache_root()
    if _is_ours(root) and _is_writable(root):
        return root
    # A read-only image may hold a warm cache. numba wants to write beside it, so work on a copy. A
    # copy of links: numba replaces files and never writes into one.
    copy = Path(tempfile.mkdtemp(prefix="fragscope-core-"))
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    if root.is_dir() and _is_ours(root):
        shutil.copytree(root.resolve(), copy, copy_function=os.symlink, dirs_exist_ok=True)
    return copy


# No core function is handed to C as a callback: leaving that wrapper out saves a tenth of the
# time that compiling takes.
_OPTIONS = {"cache": True, "nogil": True, "error_model": "python", "no_cfunc_wrapper": True}
_ALLOCATING = {"empty", "zeros"}  # numpy's makers of scratch arrays
_used: set[Path] = set()


def cache_folders() -> tuple[Path, frozenset[Path]]:
    """The folder of all caches, and those in it that the core files imported so far use.

    The others belong to other versions or flags: whoever has a clock may throw old ones away.
    """
    return _cache_base(), frozenset(_used)


def _compile(func: Any, inline: bool) -> Any:
    """A compiled function whose cache folder is named by what it depends on."""
    if config.DISABLE_JIT:
        return func
    path = _cache_base() / cache_digest(
        func.__module__.removeprefix("engine.core.").replace(".", "/")
    )
    _used.add(path)
    folder = str(path)
    # numba looks here once, when a function is decorated. Set both: it reads the environment again
    # whenever any variable of its own has changed there.
    os.environ["NUMBA_CACHE_DIR"] = folder
    config.CACHE_DIR = folder
    # Without the reference-counting runtime, unless scratch arrays are made: counting the six
    # arrays of a Guest at every call took more time than the work (1.5 against 2.9 M pairs/s).
    needs_nrt = bool(_ALLOCATING & set(func.__code__.co_names))
    return _without_literals(numba.njit(**_OPTIONS, _nrt=needs_nrt, forceinline=inline)(func))


def _without_literals(dispatcher: Any) -> Any:
    """Make compiled callers ask for int64 where they pass a constant.

    numba would compile a callee, and all that it calls, once more for every constant that anybody
    passes to it: six times alloc_pages, at ten MB each.
    """
    resolve = dispatcher.get_call_template

    def get_call_template(args: Any, kws: Any) -> Any:
        plain = {name: types.unliteral(kind) for name, kind in kws.items()}
        return resolve(tuple(types.unliteral(kind) for kind in args), plain)

    dispatcher.get_call_template = get_call_template
    return dispatcher


def core_jit(func: Any) -> Any:
    """Compile a core function.

    With NUMBA_DISABLE_JIT=1 the function stays plain Python. Record fields narrower than 64 bits
    must be widened with np.int64() before arithmetic, or the two legs differ. A function that makes
    scratch arrays calls np.empty or np.zeros itself; none returns an array.
    """
    return _compile(func, False)


def core_inline(func: Any) -> Any:
    """Compile a core function into its callers: for the small ones of the hot path only.

    Handing the arrays of a Guest to a called function costs more than such a function does.
    """
    return _compile(func, True)
