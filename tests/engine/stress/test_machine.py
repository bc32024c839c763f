"""The guest of stress-highalloc: zones, watermarks."""

import pytest

from engine import units as u
from engine.core.observe import check
from engine.stress.machine import make_machine, set_min_free


def test_four_gib_are_laid_out_as_in_qemus_pc_machine() -> None:
    guest = make_machine(4096, 1)
    assert [u.ZONE_NAMES[zone["name"]] for zone in guest.zones] == ["DMA", "DMA32", "Normal"]
    assert int(guest.zones["present"].sum()) == 4096 * u.MIB_PAGES
    dma32, normal = guest.zones[1], guest.zones[2]
    assert dma32["end_pfn"] == 3584 * u.MIB_PAGES
    assert normal["start_pfn"] == 1 << 20
    hole = guest.pages["state"][int(dma32["end_pfn"]) : int(normal["start_pfn"])]
    assert (hole == u.STATE_HOLE).all()
    # 11 pageblocks a zone, shared out by size.
    assert 11 * 512 * 3 - 3 <= guest.zones["wmark_min"].sum() <= 11 * 512 * 3
    assert int(check.validate(guest)[0]) == 0


def test_a_small_guest_has_no_normal_zone() -> None:
    guest = make_machine(256, 1)
    assert len(guest.zones) == 2
    assert int(check.validate(guest)[0]) == 0


@pytest.mark.parametrize("size", [0, 62, 257, (1 << 20) + 2])
def test_impossible_sizes_are_refused(size: int) -> None:
    with pytest.raises(ValueError, match=f"memory is {size} MiB: an even number from 64"):
        make_machine(size, 1)


@pytest.mark.parametrize("step", [25, 0])
def test_min_free_kbytes_is_split_by_zone_size(step: int) -> None:
    guest = make_machine(4096, 1)
    set_min_free(guest, 1024, step)
    zones = guest.zones
    assert 250 <= zones["wmark_min"].sum() <= 256
    normal = zones[2]
    if step:
        assert normal["wmark_high"] - normal["wmark_low"] == int(normal["wmark_min"]) * 25 // 100
    else:
        assert normal["wmark_low"] - normal["wmark_min"] == int(normal["managed"]) * 10 // 10000
