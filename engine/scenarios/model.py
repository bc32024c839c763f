"""The parts of a scenario: steps, the numbers that decide it, and what was expected of them."""

from dataclasses import dataclass, field
from typing import Any

from engine import units as u
from engine.commands import BalloonDeflate, BalloonInflate, Command

NOBODY = "none"  # expected: no design is better than another

# Groups in the order of the page: name and label.
GROUPS: dict[str, str] = {
    "fair": "Six fair workloads",
    "reclaim": "Balloon pages cannot be reclaimed",
    "separate_pass": "A pass of its own",
    "dedicated_block": "Blocks of their own",
    "offline": "Taking memory away",
    "cma": "Contiguous memory",
    "cost": "What it costs",
}


@dataclass(frozen=True)
class Step:
    """Commands that belong together.

    Attributes:
        commands: each runs until nothing is left to do.
        words: what is done and what to watch, in one or two sentences.
    """

    commands: tuple[Command, ...]
    words: str

    def to_dict(self) -> dict[str, Any]:
        """The JSON form."""
        return {"words": self.words, "commands": [c.to_dict() for c in self.commands]}


@dataclass(frozen=True)
class Criterion:
    """The number that decides.

    Attributes:
        stat: name of a statistic (engine/view.py) after the last step.
        better: ``high`` or ``low``.
        margin: difference within which designs count as equal, in the unit of ``stat``.
    """

    stat: str
    better: str = "high"
    margin: int = 0

    def winners(self, numbers: dict[str, int]) -> tuple[str, ...]:
        """The best designs, in their order; all of them if there is no difference.

        Args:
            numbers: key of a design → its number.
        """
        best = max(numbers.values()) if self.better == "high" else min(numbers.values())
        return tuple(k for k, number in numbers.items() if abs(number - best) <= self.margin)


@dataclass(frozen=True)
class Scenario:
    """One scenario.

    Attributes:
        name: fixed; on the wire and the command line.
        label: a few words for a list.
        group: one of GROUPS.
        question: what it asks, one sentence.
        text: what was expected, and what came out.
        favours: the design that it was made to favour, NOBODY, or "" if it is not a contest.
        source: of the guest, as docs/PROTOCOL.md section 2.
        designs: keys, side by side.
        steps: one after another.
        show: numbers that decide it: statistic and label, two to four.
        judge: decides who wins; None where ``favours`` is "".
        borne_out: whether the design favoured is among the winners under every seed tried.
        seed: of the world.
        profile: whose rules, one of units.PROFILES.
    """

    name: str
    label: str
    group: str
    question: str
    text: str
    favours: str
    source: dict[str, Any]
    designs: tuple[str, ...]
    steps: tuple[Step, ...]
    show: tuple[tuple[str, str], ...]
    judge: Criterion | None = None
    borne_out: bool = True
    seed: int = 1
    profile: str = field(default=u.PROFILES[u.PROFILE_MODERN])

    def to_dict(self) -> dict[str, Any]:
        """The JSON form (docs/PROTOCOL.md section 1)."""
        return {
            "name": self.name,
            "label": self.label,
            "group": self.group,
            "question": self.question,
            "text": self.text,
            "favours": self.favours,
            "borne_out": self.borne_out,
            "judge": None
            if self.judge is None
            else {"stat": self.judge.stat, "better": self.judge.better},
            "config": {
                "source": dict(self.source),
                "designs": list(self.designs),
                "seed": self.seed,
                "profile": self.profile,
            },
            "steps": [step.to_dict() for step in self.steps],
            "show": [{"stat": stat, "label": label} for stat, label in self.show],
        }


FOUR = ("pinned", "lru_hook", "separate_pass", "dedicated_block")
PREVENT = "dedicated_block:prevent"


def inflate(mib: int) -> BalloonInflate:
    """Raise the balloon's target by ``mib`` MiB."""
    return BalloonInflate(u.mib_to_pages(mib))


def deflate(mib: int) -> BalloonDeflate:
    """Lower the balloon's target by ``mib`` MiB."""
    return BalloonDeflate(u.mib_to_pages(mib))


def synthetic_source(preset: str, size_mib: int, cma_mib: int = 0, seed: int = 1) -> dict[str, Any]:
    """The source of a synthetic guest."""
    area = {"cma_mib": cma_mib} if cma_mib else {}
    return {"kind": "synthetic", "preset": preset, "size_mib": size_mib, "seed": seed, **area}


def capture_source(name: str) -> dict[str, Any]:
    """The source of a bundled capture."""
    return {"kind": "capture", "name": name}
