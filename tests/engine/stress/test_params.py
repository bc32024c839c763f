"""Numbers of stress-highalloc: prescribed or estimated, documented, changed one at a time."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from engine.stress.params import (
    ESTIMATED,
    PRESCRIBED,
    SLOT_MS,
    SLOTS_PER_SECOND,
    STRESS_PRESETS,
    HighallocParams,
    with_change,
)

DOCUMENT = Path(__file__).parents[3] / "docs" / "HIGHALLOC.md"


def test_every_number_is_prescribed_or_estimated_and_documented_with_its_value() -> None:
    names = {f.name for f in fields(HighallocParams)}
    assert set(PRESCRIBED) | set(ESTIMATED) == names
    assert not set(PRESCRIBED) & set(ESTIMATED)
    text = DOCUMENT.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (`[^|]*) \| ([^|]*) \|", text, re.M))
    for name in ESTIMATED:
        values = [value for key, value in rows.items() if f"`{name}`" in key]
        assert values, name
        assert f"{getattr(HighallocParams(), name):g}" in values[0], name
    for name in PRESCRIBED:
        assert f"`{name}`" in text, name


def test_presets_have_the_numbers_of_the_cover_letters() -> None:
    v11, v10 = STRESS_PRESETS["v11"], STRESS_PRESETS["v10"]
    assert (v11.balloon_mib, v11.chunk_mib) == (512, 64)
    assert (v10.balloon_mib, v10.chunk_mib) == (1024, 256)
    assert with_change(v10, "balloon_mib", 0).memory_mib == v11.memory_mib == 4096
    # 2 MiB every slot are 16 MiB a second.
    assert 2 * SLOTS_PER_SECOND == 16
    assert SLOT_MS * SLOTS_PER_SECOND == 1000


@pytest.mark.parametrize(
    ("name", "percent", "value"),
    [
        ("cc1_pages", 30, 5200),
        ("cc1_pages", -30, 2800),
        ("jobs_per_second", 30, 2.08),
        ("lingering_pages", 30, 3),
        ("lingering_pages", -30, 1),
    ],
)
def test_with_change_changes_one_number_and_no_other(name: str, percent: int, value: float) -> None:
    base = STRESS_PRESETS["v11"]
    changed = with_change(base, name, percent)
    assert getattr(changed, name) == pytest.approx(value)
    same = [f.name for f in fields(base) if getattr(base, f.name) == getattr(changed, f.name)]
    assert len(same) == len(fields(base)) - 1
