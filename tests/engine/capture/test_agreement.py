"""Files of a capture that do not describe the same memory, and memory that none describes."""

from __future__ import annotations

import numpy as np
import pytest

from engine.capture.agreement import agreement
from engine.capture.load import Capture, guest_from_capture, load_capture
from engine.capture.pages import PAGES_PER_SECTION
from engine.core.observe.check import validate
from engine.errors import RefusedError
from tests.engine.small_capture import (
    ANON,
    FREE,
    NR_PAGES,
    SLAB,
    archive,
    files,
    half_agreeing,
    masked,
    small,
)


def load(contents: dict[str, bytes], name: str = "c") -> Capture:
    return load_capture(archive(contents), name)


def refusal(contents: dict[str, bytes]) -> str:
    with pytest.raises(RefusedError) as caught:
        load(contents, "mine")
    return str(caught.value)


def with_flags(flags: np.ndarray) -> dict[str, bytes]:
    """The sound capture's text, and other page flags."""
    return small() | {"kpageflags": flags.astype("<u8").tobytes()}


def test_agreement_by_hand() -> None:
    assert agreement((1, 0, 2), (1, 0, 2)) == 1
    assert agreement((0, 1, 2), (2, 0, 2)) == pytest.approx(1 - 4 / 10)  # 2 + 2 of 10 pages
    assert agreement((100, 0, 0), (1, 0, 2)) == 0
    assert agreement((0, 0, 0), (0, 0, 0)) == 1
    assert agreement((0, 0, 64), (0, 0, 0)) == 0


def test_files_that_agree_are_not_spoken_of() -> None:
    capture = load(small())
    assert capture.disagreements() == []
    assert "warnings" not in capture.summary()


def test_zero_filled_page_files_are_refused() -> None:
    said = refusal(masked())
    assert said.startswith(
        "mine: zone DMA of node 0: kpageflags shows 0 free pages, buddyinfo 6868 (0% under the same"
        " order; 10% is the least): kpageflags is zero-filled, as is kpagecount: masked by a cont"
    )
    assert "fragscope report" in said
    counted = masked() | {"kpagecount": np.ones(NR_PAGES, "<u8").tobytes()}
    assert "kpageflags is zero-filled, while kpagecount is not" in refusal(counted)


def test_flags_without_a_free_page_are_refused() -> None:
    assert "marks no page at all as free" in refusal(with_flags(np.full(NR_PAGES, ANON)))


def test_flags_of_another_machine_are_refused_and_zoneinfo_says_which_file_is_odd() -> None:
    other = np.full(NR_PAGES, ANON, np.uint64)
    other[512:600] = FREE
    said = refusal(with_flags(other))
    assert "shows 88 free pages, buddyinfo 6868 (1% " in said
    assert "zoneinfo (6868 free pages) agrees with buddyinfo, so kpageflags was taken" in said


def test_a_buddyinfo_of_another_moment_is_refused() -> None:
    late = small() | {"buddyinfo": b"Node 0, zone DMA 900 0 0 0 0 0 0 0 0 0 0\n"}
    assert "zoneinfo (6868 free pages) agrees with kpageflags, so buddyinfo" in refusal(late)
    masked = small() | {"buddyinfo": b"Node 0, zone DMA 0 0 0 0 0 0 0 0 0 0 0\n"}
    assert "buddyinfo lists no free block: it is masked" in refusal(masked)


def test_the_same_pages_in_other_blocks_are_refused() -> None:
    pieces = small() | {"buddyinfo": b"Node 0, zone DMA 6868 0 0 0 0 0 0 0 0 0 0\n"}
    assert "as many pages are free, but in blocks of other orders" in refusal(pieces)


def test_half_an_agreement_is_a_warning() -> None:
    capture = load(half_agreeing(), "half")
    (said,) = capture.disagreements()
    assert "kpageflags shows 2772 free pages, buddyinfo 6868 (40% under the same order): " in said
    assert said.endswith("what follows is by kpageflags")
    assert capture.summary()["warnings"] == [said]


SECTIONS = 6


def late_machine(**zone: int) -> dict[str, bytes]:
    """Six sections, of which the last four have no flag; two are managed."""
    flags = np.full(SECTIONS * PAGES_PER_SECTION, FREE, np.uint64)
    flags[:512] = SLAB
    flags[2 * PAGES_PER_SECTION :] = 0
    contents = files(flags, "U" + "M" * (len(flags) // 512 - 1), **zone)
    managed = f"managed  {2 * PAGES_PER_SECTION}".encode()
    before = f"managed  {zone.get('present', len(flags))}".encode()
    contents["zoneinfo"] = contents["zoneinfo"].replace(before, managed)
    contents["meminfo"] = f"MemTotal: {4 * zone.get('present', len(flags))} kB\n".encode()
    return contents


def test_memory_that_is_not_initialised_yet_is_named_and_left_alone() -> None:
    capture = load(late_machine(), "late")
    (said,) = capture.disagreements()
    assert said.startswith(
        "zone DMA of node 0: 512 of 768 MiB are present, but the kernel has not initialised them"
    )
    assert capture.summary()["zones"][0]["free_agreement"] == 1
    assert validate(guest_from_capture(capture))[0] == 0


def test_sections_that_are_offline_are_not_taken_for_uninitialised_memory() -> None:
    present = 2 * PAGES_PER_SECTION
    assert load(late_machine(present=present)).disagreements() == []


def test_a_zero_filled_end_is_not_taken_for_uninitialised_memory() -> None:
    flags = np.full(SECTIONS * PAGES_PER_SECTION, FREE, np.uint64)
    contents = files(flags, "M" * (len(flags) // 512))
    flags[2 * PAGES_PER_SECTION :] = 0
    contents["kpageflags"] = flags.astype("<u8").tobytes()
    (said,) = load(contents).disagreements()
    assert "has no flag in 512 MiB that the kernel manages: it is zero-filled in part" in said
    flags[PAGES_PER_SECTION // 2 :] = 0
    contents["kpageflags"] = flags.astype("<u8").tobytes()
    assert "has no flag in 640 MiB that the kernel manages" in refusal(contents)


def test_a_machine_of_16_kib_pages_is_still_told_from_one_that_is_not_initialised() -> None:
    contents = small() | {"meminfo": f"MemTotal: {NR_PAGES * 16} kB\n".encode()}
    assert "pages of 16 KiB" in refusal(contents)
