"""Recordings made up for tests: three runs of three steps on a machine of one small zone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from engine.recordings.recording import Recording, load_recording

ZONE = (0, "DMA")
FULL = [0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 2]  # 7 blocks of 2 MiB
LOOSE = [512, 0, 0, 0, 0, 0, 0, 0, 0, 3, 2]


def buddyinfo(counts: list[int]) -> str:
    numbers = " ".join(map(str, counts))
    return f"Node 0, zone      DMA {numbers}\nNode 0, zone   Normal 9 9 9 9 9 9 9 9 9 9 9\n"


def recorded(op: list[Any], got: Any, counts: list[int], **vmstat: int) -> dict[str, Any]:
    return {"op": op, "got": got, "buddyinfo": buddyinfo(counts), "vmstat": vmstat}


def result(**designs: list[list[dict[str, Any]]]) -> dict[str, Any]:
    return {
        "scenario": {"name": "made", "ops": [["inflate", 8], ["compact"], ["huge", 9]]},
        "s1": {
            "blocks": "UM",
            "buddyinfo": buddyinfo(LOOSE),
            "vmstat": {"compact_isolated": 100, "balloon_migrate": 7},
        },
        "designs": designs,
    }


def run(isolated: int, huge: int) -> list[dict[str, Any]]:
    return [
        recorded(["inflate", 8], 8, LOOSE, compact_isolated=150, balloon_migrate=7),
        recorded(["compact"], None, FULL, compact_isolated=150 + isolated, balloon_migrate=27),
        {"op": ["huge", 9], "got": [huge, huge - 1]},
    ]


def written(tmp_path: Path, data: object) -> Path:
    (tmp_path / "result.json").write_text(data if isinstance(data, str) else json.dumps(data))
    return tmp_path


def made(tmp_path: Path) -> Recording:
    runs = [run(1000, 40), run(1200, 50), run(1100, 42)]
    return load_recording(written(tmp_path, result(hook=runs, pinned=runs)), ZONE)


def answer(isolated: int, huge: int) -> list[dict[str, Any]]:
    stat = {"compact_isolated": 0, "compact_migrate_scanned": 0, "balloon_migrate": 0}
    later = stat | {"compact_isolated": isolated, "balloon_migrate": 20}
    return [
        {"op": ["inflate", 8], "got_mib": 8, "buddyinfo": LOOSE, "vmstat": stat},
        {"op": ["compact"], "buddyinfo": FULL, "vmstat": later},
        {"op": ["huge", 9], "huge_pages": huge},
    ]
