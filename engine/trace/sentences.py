"""Wording of what a trace has seen: kinds of pages, returned values, the numbers in a sentence."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine import units as u
from engine.core.compact.migrate import EAGAIN, EBUSY, ENOMEM
from engine.core.ranges import range_codes
from engine.guest import Guest
from engine.pages import refcount
from engine.trace.annotations import KernelName, Watched
from engine.trace.state import expected_refcount

_ERRORS = {EAGAIN: "-EAGAIN", ENOMEM: "-ENOMEM", EBUSY: "-EBUSY"}
_COMPACT = (
    "COMPACT_NOT_SUITABLE_ZONE COMPACT_SKIPPED COMPACT_DEFERRED COMPACT_NO_SUITABLE_PAGE "
    "COMPACT_CONTINUE COMPACT_COMPLETE COMPACT_PARTIAL_SKIPPED COMPACT_CONTENDED COMPACT_SUCCESS"
).split()
# 3.8 has fewer, numbered differently. PARTIAL stands for a lack of targets as well as for success.
_COMPACT_OLD = {
    u.COMPACT_SKIPPED: "COMPACT_SKIPPED (0)",
    u.COMPACT_CONTINUE: "COMPACT_CONTINUE (1)",
    u.COMPACT_CONTENDED: "COMPACT_PARTIAL (2)",
    u.COMPACT_SUCCESS: "COMPACT_PARTIAL (2)",
    u.COMPACT_COMPLETE: "COMPACT_COMPLETE (3)",
}
_ISOLATE = ("ISOLATE_ABORT", "ISOLATE_NONE", "ISOLATE_SUCCESS")
_RESERVE = "RESERVE"  # 3.8's name for the fourth type
_BALLOON_MARK = {
    u.HOOK_INTENDED: "it lies in a dedicated pageblock",
    u.HOOK_MERGED: "moving it once has cost it its mark (the hook as merged)",
}
_KEPT = (
    (u.PG_DIRTY, "dirty"),
    (u.PG_WRITEBACK, "being written back"),
    (u.PG_LOCKED, "locked"),
    (u.PG_PINNED, "held by somebody else"),
    (u.PG_ISOLATED, "isolated"),
)

_NOUNS = {
    u.STATE_FREE: "free page inside a larger free block",
    u.STATE_PCP: "free page in a per-CPU list",
    u.STATE_ISOLATED_FREE: "page held as a migration target",
    u.STATE_HOLE: "hole",
}

_BALLOON_FILE = "mm/balloon_compaction.c"
_OLD_FILE = "include/linux/balloon_compaction.h"
_DRIVER = "drivers/virtio/virtio_balloon.c"
# Names for one function of ours where the page is a balloon page: in 6.12, in 3.8.
_OF_BALLOON = {
    "isolate_page": (
        KernelName("balloon_page_isolate", _BALLOON_FILE),
        KernelName("balloon_page_isolate", _BALLOON_FILE),
    ),
    "putback_page": (
        KernelName("balloon_page_putback", _BALLOON_FILE),
        KernelName("balloon_page_putback", _BALLOON_FILE),
    ),
    "migrate_one": (
        KernelName("virtballoon_migratepage", _DRIVER),
        KernelName("virtballoon_migratepage", _DRIVER),
    ),
    "free_pages": (
        KernelName("put_page", "include/linux/mm.h"),
        KernelName("balloon_page_free", _OLD_FILE),
    ),
}
# The same where it is not one, if the docstring's first name would mislead.
_OF_OTHERS = {
    "isolate_page": (
        KernelName("folio_test_clear_lru", "include/linux/page-flags.h"),
        KernelName("__isolate_lru_page", "mm/vmscan.c"),
    ),
    "putback_page": (
        KernelName("folio_putback_lru", "mm/vmscan.c"),
        KernelName("putback_lru_page", "mm/vmscan.c"),
    ),
    "migrate_one": (
        KernelName("move_to_new_folio", "mm/migrate.c"),
        KernelName("move_to_new_page", "mm/migrate.c"),
    ),
    "free_pages": (
        KernelName("free_unref_page", "mm/page_alloc.c"),
        KernelName("put_page", "mm/swap.c"),
    ),
}
# The same job for a range as for a compactor.
_OF_BALLOON["isolate_range_page"] = _OF_BALLOON["isolate_page"]
_OF_OTHERS["isolate_range_page"] = _OF_OTHERS["isolate_page"]
_HOOK_TEST = (
    KernelName("__PageMovable", "include/linux/page-flags.h"),
    KernelName("balloon_page_movable", _OLD_FILE),
)

# These stand for several kernel threads, none of which calls the others.
_GATES = {"daemons_step", "catch_up"}
_TAKE_FREE = KernelName("__isolate_free_page", "mm/page_alloc.c")


def kernel_name(
    what: Watched, is_2012: bool, is_balloon: bool, has_hook: bool = True
) -> KernelName | None:
    """The kernel function that a call stands for; None = none.

    Args:
        what: the function of the core.
        is_2012: whether the guest follows Linux 3.8.
        is_balloon: whether the page that it is about is a balloon page.
        has_hook: whether the scanner has the hook's test at all.
    """
    if what.name in _GATES:
        return None
    which = 1 if is_2012 else 0
    if what.name == "is_hooked_balloon_page":
        return _HOOK_TEST[which] if has_hook else None
    if what.name == "count_isolated" and is_balloon:
        return None
    if what.name == "take_free_page":
        return _TAKE_FREE
    special = (_OF_BALLOON if is_balloon else _OF_OTHERS).get(what.name)
    if special:
        return special[which]
    return what.old if is_2012 else what.modern


def page_kind(state: int) -> str:
    """The kind of a page, as the browser's page names it."""
    return u.PageState(state).name.lower() if 0 <= state < u.NR_STATES else "unknown"


def article(noun: str) -> str:
    """A noun with its article."""
    return f"{'an' if noun[:1] in 'aeiouAEIOU' else 'a'} {noun}"


def type_name(guest: Guest, pfn: int) -> str:
    """The migratetype of a page's pageblock, by its name in the profile."""
    mt = int(guest.blocks[pfn >> u.PAGEBLOCK_ORDER]["migratetype"])
    if mt == u.MIGRATE_RESERVE and guest.vm[0]["law_reserve_at_boot"]:
        return _RESERVE
    return u.Migratetype(mt).name


def _wanted(order: int) -> str:
    return "the whole memory" if order < 0 else f"order {order}"


def _pages(order: int) -> str:
    nr = 1 << order if order <= u.MAX_PAGE_ORDER else 1
    return "1 page is" if nr == 1 else f"{nr} pages are"


def _kept(flags: int) -> str:
    found = [word for flag, word in _KEPT if flags & flag]
    return " and ".join(found) if found else "mapped and was used"


def facts(
    guest: Guest, pfn: int, before: tuple[int, int, int], cc: int, more: Mapping[str, Any]
) -> dict[str, Any]:
    """The numbers that a sentence may mention.

    Args:
        guest: only read.
        pfn: page or first page of the pageblock.
        before: state, order and flags of the page before it was dealt with.
        cc: units.CC_* of the running compactor, -1 = none.
        more: ``to``, ``unmapped``; ``mt`` and ``order`` that an allocation wants.
    """
    state, order, flags = before
    to = more.get("to")
    c = guest.cc[max(cc, 0)]
    vm = guest.vm[0]
    unmapped = bool(more.get("unmapped"))
    kind = _NOUNS.get(state) or range_codes.page_words(state)
    to_type = type_name(guest, to) if to is not None else ""
    mt = type_name(guest, pfn)
    is_balloon = state == u.STATE_BALLOON
    return {
        "pfn": pfn, "kind": kind, "a_kind": article(kind), "order": order, "pages": _pages(order),
        "type": mt, "a_type": article(mt),
        "refcount": refcount(state, flags, unmapped),
        "expected": expected_refcount(state, flags, unmapped),
        "to": to, "to_type": to_type, "a_to_type": article(to_type),
        "migrate_pfn": int(c["migrate_pfn"]), "free_pfn": int(c["free_pfn"]),
        "wanted": _wanted(int(c["order"])),
        "mark": _BALLOON_MARK.get(int(vm["rule_hook"]), ""),
        "pass_type": u.Migratetype(int(vm["rule_pass_target"])).name,
        "how": "the driver took the new page and gave this one back; nothing was copied"
        if is_balloon else "its contents were copied",
        "wanted_type": u.Migratetype(int(more.get("mt", u.MIGRATE_MOVABLE))).name,
        "wanted_order": int(more.get("order", 0)),
        "scattered": int(guest.lists[u.LIST_BALLOON]["nr"]),
        "keep": int(vm["rule_gather_keep"]),
        "kept": _kept(flags),
    }  # fmt: skip


def _number(what: Watched, value: int, is_2012: bool) -> str:
    """A returned integer in the kernel's words."""
    if value in _ERRORS:
        return f"{_ERRORS[value]} ({value})"
    text = what.returns
    if "COMPACT_" in text and is_2012 and value in _COMPACT_OLD:
        return _COMPACT_OLD[value]
    if "COMPACT_" in text and 0 <= value < len(_COMPACT):
        return f"{_COMPACT[value]} ({value})"
    if "ISOLATE_" in text and 0 <= value < len(_ISOLATE):
        return f"{_ISOLATE[value]} ({value})"
    if "pfn" in text.partition(";")[0]:
        return "no page" if value == u.PFN_NONE else f"pfn {value}"
    return str(value)


def returned(what: Watched, value: Any, is_2012: bool = False) -> str:
    """What a function returned, as text; empty if it returns nothing.

    Args:
        what: the function.
        value: the Python value.
        is_2012: whether the guest follows Linux 3.8.
    """
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ", ".join(returned(what, one, is_2012) for one in value)
    if isinstance(value, bool | np.bool_) or what.returns.startswith("bool"):
        return "true" if value else "false"
    return _number(what, int(value), is_2012)
