"""stress-highalloc on a real kernel: the model's rows, and a page that shows the file."""

from __future__ import annotations

import json
import struct

import numpy as np

from engine.stress.highalloc import make_balloon_cycle
from engine.stress.params import STRESS_PRESETS
from engine.stress.phases import PASSES
from scripts.docs.generated import part_of
from scripts.docs.highalloc_parts import DOCUMENT
from scripts.lab.rows import EVENTS, rows_file
from scripts.lab.table import DESIGN_OF, PRESET, RESULTS, kernel_table

SMALL = STRESS_PRESETS["small"]


def test_the_real_guest_gets_every_slot_with_its_balloon_targets() -> None:
    data = rows_file(SMALL, 1)
    magic, size, nr_slots, nr_handles, *_ = struct.unpack_from("<8s7q", data)
    assert magic == b"rows1\0\0\0"
    at, targets, scores = 4096, {}, 0
    for slot in range(nr_slots):
        nr_rows, event, target, _ = struct.unpack_from("<4i", data, at)
        rows = np.frombuffer(data, "<i4", 4 * nr_rows, at + 16).reshape(-1, 4)
        assert (rows[:, 1] + rows[:, 2] <= nr_handles).all()
        at += 16 + rows.nbytes
        scores += EVENTS[event] == "score"
        if target >= 0:
            targets[slot] = target
    assert at == 4096 + size
    assert scores == len(PASSES)
    cycle = make_balloon_cycle(SMALL, 1)
    expected = {slot: cycle.target(slot) for slot in range(nr_slots)}
    assert targets == {slot: target for slot, target in expected.items() if target is not None}
    assert rows_file(SMALL, 1) == data != rows_file(SMALL, 2)


def test_the_page_shows_the_runs_of_the_real_kernel() -> None:
    recorded = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert recorded["preset"] == PRESET
    assert set(recorded["runs"]) == set(DESIGN_OF)
    for balloon, runs in recorded["runs"].items():
        assert set(recorded["model"][balloon]) == set(runs)
        assert all(0 < run[name] <= 100 for run in runs.values() for name in PASSES)
        assert all(run["oom_kill"] == 0 for run in runs.values())
    assert part_of(DOCUMENT.read_text(encoding="utf-8"), "kernel") == kernel_table(recorded)
