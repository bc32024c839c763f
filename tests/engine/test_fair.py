"""The fair workloads: the text of each admits what came out."""

from __future__ import annotations

from engine.scenarios.catalog import SCENARIOS
from tests.engine.scenes import bears_out


def test_one_large_inflation() -> None:
    one = SCENARIOS["large_inflation"]
    assert bears_out(one.name) == one.borne_out
