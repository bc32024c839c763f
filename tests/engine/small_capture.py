"""Made-up captures of a small machine, for tests that need one that is wrong in one place."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from engine import units as u
from engine.capture import pages as pages

NR_PAGES = 16 * u.PAGEBLOCK_NR_PAGES
FREE = 1 << pages.KPF_BUDDY
ANON = 1 << pages.KPF_ANON | 1 << pages.KPF_LRU | 1 << pages.KPF_MMAP | 1 << pages.KPF_SWAPBACKED
FILE = 1 << pages.KPF_LRU | 1 << pages.KPF_REFERENCED
SLAB = 1 << pages.KPF_SLAB
RESERVED = 1 << pages.KPF_RESERVED
BALLOON = 1 << pages.KPF_OFFLINE
HEAD = 1 << pages.KPF_COMPOUND_HEAD
TAIL = 1 << pages.KPF_COMPOUND_TAIL
THP = 1 << pages.KPF_THP
NAMES = ("Unmovable", "Movable", "Reclaimable", "HighAtomic", "Isolate")

ZONEINFO = """Node 0, zone      DMA
  per-node stats
      nr_inactive_anon 0
      nr_slab_reclaimable {slab_reclaimable}
  pages free     {free}
        boost    {boost}
        min      {min}
        low      {low}
        high     {high}
        promo    {promo}
        spanned  {spanned}
        present  {present}
        managed  {present}
        cma      0
        protection: (0, 0, 0, 0, 0)
      nr_free_pages {free}
      nr_zone_inactive_anon 0
      nr_zone_active_anon {active_anon}
      nr_zone_inactive_file {inactive_file}
      nr_zone_active_file 0
  pagesets
    cpu: 0
              count: {pcp}
              high:  84
              batch: 21
  node_unreclaimable:  0
  start_pfn:           0
Node 0, zone   Normal
  pages free     0
        min      0
        low      0
        high     0
        spanned  0
        present  0
        managed  0
        protection: (0, 0, 0, 0, 0)
"""


def words(*parts: tuple[int, int]) -> NDArray[np.uint64]:
    """kpageflags of the small machine from (pages, flags) runs; the rest is free."""
    out = np.full(NR_PAGES, FREE, np.uint64)
    at = 0
    for nr, flags in parts:
        out[at : at + nr] = flags
        at += nr
    return out


def free_lists(state: NDArray[np.uint8], types: str) -> list[list[int]]:
    """Free blocks by type and order, as pagetypeinfo would list them."""
    table = [[0] * u.NR_PAGE_ORDERS for _ in NAMES]
    for order, starts in enumerate(pages.free_blocks(state)):
        for pfn in starts.tolist():
            table["UMRHI".index(types[pfn // u.PAGEBLOCK_NR_PAGES])][order] += 1
    return table


def files(
    flags: NDArray[np.uint64], types: str, counts: NDArray[np.uint64] | None = None, **zone: int
) -> dict[str, bytes]:
    """The files of a capture whose pageblocks have the migratetypes ``types``, one letter each."""
    counts = np.zeros(len(flags), np.uint64) if counts is None else counts
    state = pages.decode_states(flags, counts)
    table = free_lists(state, types)
    total = [sum(row[order] for row in table) for order in range(u.NR_PAGE_ORDERS)]
    typed = "\n".join(
        f"Node    0, zone      DMA, type {name:>12} " + " ".join(f"{n:6}" for n in row) + " "
        for name, row in zip(NAMES, table, strict=True)
    )
    blocks = " ".join(f"{types.count(letter):12}" for letter in "UMRHI")
    numbers = {
        "free": int((state == u.STATE_FREE).sum()),
        "boost": 0,
        "min": 64,
        "low": 80,
        "high": 96,
        "promo": 112,
        "spanned": len(flags),
        "present": len(flags),
        "active_anon": int((state == u.STATE_ANON).sum()),
        "inactive_file": int((state == u.STATE_FILE).sum()),
        "slab_reclaimable": 0,
        "pcp": 0,
    }
    return {
        "kpageflags": flags.astype("<u8").tobytes(),
        "kpagecount": counts.astype("<u8").tobytes(),
        "buddyinfo": f"Node 0, zone      DMA {' '.join(map(str, total))} \n".encode(),
        "pagetypeinfo": (
            f"Page block order: {u.PAGEBLOCK_ORDER}\n"
            f"Pages per block: {u.PAGEBLOCK_NR_PAGES:4}\n\n"
            f"Free pages count per migrate type at order {' '.join(map(str, range(11)))} \n"
            f"{typed}\n\nNumber of blocks type {' '.join(NAMES)} \n"
            f"Node 0, zone      DMA {blocks} \n"
        ).encode(),
        "zoneinfo": ZONEINFO.format(**(numbers | zone)).encode(),
        "vmstat": b"nr_free_pages 1\npgalloc_dma 2\n",
        "meminfo": b"MemTotal: 1 kB\nBuffers: 0 kB\n",
    }


def small() -> dict[str, bytes]:
    """A sound capture: kernel, anonymous memory, page cache and free memory."""
    flags = words((100, RESERVED), (412, SLAB), (512, ANON), (300, FILE))
    return files(flags, "UMM" + 13 * "M")


def masked() -> dict[str, bytes]:
    """The same with page files that a container has filled with zeros."""
    return small() | {"kpageflags": bytes(8 * NR_PAGES)}


def half_agreeing() -> dict[str, bytes]:
    """The same, of whose 6,868 free pages kpageflags shows the first 2,772 only."""
    flags = words((100, RESERVED), (412, SLAB), (512, ANON), (300, FILE))
    flags[8 * u.PAGEBLOCK_NR_PAGES :] = ANON
    return small() | {"kpageflags": flags.astype("<u8").tobytes()}


def archive(contents: Mapping[str, bytes], mode: str = "w:gz", folder: str = "s1") -> bytes:
    """A tar of files."""
    entries = []
    for name, body in contents.items():
        entry = tarfile.TarInfo(f"{folder}/{name}")
        entry.size = len(body)
        entries.append((entry, body))
    return archive_of(entries, mode)


def archive_of(entries: Iterable[tuple[tarfile.TarInfo, bytes]], mode: str = "w:gz") -> bytes:
    """A tar of any entries, sound or not."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as tar:  # type: ignore[call-overload]
        for entry, body in entries:
            tar.addfile(entry, io.BytesIO(body))
    return out.getvalue()
