"""Ranges of memory: who can give them up."""

from __future__ import annotations

from engine import units as u
from tests.engine.scenes import numbers


def test_modern_offlining_moves_what_can_be_moved() -> None:
    result = numbers("offline_modern", "range_result")
    assert result["lru_hook"] == result["separate_pass"] == u.RANGE_DONE
