"""A lesson's text and commands on a terminal."""

from __future__ import annotations

from engine.commands import COMMANDS, SetWorkload
from engine.lessons.orders import parse_orders
from server.lessons.plain import command_words, commands_text, plain_text
from server.lessons.prose import prose_of

ORDERS = [
    ["inflate", 2], ["deflate", 2], ["compact"], ["direct", 9], ["huge", 5], ["drop"],
    ["wait", 2], ["contig", 4], ["offline", 128, 128], ["workload", 256, 10],
    ["alloc", 20, 9, "atomic", "keep"], ["pin", 16],
]  # fmt: skip


def test_every_command_of_a_lesson_has_words() -> None:
    given = parse_orders(ORDERS)
    assert {one.type for one in given} == set(COMMANDS) - {"balloon_target"}
    assert commands_text(given[:3]) == "inflate 2 MiB, then deflate 2 MiB, then compact all memory"
    assert [command_words(one) for one in given[3:]] == [
        "one request of order 9 (2 MiB)", "take 5 huge pages", "drop caches", "wait 2 s",
        "allocate 4 MiB in one piece", "take 128 to 256 MiB offline",
        "2,560 operations of programs",
        "20 atomic requests of order 9, kept", "pin 16 MiB of programs' memory",
    ]  # fmt: skip
    assert command_words(SetWorkload(enabled=True)) == "programs run, 256 operations a tick"
    assert command_words(SetWorkload(enabled=False)) == "programs stop"


def test_text_is_one_line_a_block_with_expressions_where_numbers_will_be() -> None:
    text = "A *b* {{ a.busy }}\n\n- c\n- d\n\n| x | y |\n| - | - |\n| 1 | 2 |\n\n> q"
    assert plain_text(prose_of(text, 1))[:3] == ["A b {{ a.busy }}", "- c", "- d"]
