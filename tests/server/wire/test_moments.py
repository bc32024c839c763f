"""Messages about time: what may be asked, in one sentence where it may not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.commands import CompactMemory
from server.wire.messages import MessageError, parse_message
from server.wire.moments import Beside, Fork, Look, Name, Switch


def test_a_look_a_fork_and_a_switch_are_understood() -> None:
    assert parse_message('{"type":"look","tick":null}') == Look(None)
    assert parse_message('{"type":"look","tick":7,"index":0}') == Look(7, 0)
    fork = {"type": "fork", "command_id": "c", "tick": 7, "command": {"type": "compact"}}
    assert parse_message(json.dumps(fork)) == Fork("c", 7, CompactMemory())
    beside = '{"type":"look","tick":7,"beside":{"timeline":2,"tick":9}}'
    assert parse_message(beside) == Look(7, None, Beside(2, 9))
    name = '{"type":"name","command_id":"c","timeline":3,"name":"late"}'
    assert parse_message(name) == Name("c", 3, "late")
    assert parse_message('{"type":"switch","command_id":"c","timeline":3}') == Switch("c", 3)


@pytest.mark.parametrize(
    ("message", "words", "command_id"),
    [
        ({"type": "look"}, "tick", None),
        ({"type": "look", "tick": -1}, "tick is -1: from 0 to", None),
        ({"type": "look", "tick": 1.5}, "tick is 1.5", None),
        ({"type": "look", "tick": 1, "beside": {"timeline": 0, "tick": 1}}, "timeline is 0", None),
        ({"type": "look", "tick": 1, "beside": {"timeline": 1}}, "tick", None),
        ({"type": "name", "command_id": "c", "timeline": 1, "name": ""}, "name", "c"),
        ({"type": "name", "command_id": "c", "timeline": 1, "name": "x" * 81}, "80", "c"),
        (
            {"type": "switch", "command_id": "c", "timeline": 65},
            "timeline is 65: from 1 to 64",
            "c",
        ),
        ({"type": "fork", "command_id": "c", "tick": 1, "command": {"type": "x"}}, "'x'", "c"),
    ],
)
def test_what_makes_no_sense_is_refused_to_whoever_asked(
    message: dict[str, Any], words: str, command_id: str | None
) -> None:
    with pytest.raises(MessageError, match=words) as error:
        parse_message(json.dumps(message))
    assert error.value.command_id == command_id
