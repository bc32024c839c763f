"""Kernels that mark the head of a free block only: the rest of it is found again."""

from __future__ import annotations

import numpy as np
import pytest

from engine import units as u
from engine.capture.archive import Limits, read_files
from engine.capture.heads import mark_tails, marks_heads_only
from engine.capture.load import Capture, load_capture
from engine.capture.pages import KPF_BUDDY, decode, free_blocks
from engine.guest import ZoneSpan
from server.paths import examples_folder
from tests.engine import small_capture as small

BUDDY = np.uint64(1 << KPF_BUDDY)


def heads_only(files: dict[str, bytes]) -> dict[str, bytes]:
    """The same machine as a kernel before 4.6 would have shown it."""
    words = np.frombuffer(files["kpageflags"], "<u8").copy()
    counts = np.frombuffer(files["kpagecount"], "<u8")
    marked = words & BUDDY != 0
    heads = np.concatenate(free_blocks(decode(words, counts).state))
    words[marked] = 0
    words[heads[marked[heads]]] = BUDDY
    return files | {"kpageflags": words.tobytes()}


@pytest.fixture(scope="module")
def roomy() -> Capture:
    texts, pages = read_files(examples_folder() / "roomy" / "s1.tar.xz", "roomy", Limits())
    files = {name: file.words(0, len(file)).tobytes() for name, file in pages.items()}
    return load_capture(small.archive(heads_only(texts | files)), "heads")


def test_the_blocks_of_a_real_machine_are_found_again(roomy: Capture) -> None:
    start, end = roomy.spans[-1].start_pfn, roomy.spans[-1].end_pfn
    found = [int(((p >= start) & (p < end)).sum()) for p in roomy.inferred.free]
    assert found[9] + 2 * found[10] == 151  # as in buddyinfo: 635 MiB
    agreement = [zone["free_agreement"] for zone in roomy.summary()["zones"]]
    assert agreement[0] == 1.0
    assert agreement[1] > 0.999
    assert roomy.restored > 19_000
    assert "marks their heads" in roomy.summary()["assumed"][-1]


def test_what_is_in_the_way_or_misaligned_bounds_a_block() -> None:
    words = np.zeros(4096, np.uint64)
    words[[0, 512, 768, 1032, 2048]] = BUDDY
    words[[520, 1040]] = np.uint64(small.SLAB)
    counts = np.zeros(4096, np.uint64)
    counts[3000] = 1  # mapped, without a flag
    listed = [0, 0, 0, 2, 0, 0, 0, 0, 1, 2, 0]
    spans = {(0, "DMA"): ZoneSpan(u.ZONE_DMA, 0, 4096)}
    assert mark_tails(words, counts, spans, {(0, "DMA"): listed}) == 5
    sizes = [512, 8, 256, 8, 512]
    assert int(np.count_nonzero(words & BUDDY)) == sum(sizes)
    for head, size in zip((0, 512, 768, 1032, 2048), sizes, strict=True):
        assert (words[head : head + size] == BUDDY).all()


def test_a_kernel_that_marks_every_page_is_left_alone() -> None:
    words = np.full(4096, BUDDY)
    assert not marks_heads_only(words, [[0] * 10 + [4]])
    assert not marks_heads_only(np.zeros(4096, np.uint64), [[0] * 10 + [4]])  # zero-filled
    words[:] = 0
    words[::1024] = BUDDY
    assert marks_heads_only(words, [[0] * 10 + [4]])
    assert load_capture(small.archive(small.small()), "small").restored == 0
