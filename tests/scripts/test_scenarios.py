"""docs/SCENARIOS.md has every scenario, and the numbers that come out."""

from __future__ import annotations

import pytest

from engine.scenarios.catalog import SCENARIOS
from scripts.docs.generated import with_parts
from scripts.docs.scenarios import DOCUMENT, generated
from tests.engine.scenes import played


@pytest.mark.slow
def test_the_document_has_the_numbers_that_come_out() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    results = {name: played(name) for name in SCENARIOS}
    written = with_parts(text, {"scenarios": generated(results)})
    assert text == written, "run python -m scripts.docs.scenarios"
