"""Scenarios of reclaim: a MOVABLE pageblock that nothing can empty."""

from engine.commands import CompactMemory, DropCaches, TakeHugePages
from engine.scenarios.model import PREVENT, Scenario, Step, deflate, inflate, synthetic_source

RECLAIM: tuple[Scenario, ...] = (
    Scenario(
        "cannot_reclaim",
        "A block that nobody can empty",
        "reclaim",
        "A MOVABLE block holds balloon pages and no free page is left to move them to: can reclaim"
        " empty it?",
        "Without free targets no design hands out a huge page. The hook's blocks count as movable, "
        "but there is no room to move their pages to, and reclaim finds no page cache. With 64 MiB"
        " given back all can again, the hook and the pass a little more under some seeds.",
        "",
        synthetic_source("no_balloon", 256),
        ("pinned", "lru_hook", "separate_pass", PREVENT),
        (
            Step(
                (TakeHugePages(400),),
                "No balloon yet. Page cache fills the blocks: reclaim drops it, which yields huge "
                "pages.",
            ),
            Step(
                (inflate(220),),
                "The host asks for 220 MiB. Balloon pages take the place of the page cache, until "
                "nothing is left to give.",
            ),
            Step(
                (CompactMemory(), DropCaches(), TakeHugePages(400)),
                "Compaction finds no target; dropping caches finds no page cache; a request for "
                "huge pages tries both again.",
            ),
            Step(
                (deflate(64), TakeHugePages(400)),
                "The host gives 64 MiB back: now there are targets. The same request again.",
            ),
        ),
        (
            ("huge_best", "huge pages taken"),
            ("thp_potential", "blocks movable in principle"),
            ("fullness_lru_file", "page cache, pages"),
            ("balloon_migrate", "balloon pages moved"),
        ),
    ),
)
