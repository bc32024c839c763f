"""The outcome of a request for a range of memory, for people: from numbers to words.

Offlining and contiguous allocation (core/ranges/offline.py, core/ranges/contig.py) leave numbers in
the statistics; the command line and replays report what this module makes of them.
"""

from collections.abc import Mapping
from typing import Any

from engine import units as u
from engine.core.ranges.range_codes import SOURCES, RangeReason, explain_stop, page_words

_DONE = {u.RANGE_OFFLINE: "offlined", u.RANGE_CONTIG: "allocated"}


def range_answer(stats: Mapping[str, int]) -> dict[str, Any]:
    """The last request for a range as a JSON-able dict.

    Args:
        stats: statistics by name (engine/view.py).

    Returns:
        ``result`` (offlined, allocated or stopped), ``reason`` (lower-case name of RangeReason),
        ``sentence``, ``source`` (the kernel function that decides), ``pfn`` (-1 = none) and
        ``page`` (what it is), the range in question, and pages ``migrated``, ``wasted`` (of those,
        by failed attempts), ``returned`` (isolated and put back), ``reclaimed`` (dropped instead of
        moved), ``rounds``.
    """
    reason = RangeReason(stats["range_reason"])
    pfn, state = stats["range_pfn"], stats["range_page"]
    stopped = stats["range_result"] == u.RANGE_STOPPED
    done = _DONE.get(stats["range_kind"], "none")
    return {
        "result": "stopped" if stopped else done,
        "reason": reason.name.lower(),
        "sentence": explain_stop(reason, pfn, state, stats["range_block"]),
        "source": SOURCES[reason],
        "pfn": pfn,
        "page": page_words(state) if pfn >= 0 else "",
        "start_pfn": stats["range_start_pfn"],
        "end_pfn": stats["range_end_pfn"],
        **{
            name: stats[f"range_{name}"]
            for name in ("migrated", "wasted", "returned", "reclaimed", "rounds")
        },
    }
