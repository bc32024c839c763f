"""The outcome of a request for kernel memory or for long-term pins, in words and as JSON.

The numbers stand in the statistics (engine/core/workload/kmem.py, pinning.py); the command line and
replays report what this module makes of them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from engine import commands as c
from engine import units as u
from engine.core.workload.demand_codes import (
    CAUSE_FIELDS,
    PIN_SOURCES,
    PIN_WORDS,
    PinEnd,
)
from engine.errors import RefusedError

_AFTER = ("free", "keep")


def parse_alloc(item: Sequence[Any]) -> tuple[str, int, int, str, str]:
    """An operation ``["alloc", N, ORDER, KIND, "keep" | "free"]``, complete.

    Args:
        item: the operation as read; kind is unmovable and the pages go back where nothing is said.

    Raises:
        RefusedError: anything else, in one sentence.
    """
    if not 3 <= len(item) <= 5:
        raise RefusedError(
            "alloc needs a number, an order, and may have a kind (unmovable, reclaimable, atomic) "
            "and keep or free"
        )
    nr, order, kind, after = (
        (*item[1:], "unmovable", "free")[:4] if len(item) == 3 else ((*item[1:], "free")[:4])
    )
    if after not in _AFTER:
        raise RefusedError(f"alloc: {after!r:.60} with the pages: keep or free is needed")
    c.AllocPages(nr, order, kind, after == "keep")
    return "alloc", nr, order, kind, after


def alloc_command(op: Sequence[Any]) -> c.AllocPages:
    """The command of a complete operation; see parse_alloc()."""
    return c.AllocPages(op[1], op[2], op[3], op[4] == "keep")


def alloc_answer(stats: Mapping[str, int]) -> dict[str, Any]:
    """The last request for kernel memory as a JSON-able dict.

    Args:
        stats: statistics by name (engine/view.py).

    Returns:
        ``kind``, ``order``, ``keep``, requests ``asked``, ``got``, ``failed``, ``not_tried``,
        ``why`` (failures by cause: memory, watermark, fragmentation, migratetype), ``us`` of
        simulated time until the last of them, pages ``moved`` and ``reclaimed`` meanwhile,
        ``sentence``.
    """
    asked, got, failed = (stats[f"kmem_{name}"] for name in ("asked", "got", "failed"))
    why = {cause.name.lower(): stats[field] for cause, field in CAUSE_FIELDS.items()}
    at_work = stats["kmem_phase"] == u.KMEM_TAKING
    answer = {
        "kind": u.KMEM_KINDS[stats["kmem_kind"]],
        "order": stats["kmem_order"],
        "keep": bool(stats["kmem_keep"]),
        "asked": asked,
        "got": got,
        "failed": failed,
        "not_tried": 0 if at_work else asked - got - failed,
        "why": why,
        "us": stats["kmem_us"],
        "moved": stats["kmem_moved"],
        "reclaimed": stats["kmem_reclaimed"],
    }
    return answer | {"sentence": alloc_words(answer)}


def alloc_words(answer: Mapping[str, Any]) -> str:
    """An alloc_answer in one line: ``7 of 10; failed: 3 fragmentation``."""
    words = f"{answer['got']} of {answer['asked']}"
    causes = [f"{number} {name}" for name, number in answer["why"].items() if number]
    if causes:
        words += f"; failed: {', '.join(causes)}"
    if answer["not_tried"]:
        words += f"; {answer['not_tried']} not tried"
    return words


def pin_answer(stats: Mapping[str, int]) -> dict[str, Any]:
    """The last request for long-term pins as a JSON-able dict.

    Args:
        stats: statistics by name (engine/view.py).

    Returns:
        pages ``asked``, ``pinned``, ``moved`` (out of CMA or zone Movable first), ``reason``
        (lower-case name of PinEnd), ``why`` in words, ``source``, ``all`` pinned pages of all
        requests, ``sentence``.
    """
    end = PinEnd(stats["pin_end"])
    answer = {
        "asked": stats["pin_asked"],
        "pinned": stats["pin_got"],
        "moved": stats["pin_moved"],
        "reason": end.name.lower(),
        "why": PIN_WORDS[end],
        "source": PIN_SOURCES[end],
        "all": stats["pinned_pages"],
    }
    words = f"{answer['pinned']} of {answer['asked']} pages"
    return answer | {"sentence": f"{words}; {answer['why']}" if answer["why"] else words}
