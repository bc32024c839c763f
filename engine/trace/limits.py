"""Limits on call traces; kept apart from the tracer, which a session does not need."""

from engine import units as u
from engine.errors import RefusedError

MAX_TICKS = 16
# What a tick does grows with the guest; a trace tells the beginning of it, up to so many calls.
MAX_TRACED_CALLS = 72_000  # a tick of compaction at 4 GiB takes 69,000
MAX_TRACED_PAGES = u.mib_to_pages(65536)  # a copy of the guest goes to another process


def check_ticks(ticks: int) -> int:
    """Check the number of ticks.

    Raises:
        RefusedError: there are too few or too many.
    """
    if not 1 <= ticks <= MAX_TICKS:
        raise RefusedError(f"ticks is {ticks}: a trace runs 1 to {MAX_TICKS} ticks")
    return ticks


def check_size(nr_pages: int) -> None:
    """Refuse guests whose ticks take too long uncompiled.

    Raises:
        RefusedError: there are too many pages.
    """
    if nr_pages > MAX_TRACED_PAGES:
        raise RefusedError(
            f"the guest has {nr_pages // u.MIB_PAGES} MiB: call traces are made of guests up to"
            f" {MAX_TRACED_PAGES // u.MIB_PAGES} MiB"
        )
