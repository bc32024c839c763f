"""A session on paper: exported, read back, refused where it is none of ours."""

import json

import pytest

from engine.commands import BalloonInflate
from engine.log import LOG_VERSION, Entry
from server.session.transcript import Transcript, transcript_from_dict
from tests.server.conftest import SMALL

ONE = Entry(1, 12, BalloonInflate(256), True)
GOOD = Transcript(SMALL, (ONE,), 40, True, "0123456789abcdef0123")


def exported(**changes):
    """The export as it comes over the wire, with changes."""
    return {**json.loads(json.dumps(GOOD.to_dict())), **changes}


def test_an_export_comes_back_as_it_was():
    found = transcript_from_dict(exported(session="q1w2"), 10)
    assert (found.config, found.log, found.tick) == (GOOD.config, GOOD.log, GOOD.tick)
    assert found.engine == GOOD.engine
    assert not found.idle, "nobody knows before it is played"


@pytest.mark.parametrize("version", [LOG_VERSION + 1, 0, "1", True, None, 1.5])
def test_another_log_version_is_refused_whatever_else_is_in_it(version):
    with pytest.raises(ValueError, match=r"^log_version of the export is .*: this server reads 1$"):
        transcript_from_dict({"log_version": version, "anything": 1}, 10)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ([], "the export is a JSON list: an object is needed"),
        (exported(who=1), "the export has no field 'who': its fields are session, log_version"),
        ({"log_version": 1, "log": []}, "the export lacks engine, config, tick"),
        (exported(engine=7), "engine of the export is 7: a digest is needed"),
        (exported(engine="x" * 65), "engine of the export is 'xxx"),
        (exported(log={}), "log of the export is {}: a list is needed"),
        (exported(log=[{}] * 11), "the log of the export has 11 commands: 10 is the limit"),
        (exported(log=[{}]), "a log entry lacks index, tick, command, idle"),
        (exported(tick=11), "the last log entry is of tick 12: the log ends at 11"),
        (exported(tick=-1), "tick of the export is -1: from 0 to"),
        (exported(config={"seed": "x"}), "seed is 'x': a whole number"),
    ],
)
def test_what_is_no_export_is_refused_in_one_sentence(data, words):
    with pytest.raises(ValueError, match=r"^[^\n]+$") as caught:
        transcript_from_dict(data, 10)
    assert str(caught.value).startswith(words)
