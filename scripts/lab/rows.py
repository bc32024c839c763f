"""Maintainers: the rows of one run of stress-highalloc as a file for the real guest.

    python -m scripts.lab.rows PRESET SEED FILE

A header of 4096 bytes (magic, then int64: bytes that follow it, slots, handles, first handle of the
log, one slab in how many is stuck, min_free_kbytes of the last pass, unused), then for each slot
int32 rows, event, balloon target in pages or -1, phase; then its rows, int32[n, 4].
"""

from __future__ import annotations

import argparse
import struct
from pathlib import Path

from engine import units as u
from engine.stress.highalloc import make_balloon_cycle
from engine.stress.machine import make_machine
from engine.stress.params import STRESS_PRESETS, HighallocParams
from engine.stress.phases import Timetable
from engine.stress.stream import as_array

EVENTS = ("", "drop", "min_free", "score")
PHASES = (
    "boot", "copy", "run-in", "pass1", "pause", "pass2", "builds", "delete", "large file",
    "drop caches", "rested",
)  # fmt: skip
_HEADER = struct.Struct("<8s7q")
_SLOT = struct.Struct("<4i")
_READ = 1 << 16  # the guest reads the file in pieces of this size


def rows_file(params: HighallocParams, seed: int) -> bytes:
    """What the guest reads: the same rows and balloon targets that the simulator gets."""
    base = make_machine(params.memory_mib, seed)
    managed = int(base.zones["managed"].sum())
    timetable = Timetable(params, seed, managed, len(base.pages), u.GFP_HIGHUSER)
    cycle = make_balloon_cycle(params, seed)
    body = bytearray()
    nr_slots = 0
    for slot in timetable.slots():
        rows = as_array(slot.rows)
        target = cycle.target(nr_slots)
        head = (EVENTS.index(slot.event), -1 if target is None else target)
        body += (
            _SLOT.pack(len(rows), *head, PHASES.index(slot.phase)) + rows.astype("<i4").tobytes()
        )
        nr_slots += 1
    numbers = (len(body), nr_slots, len(base.pages), timetable.log)
    rest = (max(100 // max(params.stuck_percent, 1), 1), params.rested_min_free_kb, 0)
    head_bytes = _HEADER.pack(b"rows1", *numbers, *rest).ljust(4096, b"\0")
    return head_bytes + bytes(body) + bytes(-len(body) % _READ)


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("preset", choices=STRESS_PRESETS)
    parser.add_argument("seed", type=int)
    parser.add_argument("file", type=Path)
    args = parser.parse_args()
    args.file.write_bytes(rows_file(STRESS_PRESETS[args.preset], args.seed))


if __name__ == "__main__":
    main()
