"""The fair workloads: six, each made to favour somebody; the text says whether it did."""

from engine.commands import BalloonInflate, CompactMemory, TakeHugePages
from engine.scenarios.shape import Judge, Scenario, Step, synthetic
from engine.units import mib_to_pages

FAIR: tuple[Scenario, ...] = (
    Scenario(
        "large_inflation",
        "One large inflation, then steady state",
        "fair",
        "The host takes a third once and for all: how many huge pages are left?",
        "Expected: whole pageblocks taken at inflation leave most huge pages, at no move at all.",
        "dedicated_block:prevent",
        synthetic("tight", 256),
        ("pinned", "lru_hook", "separate_pass", "dedicated_block:prevent"),
        (
            Step(
                (BalloonInflate(mib_to_pages(64)),),
                "The host takes 64 MiB.",
            ),
            Step((CompactMemory(),), "Compaction of all zones."),
            Step((TakeHugePages(200),), "As many huge pages as there are."),
        ),
        (("huge_best", "huge pages"), ("host_exits", "host exits")),
        Judge("huge_best"),
    ),
)
