"""Every broken rule is noticed by the lesson that teaches it.

Three of them in `make test`, all of them and the unbroken rules under `make soak`
(FRAGSCOPE_HYPOTHESIS=soak).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from engine.lessons.model import Lesson
from scripts.mutants import play
from scripts.mutants.catalog import MUTANTS, Mutant, Patch
from scripts.mutants.uncompiled import load_name, read_guest
from server.cli.lesson import guest_maker
from server.lessons.shelf import LessonShelf
from server.paths import lessons_folder

SOAK = os.environ.get("FRAGSCOPE_HYPOTHESIS") == "soak"
# Quick ones, of three kinds: the allocator, the scanners, what is only counted.
QUICK = {"claim_never", "free_scanner_from_below", "fragmentation_index_upside_down"}
NAMES = set(LessonShelf([lessons_folder()]).paths())
CHOSEN = [mutant for mutant in MUTANTS if SOAK or mutant.name in QUICK]


@pytest.fixture(scope="module")
def theatre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[play.Theatre]:
    """One for all, since guests are made in it once."""
    yield play.Theatre(tmp_path_factory.mktemp("mutants"))


@pytest.mark.parametrize("mutant", CHOSEN, ids=lambda mutant: mutant.name)
def test_a_broken_rule_is_noticed(theatre: play.Theatre, mutant: Mutant) -> None:
    played = theatre.mutant(mutant)
    assert play.notices(played, play.lesson_of(mutant.lesson), mutant.step), played.faults


@pytest.mark.parametrize("name", sorted(NAMES) if SOAK else ["03-migratetypes"])
def test_unbroken_rules_pass_uncompiled(theatre: play.Theatre, name: str) -> None:
    lesson = play.lesson_of(name)
    last = len(lesson.steps) if SOAK else 2
    assert theatre.play(lesson, 1, last, {}).faults == ()


def test_there_are_enough_and_each_has_a_name_of_its_own() -> None:
    assert len(MUTANTS) >= 12
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)
    assert {mutant.name for mutant in MUTANTS} >= QUICK


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_every_patch_fits_the_sources_and_its_step_is_there(mutant: Mutant) -> None:
    for path, text in play.sources(mutant).items():
        compile(text, path, "exec")
    assert play.first_step(play.lesson_of(mutant.lesson), mutant.step) <= mutant.step


def test_every_lesson_teaches_a_rule_that_a_mutant_breaks() -> None:
    assert {mutant.lesson for mutant in MUTANTS} == NAMES


@pytest.mark.parametrize("text", ["a\n", "b\nb\n"], ids=["not there", "there twice"])
def test_a_patch_that_does_not_fit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not once"):
        play.patched(text, Patch("x.py", "b\n", "c\n"))
    with pytest.raises(ValueError, match="nothing changes"):
        play.patched("b\n", Patch("x.py", "b\n", "b\n"))


def test_only_the_step_itself_counts_as_notice() -> None:
    lesson: Lesson = play.lesson_of("05-compaction")
    first, here, end = (step.line for step in lesson.steps[:3])
    assert play.notices(play.Played(((here + 3, "told"),), end), lesson, 2)
    assert not play.notices(play.Played(((first + 3, "told"),), end), lesson, 2)
    assert not play.notices(play.Played(((here, "ended with 1: no memory"),), 0), lesson, 2)


def test_a_name_that_no_mutant_has_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert play.main(["no_such"]) == 2
    assert "no_such" in capsys.readouterr().err


def test_guests_come_back_from_the_disk_as_they_were(tmp_path: Path) -> None:
    load = play.lesson_of("05-compaction").steps[0].load
    assert load is not None
    guest = guest_maker()(load)
    np.savez(tmp_path / load_name(load), **guest._asdict())
    again = read_guest(tmp_path / load_name(load))
    assert all((a == b).all() for a, b in zip(guest, again, strict=True))
