"""buddyinfo and vmstat of a running machine."""

from pathlib import Path

import pytest

from engine.errors import RefusedError
from server.live.counters import WATCHED, read_counters
from tests.server.live.made_proc import made_proc

LINE = b"Node 1, zone Movable " + b" ".join(b"%d" % n for n in range(14)) + b"\n"


def test_zones_and_events_are_those_of_the_files(tmp_path: Path) -> None:
    proc = made_proc(tmp_path / "proc", vmstat=b"compact_stall 7\nnr_free_pages 1\n")
    reading = read_counters(proc)
    assert reading.events == {"compact_stall": 7}
    assert set(reading.events) <= set(WATCHED)
    first = (proc / "buddyinfo").read_text().split()
    assert reading.zones[0].zone == first[3]
    assert list(reading.zones[0].counts) == [int(n) for n in first[4:15]]


def test_a_machine_of_fourteen_orders_and_another_node_is_read(tmp_path: Path) -> None:
    (zone,) = read_counters(made_proc(tmp_path / "proc", buddyinfo=LINE)).zones
    assert (zone.node, zone.zone, len(zone.counts)) == (1, "Movable", 14)
    assert zone.free_pages == sum(n << n for n in range(14))
    assert zone.free_blocks == sum(n << (n - 9) for n in range(9, 14))
    assert zone.fragmentation == -1000
    assert 0 < zone.unusable < 1000


@pytest.mark.parametrize(
    ("files", "word"),
    [
        ({"buddyinfo": None}, "No such file"),
        ({"buddyinfo": b"nothing here\n"}, "lists no zone"),
        ({"vmstat": None}, "vmstat"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(
    tmp_path: Path, files: dict[str, bytes | None], word: str
) -> None:
    with pytest.raises(RefusedError, match=word) as error:
        read_counters(made_proc(tmp_path / "proc", **files))
    assert "\n" not in str(error.value)
