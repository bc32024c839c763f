"""Design "dedicated_block": balloon pages are gathered in whole pageblocks of their own."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from engine import units as u
from engine.designs.base import BalloonRules, Cause, Design, Toggle, Work

if TYPE_CHECKING:
    from engine.view import GuestView

_VICTIMS = {"newest": 0, "emptiest": 1}
_DEFLATE = {"newest": 0, "emptiest": 1, "blocks": 2}


class DedicatedBlock(Design):
    """Unmovable pageblocks dedicated to the balloon.

    M. Kim's second alternative (July 2012): when compaction or reclaim has produced a wholly free
    pageblock, mark it unmovable and move balloon pages there. The literal reading inflates like
    ``pinned`` and gathers after a compaction command; ``prevent`` takes whole pageblocks at
    inflation instead and never gathers. Both were recorded on a real kernel.
    """

    name: ClassVar[str] = "dedicated_block"
    label: ClassVar[str] = "Dedicated blocks: as proposed, our implementation"
    source: ClassVar[str] = "Minchan Kim, linux-mm, July 2012: second alternative to the hook"
    toggles: ClassVar[tuple[Toggle, ...]] = (
        Toggle(
            "prevent",
            ("off", "on"),
            "inflate by whole pageblocks first, never gather",
            "prevention instead of cure; the balloons of Hyper-V and VMware do it",
        ),
        Toggle(
            "own_type",
            ("off", "on"),
            "dedicated pageblocks get a migratetype nobody else may use",
            "the mail says unmovable; a type of its own can always be given back",
        ),
        Toggle(
            "reclaim",
            ("off", "on"),
            "gather also when kswapd goes to sleep",
            "the mail says compaction or reclaim; off in the recordings",
        ),
        Toggle(
            "keep",
            ("0", "1", "4", "16"),
            "free pageblocks that gathering leaves to others",
            "left open",
        ),
        Toggle(
            "gain",
            ("off", "on"),
            "gather only if two or more pageblocks lose their last balloon page",
            "one free pageblock is spent, so one gained is no gain",
        ),
        Toggle(
            "victims", ("newest", "emptiest"), "which scattered pages are gathered", "left open"
        ),
        Toggle(
            "deflate",
            ("newest", "emptiest", "blocks"),
            "which pages are given back first",
            "left open: newest and emptiest take scattered pages first, blocks takes whole ones",
        ),
        Toggle(
            "fill",
            ("off", "on"),
            "gather even fewer than 512 pages; later inflation uses the rest",
            "left open",
        ),
    )

    def rules(self) -> BalloonRules:
        """UNMOVABLE pages; whole pageblocks first under ``prevent``."""
        own = self.on("own_type")
        return BalloonRules(
            alloc_migratetype=u.MIGRATE_UNMOVABLE,
            whole_blocks=1 if self.on("prevent") else 0,
            stop_on_failure=1,
            deflate_order=_DEFLATE[self.params["deflate"]],
            dedicated_migratetype=u.MIGRATE_BALLOON if own else u.MIGRATE_UNMOVABLE,
            gather_victims=_VICTIMS[self.params["victims"]],
            gather_keep=int(self.params["keep"]),
            gather_gain=1 if self.on("gain") else 0,
            gather_fill=1 if self.on("fill") else 0,
        )

    def plan(self, view: "GuestView", cause: Cause) -> Sequence[Work]:
        """Gather after compaction, after reclaim if ``reclaim``; never under ``prevent``."""
        wanted = cause == Cause.COMPACTION_FINISHED or (
            cause == Cause.RECLAIM_FINISHED and self.on("reclaim")
        )
        if self.on("prevent") or not wanted or not view.stat("balloon_scattered"):
            return ()
        return (Work("gather"),)
