"""A timeline as JSON."""

from engine.commands import CompactMemory
from server.session.timelines import Timeline


def test_the_first_has_no_parent_and_a_later_one_is_named_by_its_command():
    first = Timeline(1, None, 0, 0, None).to_dict()
    later = Timeline(2, 1, 30, 4, CompactMemory()).to_dict()
    assert (first["parent"], first["command"]) == (None, None)
    assert later == {
        "id": 2, "parent": 1, "tick": 30, "index": 4, "command": {"type": "compact"}, "name": None,
    }  # fmt: skip
