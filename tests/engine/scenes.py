"""Scenarios played once a test run, and numbers read off them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from engine.capture.load import guest_from_capture, load_capture
from engine.guest import Guest
from engine.scenarios.catalog import SCENARIOS
from engine.scenarios.model import Scenario
from engine.scenarios.run import run_scenario, synthetic_base, winners, with_seed
from engine.world import World

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def base_of(scenario: Scenario) -> Guest:
    """The guest that a scenario starts from."""
    if scenario.source["kind"] == "synthetic":
        return synthetic_base(scenario)
    path = EXAMPLES / scenario.source["name"] / "s1.tar.xz"
    return guest_from_capture(load_capture(path, path.name), scenario.seed)


@cache
def played(name: str, seed: int = 1) -> dict[str, Any]:
    """What came out of a scenario; every guest is recounted after every step."""
    scenario = with_seed(SCENARIOS[name], seed)

    def recount(world: World, _: int) -> None:
        world.validate()

    return run_scenario(scenario, base_of(scenario), recount)


def numbers(name: str, stat: str, step: int = -1, seed: int = 1) -> dict[str, int]:
    """One statistic after a step, by design."""
    designs = played(name, seed)["steps"][step]["designs"]
    return {key: all_of_them[stat] for key, all_of_them in designs.items()}


def bears_out(name: str, *seeds: int) -> bool:
    """Whether the design that a scenario favours wins under every seed."""
    scenario = SCENARIOS[name]
    won = [winners(scenario, played(name, seed)) for seed in seeds or (1,)]
    if scenario.favours == "none":
        return all(found == scenario.designs for found in won)
    return all(scenario.favours in found and found != scenario.designs for found in won)
