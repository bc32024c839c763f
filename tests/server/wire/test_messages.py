"""Text messages: what comes up is understood or refused in one sentence, with the command's id."""

import json

import pytest

from engine import commands
from engine.log import Entry
from server.wire import messages
from server.wire.config import CaptureSource, SessionConfig
from tests.server import golden_wire

RESET = {"type": "reset", "command_id": "r"}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("hello", messages.Hello((1,), "kT3v_9QmXw0aZr8LcE5pYb1H")),
        ("command", messages.CommandMessage("c1", commands.BalloonInflate(51200))),
        (
            "sequence",
            messages.SequenceMessage(
                "c4", (commands.BalloonInflate(51200), commands.CompactMemory())
            ),
        ),
        ("credit", messages.Credit(1)),
        ("credits", messages.Credit(2)),
        ("set_pace", messages.Pace(60)),
        ("step", messages.Step(1)),
        ("key", messages.Key()),
        (
            "reset",
            messages.Reset(
                "c3",
                SessionConfig(CaptureSource("runs"), ("pinned", "dedicated_block:prevent"), 1),
            ),
        ),
    ],
)
def test_understood(name, message):
    assert messages.parse_message(json.dumps(golden_wire.UP[name])) == message


def test_every_message_has_a_golden_example():
    assert {m["type"] for m in golden_wire.UP.values()} == set(messages.UP)


@pytest.mark.parametrize("command", commands.COMMANDS)
def test_every_command_travels(command):
    examples = {
        "balloon_target": {"nr_pages": 0},
        "balloon_inflate": {"nr_pages": 1},
        "balloon_deflate": {"nr_pages": 1},
        "direct_compact": {"order": 9},
        "offline": {"start_mib": 512, "size_mib": 128},
        "alloc_contig": {"size_mib": 16},
        "alloc_pages": {"nr": 20, "order": 9, "kind": "atomic", "keep": True},
        "pin": {"size_mib": 16},
        "huge": {"nr": 2000},
        "wait": {"ms": 20_000},
        "workload": {"enabled": True, "rate": 10, "ticks": 0},
    }
    body = {"type": command, **examples.get(command, {})}
    text = json.dumps({"type": "command", "command_id": "x", "command": body})
    message = messages.parse_message(text)
    assert isinstance(message, messages.CommandMessage)
    assert message.command.to_dict() == body


def command(**fields):
    return {"type": "command", "command_id": "c7", "command": fields}


def sequence(*commands):
    return {"type": "sequence", "command_id": "s1", "commands": list(commands)}


BAD = [
    ("", "not JSON", None),
    ("{", "not JSON", None),
    ("[1]", "is a JSON list: an object is needed", None),
    ('"hello"', "is a JSON str", None),
    ("[" * 50_000, "nested too deeply", None),
    ('{"type": "pace", "ticks_per_s": NaN}', "the message is not JSON", None),
    ('{"type": "pace", "ticks_per_s": 1e999}', "pace is inf: from 0 to 1000", None),
    ({"type": "pace", "ticks_per_s": -1}, "pace is -1: from 0 to 1000 ticks a second", None),
    ({"type": "pace", "ticks_per_s": 1001}, "pace is 1001", None),
    ({"type": "pace", "ticks_per_s": True}, "pace is True: a number", None),
    ({"type": "pace", "ticks_per_s": "60"}, "pace is '60': a number", None),
    ({"type": "pace"}, "message pace lacks ticks_per_s: its fields are type, ticks_per_s", None),
    ({"type": "step", "ticks": 0}, "step is 0: from 1 to 1000 ticks", None),
    ({"type": "step", "ticks": 1.5}, "step is 1.5: a whole number of ticks", None),
    ({"type": "fly"}, "unknown message type 'fly': must be one of hello, command", None),
    ({"type": ["a"]}, "unknown message type ['a']", None),
    ({}, "unknown message type None", None),
    ({"type": "key", "x": 1}, "message key has no field 'x': its fields are type", None),
    ({"type": "hello", "versions": 1}, "versions is 1: a list", None),
    ({"type": "hello", "versions": [True]}, "versions is [True]: a list", None),
    ({"type": "command", "command": {}}, "message command lacks command_id", None),
    ({"type": "command", "command_id": "x" * 65}, "command_id is 'xxx", None),
    ({"type": "command", "command_id": 7}, "command_id is 7", None),
    (command(type="fly"), "unknown command 'fly'", "c7"),
    (command(type="balloon_inflate", nr_pages=-5), "inflate is -5", "c7"),
    (command(type="balloon_inflate", nr_pages=10**400), "inflate is", "c7"),
    (command(type="compact", nr=1), "command compact has no field 'nr'", "c7"),
    (sequence(), "commands has 0: from 1 to 100 are allowed", "s1"),
    (sequence(*[{"type": "compact"}] * 101), "commands has 101: from 1 to 100", "s1"),
    (sequence({"type": "compact"}, {"type": "fly"}), "unknown command 'fly'", "s1"),
    ({**sequence(), "commands": 7}, "commands is 7: a list of commands is needed", "s1"),
    ({"type": "sequence", "command_id": "s1"}, "message sequence lacks commands", "s1"),
    ({"type": "credit", "n": 0}, "credit is 0: from 1 to 4 frames are allowed", None),
    ({"type": "credit", "n": 5}, "credit is 5: from 1 to 4 frames", None),
    ({"type": "credit", "n": "1"}, "credit is '1': a whole number of frames", None),
    ({**RESET, "config": {"seed": "x"}}, "seed is 'x': a whole number", "r"),
    ({**RESET, "config": {"designs": ["fly"]}}, "unknown design 'fly'", "r"),
    ({**RESET, "config": 7}, "config is 7: an object is needed", "r"),
]


@pytest.mark.parametrize(("text", "sentence", "command_id"), BAD)
def test_refused_in_one_sentence(text, sentence, command_id):
    text = text if isinstance(text, str) else json.dumps(text)
    with pytest.raises(messages.MessageError) as caught:
        messages.parse_message(text)
    assert sentence in str(caught.value)
    assert caught.value.command_id == command_id
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)


def test_a_reset_without_a_config_takes_the_default():
    message = messages.parse_message('{"type": "reset", "command_id": "r"}')
    assert isinstance(message, messages.Reset)
    assert message.config.source == CaptureSource("runs")


def test_what_goes_down_is_json_without_nan():
    for text in golden_wire.DOWN.values():
        assert json.loads(text)["type"]
    with pytest.raises(ValueError, match="not JSON compliant"):
        messages.pace(float("nan"))


def test_versions():
    assert messages.common_version((3, 1))
    assert not messages.common_version((2,))
    assert not messages.common_version(())


def test_half_a_surrogate_pair_is_refused_before_anything_quotes_it():
    for text in ('{"type":"command","command_id":"\\ud800","command":{}}', '{"type":"\\udfff"}'):
        with pytest.raises(messages.MessageError, match="the message is not JSON") as caught:
            messages.parse_message(text)
        messages.error(str(caught.value), caught.value.command_id).encode()


def test_a_welcome_that_is_not_what_the_protocol_says_is_a_fault():
    with pytest.raises(ValueError, match="size_mib"):
        messages.welcome({**golden_wire.WELCOME, "guest": {}})


def test_what_a_page_must_tell_apart_has_a_field_of_its_own():
    """Words are for people: a page must not read them to know what kind of message it is."""
    progress = json.loads(messages.progress("x", 0, 1, messages.PHASE_COMPILING))
    assert progress["phase"] == "compiling"
    assert json.loads(messages.progress("x", 0, 1))["phase"] == "guest"
    farewell = json.loads(messages.error("bye", code=messages.CLOSE_GOING_AWAY))
    assert farewell["code"] == 1001
    assert json.loads(messages.error("no", "c1"))["code"] is None


def test_a_log_of_many_entries_is_one_list():
    log = [Entry(i + 1, i, commands.BalloonTarget(i), i % 2 == 0) for i in range(1000)]
    found = json.loads(messages.entries(log))["entries"]
    assert found == [entry.to_dict() for entry in log]
