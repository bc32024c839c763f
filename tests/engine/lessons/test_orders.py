"""The commands of a lesson: both forms, counts by kind, refusals."""

from __future__ import annotations

import pytest

from engine import commands as c
from engine.errors import RefusedError
from engine.lessons.orders import MAX_LESSON_ORDERS, ORDER_KINDS, counted, parse_orders


def test_operations_and_the_two_more_become_commands() -> None:
    given = [["inflate", 2], ["compact"], ["wait", 3], ["direct", 9], ["workload", 256, 10]]
    assert parse_orders(given) == (
        c.BalloonInflate(512),
        c.CompactMemory(),
        c.Wait(3000),
        c.DirectCompact(9),
        c.SetWorkload(True, 256, 10),
    )


def test_commands_are_counted_by_kind() -> None:
    given = [c.BalloonInflate(1), c.BalloonTarget(0), c.CompactMemory(), c.CompactMemory()]
    told = {kind: counted(kind, given) for kind in ORDER_KINDS}
    assert {kind for kind, number in told.items() if number} == {
        "inflate", "target", "balloon", "compact", "all",
    }  # fmt: skip
    assert (told["balloon"], told["compact"], told["all"]) == (2, 2, 4)


def test_every_command_has_a_kind() -> None:
    assert {one for kind, types in ORDER_KINDS.items() if kind != "all" for one in types} == set(
        c.COMMANDS
    )


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ("compact", "a list of commands"),
        ([], "a list of commands"),
        ([["compact"]] * (MAX_LESSON_ORDERS + 1), "at most 40 are allowed"),
        ([["compakt"]], "unknown operation 'compakt'"),
        ([["direct"]], "direct needs one number"),
        ([["direct", 99]], "order is 99"),
        ([["workload", 256, 0]], "operations a tick, and ticks"),
        ([["workload", 256]], "operations a tick, and ticks"),
    ],
)
def test_anything_else_is_one_sentence(data: object, sentence: str) -> None:
    with pytest.raises(RefusedError) as error:
        parse_orders(data)
    assert sentence in str(error.value)
    assert "operation 0" not in str(error.value)
