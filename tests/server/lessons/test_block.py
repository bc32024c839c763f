"""The block of a step: everything it may say, and one sentence for everything else."""

from __future__ import annotations

import pytest

from engine import commands as c
from engine.lessons.model import ClassQuestion
from server.lessons.block import read_block
from server.lessons.prose import LessonError

ACT = """ask: Do it.
expect: a.huge_best > 1
solution: [[compact]]
wrong: {name: x, do: [[drop]], when: given.drop > 0, say: No.}
"""
LOAD = (
    "load: {guest: {preset: tight, size_mib: 256}, designs: [pinned, 'dedicated_block:prevent']}\n"
)
CHOICES = """predict:
  question: Which?
  choices: [{text: A, when: a.busy > 0, say: No.}, {text: B, when: a.busy < 0}]
  run: [[compact]]
"""
SCALE = """predict:
  {question: 'How many?', number: a.huge_best, unit: pages, from: 0, to: 9, width: 3,
   wrong: {answer: [8, 9], say: Fewer.}, run: [[huge, 9]]}
"""
CLASS = CHOICES + "  class: {question: 'How many each?', quantity: huge_best}\n"


def test_a_load_says_what_to_start_from() -> None:
    load = read_block(LOAD, 1).load
    assert load
    assert load.designs == {"pinned": "pinned", "dedicated_block": "dedicated_block:prevent"}
    assert load.config() == {
        "source": {"kind": "synthetic", "preset": "tight", "size_mib": 256, "seed": 1},
        "designs": ["pinned", "dedicated_block:prevent"],
        "seed": 1,
        "profile": "modern",
    }
    named = read_block(
        "load: {guest: {example: runs}, designs: {a: lru_hook}, seed: 3, moment: [[drop]]}", 1
    ).load
    assert named
    assert (named.designs, named.seed, named.moment) == ({"a": "lru_hook"}, 3, (c.DropCaches(),))
    assert named.source == {"kind": "capture", "name": "runs"}


def test_an_act_and_both_kinds_of_prediction() -> None:
    act = read_block(ACT, 1).act
    assert act
    assert (act.expect.line, act.wrong.name, act.solution) == (2, "x", (c.CompactMemory(),))
    chosen = read_block(CHOICES, 1).prediction
    assert chosen
    assert [len(one.say.blocks) for one in chosen.choices] == [1, 0]
    assert chosen.together is None
    together = read_block(CLASS, 1).prediction
    assert together
    assert together.together == ClassQuestion(5, "How many each?", "huge_best")
    scale = read_block(SCALE, 1).prediction
    assert scale
    assert scale.scale
    assert (scale.scale.low, scale.scale.high, scale.scale.wrong) == (0, 9, (8, 9))


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("aks: x", 10, "has no field 'aks'"),
        ("ask: x", 10, "an act needs expect, solution, wrong"),
        (ACT + CHOICES, 15, "an act or a prediction, not both"),
        (ACT.replace("[[compact]]", "[[compat]]"), 12, "unknown operation 'compat'"),
        (ACT.replace("a.huge_best > 1", "a.huge_best"), 11, "which is true or false, is needed"),
        (ACT.replace("a.huge_best > 1", "no"), 11, "put it in quotes"),
        (LOAD.replace("tight", "tigt"), 10, "unknown preset 'tigt'"),
        (LOAD.replace("preset: tight, size_mib: 256", "example: x"), 10, "unknown example 'x'"),
        (LOAD.replace("preset: tight, size_mib: 256", "size_mib: 256"), 10, "one of them"),
        (LOAD.replace("preset: tight", "example: runs"), 10, "only its name is needed"),
        (LOAD.replace("256", "100"), 10, "from 256 to 1048576 MiB"),
        (LOAD.replace("[pinned,", "[pined,"), 10, "pined"),
        (LOAD.replace("[pinned,", "[dedicated_block,"), 10, "give them names"),
        (LOAD.replace("[pinned, 'dedicated_block:prevent']", "{start: pinned}"), 10, "be a name"),
        ("show: {huge_bst: x}", 10, "is no statistic"),
        ("show: {}", 10, "from 1 to 4 are shown"),
        (CHOICES.replace("{text: B, when: a.busy < 0}", ""), 12, "from 2 to 6 are allowed"),
        (CLASS.replace("huge_best", "huge_bst"), 14, "unknown quantity 'huge_bst'"),
        (CLASS.replace(", quantity: huge_best", ""), 14, "quantity is missing"),
        (CLASS.replace("How many each?", "?" * 201), 14, "1 to 200 characters"),
        (
            CLASS.replace("[[compact]]", f"[{', '.join(['[compact]'] * 21)}]"),
            14,
            "run has 21 commands",
        ),
        (SCALE.replace("width: 3", "width: 9"), 11, "a whole number from 0 to 8"),
        (SCALE.replace("unit: pages,", ""), 11, "unit, is missing"),
        (SCALE.replace("[8, 9]", "[9, 8]"), 12, "the lower end comes first"),
        (SCALE.replace("[8, 9]", "[8, 99]"), 12, "a whole number from 0 to 9"),
    ],
)
def test_anything_else_is_one_sentence_with_its_line(text: str, line: int, sentence: str) -> None:
    with pytest.raises(LessonError) as error:
        read_block(text, 10)
    assert sentence in str(error.value)
    assert error.value.line == line
