"""Runs a scenario without a page: each step until nothing is left to do, then the numbers."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from engine.guest import Guest
from engine.presets import make_synthetic
from engine.scenarios.model import Scenario
from engine.world import World, WorldConfig


def with_seed(scenario: Scenario, seed: int) -> Scenario:
    """The same scenario under another seed; a synthetic guest is redrawn as well.

    Args:
        scenario: as in the catalogue.
        seed: in place of its own.
    """
    source = dict(scenario.source)
    if source["kind"] == "synthetic":
        source["seed"] = seed
    return replace(scenario, source=source, seed=seed)


def synthetic_base(scenario: Scenario) -> Guest:
    """The guest of a scenario whose source is synthetic."""
    source = scenario.source
    return make_synthetic(
        source["preset"], source["size_mib"], source["seed"], source.get("cma_mib", 0)
    )


def run_scenario(
    scenario: Scenario,
    base: Guest,
    on_step: Callable[[World, int], None] | None = None,
) -> dict[str, Any]:
    """Run all steps.

    Args:
        scenario: what to do.
        base: the guest that its source describes; not written.
        on_step: called after each step with the world and the step's number.

    Returns:
        ``{"name", "steps": [{"words", "designs": {key: {statistic: number}}}]}``.
    """
    world = World(base, WorldConfig(scenario.designs, scenario.seed, profile=scenario.profile))
    world.run_until_idle()
    steps: list[dict[str, Any]] = []
    for i, step in enumerate(scenario.steps):
        for command in step.commands:
            world.apply(command)
            world.run_until_idle()
        designs = {key: dict(world.view(j).stat_dict()) for j, key in enumerate(world.keys)}
        steps.append({"words": step.words, "designs": designs})
        if on_step is not None:
            on_step(world, i)
    return {"name": scenario.name, "steps": steps}


def winners(scenario: Scenario, result: dict[str, Any]) -> tuple[str, ...]:
    """Which designs are best by the scenario's own measure.

    Args:
        scenario: with a judge.
        result: what run_scenario returned.
    """
    if scenario.judge is None:
        raise ValueError(f"scenario {scenario.name} is not a contest")
    last = result["steps"][-1]["designs"]
    return scenario.judge.winners({key: n[scenario.judge.stat] for key, n in last.items()})
