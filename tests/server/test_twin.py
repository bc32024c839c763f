"""The second process as the first one holds it: its settings, its memory, its beginning and end."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from engine import units as u
from server.errors import JournalError, LimitReachedError
from server.session.budget import Budget
from server.settings import Settings, settings_from
from server.twin import Twin, environment_of, other_order

MIB = 1 << 20
SETTINGS = Settings(max_guest_mib=400, max_history_mib=64, data_dir="/somewhere", shutdown_s=1)


def test_it_has_the_settings_of_the_first_and_a_part_of_its_memory() -> None:
    assert other_order() == 10
    environment = environment_of(SETTINGS, 10)
    assert environment[u.GEOMETRY_SETTING] == "10"
    known = settings_from({k: v for k, v in environment.items() if k.startswith("FRAGSCOPE_")})
    assert known.guest_bytes == 100 * MIB
    assert (known.max_history_mib, known.data_dir) == (16, "/somewhere")
    assert known.max_sessions == SETTINGS.max_sessions


async def test_without_memory_for_its_guests_it_does_not_begin() -> None:
    budget = Budget(SETTINGS.guest_bytes)
    budget.reserve("others", 350 * MIB)
    twin = Twin(SETTINGS, budget)
    with pytest.raises(LimitReachedError, match="100 MiB: 50 MiB"):
        async with twin.using():
            pass
    assert not twin.running
    twin.close()
    await twin.closed()
    assert budget.used == 350 * MIB


async def test_one_that_does_not_start_says_so_and_holds_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    budget = Budget(SETTINGS.guest_bytes)
    twin = Twin(SETTINGS, budget)
    for program in ("/bin/false", "/nowhere/python"):
        monkeypatch.setattr(sys, "executable", program)
        with pytest.raises(JournalError, match="pageblocks of 4 MiB does not start"):
            async with twin.using():
                pass
        async with asyncio.timeout(30):
            while budget.used:
                await asyncio.sleep(0)
    assert "does not start" in caplog.text
    twin.close()
    await twin.closed()


async def test_one_that_nobody_asks_for_ends_and_begins_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A stand-in that listens and ends with its standard input, as the program does."""
    program = tmp_path / "python"
    code = "import sys, pathlib; pathlib.Path(sys.argv[-1]).touch(); sys.stdin.read()"
    program.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{code}' \"$@\"\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    budget = Budget(SETTINGS.guest_bytes)
    twin = Twin(SETTINGS.model_copy(update={"session_ttl_s": 1}), budget)
    async with twin.using() as first:
        assert twin.running
        assert budget.held_by(twin) == 100 * MIB
        assert Path(first).exists()
        assert twin._watching is not None
        ended, _ = await asyncio.wait([twin._watching], timeout=2.2)
        assert not ended, "somebody asks"
    await asyncio.wait_for(twin._watching, 30)
    assert budget.used == 0
    assert not twin.running
    assert not Path(first).exists()
    async with twin.using() as second:
        assert second != first
    twin.close()
    await twin.closed()
    assert budget.used == 0
    with pytest.raises(JournalError, match="shutting down"):
        async with twin.using():
            pass
