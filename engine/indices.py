"""How fragmented free memory is, by the kernel's formulas; integers, per mille or percent.

Plain functions of counts per order, of any number of orders: a guest's and a report's alike.
"""

from collections.abc import Sequence


def contig_pages(counts: Sequence[int], order: int) -> tuple[int, int, int]:
    """Free pages, free blocks, and pieces of ``order`` that could be cut from them.

    Args:
        counts: free blocks per order.
        order: order wanted.
    Source:
        mm/vmstat.c fill_contig_page_info().
    """
    pages = sum(int(n) << o for o, n in enumerate(counts))
    blocks = sum(int(n) for n in counts)
    suitable = sum(int(n) << (o - order) for o, n in enumerate(counts) if o >= order)
    return pages, blocks, suitable


def fragmentation_index(counts: Sequence[int], order: int) -> int:
    """Whether a failing request would fail for lack of memory (0) or for fragmentation (1000).

    Args:
        counts: free blocks per order.
        order: order wanted.
    Returns:
        per mille; -1000 if the request would not fail, 0 if nothing is free.
    Source:
        mm/vmstat.c __fragmentation_index().
    """
    pages, blocks, suitable = contig_pages(counts, order)
    if blocks == 0:
        return 0
    if suitable > 0:
        return -1000
    return 1000 - (1000 + pages * 1000 // (1 << order)) // blocks


def unusable_index(counts: Sequence[int], order: int) -> int:
    """Share of the free memory that a request of ``order`` cannot use.

    Args:
        counts: free blocks per order.
        order: order wanted.
    Returns:
        per mille; 1000 if nothing is free.
    Source:
        mm/vmstat.c unusable_free_index().
    """
    pages, _, suitable = contig_pages(counts, order)
    if pages == 0:
        return 1000
    return (pages - (suitable << order)) * 1000 // pages


def extfrag_for_order(counts: Sequence[int], order: int) -> int:
    """unusable_index in percent; 0 when nothing is free.

    Args:
        counts: free blocks per order.
        order: order wanted.
    Returns:
        percent.
    Source:
        mm/vmstat.c extfrag_for_order().
    """
    pages, _, suitable = contig_pages(counts, order)
    if pages == 0:
        return 0
    return (pages - (suitable << order)) * 100 // pages
