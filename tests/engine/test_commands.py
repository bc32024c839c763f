"""Commands: bounds, and the round trip through JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine import commands as c

EXAMPLES: list[c.Command] = [
    c.BalloonTarget(0),
    c.BalloonInflate(1),
    c.BalloonDeflate(c.MAX_PAGES),
    c.CompactMemory(),
    c.DirectCompact(10),
    c.TakeHugePages(1),
    c.DropCaches(),
    c.Offline(128, 2),
    c.AllocContig(16),
    c.AllocPages(20, 9, "atomic", True),
    c.PinMemory(16),
    c.Wait(1),
    c.SetWorkload(True, 1),
    c.SetWorkload(True, 1, 500),
    c.SetWorkload(False),
]


@pytest.mark.parametrize("command", EXAMPLES)
def test_every_command_survives_a_round_trip_through_json(command: c.Command) -> None:
    assert c.command_from_dict(json.loads(json.dumps(command.to_dict()))) == command


def test_every_command_is_covered_by_an_example() -> None:
    assert {type(command) for command in EXAMPLES} == set(c.COMMANDS.values())
    assert all(name == cls.type for name, cls in c.COMMANDS.items())


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (None, "a command is a JSON object with a type, not NoneType"),
        ([], "not list"),
        ({}, "unknown command None: must be one of balloon_target, "),
        ({"type": ["x"]}, "unknown command"),
        ({"type": "fly"}, "unknown command 'fly'"),
        (
            {"type": "compact", "order": 1},
            "command compact has no field 'order': its fields are none",
        ),
        ({"type": "huge"}, "command huge lacks nr"),
        ({"type": "huge", "nr": 0}, "huge is 0: from 1 to 524288 huge pages are allowed"),
        ({"type": "huge", "nr": 1.5}, "huge is 1.5: a whole number of huge pages"),
        ({"type": "huge", "nr": float("nan")}, "huge is nan: a whole number"),
        ({"type": "huge", "nr": True}, "huge is True: a whole number"),
        ({"type": "huge", "nr": "9" * 500}, "huge is '9999"),
        ({"type": "balloon_inflate", "nr_pages": -1}, "inflate is -1: from 1 to 268435456 pages"),
        ({"type": "direct_compact", "order": 11}, "order is 11: from 1 to 10"),
        ({"type": "wait", "ms": 0}, "wait is 0: from 1 to 86400000 ms are allowed"),
        ({"type": "wait", "ms": 0.5}, "wait is 0.5: a whole number of ms from 1 to 86400000"),
        ({"type": "wait", "ms": 86_400_001}, "from 1 to 86400000 ms"),
        ({"type": "wait", "seconds": 1}, "command wait has no field 'seconds'"),
        ({"type": "offline", "start_mib": 1}, "command offline lacks size_mib"),
        (
            {"type": "offline", "start_mib": 1, "size_mib": 2},
            "start of the range is 1 MiB: whole pageblocks of 2 MiB are needed",
        ),
        (
            {"type": "offline", "start_mib": -2, "size_mib": 2},
            "start of the range is -2: from 0 to 1048576 MiB are allowed",
        ),
        ({"type": "offline", "start_mib": 0, "size_mib": 0}, "size of the range is 0: from 2 to"),
        ({"type": "offline", "start_mib": 0, "size_mib": 3}, "size of the range is 3 MiB: whole"),
        ({"type": "alloc_contig", "size_mib": 5}, "contiguous memory is 5 MiB: whole pageblocks"),
        ({"type": "alloc_pages", "nr": 1}, "command alloc_pages lacks order"),
        ({"type": "alloc_pages", "nr": 1, "order": 11}, "order is 11: from 0 to 10"),
        ({"type": "alloc_pages", "nr": 1, "order": 0, "kind": "cma"}, "unknown kind of request"),
        ({"type": "alloc_pages", "nr": 1, "order": 0, "keep": 1}, "keep is 1: true or false"),
        ({"type": "pin", "size_mib": 0}, "memory to pin is 0: from 1 to"),
        ({"type": "alloc_contig", "size_mib": None}, "contiguous memory is None: a whole number"),
        ({"type": "workload", "enabled": 1}, "workload enabled is 1: true or false"),
        ({"type": "workload", "enabled": True, "rate": 0}, "workload rate is 0: from 1 to 100000"),
        ({"type": "workload", "enabled": True, "ticks": -1}, "workload's time is -1: from 0 to"),
    ],
)
def test_bad_commands_are_refused_in_one_sentence(data: Any, text: str) -> None:
    with pytest.raises(ValueError) as refused:
        c.command_from_dict(data)
    assert text in str(refused.value)
    assert len(str(refused.value)) < 250
    assert "\n" not in str(refused.value)
