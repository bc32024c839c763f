"""Design "pinned": balloon pages are unmovable and nothing ever moves them."""

from typing import ClassVar

from engine import units as u
from engine.designs.base import BalloonRules, Design, Toggle


class Pinned(Design):
    """virtio-balloon before 3.8: order-0 pages of type UNMOVABLE, never isolated.

    Allocated as GFP_HIGHUSER, so grouping by mobility already keeps part of the damage out of
    MOVABLE pageblocks. Deflation gives back the newest page first.
    """

    name: ClassVar[str] = "pinned"
    label: ClassVar[str] = "Pinned: balloon pages never move (before Linux 3.8)"
    source: ClassVar[str] = "drivers/virtio/virtio_balloon.c before 3.8"
    toggles: ClassVar[tuple[Toggle, ...]] = (
        Toggle(
            "retry",
            ("off", "on"),
            "keep trying after a failed allocation",
            "the driver slept 200 ms and tried again; the recordings stop at the first failure",
        ),
    )

    def rules(self) -> BalloonRules:
        """UNMOVABLE single pages; stops at the first failure unless ``retry``."""
        return BalloonRules(
            alloc_migratetype=u.MIGRATE_UNMOVABLE, stop_on_failure=0 if self.on("retry") else 1
        )
