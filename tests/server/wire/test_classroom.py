"""Messages of a class: understood, or refused in one sentence."""

import json

import pytest

from server.wire import messages
from server.wire.classroom import MAX_VIEW, DriveAct, Follow, Point, Show
from tests.server import golden_wire


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("follow", Follow(True)),
        ("show", Show({"v": 1, "tick": 1200, "mode": "free"})),
        ("point", Point(4, 1)),
        ("drive", DriveAct("hand_over", "viewer 7")),
    ],
)
def test_understood(name, message):
    assert messages.parse_message(json.dumps(golden_wire.UP[name])) == message


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ({"type": "follow", "on": 1}, "on is 1: true or false is needed"),
        ({"type": "show", "view": []}, "view is []: a JSON object is needed"),
        ({"type": "show", "view": {}}, "view has no version: v, a whole number, is needed"),
        ({"type": "show", "view": {"v": True}}, "view has no version"),
        ({"type": "show", "view": {"v": 1, "x": "x" * MAX_VIEW}}, f"{MAX_VIEW} is the limit"),
        ({"type": "point", "pageblock": -1}, "pageblock is -1: from 0 to"),
        ({"type": "point", "pageblock": 1, "panel": 64}, "panel is 64: from 0 to 63"),
        ({"type": "drive", "act": "fly"}, "act is 'fly': one of ask, withdraw, hand_over"),
        ({"type": "drive", "act": "hand_over", "to": ""}, "to is '': a name of this class"),
    ],
)
def test_refused_in_one_sentence(message, sentence):
    with pytest.raises(messages.MessageError) as caught:
        messages.parse_message(json.dumps(message))
    assert sentence in str(caught.value)
    assert len(str(caught.value)) < 200


def test_a_view_is_open_what_it_holds_comes_out_as_it_went_in():
    view = {"v": 7, "bounds": [0, 1.5, None], "ä": {"deep": [{}]}}
    message = messages.parse_message(json.dumps({"type": "show", "view": view}))
    assert isinstance(message, Show)
    assert message.view == view
