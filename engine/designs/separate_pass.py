"""Design "separate_pass": the balloon moves its pages itself, in a pass of its own."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from engine import units as u
from engine.designs.base import BalloonRules, Cause, Design, Toggle, Work

if TYPE_CHECKING:
    from engine.view import GuestView


class SeparatePass(Design):
    """Balloon pages handled "like huge pages": outside the LRU path, when ballooning happens.

    M. Kim's first alternative in the review of v4 (July 2012), two sentences long; everything else
    here is our construction, and each choice is a toggle. After the balloon has reached its target,
    one pass walks each zone with both scanners, accepts balloon pages only, moves them to the
    zone's end and tells the host in batches.
    """

    name: ClassVar[str] = "separate_pass"
    label: ClassVar[str] = "Separate pass: as proposed, our implementation"
    source: ClassVar[str] = "Minchan Kim, linux-mm, July 2012: first alternative to the hook"
    toggles: ClassVar[tuple[Toggle, ...]] = (
        Toggle(
            "type",
            ("movable", "unmovable"),
            "migratetype of balloon pages",
            "left open: movable needs every isolating user taught (2a), unmovable does not (2b)",
        ),
        Toggle(
            "on_failure",
            ("off", "on"),
            "also run after a direct compaction for 2 MiB failed",
            "the mail says only when ballooning happens",
        ),
        Toggle(
            "lru_pass",
            ("on", "off"),
            "an ordinary compaction run follows the pass",
            "a pageblock is free only after both",
        ),
        Toggle(
            "batch",
            ("256", "64", "16", "1"),
            "pages moved per pair of host messages",
            "one message carries at most 256 pfns",
        ),
        Toggle(
            "ranges",
            ("on", "off"),
            "offlining and CMA call the pass for their range",
            "left open: without it movable balloon pages break both, with type=unmovable it is off",
        ),
    )

    def rules(self) -> BalloonRules:
        """Pages that only the pass moves, towards pageblocks of their own migratetype."""
        movable = self.params["type"] == "movable"
        migratetype = u.MIGRATE_MOVABLE if movable else u.MIGRATE_UNMOVABLE
        return BalloonRules(
            alloc_migratetype=migratetype,
            stop_on_failure=0,
            driver_rounds=1,
            pass_target=migratetype,
            pass_lru=1 if self.on("lru_pass") else 0,
            pass_batch=int(self.params["batch"]),
            range_aware=1 if movable and self.on("ranges") else 0,
        )

    def plan(self, view: "GuestView", cause: Cause) -> Sequence[Work]:
        """One pass after each balloon event, and after a failed 2 MiB request if ``on_failure``."""
        wanted = cause in (Cause.INFLATED, Cause.DEFLATED) or (
            cause == Cause.DIRECT_COMPACTION_FAILED and self.on("on_failure")
        )
        if not wanted or not view.stat("balloon_actual"):
            return ()
        return (Work("balloon_pass"),)
