"""Running a scenario: steps in order, numbers after each, the base untouched."""

from __future__ import annotations

import pytest

from engine.commands import BalloonInflate, CompactMemory
from engine.scenarios.model import Criterion, Scenario, Step
from engine.scenarios.run import run_scenario, synthetic_base, winners, with_seed
from engine.snapshot import digest
from engine.world import World

pytestmark = pytest.mark.slow

SMALL = Scenario(
    name="small", label="", group="fair", question="", text="", favours="",
    source={"kind": "synthetic", "preset": "tight", "size_mib": 256, "seed": 3},
    designs=("pinned", "lru_hook"),
    steps=(Step((BalloonInflate(1024),), "first"), Step((CompactMemory(),), "second")),
    show=(), judge=Criterion("free_blocks_all"),
)  # fmt: skip


def test_each_step_has_its_words_and_the_numbers_of_every_design() -> None:
    base = synthetic_base(SMALL)
    before = digest(base)
    seen: list[tuple[int, int]] = []

    def on_step(world: World, step: int) -> None:
        seen.append((step, world.view(0).stat_dict()["balloon_actual"]))

    result = run_scenario(SMALL, base, on_step)
    assert seen == [(0, 1024), (1, 1024)]
    assert [step["words"] for step in result["steps"]] == ["first", "second"]
    assert [step["designs"]["pinned"]["balloon_actual"] for step in result["steps"]] == [1024, 1024]
    assert digest(base) == before


def test_another_seed_redraws_a_synthetic_guest() -> None:
    other = with_seed(SMALL, 4)
    assert (other.seed, other.source["seed"], SMALL.source["seed"]) == (4, 4, 3)
    assert digest(synthetic_base(other)) != digest(synthetic_base(SMALL))


def test_the_winner_is_read_from_the_last_step() -> None:
    steps = [{"designs": {"pinned": {"free_blocks_all": n}, "lru_hook": {"free_blocks_all": 5}}}
             for n in (9, 5)]  # fmt: skip
    assert winners(SMALL, {"steps": steps}) == ("pinned", "lru_hook")
    assert winners(SMALL, {"steps": steps[:1]}) == ("pinned",)


def test_a_scenario_without_a_judge_has_no_winner() -> None:
    story = Scenario(**{**vars(SMALL), "judge": None})
    with pytest.raises(ValueError, match="scenario small is not a contest"):
        winners(story, {"steps": []})
