"""Pageblocks of another order: the same laws, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine import units as u
from engine.core.jit import sources

ROOT = Path(__file__).resolve().parents[2]


def under(order: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What a fresh process of that pageblock order says; nothing is compiled for it."""
    environment = os.environ | {u.GEOMETRY_SETTING: order, "NUMBA_DISABLE_JIT": "1"}
    return subprocess.run(
        [sys.executable, "-P", *arguments],
        env=environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, cwd=ROOT, timeout=600, check=False,
    )  # fmt: skip


def test_pageblocks_of_the_largest_order_obey_the_same_laws():
    done = under("10", "-m", "tests.engine.geometry_laws", "2")  # of 6.12; odd seeds: of 2012
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["order"] == 10
    assert found["answers"][0]["buddyinfo"] == [1707, 1024, 0, 0, 0, 0, 0, 0, 0, 1, 6]


@pytest.mark.parametrize("order", ["8", "11", "nine"])
def test_an_order_that_nobody_simulates_is_refused(order):
    done = under(order, "-c", "import engine.units")
    assert f"{u.GEOMETRY_SETTING} is '{order}': one of 9, 10" in done.stderr


def test_each_geometry_has_compiled_code_of_its_own(monkeypatch):
    usual = sources.digest_of_modules(["engine.units"])
    monkeypatch.setattr(u, "PAGEBLOCK_ORDER", u.MAX_PAGE_ORDER)
    assert sources.digest_of_modules(["engine.units"]) != usual
