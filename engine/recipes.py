"""The recipes of synthetic guests, as data: what programs touch, keep and give back."""

from dataclasses import dataclass


@dataclass(frozen=True)
class GuestRecipe:
    """How the memory of a synthetic guest came about.

    Attributes:
        name: as on the wire and the command line.
        label: a few words for the page.
        text: the recipe in one or two sentences.
        anon: per mille of the managed pages touched by programs.
        keep: percent of the touched runs that are kept; the others are freed.
        run: pages kept or freed together; 0 = all but one page of every pageblock is freed.
        cache: per mille of the managed pages read as page cache, spread between the touched ones.
        kernel: kernel objects per GiB (slab, page tables, inodes, pipes), spread the same way.
        nodes: NUMA nodes of equal size; on each, programs touch its share.
    """

    name: str
    label: str
    text: str
    anon: int
    keep: int
    run: int
    cache: int
    kernel: int
    nodes: int = 1


PRESETS: dict[str, GuestRecipe] = {
    r.name: r
    for r in (
        GuestRecipe(
            "roomy",
            "Roomy: half of it free again, in single pages",
            "Programs touch 62 % of the memory and free 55 % of that page by page at random; few "
            "kernel objects, no page cache. Much is free, little of it contiguous.",
            anon=620,
            keep=45,
            run=1,
            cache=0,
            kernel=6000,
        ),
        GuestRecipe(
            "tight",
            "Tight: page cache and programs interleaved, kernel objects sprinkled",
            "Programs touch 60 % and read page cache for 30 % of the memory, page by page in turn, "
            "with 8000 kernel objects per GiB in between; half of the programs' pages are freed "
            "again, one by one.",
            anon=600,
            keep=50,
            run=1,
            cache=300,
            kernel=8000,
        ),
        GuestRecipe(
            "cycles",
            "Cycles: small holes, made for inflating and deflating 64 MiB again and again",
            "Programs touch 70 % and read page cache for 15 % of the memory; 45 % of the programs' "
            "pages are freed again in runs of four; 4000 kernel objects per GiB.",
            anon=700,
            keep=55,
            run=4,
            cache=150,
            kernel=4000,
        ),
        GuestRecipe(
            "all_but_one",
            "All but one: huge pages freed except for one page each",
            "Programs touch 85 % of the memory; then every pageblock that they filled is freed "
            "except for one page at a random place. Nearly all is free, but hardly a 2 MiB block.",
            anon=850,
            keep=0,
            run=0,
            cache=0,
            kernel=400,
        ),
        GuestRecipe(
            "no_balloon",
            "No balloon needed: a file server with a full page cache",
            "Page cache for 62 % of the memory, programs for 18 %, of which 30 % were freed in "
            "runs of 16; 12000 kernel objects per GiB. For looking at compaction alone.",
            anon=180,
            keep=70,
            run=16,
            cache=620,
            kernel=12000,
        ),
        GuestRecipe(
            "two_nodes",
            "Two nodes: half of the memory each, programs on both, the balloon's worker on node 0",
            "Two NUMA nodes of the same size. On each, programs touch 60 % and read page cache for "
            "20 % of the memory, and free half of their pages again in runs of two; 6000 kernel "
            "objects per GiB. What runs later runs on node 0.",
            anon=600,
            keep=50,
            run=2,
            cache=200,
            kernel=6000,
            nodes=2,
        ),
    )
}
