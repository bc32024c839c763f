"""What a design is: rules, data that the core indexes, plus a plan that requests work.

A design decides and never acts: it reads a view, answers with bounded requests, and never writes to
a guest. All designs use the same acting code in engine/core, so any difference in the picture is a
difference in decisions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import IntFlag
from typing import TYPE_CHECKING, ClassVar, Literal

from engine import units as u
from engine.errors import RefusedError
from engine.kernels import kernel_named

if TYPE_CHECKING:
    from engine.view import GuestView


class Cause(IntFlag):
    """Events after which a design is asked for its plan."""

    INFLATED = u.CAUSE_INFLATED
    DEFLATED = u.CAUSE_DEFLATED
    COMPACTION_FINISHED = u.CAUSE_COMPACTION_FINISHED
    RECLAIM_FINISHED = u.CAUSE_RECLAIM_FINISHED
    DIRECT_COMPACTION_FAILED = u.CAUSE_DIRECT_COMPACTION_FAILED


@dataclass(frozen=True)
class Work:
    """One bounded request of a design.

    Attributes:
        kind: ``balloon_pass`` (move scattered balloon pages as separate_pass does), ``gather``
            (fill free pageblocks with scattered balloon pages), ``compact`` (an ordinary
            compact_memory run).
        budget: pages for balloon_pass, pageblocks for gather, ignored for compact; PFN_NONE = no
            limit.
    """

    kind: Literal["balloon_pass", "gather", "compact"]
    budget: int = u.PFN_NONE


@dataclass(frozen=True)
class BalloonRules:
    """Integers that the core indexes; field ``x`` becomes Guest.vm[0]["rule_x"].

    Attributes:
        alloc_migratetype: migratetype of single balloon pages: MIGRATE_UNMOVABLE or
            MIGRATE_MOVABLE.
        hook: whether the generic migrate scanner tests for balloon pages and isolates them,
            units.HOOK_*.
        whole_blocks: 1 = inflation takes whole pageblocks (order 9) first, single pages for the
            rest (toggle P).
        stop_on_failure: 1 = inflation ends at the first failed allocation, 0 = the driver sleeps
            and retries.
        deflate_order: 0 = scattered newest first, then dedicated newest first; 1 = scattered, then
            dedicated pageblocks with the fewest balloon pages first; 2 = dedicated pageblocks
            first, newest first, then scattered.
        dedicated_migratetype: type of a dedicated pageblock: MIGRATE_UNMOVABLE or MIGRATE_BALLOON.
        gather_victims: 0 = newest first, 1 = from pageblocks with the fewest balloon pages first.
        gather_keep: free pageblocks that gathering must leave.
        gather_gain: 1 = gather only if at least two pageblocks lose their last balloon page by it.
        gather_fill: 1 = gather also with fewer than 512 scattered pages; the rest of the pageblock
            goes to later inflation.
        pass_target: migratetype of pageblocks in which the balloon pass looks for targets.
        pass_lru: 1 = an ordinary compaction run follows the balloon pass.
        pass_batch: balloon pages moved with one pair of messages, 1 to 256.
        range_aware: 1 = range isolation (offline, CMA) calls the balloon pass too.
        driver_rounds: 1 = the pages of one round of 256 reach the balloon's list in reverse, and
            leave it so (6.12); 0 = strictly newest first.
    """

    alloc_migratetype: int = u.MIGRATE_UNMOVABLE
    hook: int = 0
    whole_blocks: int = 0
    stop_on_failure: int = 1
    deflate_order: int = 0
    dedicated_migratetype: int = u.MIGRATE_UNMOVABLE
    gather_victims: int = 0
    gather_keep: int = 0
    gather_gain: int = 0
    gather_fill: int = 0
    pass_target: int = u.MIGRATE_MOVABLE
    pass_lru: int = 0
    pass_batch: int = u.BALLOON_ARRAY_PFNS_MAX
    range_aware: int = 0
    driver_rounds: int = 0


@dataclass(frozen=True)
class Toggle:
    """One choice that the source of a design leaves open.

    Attributes:
        name: as written after the colon: ``dedicated_block:keep=1+gain``.
        values: allowed values, the default (literal reading, or as recorded) first. A bare name
            means ``on``.
        label: a few words for the page.
        source: where the choice comes from.
        bound: values that only one profile has, as (value, profile).
    """

    name: str
    values: tuple[str, ...]
    label: str
    source: str
    bound: tuple[tuple[str, str], ...] = ()


class Design:
    """Base of the four designs.

    Attributes:
        name: fixed name on the wire; never renamed.
        label: words for the page, saying whose design it is.
        source: who proposed it, where.
        toggles: the choices, in the order in which a key lists them.
        params: toggle name → value in force, complete.
        key: the panel's key, exactly as the user wrote it.
    """

    name: ClassVar[str]
    label: ClassVar[str]
    source: ClassVar[str]
    toggles: ClassVar[tuple[Toggle, ...]] = ()

    def __init__(self, key: str, params: Mapping[str, str]) -> None:
        self.key = key
        self.params: dict[str, str] = {
            t.name: params.get(t.name, t.values[0]) for t in self.toggles
        }

    def on(self, toggle: str) -> bool:
        """Whether a switch-like toggle is on."""
        return self.params[toggle] == "on"

    def rules(self) -> BalloonRules:
        """The design as integers for the core."""
        raise NotImplementedError

    def check_profile(self, profile: str) -> None:
        """Refuse toggle values that a profile does not have.

        Args:
            profile: a name in kernels.KERNELS.

        Raises:
            RefusedError: a toggle has a value that belongs to another profile.
        """
        number = kernel_named(profile).profile
        for toggle in self.toggles:
            for value, needed in toggle.bound:
                if self.params[toggle.name] == value and number != kernel_named(needed).profile:
                    raise RefusedError(
                        f"design {self.name}: toggle {toggle.name}={value} needs profile {needed}, "
                        f"this is profile {profile}"
                    )

    def plan(self, view: "GuestView", cause: Cause) -> Sequence[Work]:
        """Work to do after ``cause``; nothing by default.

        Args:
            view: the guest, read-only.
            cause: exactly one cause.
        """
        return ()


def rules_dict(rules: BalloonRules) -> dict[str, int]:
    """Rules as ``{"rule_alloc_migratetype": ...}``, the names of Guest.vm fields."""
    return {f"rule_{name}": value for name, value in asdict(rules).items()}
