"""A real machine's planes, made without the core: those that the engine sees in its guest."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from engine import units as u
from engine.capture.assemble import assemble_guest
from engine.capture.load import Capture, Inferred, load_capture
from engine.capture.planes import machine_view
from engine.capture.text import MIGRATETYPE_NAMES
from engine.recordings.recording import Recording, load_recording
from engine.view import FLAG_DEDICATED, PLANES, STAT_FIELDS
from engine.world import World, WorldConfig
from tests.engine.small_capture import ANON, BALLOON, FILE, RESERVED, SLAB, archive, files, words

EXAMPLES = Path(__file__).parents[3] / "examples"
LETTERS = {name[0]: number for name, number in MIGRATETYPE_NAMES.items()}


@cache
def recording(name: str) -> Recording:
    folder = EXAMPLES / name
    return load_recording(folder, load_capture(folder / "s1.tar.xz").main_zone)


def pictures() -> list[tuple[str, str, int]]:
    """Every state of every example that was captured; the start once, as all designs share it."""
    out = []
    for folder in sorted(EXAMPLES.glob("*/result.json")):
        found = recording(folder.parent.name)
        for key in found.runs:
            for index in range(len(found.ops) + 1):
                if found.capture_after(key, index).is_file() and (index or key == "lru_hook"):
                    out.append((found.folder.name, key, index))
    return out


def seen_by_the_engine(capture: Capture, found: Inferred, key: str) -> dict[str, np.ndarray]:
    """Planes and statistics of a guest made of the same pages, as the compiled core sees them."""
    parts = (found.pages, found.migratetype, found.free)
    guest = assemble_guest(capture.spans, capture.zones, *parts, 1)
    view = World(guest, WorldConfig((key,))).view(0)
    return {**view.planes, "stats": view.stats}


def check_equal(capture: Capture, found: Inferred, key: str) -> None:
    ours = machine_view(capture, found, hook=key == "lru_hook")
    theirs = seen_by_the_engine(capture, found, key)
    for name, dtype in PLANES:
        assert ours.planes[name].dtype == np.dtype(dtype)
        np.testing.assert_array_equal(ours.planes[name], theirs[name], name)
    differ = np.flatnonzero(ours.stats != theirs["stats"])
    assert not len(differ), {
        STAT_FIELDS[i]: (int(ours.stats[i]), int(theirs["stats"][i])) for i in differ
    }


@pytest.mark.slow
@pytest.mark.parametrize(("name", "key", "index"), pictures())
def test_a_recorded_picture_is_what_the_engine_sees(name: str, key: str, index: int) -> None:
    found = recording(name)
    capture = load_capture(found.capture_after(key, index))
    types = [LETTERS[letter] for letter in found.moment(key, index).blocks]
    check_equal(capture, capture.with_types(np.array(types, np.uint8)), key)


@pytest.mark.parametrize("key", ["pinned", "lru_hook"])
def test_a_small_machine_is_what_the_engine_sees(key: str) -> None:
    flags = words(
        (100, RESERVED), (412, SLAB), (512, ANON), (300, FILE), (212, 0), (512, BALLOON),
        (200, BALLOON), (312, ANON), (512, BALLOON), (100, BALLOON), (1, SLAB),
    )  # fmt: skip
    capture = load_capture(archive(files(flags, "UMM" + 13 * "M", pcp=50)), "small")
    check_equal(capture, capture.inferred, key)


def test_known_types_decide_what_is_parked_and_what_merges() -> None:
    flags = words((100, RESERVED), (412, SLAB), (300, 0), (212, ANON))
    capture = load_capture(archive(files(flags, "UM" + 14 * "M", pcp=300)), "small")
    types = np.full(16, u.MIGRATE_MOVABLE, np.uint8)
    movable = machine_view(capture, capture.with_types(types), hook=False)
    types[1] = u.MIGRATE_UNMOVABLE
    types[2] = u.MIGRATE_CMA
    unmovable = machine_view(capture, capture.with_types(types), hook=False)
    assert (movable.planes["pcp"][1], movable.planes["unmovable"][1]) == (255, 0)  # one byte
    assert (unmovable.planes["pcp"][1], unmovable.planes["unmovable"][1]) == (0, 300)
    assert movable.planes["largest"][2:4].tolist() == [10, 10]
    assert unmovable.planes["largest"][2:4].tolist() == [9, 9]
    assert movable.planes["migratetype"][1] == u.MIGRATE_MOVABLE
    assert unmovable.planes["migratetype"][1] == u.MIGRATE_UNMOVABLE


def test_dedicated_pageblocks_are_marked_and_counted() -> None:
    flags = words((512, SLAB), (1024, BALLOON), (7, BALLOON))
    capture = load_capture(archive(files(flags, "U" + 15 * "M")), "small")
    dedicated = np.zeros(16, np.bool_)
    dedicated[1:3] = True
    view = machine_view(capture, capture.inferred, hook=False, dedicated=dedicated)
    stats = dict(zip(STAT_FIELDS, view.stats.tolist(), strict=True))
    assert np.flatnonzero(view.planes["flags"] & FLAG_DEDICATED).tolist() == [1, 2]
    assert (stats["dedicated_blocks"], stats["balloon_dedicated"]) == (2, 1024)
    assert (stats["balloon_actual"], stats["balloon_scattered"]) == (1031, 7)


def test_a_picture_takes_a_fraction_of_a_second() -> None:
    found = recording("runs")
    before = time.process_time()
    capture = load_capture(found.capture_after("lru_hook", 2))
    types = [LETTERS[letter] for letter in found.moment("lru_hook", 2).blocks]
    machine_view(capture, capture.with_types(np.array(types, np.uint8)), hook=True)
    assert time.process_time() - before < 1.5
