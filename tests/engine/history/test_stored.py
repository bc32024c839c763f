"""A column comes back from its rows, a patch from its bytes, and two patches are one."""

from __future__ import annotations

import subprocess
import sys

import numpy as np

from engine.history.stored import (
    ROW_BYTES,
    Stored,
    change,
    key_frame,
    packed,
    patch_of,
    skip_parent,
)
from engine.history.stored import unpack as unpacked
from tests.engine.worlds import world
from tests.project_files import ROOT

WORDS = ROW_BYTES // 4


def test_only_rows_that_are_not_held_are_written() -> None:
    column = np.arange(3 * WORDS - 5, dtype=np.uint32)
    rows = packed(column, [None] * 3, None)
    into = np.zeros_like(column)
    taken: list[bytes | None] = [None, rows.rows[1], None]
    unpacked(rows, into, taken, lambda: None)
    assert taken == list(rows.rows)
    assert not into[WORDS : 2 * WORDS].any(), "a row that was said to be held was written"
    assert np.array_equal(np.delete(into, slice(WORDS, 2 * WORDS)),
                          np.delete(column, slice(WORDS, 2 * WORDS)))  # fmt: skip


def test_a_row_with_the_bytes_of_the_one_before_is_that_one() -> None:
    column = np.arange(2 * WORDS, dtype=np.uint32)
    before = packed(column, [None] * 2, None)
    column[0] += 1
    after = packed(column, [None] * 2, before)
    assert after.rows[1] is before.rows[1]
    assert after.rows[0] != before.rows[0]


def test_a_patch_is_what_was_put_into_it() -> None:
    index, words = np.array([3, 4, 900]), np.array([7, 8, 9], np.uint32)
    patch = patch_of(index, words)
    assert patch.index.tolist() == index.tolist()
    assert patch.words.tolist() == words.tolist()


SEVERAL_THREADS = """
import numpy as np
from concurrent.futures import ThreadPoolExecutor
from engine.history.stored import patch_of

def pack(seed):
    words = np.random.default_rng(seed).integers(0, 99, 200_000, np.uint32)
    return all(np.array_equal(patch_of(words, words).words, words) for _ in range(40))

with ThreadPoolExecutor(6) as pool:
    assert all(pool.map(pack, range(6)))
"""


def test_sessions_pack_at_once_in_threads_of_their_own() -> None:
    done = subprocess.run([sys.executable, "-c", SEVERAL_THREADS], cwd=ROOT, check=False)
    assert done.returncode == 0, "a negative status is a signal: a compressor had two threads in it"


def test_two_changes_become_one_and_what_changed_back_is_none() -> None:
    point = world("pinned").glance()
    key = key_frame(point, 0, 0.0, [packed(np.zeros(9, np.uint32), [None], None)], None)

    def changed(parent: Stored, index: list[int], words: list[int]) -> Stored:
        patch = patch_of(np.array(index), np.array(words, np.uint32))
        return change(point, 0, 0.0, [patch], parent)

    second = changed(changed(key, [1, 2, 5], [6, 1, 2]), [0, 2, 5], [9, 1, 1])
    skip_parent(second)
    assert second.parent is key
    (patch,) = second.columns
    assert (patch.index.tolist(), patch.words.tolist()) == ([0, 1, 5], [9, 6, 3])  # type: ignore[union-attr]
