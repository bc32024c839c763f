"""Scenarios of ranges: memory offlining and contiguous allocation."""

from engine import units as u
from engine.commands import AllocContig, Offline
from engine.scenarios.model import (
    PREVENT,
    Scenario,
    Step,
    capture_source,
    deflate,
    inflate,
    synthetic_source,
)

_MOVED = ("range_migrated", "pages moved out")
_WASTED = ("range_wasted", "moved in vain")
_EXITS = ("host_exits", "host exits")
_DESIGNS = ("pinned", "lru_hook", "separate_pass", "separate_pass:ranges=off", "dedicated_block")
_STEPS = (
    Step(
        (inflate(200),),
        "The host takes 200 MiB. Balloon pages lie in the marked range under every design.",
    ),
    Step(
        (Offline(580, 20),),
        "Somebody takes the memory from 580 to 600 MiB away: it goes offline, or stops at a page "
        "that is named.",
    ),
)
_SHOW = (("offline_pages", "pages offline"), _MOVED, _WASTED, _EXITS)

OFFLINE: tuple[Scenario, ...] = (
    Scenario(
        "offline_modern",
        "Take 20 MiB away, Linux 6.12",
        "offline",
        "Can a range with balloon pages in it go offline today?",
        "Movable balloon pages are moved out and the range goes offline: the hook sends two "
        "messages per page, the pass two for up to 256. Where nobody can move them, offlining is "
        "refused before anything is moved.",
        "",
        capture_source("cycles"),
        _DESIGNS,
        _STEPS,
        _SHOW,
    ),
    Scenario(
        "offline_2012",
        "Take 20 MiB away, Linux 3.8",
        "offline",
        "Could a range with balloon pages in it go offline when the hook was merged?",
        "Offlining in Linux 3.8 only knows LRU pages: with the hook it stops at a balloon page. "
        "With pinned pages it first moves programs' pages, in vain. Only a pass that is called for "
        "the range succeeds.",
        "",
        capture_source("cycles"),
        _DESIGNS,
        _STEPS,
        _SHOW,
        profile=u.PROFILES[u.PROFILE_2012],
    ),
)

CMA: tuple[Scenario, ...] = (
    Scenario(
        "cma",
        "16 contiguous MiB from the CMA area",
        "cma",
        "A device wants contiguous memory while the balloon is large: do balloon pages let go?",
        "Unmovable balloon pages never enter the area. Movable ones do, and whoever wants the area"
        " must be able to move them: the hook and the pass can; the pass without ranges fails, "
        "after wasted work.",
        "",
        synthetic_source("tight", 256, cma_mib=32),
        _DESIGNS,
        (
            Step(
                (inflate(75),),
                "The host takes 75 MiB. Movable balloon pages enter the CMA area at the top, "
                "unmovable ones never do.",
            ),
            Step((AllocContig(16),), "A device asks for 16 contiguous MiB."),
        ),
        (("range_result", "1 got it, 2 stopped"), _MOVED, _WASTED, _EXITS),
    ),
    Scenario(
        "cma_no_room",
        "The CMA area when no room is left",
        "cma",
        "Movable pages in the area must go somewhere: what if there is no room?",
        "Where no room is left, movable balloon pages cannot go anywhere: the device gets nothing,"
        " after wasted work. Unmovable ones stayed outside the area, but the host got less memory. "
        "With 48 MiB given back all succeed.",
        "",
        synthetic_source("roomy", 256, cma_mib=32),
        ("pinned", "lru_hook", "separate_pass", PREVENT),
        (
            Step((inflate(150),), "The host asks for 150 MiB: nearly all that is free."),
            Step((AllocContig(16),), "A device asks for 16 contiguous MiB."),
            Step(
                (deflate(48), AllocContig(16)),
                "The host gives 48 MiB back, and the device asks again.",
            ),
        ),
        (("range_result", "1 got it, 2 stopped"), ("balloon_actual", "balloon, pages"), _MOVED,
         _WASTED),
    ),
)  # fmt: skip
