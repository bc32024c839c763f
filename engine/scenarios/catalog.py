"""All scenarios, by group; an explicit table, no discovery."""

from typing import Any

from engine.errors import unknown_name
from engine.scenarios.hotplug import CMA, OFFLINE
from engine.scenarios.model import GROUPS, Scenario
from engine.scenarios.price import COST
from engine.scenarios.proposals import DEDICATED_BLOCK, SEPARATE_PASS
from engine.scenarios.reclaim import RECLAIM
from engine.scenarios.workloads import FAIR

SCENARIOS: dict[str, Scenario] = {
    s.name: s for s in (*FAIR, *RECLAIM, *SEPARATE_PASS, *DEDICATED_BLOCK, *OFFLINE, *CMA, *COST)
}


def scenario(name: str) -> Scenario:
    """The scenario of that name.

    Raises:
        RefusedError: there is none; the sentence lists the known ones.
    """
    if name not in SCENARIOS:
        raise unknown_name("scenario", name, SCENARIOS)
    return SCENARIOS[name]


def catalog() -> dict[str, Any]:
    """Groups and scenarios as JSON-able dicts, in order."""
    return {
        "groups": [{"name": name, "label": label} for name, label in GROUPS.items()],
        "scenarios": [one.to_dict() for one in SCENARIOS.values()],
    }
