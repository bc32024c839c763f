"""Where guests start: what names them, and what a worker keeps."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.errors import RefusedError
from engine.snapshot import digest
from engine.sweep.grid import GuestSpec
from server.sweep.starts import Bases, guest_identity, guest_mib, make_base, needed_mib
from tests.project_files import ROOT

SYNTHETIC = GuestSpec("synthetic", "tight", "tight", 256)
EXAMPLE = ROOT / "examples" / "runs" / "s1.tar.xz"


def test_a_file_is_named_by_its_bytes_wherever_it_lies(tmp_path: Path) -> None:
    shutil.copy(EXAMPLE, tmp_path / "mine.tar.xz")
    mine = GuestSpec("file", "mine", str(tmp_path / "mine.tar.xz"))
    example = GuestSpec("capture", "runs", "runs")
    assert guest_identity(mine) == guest_identity(example)
    assert guest_mib(mine) == guest_mib(example) > 900
    with (tmp_path / "mine.tar.xz").open("ab") as file:
        file.write(b"0")
    assert guest_identity(mine) != guest_identity(example)


def test_a_folder_is_named_by_all_its_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    before = guest_identity(GuestSpec("file", "x", str(tmp_path)))
    (tmp_path / "b").rename(tmp_path / "c")
    assert guest_identity(GuestSpec("file", "x", str(tmp_path))) != before


def test_a_synthetic_guest_is_named_by_its_recipe_and_size() -> None:
    others = [
        GuestSpec("synthetic", "x", "tight", 258),
        GuestSpec("synthetic", "x", "tight", 256, 2),
    ]
    assert len({guest_identity(spec) for spec in (SYNTHETIC, *others)}) == 3
    assert guest_mib(SYNTHETIC) == 256
    assert needed_mib(1024) > needed_mib(256) > 256


def test_what_is_not_there_is_refused() -> None:
    for spec, words in (
        (GuestSpec("capture", "x", "none"), "no example 'none'"),
        (GuestSpec("file", "x", "/nowhere/at.all"), "guest x: there is nothing at"),
    ):
        with pytest.raises(RefusedError, match=words):
            guest_identity(spec)


@pytest.mark.slow
def test_guests_are_made_of_captures_and_reports(tmp_path: Path) -> None:
    guest = make_base(GuestSpec("capture", "runs", "runs"), 2)
    assert len(guest.pages) * 4 // 1024 >= 1024
    drawn = GuestSpec(
        "report", "drawn", str(ROOT / "tests" / "engine" / "report" / "cases" / "head-only.txt")
    )
    assert guest_mib(drawn) > 0
    assert digest(make_base(drawn, 1)) != digest(make_base(drawn, 2))


def test_a_base_is_made_once_and_the_oldest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    bases = Bases()
    first = bases.get(SYNTHETIC, 1)
    assert bases.get(SYNTHETIC, 1) is first
    monkeypatch.setattr("server.sweep.starts.BASE_BYTES", 1)
    second = bases.get(SYNTHETIC, 2)
    assert bases.get(SYNTHETIC, 2) is second  # one stays, however large
    assert bases.get(SYNTHETIC, 1) is not first
