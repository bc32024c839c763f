"""Memory that no zone manages, and counts that are not of one machine; figures by hand."""

from __future__ import annotations

import pytest

from engine.report.answer import answer_of
from engine.report.late import late_pages, refused, unmanaged_words
from engine.report.model import FreeCounts, Moment, ZoneFacts
from engine.report.read import read_report

GIB = 1 << 18  # pages of 4 KiB


def machine(managed: int, present: int, total_kib: int | None, page_kib: int = 4) -> Moment:
    """A machine of one zone with 2,048 free pages."""
    zone = ZoneFacts((0, "Normal"), FreeCounts((0,) * 10 + (2,)))
    zone.pages = {"free": 2048, "present": present, "managed": managed}
    totals = {} if total_kib is None else {"MemTotal": total_kib}
    return Moment(zones={zone.key: zone}, totals=totals, page_kib=page_kib)


def test_what_memtotal_counts_and_no_zone_manages_is_not_initialised_yet() -> None:
    late = machine(2 * GIB, 8 * GIB, 8 << 20)
    assert late_pages(late) == 6 * GIB
    (said,) = unmanaged_words(late)
    assert said.startswith(
        "zone Normal of node 0 manages 524288 of 2097152 present pages (6144 MiB"
    )
    assert "has not initialised it yet" in said


def test_a_balloon_is_not_taken_for_it() -> None:
    ballooned = machine(2 * GIB, 8 * GIB, 2 << 20)
    assert late_pages(ballooned) == 0
    (said,) = unmanaged_words(ballooned)
    assert "MemTotal does not count the rest: a balloon has it" in said
    (said,) = unmanaged_words(machine(2 * GIB, 8 * GIB, None))
    assert "meminfo's MemTotal would tell" in said


@pytest.mark.parametrize("managed", [8 * GIB, 8 * GIB - GIB // 8, 8 * GIB - 30_000])
def test_what_boot_takes_for_itself_is_usual(managed: int) -> None:
    assert unmanaged_words(machine(managed, 8 * GIB, managed * 4)) == []


def test_pages_of_64_kib_are_reckoned_with() -> None:
    arm = machine(GIB // 32, GIB // 16, (GIB // 16) * 64, page_kib=64)
    assert late_pages(arm) == GIB // 32
    assert "(512 MiB less)" in unmanaged_words(arm)[0]


def test_the_page_size_is_not_read_from_memory_that_is_not_initialised() -> None:
    text = (
        b"Node 0, zone   Normal 0 0 0 0 0 0 0 0 0 0 100\n"
        b"nr_free_pages 102400\nnr_active_anon 5000\nnr_inactive_anon 300\nnr_mapped 70\n\n"
        b"MemTotal: 2097152 kB\nMemFree: 1638400 kB\n"
        b"Active(anon): 20000 kB\nInactive(anon): 1200 kB\nMapped: 280 kB\n"
    )
    assert answer_of(read_report(text))["page_kib"] == 4  # MemFree alone would say 16


def files(buddyinfo: int, zoneinfo: int, vmstat: int) -> Moment:
    """Three files that count the free pages."""
    zone = ZoneFacts((0, "Normal"), FreeCounts((buddyinfo,)))
    zone.pages = {"free": zoneinfo}
    return Moment(zones={zone.key: zone}, vmstat={"nr_free_pages": vmstat})


@pytest.mark.parametrize(
    ("counts", "cause"),
    [
        ((0, 50_000, 50_000), "buddyinfo is masked by a container or zero-filled"),
        ((50_000, 0, 50_000), "zoneinfo is masked by a container or zero-filled"),
        (
            (50_000, 4_000, 51_000),
            "vmstat (51000) agrees with buddyinfo, so zoneinfo is of another",
        ),
        (
            (4_000, 50_000, 51_000),
            "vmstat (51000) agrees with zoneinfo, so buddyinfo is of another",
        ),
        ((4_000, 50_000, 20_000), "they were taken far apart, or are of two machines"),
    ],
)
def test_counts_that_are_not_of_one_machine_are_not_judged(
    counts: tuple[int, int, int], cause: str
) -> None:
    said = refused(files(*counts))
    assert said is not None
    assert said.startswith(
        f"No request is judged: buddyinfo lists {counts[0]} free pages, zoneinfo"
    )
    assert cause in said


def test_counts_that_differ_as_machines_do_are_judged() -> None:
    assert refused(files(5_001, 50_000, 50_000)) is None
    assert refused(files(0, 1_024, 1_024)) is None  # too few to tell anything


def test_the_answer_withholds_its_verdicts_and_keeps_the_counts() -> None:
    text = b"Node 0, zone Normal 100 0 0 0 0 0 0 0 0 0 0\n" + (
        b"Node 0, zone   Normal\n  pages free     90000\n        min      1000\n"
    )
    answer = answer_of(read_report(text))
    assert answer["answers"] == []
    assert "90000: they were taken far apart" in answer["refused"]
    assert answer["zones"][0]["free_pages"] == 100
