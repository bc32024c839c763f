"""The tables of a sweep: results.csv, results.parquet, timings.csv and the map in words."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any

from engine.core import engine_digest
from engine.sweep.grid import Grid
from engine.sweep.table import csv_of, sorted_rows, sweep_columns
from engine.sweep.winners import winners_map
from server.sweep.chunks import Finished
from server.sweep.paper import map_text
from server.sweep.store import FACTS, MAP, PARQUET, RESULTS, TIMINGS, SweepStore, write_whole

_NO_TIME = 3  # digits of a second


def write_tables(
    grid: Grid,
    store: SweepStore,
    rows: Sequence[Mapping[str, Any]],
    timings: Sequence[Finished],
) -> bool:
    """Write what is made of the results.

    Args:
        grid: what was asked.
        store: of the folder.
        rows: every run.
        timings: what was played now; seconds of earlier runs stay.

    Returns:
        Whether pyarrow is there, and results.parquet was written.
    """
    columns = sweep_columns(grid.values)
    ordered = sorted_rows(rows, columns)
    write_whole(store.folder / RESULTS, csv_of(ordered, columns).encode())
    text = map_text(grid, winners_map(grid, ordered))
    write_whole(store.folder / MAP, text.encode())
    failed = sum(1 for row in ordered if row["error"])
    facts = {"engine": engine_digest(), "runs": len(ordered), "failed": failed}
    write_whole(store.folder / FACTS, (json.dumps(facts) + "\n").encode())
    _write_timings(store, timings)
    return _write_parquet(store, ordered, columns)


def read_timings(store: SweepStore) -> dict[str, tuple[float, str]]:
    """Seconds and worker of each run that was timed."""
    try:
        text = (store.folder / TIMINGS).read_text()
    except OSError:
        return {}
    found = {}
    for row in csv.reader(io.StringIO(text)):
        if len(row) == 3 and row[0] != "key":
            found[row[0]] = (float(row[1]), row[2])
    return found


def _write_timings(store: SweepStore, timings: Sequence[Finished]) -> None:
    known = read_timings(store)
    known |= {one.key: (one.seconds, one.worker) for one in timings if one.worker}
    lines = ["key,seconds,worker"]
    lines += [f"{key},{s:.{_NO_TIME}f},{worker}" for key, (s, worker) in sorted(known.items())]
    write_whole(store.folder / TIMINGS, ("\n".join(lines) + "\n").encode())


def _write_parquet(
    store: SweepStore, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]
) -> bool:
    """The table as Parquet, if pyarrow is there; an old one would mislead and goes."""
    path = store.folder / PARQUET
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        path.unlink(missing_ok=True)
        return False
    data = {}
    for name in columns:
        values = [row[name] for row in rows]
        if any(isinstance(value, str) for value in values):
            values = [None if value is None else str(value) for value in values]
        data[name] = values
    buffer = io.BytesIO()
    parquet.write_table(pyarrow.table(data), buffer)
    write_whole(path, buffer.getvalue())
    return True
