"""Figures published by others, for "The argument": none of them is ours or was measured here.


Sources: cover letters and mails of the virtio-balloon series on linux-mm, June to December 2012.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """A small table shown beside a claim.

    Attributes:
        title: what it shows.
        head: names of its columns.
        rows: a word for each row, then its numbers as they were printed.
        bar: column of numbers that is drawn as bars, -1 = none.
        note: what to keep in mind.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    bar: int
    note: str

    def to_dict(self) -> dict[str, Any]:
        """JSON-able form."""
        return {
            "title": self.title,
            "head": list(self.head),
            "rows": [list(row) for row in self.rows],
            "bar": self.bar,
            "note": self.note,
        }


DIFFSTAT = Figure(
    "Size of the series, according to its cover letters",
    ("version", "lines added", "lines removed"),
    (
        ("v1, June 2012", "263", "14"),
        ("v2, June", "280", "33"),
        ("v3, July", "293", "33"),
        ("v4, July (the mail is about it)", "302", "28"),
        ("v5, August", "312", "28"),
        ("v7, August", "331", "33"),
        ("v9, August", "715", "48"),
        ("v10, September", "726", "45"),
        ("v11, November", "782", "44"),
    ),
    1,
    "From v7 to v9 it doubled: an interface for other drivers, several balloon devices, documents."
    " The cover letters of v6, v8 and v12 were not found.",
)

OVERHEAD = Figure(
    "What the hook cost without any balloon: bare metal, all of memory compacted",
    ("", "without the hook", "with the hook"),
    (
        ("CPU time (ms)", "314.8", "369.4"),
        ("pages moved", "42,219", "51,794"),
        ("share of the time in the isolating function (%)", "4.44", "4.73"),
        ("share in migrate_pages (%)", "1.69", "1.77"),
        ("branch misses (%)", "0.62", "0.65"),
    ),
    -1,
    "Mean of four rounds, Linux 3.5-rc7, R. Aquini's mail of 20 July 2012. The kernel with the "
    "hook took 17 % longer and moved 23 % more pages: the two did not do the same work.",
)

HIGHALLOC = Figure(
    "stress-highalloc: share of memory that could be had as huge pages",
    ("", "without the hook", "with the hook"),
    (
        ("v11: first pass (%)", "55", "62"),
        ("v11: second pass (%)", "54", "62"),
        ("v11: after a rest (%)", "75", "80"),
        ("v10: first pass (%)", "47", "85"),
        ("v10: second pass (%)", "52", "87"),
        ("v10: after a rest (%)", "77", "99"),
    ),
    -1,
    "Guest of 4 GiB; balloon of 512 MiB (v11) or 1 GiB (v10). One author, no variance given, code "
    "as it was before the merge. The two versions cannot be compared with each other.",
)

FAULTS = Figure(
    "Faults in the shared code found later",
    ("found", "what went wrong"),
    (
        ("Nov 2012", "the unlocked test read a field that other pages use differently: oops"),
        ("Linux 3.8", "the tightened test can never be true during a move or a put-back"),
        (
            "Sep 2013",
            "isolated balloon pages were put back on the LRU lists: oops (fixed in 3.12)",
        ),
        ("Aug 2014", "a page could only be moved once, and most were never isolated"),
        ("Jan 2019", "a target deflated too early was put back wrongly: corrupted lists"),
    ),
    -1,
    "The second one follows from the source of Linux 3.8; the others are commits or mails. In 2014"
    " (Linux 3.18) the balloon's part was rewritten.",
)
