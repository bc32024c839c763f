"""Scenarios as data: the JSON form, and who wins by a number."""

from __future__ import annotations

from engine.commands import CompactMemory
from engine.scenarios.model import Criterion, Scenario, Step, capture_source, synthetic_source


def test_the_best_number_wins_and_equals_win_together() -> None:
    numbers = {"pinned": 10, "lru_hook": 12, "separate_pass": 12}
    assert Criterion("huge_best").winners(numbers) == ("lru_hook", "separate_pass")
    assert Criterion("host_exits", "low").winners(numbers) == ("pinned",)
    assert Criterion("huge_best", margin=2).winners(numbers) == tuple(numbers)


def test_the_json_form_has_a_config_that_the_server_takes() -> None:
    from server.wire.config import config_from_dict

    one = Scenario(
        "n", "l", "fair", "q?", "t", "", synthetic_source("tight", 256, cma_mib=16), ("pinned",),
        (Step((CompactMemory(),), "w"),), (("huge_best", "huge pages"),),
    )  # fmt: skip
    told = one.to_dict()
    assert config_from_dict(told["config"]).to_dict() == told["config"]
    assert told["steps"] == [{"words": "w", "commands": [{"type": "compact"}]}]
    assert told["show"] == [{"stat": "huge_best", "label": "huge pages"}]
    assert capture_source("runs") == {"kind": "capture", "name": "runs"}
