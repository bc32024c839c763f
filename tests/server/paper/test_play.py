"""A session played for a report: states as they were left, lines, maps; exact."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine.commands import BalloonInflate, CompactMemory
from engine.errors import RefusedError
from engine.log import play
from engine.view import FLAG_HOLDER_SHIFT
from server.guests.library import Library
from server.paper import play as paper_play
from server.paper.play import PlayedFacts, play_for_paper
from server.playback.export import played_story
from server.session.session import Session
from server.session.state import state_of
from tests.server.conftest import SMALL


@pytest.fixture(scope="module")
def story() -> tuple[Session, PlayedFacts]:
    fresh, log, tick = played_story(
        SMALL, [BalloonInflate(4096), CompactMemory()], Library(1, 1 << 40)
    )
    ticks: list[int] = []
    made = play_for_paper(fresh, log, tick, ticks.append)
    assert ticks[-1] == tick
    return fresh, made


def test_every_state_is_the_one_that_the_log_leads_to(
    story: tuple[Session, PlayedFacts], make_session: Callable[[], Session]
) -> None:
    fresh, made = story
    facts = made.facts
    assert [one["commands"] for one in facts["states"]] == [0, 1, 2]
    world = fresh.world
    told = state_of(world)
    assert facts["digest"] == told["digest"] and facts["tick"] == told["tick"]
    for key, design in facts["states"][-1]["designs"].items():
        assert design["stats"] == told["designs"][key]["stats"]
    # Before the second command: a world of its own, played to there.
    again = make_session().world
    log = [entry for entry in facts["log"] if entry["index"] == 1]
    assert log[0]["tick"] == 0
    again.apply(BalloonInflate(4096))
    play(again, [], facts["states"][1]["tick"])
    after = {key: again.view(i).stat_dict() for i, key in enumerate(again.keys)}
    assert {k: d["stats"] for k, d in facts["states"][1]["designs"].items()} == after


def test_maps_and_lines_are_the_guests(story: tuple[Session, PlayedFacts]) -> None:
    fresh, made = story
    assert [one["state"] for one in made.maps] == [0, 1, 2] and not made.left_out
    view = fresh.world.view(0)
    planes = made.maps[-1]["designs"]["pinned"]
    assert planes["balloon"] == view.planes["balloon"].tolist()
    holder = (view.planes["flags"].astype(np.int64) >> FLAG_HOLDER_SHIFT) & 7
    assert planes["holder"] == holder.tolist()
    lines = made.facts["lines"]
    assert lines["ticks"][-1] == made.facts["tick"]
    assert lines["designs"]["pinned"]["balloon"][-1] == view.stat("balloon_actual") == 4096
    assert set(map(len, lines["designs"]["pinned"].values())) == {len(lines["ticks"])}


def test_designs_can_be_left_out_and_earlier_maps_are_when_there_are_too_many(
    make_session: Callable[[], Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paper_play, "ALL_CELLS", 100)
    made = play_for_paper(make_session(), (), 0, designs=("dedicated_block",))
    assert list(made.facts["states"][0]["designs"]) == ["dedicated_block"]
    assert [one["key"] for one in made.facts["designs"]] == ["dedicated_block"]
    assert made.left_out and len(made.maps) == 1
    with pytest.raises(RefusedError, match="this session has pinned"):
        play_for_paper(make_session(), (), 0, designs=("nobody",))
    monkeypatch.setattr(paper_play, "MOST_CELLS", 10)
    with pytest.raises(RefusedError, match=r"at most 10; leave out designs"):
        play_for_paper(make_session(), (), 0)
