"""What the random tests of REST and sockets draw alike."""

from hypothesis import strategies as st

# For a guest of 256 MiB; some of them do not fit it.
COMMANDS = st.one_of(
    st.sampled_from([{"type": kind} for kind in ("compact", "drop_caches", "nonsense")]),
    st.builds(
        lambda kind, nr: {"type": f"balloon_{kind}", "nr_pages": nr},
        st.sampled_from(["target", "inflate", "deflate"]),
        st.integers(0, 70_000),
    ),
    st.builds(lambda order: {"type": "direct_compact", "order": order}, st.integers(0, 11)),
    st.builds(lambda ms: {"type": "wait", "ms": ms}, st.integers(1, 5000)),
    st.builds(
        lambda on, ticks: {"type": "workload", "enabled": on, "ticks": ticks},
        st.booleans(),
        st.integers(0, 100),
    ),
)
