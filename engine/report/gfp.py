"""What a gfp mask asks for: which zones, which migratetype, how deep into the reserves.

Names where the kernel prints them (since 4.6), bits before that, when their meaning still was what
it had been for years.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.errors import RefusedError

# include/linux/gfp.h and include/trace/events/mmflags.h: what the printed short names stand for.
COMPOUND: Mapping[str, tuple[str, ...]] = {
    "GFP_ATOMIC": ("__GFP_HIGH", "__GFP_KSWAPD_RECLAIM"),
    "GFP_NOWAIT": ("__GFP_KSWAPD_RECLAIM",),
    "GFP_KERNEL": ("__GFP_RECLAIM", "__GFP_IO", "__GFP_FS"),
    "GFP_KERNEL_ACCOUNT": ("__GFP_RECLAIM", "__GFP_IO", "__GFP_FS", "__GFP_ACCOUNT"),
    "GFP_NOIO": ("__GFP_RECLAIM",),
    "GFP_NOFS": ("__GFP_RECLAIM", "__GFP_IO"),
    "GFP_TEMPORARY": ("__GFP_RECLAIM", "__GFP_IO", "__GFP_FS", "__GFP_RECLAIMABLE"),
    "GFP_USER": ("__GFP_RECLAIM", "__GFP_IO", "__GFP_FS", "__GFP_HARDWALL"),
    "GFP_HIGHUSER": (
        "__GFP_RECLAIM", "__GFP_IO", "__GFP_FS", "__GFP_HARDWALL", "__GFP_HIGHMEM",
    ),
    "GFP_HIGHUSER_MOVABLE": (
        "__GFP_RECLAIM", "__GFP_IO", "__GFP_FS", "__GFP_HARDWALL", "__GFP_HIGHMEM", "__GFP_MOVABLE",
    ),
    "GFP_TRANSHUGE": (
        "__GFP_DIRECT_RECLAIM", "__GFP_IO", "__GFP_FS", "__GFP_HARDWALL", "__GFP_HIGHMEM",
        "__GFP_MOVABLE", "__GFP_COMP", "__GFP_NOMEMALLOC", "__GFP_NOWARN",
    ),
    "GFP_TRANSHUGE_LIGHT": (
        "__GFP_IO", "__GFP_FS", "__GFP_HARDWALL", "__GFP_HIGHMEM", "__GFP_MOVABLE", "__GFP_COMP",
        "__GFP_NOMEMALLOC", "__GFP_NOWARN",
    ),
    "GFP_DMA": ("__GFP_DMA",),
    "GFP_DMA32": ("__GFP_DMA32",),
}  # fmt: skip
# include/linux/gfp.h of 2.6.32 to 4.3; the lowest four have stayed since.
_BITS = (
    (0x01, "__GFP_DMA"), (0x02, "__GFP_HIGHMEM"), (0x04, "__GFP_DMA32"), (0x08, "__GFP_MOVABLE"),
    (0x10, "__GFP_WAIT"), (0x20, "__GFP_HIGH"), (0x40, "__GFP_IO"), (0x80, "__GFP_FS"),
    (0x100, "__GFP_COLD"), (0x200, "__GFP_NOWARN"), (0x400, "__GFP_REPEAT"),
    (0x800, "__GFP_NOFAIL"), (0x1000, "__GFP_NORETRY"), (0x4000, "__GFP_COMP"),
    (0x8000, "__GFP_ZERO"), (0x10000, "__GFP_NOMEMALLOC"), (0x20000, "__GFP_HARDWALL"),
    (0x40000, "__GFP_THISNODE"), (0x80000, "__GFP_RECLAIMABLE"),
)  # fmt: skip
_RECLAIMS = {"__GFP_RECLAIM", "__GFP_DIRECT_RECLAIM", "__GFP_WAIT"}
_WORD = re.compile(r"(?:__)?GFP_[A-Z0-9_]{1,40}")
MAX_FLAGS = 32

ZONE_RANK: Mapping[str, int] = {
    name: rank for rank, name in enumerate(("DMA", "DMA32", "Normal", "HighMem", "Movable"))
}
# What the answer is given for when nobody names a mask.
USUAL_MASKS: Mapping[str, str] = {
    "unmovable": "GFP_KERNEL",
    "movable": "GFP_HIGHUSER_MOVABLE",
    "atomic": "GFP_ATOMIC",
}


@dataclass(frozen=True)
class Mask:
    """A gfp mask, understood.

    Attributes:
        names: as given.
        migratetype: Unmovable, Movable or Reclaimable.
        highest: name of the highest zone that may be used.
        waits: whether it may reclaim and compact before it fails.
        reserves: whether it may go below the min watermark (__GFP_HIGH).
        non_block: whether it is tried harder because it cannot wait (ALLOC_NON_BLOCK).
    """

    names: tuple[str, ...]
    migratetype: str
    highest: str
    waits: bool
    reserves: bool
    non_block: bool


def mask_names(mode: int) -> tuple[str, ...]:
    """The flags of a mask that a kernel before 4.6 printed as a number.

    Args:
        mode: the mask.
    """
    return tuple(name for bit, name in _BITS if mode & bit)


def printed_names(text: str) -> tuple[str, ...]:
    """The names that a kernel since 4.6 prints behind a mask.

    Args:
        text: ``GFP_KERNEL|__GFP_COMP``.
    """
    return tuple(word for word in text.split("|")[:MAX_FLAGS] if _WORD.fullmatch(word))


def given_names(text: str) -> tuple[str, ...]:
    """The names of a mask that a person gave.

    Args:
        text: ``GFP_KERNEL|__GFP_COMP``.

    Raises:
        RefusedError: a word that is no flag; one sentence.
    """
    words = [word.strip() for word in text.split("|")]
    for word in words:
        if not _WORD.fullmatch(word) or (word.startswith("GFP_") and word not in COMPOUND):
            raise RefusedError(
                f"gfp has {word[:40]!r}: names like GFP_KERNEL|__GFP_COMP are needed; known are"
                f" {', '.join(COMPOUND)} and __GFP_ flags"
            )
    return tuple(words[:MAX_FLAGS])


def mask_of(names: Iterable[str]) -> Mask:
    """What a mask asks for.

    Args:
        names: its flags, short names included.
    Source:
        include/linux/gfp.h gfp_zone(), gfp_migratetype(); mm/page_alloc.c gfp_to_alloc_flags().
    """
    names = tuple(names)
    flags = {flag for name in names for flag in COMPOUND.get(name, (name,))}
    if "__GFP_DMA" in flags:
        highest = "DMA"
    elif "__GFP_DMA32" in flags:
        highest = "DMA32"
    elif "__GFP_HIGHMEM" in flags:
        highest = "Movable" if "__GFP_MOVABLE" in flags else "HighMem"
    else:
        highest = "Normal"
    migratetype = "Unmovable"
    if "__GFP_MOVABLE" in flags:
        migratetype = "Movable"
    elif "__GFP_RECLAIMABLE" in flags:
        migratetype = "Reclaimable"
    waits = bool(flags & _RECLAIMS)
    return Mask(
        names, migratetype, highest, waits, reserves="__GFP_HIGH" in flags,
        non_block=not waits and "__GFP_NOMEMALLOC" not in flags,
    )  # fmt: skip
