"""Tables and paragraphs for people; every command prints through ``show``.

On a terminal a table is fitted to its width: heads and texts wrap, and what does not fit beside the
first columns follows in a second table below. Anywhere else it is plain aligned text, one line a
row however long, for scripts to read. The data come from the engine, which formats nothing.
"""

import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:  # rich is loaded when there is a terminal to draw on, not at every start
    from rich.table import Table as RichTable

PROSE_WIDTH = 100  # columns of running text; less on a narrower terminal
_GAP = "  "


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        head: its title.
        left: left-aligned, for words; numbers stand to the right.
        key: says what a row is about, and is repeated where a table is split.
        group: a key that several rows in succession share; a terminal shows it once.
        wrap: width at which its cells wrap even where lines may be long; 0: never.
    """

    head: str
    left: bool = False
    key: bool = False
    group: bool = False
    wrap: int = 0


class Table:
    """Columns and rows of text."""

    def __init__(self, columns: Sequence[Column], rows: Iterable[Sequence[object]]) -> None:
        """Make a table.

        Args:
            columns: from left to right, keys first.
            rows: one value a column; shown as ``str`` gives it.
        """
        self.columns = tuple(columns)
        self.rows = [tuple(str(cell) for cell in row) for row in rows]

    def plain(self) -> str:
        """Aligned text: a line of heads, a rule, the rows."""
        heads = _row_lines([column.head for column in self.columns])
        rows = [
            _row_lines([_wrapped(cell, c.wrap) for cell, c in zip(row, self.columns, strict=True)])
            for row in self.rows
        ]
        lines = [*heads, *(line for row in rows for line in row)]
        widths = [max(len(line[i]) for line in lines) for i in range(len(self.columns))]

        def aligned(line: Sequence[str]) -> str:
            cells = (
                cell.ljust(width) if column.left else cell.rjust(width)
                for cell, width, column in zip(line, widths, self.columns, strict=True)
            )
            return _GAP.join(cells).rstrip()

        rule = "-" * (sum(widths) + len(_GAP) * (len(widths) - 1))
        body = [aligned(line) for line in lines]
        return "\n".join([*body[: len(heads)], rule, *body[len(heads) :]]) + "\n"


def _wrapped(cell: str, width: int) -> str:
    """A cell's text on lines of at most ``width``; 0: as it is."""
    if not width:
        return cell
    lines = (textwrap.wrap(line, width, break_on_hyphens=False) for line in cell.split("\n"))
    return "\n".join(line for wrapped in lines for line in wrapped)


def _row_lines(cells: Sequence[str]) -> list[tuple[str, ...]]:
    """The lines of a row whose cells may have several."""
    split = [cell.split("\n") for cell in cells]
    tall = max(len(lines) for lines in split)
    return [tuple(lines[i] if i < len(lines) else "" for lines in split) for i in range(tall)]


def draws(stream: TextIO) -> bool:
    """Whether a stream is a terminal that can be drawn on; a dumb one gets plain text."""
    return stream.isatty() and (os.environ.get("TERM") or "dumb") not in ("dumb", "unknown")


def prose_width() -> int:
    """How wide running text is to be on stdout."""
    if not draws(sys.stdout):
        return PROSE_WIDTH
    return max(20, min(PROSE_WIDTH, shutil.get_terminal_size().columns))


def paragraph(text: str, first: str = "", rest: str = "") -> str:
    """Running text on lines of prose_width.

    Args:
        text: words.
        first: what the first line begins with.
        rest: what the others begin with.
    """
    return textwrap.fill(
        text, prose_width(), initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )


def show(*blocks: str | Table) -> None:
    """Print paragraphs and tables on stdout, one below the other.

    Args:
        blocks: text is printed as it stands, with its own lines.
    """
    if not draws(sys.stdout):
        for block in blocks:
            sys.stdout.write(block.plain() if isinstance(block, Table) else block + "\n")
        sys.stdout.flush()
        return
    from rich.console import Console

    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
    for block in blocks:
        if isinstance(block, Table):
            for i, part in enumerate(_fitted(block, console.width)):
                console.print(*([""] if i else []), part, sep="\n")
        else:
            console.print(block, soft_wrap=True)


def _least(table: Table, i: int) -> int:
    """The narrowest that a column may be: its longest word, which is never broken."""
    texts = (table.columns[i].head, *(row[i] for row in table.rows))
    return max((len(word) for text in texts for word in text.split()), default=1)


def _widths(table: Table, which: Sequence[int], width: int) -> tuple[list[int], int] | None:
    """How wide columns are beside each other, and the blanks between two; None: they do not fit."""
    least = [_least(table, i) for i in which]
    gap = next((g for g in (len(_GAP), 1) if sum(least) + g * (len(which) - 1) <= width), 0)
    if not gap:
        return None
    widths = []
    for i, narrowest in zip(which, least, strict=True):
        texts = (table.columns[i].head, *(row[i] for row in table.rows))
        longest = max(len(line) for text in texts for line in text.split("\n"))
        widths.append(max(narrowest, min(longest, table.columns[i].wrap or longest)))
    while sum(widths) + gap * (len(which) - 1) > width:
        spare = [wide - narrowest for wide, narrowest in zip(widths, least, strict=True)]
        widest = max(range(len(widths)), key=lambda j: (spare[j] > 0, widths[j]))
        widths[widest] -= 1
    return widths, gap


def _rich(table: Table, which: Sequence[int], widths: Sequence[int], gap: int) -> "RichTable":
    """Some columns of a table as rich draws them; a group's name stands in its first row."""
    from rich import box
    from rich.table import Table as RichTable

    drawn = RichTable(
        box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, gap - 1, 0, 0)
    )
    for i, wide in zip(which, widths, strict=True):
        column = table.columns[i]
        drawn.add_column(
            column.head, justify="left" if column.left else "right", width=wide, overflow="fold"
        )
    groups = [i for i in which if table.columns[i].group]
    before: tuple[str, ...] = ()
    for row in table.rows:
        same = bool(before) and all(row[i] == before[i] for i in groups)
        if before and not same:
            drawn.add_row()
        drawn.add_row(*("" if same and i in groups else row[i] for i in which))
        before = row
    return drawn


def _fitted(table: Table, width: int) -> "list[RichTable]":
    """A table as one that fits into a width, or as several that repeat the keys."""
    keys = [i for i, column in enumerate(table.columns) if column.key]
    left = [i for i, column in enumerate(table.columns) if not column.key]
    parts: list[RichTable] = []
    while left:
        nr = len(left)
        while nr > 1 and _widths(table, [*keys, *left[:nr]], width) is None:
            nr -= 1
        which = [*keys, *left[:nr]]
        widths = _widths(table, which, width) or ([_least(table, i) for i in which], 1)
        parts.append(_rich(table, which, *widths))
        left = left[nr:]
    return parts
