"""What every leg shares: golden files, and how hard the random tests try."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

GOLDEN = Path(__file__).parent / "golden"

# No test touches the sessions of whoever runs it: those of servers in this process, and of the
# processes that tests start.
_DATA = tempfile.TemporaryDirectory(prefix="fragscope-test-", ignore_cleanup_errors=True)
os.environ["XDG_DATA_HOME"] = os.environ["FRAGSCOPE_DATA_DIR"] = _DATA.name

# Derandomised: a red run is red again for the next person. `make soak` draws anew, ten times more.
_common = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.data_too_large],
}
_examples = 8 if os.environ.get("NUMBA_DISABLE_JIT") == "1" else 40
settings.register_profile("test", derandomize=True, max_examples=_examples, **_common)
settings.register_profile("soak", max_examples=400, **_common)
settings.load_profile(os.environ.get("FRAGSCOPE_HYPOTHESIS", "test"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="rewrite tests/golden/ instead of comparing"
    )


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str | bytes], None]:
    """Compare with a file below tests/golden/, or rewrite it under --update-golden.

    Call it as golden("replay/runs.txt", text) or with bytes.
    """

    def compare(name: str, value: str | bytes) -> None:
        path = GOLDEN / name
        data = value.encode() if isinstance(value, str) else value
        if request.config.getoption("--update-golden"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            return
        assert path.exists(), f"{path} is missing: make golden writes it"
        stored = path.read_bytes()
        if isinstance(value, str):
            assert value == stored.decode(), f"{name} differs; if it should, make golden"
        assert data == stored, f"{name} differs; if it should, make golden"

    return compare
