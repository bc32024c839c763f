"""A capture with pageblocks of the largest order is played by a process of its own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine import small_capture as small
from tests.project_files import ROOT
from tests.server.command_line import run


def of_order_10() -> dict[str, bytes]:
    """A small machine of eight pageblocks of 4 MiB: kernel, programs, and 12 MiB free."""
    flags = small.words((1024, small.SLAB), (2048, small.ANON), (1024, small.FILE))
    flags[4096:5120:2] = small.ANON
    files = small.files(flags, "UU" + 14 * "M")
    text = files["pagetypeinfo"].replace(b"order: 9", b"order: 10").replace(b" 512\n", b"1024\n")
    head, _, _ = text.rpartition(b"Node 0")
    return files | {"pagetypeinfo": head + b"Node 0, zone      DMA 1 7 0 0 0 \n"}


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    folder = tmp_path / "order-10"
    folder.mkdir()
    for name, body in of_order_10().items():
        (folder / name).write_bytes(body)
    return folder


def test_the_command_line_starts_a_process_of_that_order(capture: Path, tmp_path: Path) -> None:
    ops = tmp_path / "ops.json"
    ops.write_text('[["inflate", 2], ["huge", 3]]')
    arguments = ["replay", str(capture), "--ops", str(ops), "--designs", "lru_hook", "--json"]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "server.cli", *arguments],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, cwd=ROOT, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    steps = json.loads(done.stdout)["designs"]["lru_hook"]
    assert (steps[0]["got_mib"], steps[1]["huge_pages"]) == (2, 3)
    for step in steps:
        counts = step["zones"][0]["counts"]
        assert counts[9] + 2 * counts[10] == step["stats"]["free_blocks_all"]
        assert sum(n << order for order, n in enumerate(counts)) == step["free"]


def test_guests_drawn_from_a_report_are_of_its_order(capture: Path) -> None:
    text = b"".join((capture / n).read_bytes() for n in ("buddyinfo", "pagetypeinfo", "zoneinfo"))
    arguments = ["report", "-", "--what-if", "inflate=2,huge=3", "--draws", "2", "--json"]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "server.cli", *arguments, "--designs", "lru_hook"],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True, cwd=ROOT, timeout=600, check=False, input=text,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    answer = json.loads(done.stdout)
    assert answer["zones"][0]["pageblock_order"] == 10
    steps = answer["what_if"]["spread"]["lru_hook"]
    assert steps[0]["got_mib"]["low"] == steps[0]["got_mib"]["high"] == 2
    assert steps[1]["huge_pages"]["low"] >= 2


def test_what_this_process_cannot_simulate_is_said(
    capture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, err = run(capsys, "replay", str(capture), "--ops", "none.json")
    assert status == 2
    assert "order 10 (4 MiB with pages of 4 KiB): one process simulates one order" in err
    text = (capture / "zoneinfo").read_text()
    (capture / "zoneinfo").write_text(re.sub("zone +DMA\n", "zone  HighMem\n", text))
    (capture / "pagetypeinfo").write_bytes(small.small()["pagetypeinfo"])
    status, _, err = run(capsys, "replay", str(capture), "--ops", "none.json")
    assert status == 2
    assert "zone HighMem of node 0 has 8192 pages" in err


def test_a_server_of_another_order_is_started_by_the_first_one_only() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "server.cli", "serve", "--port", "0"],
        env=os.environ | {"FRAGSCOPE_PAGEBLOCK_ORDER": "10", "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, cwd=ROOT, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "FRAGSCOPE_PAGEBLOCK_ORDER is 10: leave it out, and the server starts" in done.stderr
