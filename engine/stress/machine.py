"""The guest of stress-highalloc: a virtual machine of 2012 after boot, with nothing running."""

from engine import presets
from engine import units as u
from engine.errors import RefusedError
from engine.guest import Guest, ZoneSpan

_DMA_END = 4096  # pfn, 16 MiB
_LOW_END = 3584 << 8  # pfn, 3.5 GiB: QEMU's pc machine puts the rest above 4 GiB
_HIGH_START = 1 << 20  # pfn, 4 GiB
MIN_MACHINE_MIB = 64


def make_machine(memory_mib: int, seed: int) -> Guest:
    """A guest after boot: zones as QEMU's pc machine lays them out, all else free.

    Args:
        memory_mib: whole MiB, even, at least MIN_MACHINE_MIB.
        seed: for the guest's own random numbers.

    Raises:
        RefusedError: a size that is not allowed.
    """
    if not MIN_MACHINE_MIB <= memory_mib <= presets.MAX_MIB or memory_mib % 2:
        raise RefusedError(
            f"memory is {memory_mib} MiB: an even number from {MIN_MACHINE_MIB} to "
            f"{presets.MAX_MIB} MiB is needed"
        )
    nr_pages = u.mib_to_pages(memory_mib)
    spans = [
        ZoneSpan(u.ZONE_DMA, 0, _DMA_END),
        ZoneSpan(u.ZONE_DMA32, _DMA_END, min(nr_pages, _LOW_END)),
    ]
    if nr_pages > _LOW_END:
        spans.append(ZoneSpan(u.ZONE_NORMAL, _HIGH_START, _HIGH_START + nr_pages - _LOW_END))
    return presets.boot(tuple(spans), seed)


def set_min_free(guest: Guest, min_free_kb: int, step_percent: int) -> None:
    """Write /proc/sys/vm/min_free_kbytes.

    Args:
        guest: its zones' watermarks are written.
        min_free_kb: for the whole guest, split by zone size.
        step_percent: of the min watermark, from one watermark to the next; a modern kernel uses at
            least a thousandth of the zone (profile modern: 0 means its rule).
    """
    total = int(guest.zones["managed"].sum())
    for zone in guest.zones:
        managed = int(zone["managed"])
        wmark_min = (min_free_kb >> 2) * managed // total
        step = wmark_min * step_percent // 100
        if not step_percent:
            step = max(wmark_min >> 2, managed * 10 // 10000)
        for n, name in enumerate(("wmark_min", "wmark_low", "wmark_high", "wmark_promo")):
            zone[name] = wmark_min + n * step
