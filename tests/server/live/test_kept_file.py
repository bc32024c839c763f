"""Records of kept looks: whole ones are read, and nothing after the first that is not."""

from pathlib import Path

import numpy as np
import pytest

from server.live.kept_file import (
    LOOK_RECORD,
    MACHINE_RECORD,
    MAP_RECORD,
    NEVER_READ,
    packed_look,
    packed_map,
    read_segment,
    record_bytes,
)


def written(path: Path, *records: tuple[int, int, bytes]) -> Path:
    path.write_bytes(b"".join(record_bytes(kind, at, 5.0 + at, body) for kind, at, body in records))
    return path


def test_looks_and_maps_come_back(tmp_path: Path) -> None:
    first = b"[1,2,3]"
    planes = np.arange(12, dtype=np.uint16).reshape(4, 3)
    ages = np.array([0.4, 1e9, np.inf])
    path = written(
        tmp_path / "7.looks",
        (MACHINE_RECORD, 7, b"{}"),
        (LOOK_RECORD, 7, packed_look([1, 2, 3], b"")),
        (LOOK_RECORD, 8, packed_look([1, 2, 4.5], first)),
        (MAP_RECORD, 8, packed_map(planes, ages)),
    )
    segment = read_segment(path)
    assert (segment.first, segment.last, segment.end) == (7, 8, path.stat().st_size)
    with path.open("rb") as file:
        assert segment.values(file, 7) == (12.0, [1, 2, 3])
        assert segment.values(file, 8) == (13.0, [1, 2, 4.5])
        back, seconds = segment.map_at(file, segment.maps[0])
    assert (back == planes).all()
    assert seconds.tolist() == [0, NEVER_READ - 1, NEVER_READ]


@pytest.mark.parametrize(
    "records",
    [
        [(LOOK_RECORD, 0, packed_look([1], b""))],  # of no machine
        [(MACHINE_RECORD, 0, b"{}"), (LOOK_RECORD, 1, packed_look([1], b""))],  # not in turn
        [],
    ],
)
def test_what_is_no_history_has_no_looks(
    tmp_path: Path, records: list[tuple[int, int, bytes]]
) -> None:
    assert len(read_segment(written(tmp_path / "0.looks", *records)).offsets) == 0


def test_a_length_that_cannot_be_is_the_end(tmp_path: Path) -> None:
    path = written(
        tmp_path / "0.looks",
        (MACHINE_RECORD, 0, b"{}"),
        (LOOK_RECORD, 0, packed_look([1], b"")),
    )
    with path.open("ab") as file:
        file.write(b"\xff" * 60)
    assert read_segment(path).last == 0
