"""What happens between two commands: the time for it, and that portions do not matter."""

from engine import units as u
from engine.core.memory.clock import MSEC
from engine.core.memory.wakeup import wakeup_kcompactd
from engine.core.slowpath import daemons, kcompactd
from engine.core.slowpath.catch_up import catch_up, next_request, settle_kcompactd
from engine.guest import Guest
from tests.engine.small_guest import (
    BLOCK,
    all_free,
    checkered,
    every,
    is_clean,
    nr_free,
    on_two_nodes,
    put,
    rest,
    same,
    settle,
    vm,
)


def next_command(guest: Guest, budget: int = 500) -> int:
    """Let a command come after a rest; ticks that it has to wait."""
    catch_up(guest, False, budget)
    for tick in range(2000):
        if not catch_up(guest, True, budget):
            return tick
    raise AssertionError("the command waits for ever")


def rested(guest: Guest) -> Guest:
    """The guest after its first command."""
    guest.vm[0]["proactive_phase"] = daemons.PHASE_COMMAND
    return guest


def test_proactive_compaction_lowers_the_score_and_comes_to_rest() -> None:
    guest = rested(checkered())
    assert daemons.daemons_idle(guest)  # it is for the time between two commands
    assert next_command(guest) > 1
    free = int(guest.zones[0]["nr_free"])
    blocks = nr_free(guest, 9) + 2 * nr_free(guest, 10)
    # It stops once at most 80 percent of the free memory is of no use for order 9.
    assert (free - blocks * BLOCK) * 100 // free <= 80
    assert (free - (blocks - 2) * BLOCK) * 100 // free > 80
    assert vm(guest, "compact_daemon_wake") == (0,)
    assert vm(guest, "compact_daemon_migrate_scanned") == vm(guest, "compact_migrate_scanned")
    assert is_clean(guest)
    scanned = vm(guest, "compact_migrate_scanned")
    assert next_command(guest) == 0
    assert vm(guest, "compact_migrate_scanned") == scanned


def test_kswapd_ends_its_nap_before_kcompactd_looks() -> None:
    guest = all_free(16, start_block=8)
    put(guest, every(2, 8 * BLOCK, 24 * BLOCK), u.STATE_ANON)
    put(guest, range(8 * BLOCK + 1, 24 * BLOCK, 4), u.STATE_FILE)
    rested(settle(guest))
    zone = guest.zones[0]
    free = int(zone["nr_free"])
    zone["wmark_high"] = free + 100
    guest.vm[0]["kswapd_nap"] = 1
    assert next_command(guest) > 1
    assert vm(guest, "pageoutrun") == (1,)
    assert zone["nr_free"] > free
    assert vm(guest, "compact_daemon_migrate_scanned")[0] > 0
    assert is_clean(guest)


def test_a_pause_allows_one_check_of_the_score() -> None:
    guest = rested(checkered())
    catch_up(guest, False, 500)
    assert catch_up(guest, True, 500)
    while guest.vm[0]["kcompactd_awake"]:
        # However fragmented the guest still is when the run ends, the command comes next.
        assert catch_up(guest, True, 500)
    assert not catch_up(guest, True, 500)


def test_a_fresh_guest_has_had_its_proactive_compaction() -> None:
    guest = checkered()
    assert next_command(guest) == 0
    assert guest.vm[0]["proactive_phase"] == daemons.PHASE_COMMAND
    assert next_command(guest) > 0


def test_a_command_under_way_is_not_interrupted() -> None:
    guest = rested(checkered())
    assert not catch_up(guest, True, 500)
    daemons.daemons_step(guest, 500)
    assert guest.cc[u.CC_KCOMPACTD]["active"] == 0
    assert vm(guest, "compact_daemon_migrate_scanned") == (0,)


def test_a_run_without_success_is_not_repeated_for_32_seconds() -> None:
    guest = rested(checkered(u.STATE_SLAB))
    next_command(guest)
    scanned = vm(guest, "compact_daemon_migrate_scanned")[0]
    assert scanned >= 14 * BLOCK
    assert next_command(guest) == 0
    guest.vm[0]["idle_us"] += 31_000 * MSEC
    assert next_command(guest) == 0
    guest.vm[0]["idle_us"] += 2_000 * MSEC
    assert next_command(guest) > 0
    assert vm(guest, "compact_daemon_migrate_scanned")[0] > scanned


def test_the_size_of_portions_changes_no_result() -> None:
    one, other = checkered(), checkered()
    wakeup_kcompactd(one, 9)
    wakeup_kcompactd(other, 9)
    rest(one, 100)
    rest(other, 5000)
    next_command(rested(one), 100)
    next_command(rested(other), 5000)
    assert same(one, other)


def test_what_a_refused_page_left_below_the_marks_wakes_kswapd_for_the_next_request() -> None:
    guest = checkered()
    zone = guest.zones[0]
    zone["wmark_low"] = zone["nr_free"] - 1
    next_request(guest)
    assert vm(guest, "kswapd_awake") == (0,)
    zone["watermark_boost"] = 512
    next_request(guest)
    assert vm(guest, "kswapd_awake") == (1,)


def test_each_node_looks_at_its_own_score_and_one_runs_after_the_other() -> None:
    guest = rested(on_two_nodes(8, every_second=True))
    assert next_command(guest) > 1
    assert [b for b in guest.blocks["nr_free"][:8] if b == BLOCK]
    assert [b for b in guest.blocks["nr_free"][8:] if b == BLOCK]
    assert vm(guest, "node", "kcompactd_node", "kcompactd_awake") == (0, 0, 0)
    assert is_clean(guest)
    assert next_command(guest) == 0


def test_isolated_pages_are_moved_at_once_where_somebody_may_free_them() -> None:
    guest = checkered()
    wakeup_kcompactd(guest, 9)
    while guest.vm[0]["kcompactd_ahead"] == 0 or vm(guest, "nr_isolated_anon") == (0,):
        kcompactd.kcompactd_step(guest, 700)
    moved, owed = vm(guest, "pgmigrate_success", "kcompactd_ahead")
    settle_kcompactd(guest)
    assert vm(guest, "nr_isolated_anon", "kcompactd_ahead") == (0, -owed)
    assert vm(guest, "pgmigrate_success")[0] > moved
    taken = int(guest.vm[0]["compact_isolated"])
    assert kcompactd.kcompactd_step(guest, owed) == owed  # the work for it
    assert vm(guest, "kcompactd_ahead", "compact_isolated") == (0, taken)
