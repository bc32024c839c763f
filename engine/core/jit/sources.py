"""What the sources say: a digest of a file's syntax, and which files it imports.

Comments, docstrings and line numbers are left out: mending a sentence makes no session older and
compiles nothing. Parsing all files takes half a second, so what a file said is remembered under a
digest of its bytes; losing that memory costs the half second and nothing else.
"""

import ast
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engine import units as u
from engine.core.jit import cache as disk
from engine.syntax import file_syntax

ENGINE = Path(__file__).resolve().parents[2]
CORE = "engine.core"
JIT = "engine.core.jit"
# What decides a session, and how its guest starts.
_PLAY = (CORE, "engine.world", "engine.presets", "engine.capture")
_MEMORY = "sources"  # the file in the cache
_MEMORY_FORMAT = 1
_MOST_REMEMBERED = 2000


@dataclass(frozen=True)
class ModuleSource:
    """What one file says.

    Attributes:
        digest: of its syntax.
        imports: full names that it imports from the engine, as in "engine.units" or
            "engine.core.run.run_ticks"; a name may be a module or stand in one.
    """

    digest: str
    imports: tuple[str, ...]


def digest_of(*words: str | bytes) -> str:
    """Twenty hex digits that stand for some words, in their order."""
    digest = hashlib.blake2b(digest_size=10)
    for word in words:
        data = word.encode() if isinstance(word, str) else word
        digest.update(len(data).to_bytes(8, "little") + data)
    return digest.hexdigest()


def path_of(module: str) -> Path | None:
    """The file of a module of the engine; None if there is none."""
    plain = ENGINE.joinpath(*module.split(".")[1:])
    for path in (plain.with_suffix(".py"), plain / "__init__.py"):
        if path.is_file():
            return path
    return None


def modules_below(package: str) -> frozenset[str]:
    """All modules of a package of the engine, itself included; of a plain module itself."""
    folder = ENGINE.joinpath(*package.split(".")[1:])
    found = {package}
    for path in folder.rglob("*.py"):
        parts = path.relative_to(folder).with_suffix("").parts
        found.add(".".join([package, *(parts[:-1] if parts[-1] == "__init__" else parts)]))
    return frozenset(found)


def _syntax(node: object) -> Iterator[str]:
    """A tree in words that every version of Python shares: empty fields are left out."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        if isinstance(node.value.value, str):  # a docstring, or a sentence elsewhere
            return
    if isinstance(node, ast.AST):
        yield f"({type(node).__name__}"
        for name, value in ast.iter_fields(node):
            if value not in (None, []) and name not in ("type_comment", "kind"):
                yield f" {name}="
                yield from _syntax(value)
            elif isinstance(node, ast.Constant) and name == "value":
                yield f" value={value!r}"
        yield ")"
    elif isinstance(node, list):
        yield "["
        for one in node:
            yield from _syntax(one)
        yield "]"
    else:
        yield repr(node)


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            base = node.module or ""
            yield from (base, *(f"{base}.{alias.name}" for alias in node.names))
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def parse(text: bytes) -> ModuleSource:
    """What a file of this text says.

    Raises:
        SyntaxError: it is no Python.
    """
    tree = file_syntax(text)
    engine = {name for name in _imports(tree) if f"{name}.".startswith("engine.")}
    return ModuleSource(digest_of("".join(_syntax(tree))), tuple(sorted(engine)))


class _Memory:
    """What files said that were parsed before, by a digest of their bytes."""

    def __init__(self) -> None:
        """As the cache has it; nothing if it has none."""
        self._known: dict[str, list[object]] = {}
        self._changed = False
        try:
            kept = json.loads(disk.load(_MEMORY) or b"{}")
        except ValueError:
            kept = {}
        if kept.get("format") == _MEMORY_FORMAT:
            self._known = kept["known"]

    def parse(self, text: bytes) -> ModuleSource:
        key = hashlib.blake2b(text, digest_size=16).hexdigest()
        if key not in self._known:
            source = parse(text)
            self._known[key] = [source.digest, list(source.imports)]
            self._changed = True
        digest, imports = self._known[key]
        return ModuleSource(str(digest), tuple(imports))  # type: ignore[arg-type]

    def save(self) -> None:
        """Into the cache, if anything was parsed; the oldest go first when there are too many."""
        if self._changed:
            last = dict(list(self._known.items())[-_MOST_REMEMBERED:])
            data = json.dumps({"format": _MEMORY_FORMAT, "known": last}).encode()
            disk.store(_MEMORY, data)
            self._changed = False


@cache
def _memory() -> _Memory:
    return _Memory()


@cache
def _source(module: str) -> ModuleSource | None:
    path = path_of(module)
    return _memory().parse(path.read_bytes()) if path else None


@cache
def closure(module: str) -> frozenset[str]:
    """The modules of the engine that a module imports, directly or not, itself included."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        source = _source(name) if name not in found else None
        if source is not None:
            found.add(name)
            waiting += source.imports
            waiting += [package] if (package := name.rpartition(".")[0]) else []  # executed too
    return frozenset(found)


def digest_of_modules(modules: Iterable[str]) -> str:
    """Digest of the syntax of some modules, with their names, and of the geometry."""
    words: list[str] = []
    if u.PAGEBLOCK_ORDER != u.USUAL_PAGEBLOCK_ORDER:
        words += [u.GEOMETRY_SETTING, str(u.PAGEBLOCK_ORDER)]
    for name in sorted(modules):
        source = _source(name)
        words += [name, source.digest if source else ""]
    _memory().save()
    return digest_of(*words)


@cache
def module_digest(module: str) -> str:
    """Digest of all sources that the machine code of a module's functions depends on."""
    return digest_of_modules(closure(module))


@cache
def core_modules() -> frozenset[str]:
    """The modules of the core, the compiler's own left out."""
    every = modules_below(CORE)
    return frozenset(name for name in every if not f"{name}.".startswith(f"{JIT}."))


@cache
def core_digest() -> str:
    """Digest of all sources that the machine code of the whole core depends on."""
    return digest_of_modules(frozenset().union(*(closure(name) for name in core_modules())))


@cache
def engine_digest() -> str:
    """Which rules a session is played under: a digest of sources and constants, 20 hex digits.

    With equal ones, config and log give equal states: all of the core, and what a World adds to it,
    designs, the workload, how a guest starts. The same on every machine, compiled or not, and under
    every version of Python and numba. How the core is compiled (this folder) is no rule.
    """
    roots = frozenset().union(*(modules_below(name) for name in _PLAY))
    used = frozenset().union(*(closure(name) for name in roots))
    return digest_of_modules(name for name in used if not f"{name}.".startswith(f"{JIT}."))
