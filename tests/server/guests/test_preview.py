"""Previews: the start of a session can be seen without simulator, and it is the true one."""

import json

import numpy as np
import pytest

from engine.view import PLANES, STAT_FIELDS
from server.errors import NotFoundError
from server.guests.library import Library
from server.guests.preview import KEPT, Previews
from server.guests.recorded import Recordings
from server.paths import examples_folder
from server.wire.config import config_from_dict
from server.wire.frames import decode_frame

RUNS = {"source": {"kind": "capture", "name": "runs"}}


@pytest.fixture(scope="module")
def library():
    return Library(4, 1 << 30)


@pytest.fixture(scope="module")
def previews(library):
    return Previews(library, Recordings(examples_folder()))


def test_a_preview_says_what_the_welcome_will_say(library, previews):
    config = config_from_dict({**RUNS, "designs": ["lru_hook", "dedicated_block:prevent"]})
    told = json.loads(previews.describe(config))
    base = library.base(config.source, 1, lambda *_: None)
    assert told["config"] == config.to_dict()
    assert told["guest"] | {"summary": 0} == base.facts["guest"] | {"summary": 0}
    assert [d["key"] for d in told["designs"]] == ["lru_hook", "dedicated_block:prevent"]
    assert told["designs"][1]["toggles"]["prevent"] == "on"
    assert told["recorded"] == "runs"
    assert told["planes"] == [list(plane) for plane in PLANES]
    assert told["stat_fields"] == list(STAT_FIELDS)


def test_the_start_is_the_recorded_one_in_every_panel(previews):
    start = decode_frame(previews.start(config_from_dict(RUNS)))
    assert (start.log_index, start.tick, len(start.panels)) == (0, 0, 4)
    recorded = decode_frame(Recordings(examples_folder()).picture("runs", "pinned", 0))
    for panel in start.panels:
        for name, _ in PLANES:
            np.testing.assert_array_equal(panel.planes[name], recorded.panels[0].planes[name])


def test_an_upload_shows_its_start_and_has_no_recording(library, previews):
    data = (examples_folder() / "cycles" / "hook-0-inflate.tar.xz").read_bytes()
    upload, _ = library.add_upload(data, "mine")
    source = {"kind": "upload", "capture": upload}
    config = config_from_dict({"source": source, "designs": ["pinned", "lru_hook"]})
    told = json.loads(previews.describe(config))
    assert (told["guest"]["label"], told["recorded"]) == ("mine", None)
    pinned, hook = decode_frame(previews.start(config)).panels
    stat = STAT_FIELDS.index("balloon_actual")
    assert pinned.stats[stat] == hook.stats[stat] == 16384
    # Only the hook could move what the balloon holds.
    held = STAT_FIELDS.index("blocks_held_by_balloon")
    assert (pinned.stats[held] > 0, hook.stats[held]) == (True, 0)


def test_a_synthetic_guest_cannot_be_seen_before_it_is_made(previews):
    config = config_from_dict({"source": {"kind": "synthetic", "preset": "tight"}})
    told = json.loads(previews.describe(config))
    assert (told["guest"], told["recorded"], len(told["designs"])) == (None, None, 4)
    with pytest.raises(NotFoundError, match="when the simulator is, not before"):
        previews.start(config)


def test_an_answer_is_made_once_and_not_kept_for_ever(library):
    previews = Previews(library, Recordings(examples_folder()))
    first = config_from_dict(RUNS)
    assert previews.describe(first) is previews.describe(first)
    for seed in range(2, KEPT + 3):
        previews.describe(config_from_dict({**RUNS, "seed": seed}))
    assert len(previews._kept) == KEPT
