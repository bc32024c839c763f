"""docs/SCENARIOS.md has every scenario, and the numbers that come out."""

from __future__ import annotations

import pytest

from engine.scenarios.catalog import SCENARIOS
from scripts.scenarios import BEGIN, DOCUMENT, END, generated, rewritten
from tests.engine.scenes import played


@pytest.mark.slow
def test_the_document_is_what_comes_out() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    results = {name: played(name) for name in SCENARIOS}
    assert text == rewritten(text, generated(results)), "run python -m scripts.scenarios"


def test_only_the_generated_part_is_replaced() -> None:
    text = f"before\n{BEGIN}old\n{END}after\n"
    assert rewritten(text, "new\n") == f"before\n{BEGIN}new\n{END}after\n"
