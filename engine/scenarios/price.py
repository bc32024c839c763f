"""Scenarios of cost: tests on common paths, messages to the host, pages moved again and again."""

from engine import units as u
from engine.commands import CompactMemory, SetWorkload, TakeHugePages
from engine.scenarios.model import (
    FOUR,
    PREVENT,
    Scenario,
    Step,
    capture_source,
    inflate,
    synthetic_source,
)

_EXITS = ("host_exits", "host exits")
_MOVED = ("balloon_migrate", "balloon pages moved")
_COPIED = ("pages_copied", "pages copied")

COST: tuple[Scenario, ...] = (
    Scenario(
        "hot_path",
        "The hook's test on the common path",
        "cost",
        "How often does compaction test for a balloon page, without a balloon and with one?",
        "Without a balloon every test is in vain; with one, few meet a balloon page. Moving tests "
        "more often than isolating does. Pinned pages need no test.",
        "",
        capture_source("runs"),
        ("pinned", "lru_hook"),
        (
            Step((CompactMemory(),), "Compaction without any balloon."),
            Step((inflate(200), CompactMemory()), "The host takes 200 MiB; compaction again."),
        ),
        (
            ("hook_checks", "tests while isolating"),
            ("hook_checks_balloon", "that met a balloon page"),
            ("hook_unmap", "tests while moving"),
            ("hook_putback", "tests while putting back"),
        ),
    ),
    Scenario(
        "price_of_moving",
        "What a free block costs",
        "cost",
        "What do the guest and the host pay for the blocks that are freed?",
        "The hook and the pass end with the same number of free blocks and copy about as much; the "
        "hook sends many times the messages. Whole blocks at inflation free a few more, at the "
        "price of copying programs' pages.",
        "",
        capture_source("cycles"),
        (*FOUR, PREVENT),
        (
            Step((inflate(200),), "The host takes 200 MiB."),
            Step((CompactMemory(),), "Compaction of all zones."),
        ),
        (("free_blocks_all", "free blocks of 2 MiB"), _EXITS, _MOVED, _COPIED),
    ),
    Scenario(
        "repeats",
        "Moved again and again",
        "cost",
        "Is the same balloon page moved more than once?",
        "It is: the hook moves pages again as memory changes, and so does a pass that runs after "
        "failures. Balloon pages in whole blocks are never moved.",
        "",
        synthetic_source("no_balloon", 512),
        ("lru_hook", "separate_pass:on_failure", PREVENT),
        (
            Step((inflate(128),), "The host takes 128 MiB of a full file server."),
            *(
                Step(
                    (SetWorkload(True, 256, 500), TakeHugePages(400)),
                    f"Round {i} of 3: programs go on, then huge pages are requested.",
                )
                for i in (1, 2, 3)
            ),
        ),
        (_MOVED, ("balloon_repeats", "of those, not the first time"), _EXITS, _COPIED),
    ),
    Scenario(
        "hook_as_merged",
        "The hook as Linux 3.8 had it",
        "cost",
        "The hook was merged with three defects: what did they cost?",
        "As merged, the hook moves a small part of its pages and hands out few huge pages: most "
        "balloon pages are never isolated, and a page once moved is not recognised again.",
        "",
        capture_source("runs"),
        ("lru_hook", "lru_hook:hook=merged"),
        (
            Step((inflate(200),), "The host takes 200 MiB."),
            Step((CompactMemory(), CompactMemory()), "Compaction of all zones, twice."),
            Step((TakeHugePages(2000),), "As many huge pages as there are."),
        ),
        (("huge_best", "huge pages taken"), _MOVED, _COPIED, _EXITS),
        profile=u.PROFILES[u.PROFILE_2012],
    ),
)
