"""Random histories of a world, for properties: commands with the number of ticks before each."""

from __future__ import annotations

from hypothesis import strategies as st

from engine import commands as c
from engine import units as u
from engine.world import World
from tests.engine.worlds import TENTH, UNCOMPILED

MOST_TICKS = 2 if UNCOMPILED else 40
MOST_COMMANDS = 3 if UNCOMPILED else 8
EXAMPLES = 2 if UNCOMPILED else 25

History = list[tuple[int, c.Command]]

COMMANDS = st.one_of(
    st.builds(c.BalloonInflate, st.integers(1, 2 * TENTH)),
    st.builds(c.BalloonDeflate, st.integers(1, 2 * TENTH)),
    st.builds(c.BalloonTarget, st.integers(0, 3 * TENTH)),
    st.just(c.CompactMemory()),
    st.builds(c.DirectCompact, st.integers(1, 9)),
    st.builds(c.TakeHugePages, st.integers(1, 20)),
    st.just(c.DropCaches()),
    st.builds(c.Offline, st.integers(8, 20).map(lambda n: 2 * n), st.just(4)),
    st.just(c.AllocContig(2)),
    st.builds(
        c.AllocPages,
        st.integers(1, 40),
        st.integers(0, 10),
        st.sampled_from(u.KMEM_KINDS[1:]),
        st.booleans(),
    ),
    st.builds(c.PinMemory, st.integers(1, 4)),
    st.builds(c.SetWorkload, st.booleans(), st.integers(1, 200), st.sampled_from([0, 1, 7])),
)

HISTORIES = st.lists(st.tuples(st.integers(0, MOST_TICKS), COMMANDS), max_size=MOST_COMMANDS)


def live(w: World, history: History) -> None:
    """Go through a history; a command that does not fit now is left out, as a page would see."""
    for ticks, command in history:
        w.step(ticks)
        try:
            w.apply(command)
        except ValueError:
            continue


def digests(w: World) -> list[str]:
    """Of every guest."""
    return [w.digest(i) for i in range(len(w.keys))]
