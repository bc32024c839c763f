"""Scenarios of ranges: memory offlining and contiguous allocation."""

from engine.commands import BalloonInflate, Offline
from engine.scenarios.shape import FOUR, Scenario, Step, capture
from engine.units import mib_to_pages

OFFLINE: tuple[Scenario, ...] = (
    Scenario(
        "offline_modern",
        "Take 64 MiB away from an inflated guest",
        "offline",
        "Can a range of memory with balloon pages in it go offline?",
        "Under Linux 6.12 movable balloon pages are moved away; unmovable ones forbid it.",
        "",
        capture("runs"),
        FOUR,
        (
            Step(
                (BalloonInflate(mib_to_pages(200)),),
                "The host takes 200 MiB. Balloon pages lie wherever a page was free.",
            ),
            Step(
                (Offline(512, 64),),
                "Somebody takes the memory from 512 to 576 MiB away.",
            ),
        ),
        (
            ("offline_pages", "pages offline"),
            ("range_migrated", "pages moved out"),
            ("range_wasted", "moved in vain"),
            ("host_exits", "host exits"),
        ),
    ),
)
