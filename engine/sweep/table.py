"""The table of a sweep: what a row has, its key, and its CSV.

A key says everything that decides a run: the engine, the guest, the design, the seed, the rules and
the commands. Two grids that ask for the same run ask for the same key.
"""

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.commands import Command
from engine.designs import parse_design

# Statistics (engine/view.py) that a row has, as they are after the last command.
NUMBERS: tuple[str, ...] = (
    "huge_best", "huge_first", "free_blocks", "free_blocks_all", "thp_potential", "largest_order",
    "unusable_index_9", "nr_free_pages", "balloon_actual", "balloon_target", "blocks_with_balloon",
    "excess_blocks", "dedicated_blocks", "offline_pages", "range_result", "range_migrated",
    "range_wasted", "host_exits", "hook_checks", "balloon_migrate", "balloon_repeats",
    "pages_copied", "compact_migrate_scanned", "compact_free_scanned", "pass_scanned",
    "allocstall", "workload_failed", "clock_ms",
)  # fmt: skip
_FRONT = ("key", "guest", "size_mib", "course")
_BACK = ("profile", "family", "design", "seed", "error", "tick", "digest")


def run_key(
    engine: str, guest: str, design: str, seed: int, profile: str, commands: Iterable[Command]
) -> str:
    """The name of a run's result: 32 hex digits.

    Args:
        engine: digest of what plays it.
        guest: what the guest is made from: a digest of a file, or preset and size.
        design: its key; the same design written otherwise has the same name.
        seed: of guest and programs.
        profile: whose rules.
        commands: what is done.
    """
    parsed = parse_design(design)
    said = {
        "engine": engine, "guest": guest, "design": [parsed.name, sorted(parsed.params.items())],
        "seed": seed, "profile": profile, "commands": [c.to_dict() for c in commands],
    }  # fmt: skip
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def sweep_columns(parameters: Iterable[str]) -> tuple[str, ...]:
    """Names of a row's fields, in order.

    Args:
        parameters: of the grid.
    """
    return (*_FRONT, *parameters, *_BACK, *NUMBERS)


def sorted_rows(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> list[dict[str, Any]]:
    """Rows by key; those that share a run, by what they are called."""
    return sorted(
        ({name: row.get(name) for name in columns} for row in rows),
        key=lambda row: [str(row[name]) for name in columns],
    )


def csv_of(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """The table as CSV; nothing stands for what a row does not have.

    Args:
        rows: sorted.
        columns: as from sweep_columns.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(["" if row[name] is None else row[name] for name in columns])
    return out.getvalue()


def rows_from_csv(text: str) -> list[dict[str, Any]]:
    """The rows of a table as csv_of wrote it: numbers are numbers, what is missing is None.

    Raises:
        ValueError: it is no such table.
    """
    rows = []
    for row in csv.DictReader(io.StringIO(text)):
        if None in row or None in row.values() or "key" not in row:
            raise ValueError("no table of a sweep")
        rows.append({name: _value(name, cell) for name, cell in row.items()})
    return rows


def _value(name: str, cell: str) -> Any:
    """A cell as it was: words stay words."""
    if cell == "":
        return "" if name == "error" else None
    if name in ("key", "digest", "guest", "course", "profile", "family", "design", "error"):
        return cell
    try:
        return int(cell)
    except ValueError:
        return cell
