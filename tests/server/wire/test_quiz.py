"""Messages of a quiz are understood as they are documented, or refused in one sentence."""

import json

import pytest

from engine.commands import CompactMemory, TakeHugePages
from engine.errors import RefusedError
from server.wire.messages import parse_message
from server.wire.quiz import Guess, Pose, QuizAct, Voter
from tests.server import golden_wire

QUESTION = "How many huge pages will each design give?"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "pose",
            Pose(
                QUESTION, "huge_best", ("pinned", "dedicated_block:prevent"),
                (CompactMemory(), TakeHugePages(500)),
            ),
        ),
        ("quiz", QuizAct("close")),
        ("voter", Voter("x8Wc2qLr0aZt5Yb1HkT3v9Qm")),
        ("guess", Guess(1, ((100, 140), (120, 200)))),
    ],
)  # fmt: skip
def test_understood_as_documented(name, message):
    assert parse_message(json.dumps(golden_wire.UP[name])) == message


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("guess", {"ranges": [[1.5, 2]]}, "ranges is"),
        ("guess", {"ranges": [[1]]}, "ranges is"),
        ("guess", {"number": 0}, "number is 0"),
        ("guess", {"ranges": [[4, 3]]}, "the range 4 to 3 is none"),
        ("voter", {"voter": "x"}, "at least 16"),
        ("quiz", {"act": "truth"}, "act is 'truth'"),
        ("pose", {"designs": ["x" * 201]}, "over 200 characters"),
        ("pose", {"commands": [{"type": "dance"}]}, "dance"),
    ],
)
def test_what_makes_no_sense_is_refused(name, change, words):
    with pytest.raises(RefusedError, match=words):
        parse_message(json.dumps({**golden_wire.UP[name], **change}))
