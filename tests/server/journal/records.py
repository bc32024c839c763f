"""Records as hypothesis draws them: any session that a journal may hold."""

from hypothesis import strategies as st

from engine.commands import (
    BalloonInflate,
    BalloonTarget,
    CompactMemory,
    DirectCompact,
    DropCaches,
    SetWorkload,
)
from engine.log import MAIN, Entry
from server.journal.codec import Course, Digest, Head, Record, Waiting
from server.wire.config import CaptureSource, SessionConfig, SyntheticSource

commands = st.one_of(
    st.builds(BalloonInflate, st.integers(1, 1 << 20)),
    st.builds(BalloonTarget, st.integers(0, 1 << 20)),
    st.just(CompactMemory()),
    st.just(DropCaches()),
    st.builds(DirectCompact, st.integers(1, 10)),
    st.builds(SetWorkload, st.booleans(), st.integers(1, 1000), st.integers(0, 1000)),
)
configs = st.builds(
    SessionConfig,
    st.one_of(
        st.builds(CaptureSource, st.just("runs")),
        st.builds(SyntheticSource, st.just("tight"), st.just(256), st.integers(0, 1 << 50)),
    ),
    st.sampled_from([("pinned",), ("pinned", "lru_hook"), ("dedicated_block:prevent",)]),
    st.integers(0, (1 << 53) - 1),
)
heads = st.builds(
    Head,
    configs,
    st.text("0123456789abcdef", min_size=1, max_size=64),
    st.text(min_size=1, max_size=40),
)


@st.composite
def logs(draw, first: int, tick: int):
    """Entries from index ``first`` on, none before ``tick``."""
    entries = []
    for number in range(draw(st.integers(0, 5))):
        tick += draw(st.integers(0, 300))
        entries.append(Entry(first + number, tick, draw(commands), draw(st.booleans())))
    return tuple(entries)


@st.composite
def records(draw):
    """A session with up to two forks."""
    timelines, entries, digests = [], {}, {}
    for number in range(MAIN, MAIN + draw(st.integers(1, 3))):
        parent = draw(st.sampled_from(timelines)) if timelines else None
        shared = draw(st.integers(0, len(entries[parent.id]))) if parent else 0
        at_index = (parent.at_index if parent else 0) + shared
        before = entries[parent.id][:shared] if parent else ()
        at_tick = before[-1].tick if before else (parent.at_tick if parent else 0)
        entries[number] = draw(logs(at_index + 1, at_tick))
        tick = (entries[number][-1].tick if entries[number] else at_tick) + draw(st.integers(0, 99))
        name = draw(st.text(min_size=1, max_size=20))
        timelines.append(Course(number, name, parent and parent.id, at_index, at_tick, tick))
        text = draw(st.text("0af", min_size=1, max_size=9))
        mark = Digest(tick, at_index + len(entries[number]), text)
        digests[number] = draw(st.sampled_from([(), (mark,)]))
    waiting = Waiting(3, tuple(draw(st.lists(commands, max_size=2))))
    return Record(
        draw(heads), 1, tuple(timelines), entries, digests, draw(st.sampled_from(timelines)).id,
        waiting, draw(st.one_of(st.none(), st.floats(0, 1000))),
    )  # fmt: skip
