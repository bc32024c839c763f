"""Measuring a recording: judged under each seed, beside the kernel against itself."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from engine.capture.load import load_capture
from engine.core.memory.clock import clock_us
from engine.recordings.measure import everything, measure, recorded_guest
from engine.recordings.recording import load_recording

RUNS = Path(__file__).parents[3] / "examples" / "runs"


@pytest.mark.slow
def test_each_seed_is_judged_and_side_by_side_is_the_same() -> None:
    found = measure(RUNS, (1, 2))
    assert found.name == "runs"
    assert [len(judged) for judged in found.judged] == [41, 41]
    assert everything([found], 1) == found.judged[1]
    assert len(found.against_itself) == 3 * 41
    with ThreadPoolExecutor(2) as pool:
        assert measure(RUNS, (1, 2), pool.map).judged == found.judged


@pytest.mark.slow
def test_the_capture_is_read_as_the_kernel_says() -> None:
    found = measure(RUNS, (1,))
    right, total = found.types
    assert 0.98 * total <= right <= total
    assert 0.99 <= found.orders <= 1


def test_the_guest_is_as_fast_as_the_one_that_was_recorded() -> None:
    capture = load_capture(RUNS / "s1.tar.xz", "runs")
    recording = replace(load_recording(RUNS, capture.main_zone), unit_ns=70)
    guest = recorded_guest(recording, capture, 1)
    guest.vm[0]["balloon_work"] = 1000
    assert clock_us(guest) == 70


def test_the_zone_that_is_judged_has_the_most_managed_pages() -> None:
    capture = load_capture(RUNS / "s1.tar.xz", "runs")
    managed = {zone.key: zone.number("managed") for zone in capture.zones}
    assert managed[capture.main_zone] == max(managed.values())


def test_a_folder_without_a_recording_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError):
        measure(tmp_path, (1,))
