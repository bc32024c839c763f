"""What the core's source says about itself: kernel function names, and the lines that decide.

A line of engine/core that decides about a page or a pageblock ends with a comment ``# reason: id``;
the ids are those of reasons.py. On a line that returns, the function decides; on the line of a
call, the fate of the page that the call is about is decided. The docstring's ``Source:`` section
names the kernel function and its file.
"""

import ast
import importlib
import inspect
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType

from engine.syntax import file_syntax

CORE_FOLDER = Path(__file__).resolve().parents[1] / "core"

_NOTE = re.compile(r"# reason: (\w+)\s*$")
# "mm/compaction.c isolate_freepages()", optionally with the version in front.
_NAMED = re.compile(r"(3\.8 )?([\w./-]+\.[ch]) (?:from )?(\w+)\(")

# Modules whose functions are of no interest to somebody following a page: lists, counters,
# watermarks, the allocator's internals.
_OUT = frozenset(
    "__init__ link_free_lists stress_builds check check_codes cpu fallback fallback_2012 "
    "fast_search freearea freelist highatomic hook metrics observe page pcp profile_2012 "
    "range_codes demand_codes rng suitability scan_2012 watermark buddy".split()
)
# Searches for a page that forbids something; their pfn is where they start, not their subject.
SEARCHES = frozenset(
    "isolate_lru_pages_2012 has_unmovable_pages has_unmovable_pages_2012 test_pages_isolated "
    "migrate_range".split()
)
_NO_NUMBERS = frozenset(("guest", "bounds", "ops"))
# Of those modules, the functions that decide where a page comes from.
_IN_FUNCTIONS = frozenset("rmqueue_claim rmqueue_steal _take_over".split())
# What they and the slow path return is the page that the decision is about.
FINDERS = frozenset((*_IN_FUNCTIONS, "alloc_pages", "alloc_pages_direct_reclaim"))
_OUT_FUNCTIONS = frozenset(
    "freepages_list zone_start_pfn zone_end_pfn pageblock_start_pfn pageblock_end_pfn "
    "block_end_pfn compound_pages balloon_size reverses_rounds lru_list_of _count_lru _mark_lru "
    "disown get_pageblock_skip set_pageblock_skip freelist_scan_limit finish_isolation "
    "update_cached_migrate update_pageblock_skip skip_isolation_on_order busy _jobs _clear_touched "
    "run_tick run_ticks at_work end_request begin_rounds smallest_freepage_order "
    "get_page_from_freelist alloc_flags_nofragment zone_usable rmqueue_zone rmqueue_buddy "
    "_get_page_once page_is_free_for pcp_enable pcp_disable compact_scanners_met "
    "set_scanner_positions clear_cc kmem_class count_large cause_in_zone begin_kmem "
    "handle_at".split()
)


@dataclass(frozen=True)
class KernelName:
    """A kernel function and the file that defines it."""

    function: str
    file: str


@dataclass(frozen=True)
class Watched:
    """A function of the core, as far as a trace shows it.

    Attributes:
        room: file of the core without .py.
        name: of the function there.
        args: its arguments without the guest.
        subject: the argument that names the page it is about, if any.
        modern: kernel function of Linux 6.12 that it stands for; None = it is ours.
        old: the same for Linux 3.8.
        returns: first words of the docstring's Returns section.
        notes: line → reason noted on it.
    """

    room: str
    name: str
    args: tuple[str, ...]
    subject: str | None
    modern: KernelName | None
    old: KernelName | None
    returns: str
    notes: dict[int, str]


def section(doc: str, name: str) -> str:
    """One section of a core docstring, joined into a single line."""
    found = re.search(rf"^{name}:\n((?:[ ]{{4}}.*\n?|\n)*)", doc, re.M)
    return " ".join(found.group(1).split()) if found else ""


def kernel_names(source: str) -> tuple[KernelName | None, KernelName | None]:
    """The first functions of Linux 6.12 and of 3.8 that a Source section names.

    Args:
        source: as returned by ``section``.
    """
    if source.startswith("not of the kernel"):
        return None, None
    found = [(bool(v), KernelName(name, file)) for v, file, name in _NAMED.findall(source)]
    modern = next((name for is_old, name in found if not is_old), None)
    old = next((name for is_old, name in found if is_old), None)
    return modern or old, old or modern


def core_files() -> dict[str, Path]:
    """Name without .py → path, of every file of the core; no two folders share a name."""
    files = (path for path in sorted(CORE_FOLDER.rglob("*.py")) if path.stem != "__init__")
    return {path.stem: path for path in files if path.parent.name != "jit"}  # the compiler


@cache
def reasons_by_line(room: str) -> dict[int, str]:
    """Line → reason, for one file of the core."""
    lines = core_files()[room].read_text(encoding="utf-8").splitlines()
    found = ((i, _NOTE.search(line)) for i, line in enumerate(lines, 1))
    return {i: note.group(1) for i, note in found if note}


@cache
def where_decided() -> dict[str, tuple[str, ...]]:
    """Reason → the functions of the core that give it, as ``engine/core/compact/scan.py name``."""
    found: dict[str, list[str]] = {}
    for room, path in core_files().items():
        notes = reasons_by_line(room)
        if not notes:
            continue
        for node in file_syntax(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                for line in range(node.lineno, (node.end_lineno or 0) + 1):
                    where = f"engine/core/{path.relative_to(CORE_FOLDER).as_posix()} {node.name}"
                    if line in notes and where not in found.setdefault(notes[line], []):
                        found[notes[line]].append(where)
    return {reason: tuple(where) for reason, where in found.items()}


def _watched(room: str, function: FunctionType) -> Watched:
    """What there is to know of one function."""
    doc = inspect.getdoc(function) or ""
    code = function.__code__
    args = tuple(name for name in code.co_varnames[: code.co_argcount] if name not in _NO_NUMBERS)
    modern, old = kernel_names(section(doc, "Source"))
    lines = {line for _, _, line in code.co_lines() if line}
    notes = {line: reason for line, reason in reasons_by_line(room).items() if line in lines}
    subject = next((name for name in ("pfn", "src") if name in args), None)
    if function.__name__ in SEARCHES or function.__name__ in FINDERS:
        subject = None
    returns = section(doc, "Returns")
    return Watched(room, function.__name__, args, subject, modern, old, returns, notes)


@cache
def watched() -> dict[CodeType, Watched]:
    """Every function of the core that a trace watches, by its code.

    Raises:
        RuntimeError: the core is compiled, so there is nothing to watch.
    """
    found = {}
    for room, path in core_files().items():
        dotted = ".".join(path.relative_to(CORE_FOLDER).with_suffix("").parts)
        module = importlib.import_module(f"engine.core.{dotted}")
        for name, function in vars(module).items():
            if getattr(function, "__module__", "") != module.__name__ or name in _OUT_FUNCTIONS:
                continue
            if room in _OUT and name not in _IN_FUNCTIONS:
                continue
            if hasattr(function, "py_func"):
                raise RuntimeError("the core is compiled: a trace needs NUMBA_DISABLE_JIT=1")
            if isinstance(function, FunctionType):
                found[function.__code__] = _watched(room, function)
    return found
