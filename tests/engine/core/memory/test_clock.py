"""The clock: measured costs add up, runs in progress count, and nothing else moves it."""

from engine import units as u
from engine.core.memory.clock import all_work, clock_us
from tests.engine.small_guest import all_free, settle


def test_the_clock_stands_at_nought_and_moves_by_the_measured_costs() -> None:
    guest = settle(all_free(16, start_block=8))
    vm = guest.vm[0]
    assert clock_us(guest) == 0
    # Where the recordings were made: 0.14 us a page scanned, 30 a page migrated, 3.2 a page that
    # reclaim takes, 7.5 a page written, 1440 a huge page split; an operation of the workload as a
    # balloon page, 10.5.
    for counter, least, most in (
        ("compact_free_scanned", 139, 141),
        ("pgmigrate_success", 29_000, 31_000),
        ("balloon_work", 139, 141),
        ("pgscan_kswapd", 3_200, 3_300),
        ("nr_written", 7_000, 8_000),
        ("thp_split_page", 1_400_000, 1_500_000),
        ("workload_ops", 10_000, 11_000),
    ):
        before = int(clock_us(guest))
        vm[counter] += 1000
        assert least <= clock_us(guest) - before <= most, counter


def test_a_run_in_progress_counts_before_it_has_published_its_scanned_pages() -> None:
    guest = settle(all_free(16, start_block=8))
    c = guest.cc[u.CC_KCOMPACTD]
    c["active"], c["total_migrate_scanned"], c["total_free_scanned"] = 1, 70, 30
    assert all_work(guest) == 100
    c["active"] = 0
    guest.vm[0]["compact_migrate_scanned"] += 70
    guest.vm[0]["compact_free_scanned"] += 30
    assert all_work(guest) == 100


def test_idle_time_is_added_to_that_of_work() -> None:
    guest = settle(all_free(16, start_block=8))
    guest.vm[0]["balloon_work"] = 1000
    worked = int(clock_us(guest))
    guest.vm[0]["idle_us"] = 5
    assert clock_us(guest) == worked + 5
