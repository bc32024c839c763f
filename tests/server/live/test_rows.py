"""Looks as lines of CSV."""

import csv
import io
from pathlib import Path

from server.live.history import LookHistory
from server.live.rows import history_csv, reading_cells
from server.live.sampler import MachineLook, Sampler
from tests.server.live.made_proc import Clock, made_proc


def test_the_csv_has_a_line_a_look_whatever_zones_there_were(tmp_path: Path) -> None:
    sampler = Sampler(made_proc(tmp_path / "proc"))
    history = LookHistory(tmp_path / "watch", Clock(1.0))
    history.write(1 << 20)
    now = sampler.look()
    history.add(now, sampler.blocks, "")
    zone = now.reading.zones[0]
    reading = type(now.reading)(now.reading.zones[:1], {"new": 7})
    fewer = MachineLook(now.at, reading, now.counts, now.seen_at, 0.5)
    history.add(fewer, sampler.blocks, "")
    history.close()
    lines = list(csv.DictReader(io.StringIO("".join(history_csv(history)))))
    assert [line["look"] for line in lines] == ["0", "1"]
    assert lines[0]["time"] == "1970-01-01T00:01:41.000+00:00"
    for line in lines:
        for head, value in reading_cells(reading).items():
            if head != "new":
                assert int(line[head]) == value, head
    assert int(lines[0][f"{zone.node}.{zone.zone}.order_3"]) == zone.counts[3]
    assert (lines[0]["new"], lines[1]["new"], lines[1]["cost"]) == ("", "7", "0.5")
