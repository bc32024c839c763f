"""Design "lru_hook": the generic migrate scanner knows balloon pages (Linux 3.8 to today)."""

from typing import ClassVar

from engine import units as u
from engine.designs.base import BalloonRules, Design, Toggle

_HOOK = {"intended": u.HOOK_INTENDED, "merged": u.HOOK_MERGED}


class LruHook(Design):
    """Movable balloon pages, as merged in 3.8 (R. Aquini), generalised since.

    Allocated as GFP_HIGHUSER_MOVABLE. Compaction isolates them along with LRU pages; moving one
    copies nothing but tells the host twice: target inflated, source deflated.
    """

    name: ClassVar[str] = "lru_hook"
    label: ClassVar[str] = "LRU hook: compaction moves balloon pages (Linux 6.12)"
    source: ClassVar[str] = "mm/balloon_compaction.c, drivers/virtio/virtio_balloon.c, 6.12"
    toggles: ClassVar[tuple[Toggle, ...]] = (
        Toggle(
            "hook",
            ("intended", "merged"),
            "as intended, or as merged in 3.8: a page moves once, behind an LRU page only",
            "mm/compaction.c, mm/migrate.c, 3.8: three defects, fixed from 3.12 to 3.18",
            bound=(("merged", u.PROFILES[u.PROFILE_2012]),),
        ),
        Toggle(
            "stop",
            ("off", "on"),
            "stop at the first failed allocation",
            "the driver of 6.12 sleeps 200 ms and tries again",
        ),
    )

    def rules(self) -> BalloonRules:
        """MOVABLE single pages, isolated by the generic scanner, filled in rounds as 6.12 does."""
        return BalloonRules(
            alloc_migratetype=u.MIGRATE_MOVABLE,
            hook=_HOOK[self.params["hook"]],
            stop_on_failure=1 if self.on("stop") else 0,
            driver_rounds=1,
        )
