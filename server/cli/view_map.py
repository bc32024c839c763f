"""The memory maps in characters: what ``fragscope view`` prints of one picture; pure.

Two cells a character, by half blocks in 24-bit colour; where there is no colour one letter a cell.
The maps lie as on the page: lowest addresses at the bottom, all of one geometry.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.style import Style
from rich.text import Text

from engine import units as u
from server.wire.frames import Panel, Picture

# By what most of a cell's pages are: free, movable, balloon, unmovable, reserved.
COLOURS = np.array(  # the page's
    [
        *((0xD8, 0xE8, 0xF1), (0x42, 0x87, 0xC5), (0xEA, 0x8A, 0x0B)),
        *((0x35, 0x2F, 0x44), (0xA6, 0xAD, 0xB5)),
    ],
    np.float64,
)
MOST_FREE, MOST_MOVABLE, MOST_BALLOON, MOST_UNMOVABLE, MOST_RESERVED = range(len(COLOURS))
CELL_LETTERS = ":mbur"
CELL_LETTERS_WORSE = (
    ",MBuR"  # something worse is inside: one unmovable page stays visible at any size
)
WHOLLY_FREE = "."
WORSE = 0.4  # share of the worse kind's colour in a cell that hides one
CHOSEN = (0xFF, 0x2F, 0xD0)
LEGEND = ". free : partly m movable b balloon u unmovable r reserved; , M B R: worse inside"
LEGEND_COLOURS = "light: free, blue: movable, orange: balloon, dark: unmovable, grey: reserved"


@dataclass(frozen=True)
class CellGrid:
    """How the pageblocks of a guest lie in characters.

    Attributes:
        cols: cells of a row, a power of two.
        rows: rows of cells.
        per: pageblocks of a cell, a power of two.
        nr: pageblocks.
        side: characters of a cell's width, half lines of its height; of a letter always 1.
        pages: of a pageblock.
    """

    cols: int
    rows: int
    per: int
    nr: int
    side: int = 1
    pages: int = u.PAGEBLOCK_NR_PAGES

    @property
    def cells(self) -> int:
        """Cells in use; the top row may be longer."""
        return -(-self.nr // self.per)


def grid_for(nr: int, width: int, height: int) -> CellGrid:
    """The finest grid of ``nr`` pageblocks in so many cells; at least one cell wide and high."""
    cols = 1 << (max(1, width).bit_length() - 1)
    per = 1
    while -(-nr // per) > cols * max(1, height):
        per *= 2
    while cols > 1 and -(-nr // per) <= cols // 2 * max(1, height // 2):
        cols //= 2  # a small guest is not one line
    cells = -(-nr // per)
    rows = -(-cells // cols)
    return CellGrid(cols, rows, per, nr, max(1, min(width // cols, height // rows)))


def _across(nr_designs: int, columns: int) -> int:
    """Maps side by side; each needs a dozen columns."""
    return max(1, min(nr_designs, columns // 12))


def grid_of(nr: int, nr_designs: int, size: tuple[int, int], letters: bool) -> CellGrid:
    """The grid of every map in a terminal of so many columns and lines."""
    across = _across(nr_designs, size[0])
    room = max(1, (size[1] - 4) // -(-nr_designs // across) - 3)
    grid = grid_for(nr, size[0] // across - 2, room if letters else 2 * room)
    return replace(grid, side=1) if letters else grid


@dataclass(frozen=True)
class Cells:
    """What the cells of one map are.

    Attributes:
        most: int64[cells], what most of its pages are: MOST_FREE to MOST_RESERVED.
        hidden: int64[cells], the worst page that it hides, -1 for none.
        free: float64[cells], share of its pages that are free.
    """

    most: NDArray[np.int64]
    hidden: NDArray[np.int64]
    free: NDArray[np.float64]


def cells_of(panel: Panel, grid: CellGrid) -> Cells:
    """The pages of each cell, summed up."""
    planes = panel.planes
    starts = np.arange(0, grid.nr, grid.per)
    kinds = [
        planes["free"].astype(np.int64) + planes["pcp"].astype(np.int64),
        *(planes[name].astype(np.int64) for name in ("movable", "balloon", "unmovable")),
    ]
    sums = np.stack([np.add.reduceat(plane, starts) for plane in kinds])
    pages = np.diff(np.append(starts, grid.nr)) * grid.pages
    sums = np.vstack([sums, np.maximum(0, pages - sums.sum(axis=0))])
    most = sums.argmax(axis=0)
    hidden = np.full(len(starts), -1, np.int64)
    hidden[(sums[MOST_BALLOON] > 0) & ~np.isin(most, (MOST_BALLOON, MOST_UNMOVABLE))] = MOST_BALLOON
    hidden[(sums[MOST_UNMOVABLE] > 0) & (most != MOST_UNMOVABLE)] = MOST_UNMOVABLE
    return Cells(most, hidden, sums[MOST_FREE] / pages)


def _letters(cells: Cells) -> list[str]:
    free = cells.free.tolist()
    found = zip(cells.most.tolist(), cells.hidden.tolist(), free, strict=True)
    return [
        WHOLLY_FREE if share == 1 else (CELL_LETTERS if worse < 0 else CELL_LETTERS_WORSE)[kind]
        for kind, worse, share in found
    ]


def _colours(cells: Cells) -> list[tuple[int, int, int]]:
    colours = COLOURS[cells.most]
    part = cells.most == MOST_FREE  # the fuller, the bluer: the lightest is a whole free block
    share = cells.free[part, None]
    colours[part] = share * COLOURS[MOST_FREE] + (1 - share) * COLOURS[MOST_MOVABLE]
    some = cells.hidden >= 0
    colours[some] = (1 - WORSE) * colours[some] + WORSE * COLOURS[cells.hidden[some]]
    return [(int(r), int(g), int(b)) for r, g, b in colours.round().astype(int)]


def _style(upper: tuple[int, int, int], lower: tuple[int, int, int] | None) -> Style:
    return Style(
        color=f"rgb({upper[0]},{upper[1]},{upper[2]})",
        bgcolor=None if lower is None else f"rgb({lower[0]},{lower[1]},{lower[2]})",
    )


def map_lines(panel: Panel, grid: CellGrid, chosen: int | None, letters: bool) -> list[Text]:
    """The map of one design, from the highest addresses down.

    Args:
        panel: its planes.
        grid: of grid_for; in colour its rows are halves of lines.
        chosen: a pageblock to mark, None = none.
        letters: one letter a cell, no colour.
    """
    cells = cells_of(panel, grid)
    at = None if chosen is None else chosen // grid.per
    if letters:
        letter = _letters(cells)
        if at is not None:
            letter[at] = "X"
        rows = [letter[i : i + grid.cols] for i in range(0, len(letter), grid.cols)]
        return [Text("".join(row)) for row in reversed(rows)]
    colours = _colours(cells)
    if at is not None:
        colours[at] = CHOSEN
    where = np.full(grid.cols * grid.rows, -1)
    where[: grid.cells] = np.arange(grid.cells)
    halves = where.reshape(grid.rows, grid.cols).repeat(grid.side, 0).repeat(grid.side, 1)
    if len(halves) % 2:
        halves = np.vstack([halves, np.full((1, halves.shape[1]), -1)])
    lines = []
    for row in range(0, len(halves), 2):
        line = Text()
        for lower, upper in zip(halves[row].tolist(), halves[row + 1].tolist(), strict=True):
            # Nothing above the highest address: the terminal's own ground stays there.
            if upper >= 0:
                line.append("▀", _style(colours[upper], colours[lower]))
            elif lower >= 0:
                line.append("▄", _style(colours[lower], None))
            else:
                line.append(" ")
        lines.append(line)
    return lines[::-1]


def scanner_marks(stats: Mapping[str, int], grid: CellGrid, lines: int) -> list[str]:
    """A character beside each line of a map: where the scanners of a run in progress are."""
    marks = [" "] * lines
    if stats["compact_active"]:
        for name, mark in (("free_pfn", "▽"), ("migrate_pfn", "▲")):
            cell = stats[name] // grid.pages // grid.per
            line = cell // grid.cols * lines // max(1, grid.rows)
            if 0 <= line < lines:
                marks[lines - 1 - line] = mark
    return marks


def block_words(panel: Panel, index: int, nr_pages: int = u.PAGEBLOCK_NR_PAGES) -> str:
    """One pageblock of one design, which has ``nr_pages``, in a sentence without its end."""
    pages = {name: int(panel.planes[name][index]) for name in ("free", "movable", "balloon")}
    pages["unmovable"] = int(panel.planes["unmovable"][index])
    pcp = int(panel.planes["pcp"][index])
    pages["reserved"] = max(0, nr_pages - pcp - sum(pages.values()))
    pages["in per-CPU lists"] = pcp
    held = ", ".join(f"{n} {name}" for name, n in pages.items() if n)
    mib = nr_pages // u.MIB_PAGES
    low = index * mib
    return f"Pageblock {index}, {low:,} to {low + mib:,} MiB: {held}"


def doing(stats: Mapping[str, int]) -> str:
    """What a guest is doing now, in a word or two."""
    mib = u.MIB_PAGES
    actual, target = stats["balloon_actual"], stats["balloon_target"]
    if not stats["busy"]:
        return f"{stats['huge_best']} huge taken" if stats["huge_runs"] else "idle"
    if actual != target and not stats["balloon_stopped"]:
        return f"balloon {actual // mib}/{target // mib}"
    return "compacting" if stats["compact_active"] else "working"


def beside(columns: Sequence[Sequence[Text]], width: int) -> list[Text]:
    """Columns of lines side by side, each ``width`` characters wide, cut or filled."""
    lines = []
    for row in range(max(len(column) for column in columns)):
        line = Text()
        for column in columns:
            part = column[row].copy() if row < len(column) else Text()
            part.truncate(width)
            line.append_text(part)
            line.append(" " * (width - part.cell_len))
        line.rstrip()
        lines.append(line)
    return lines


def picture_lines(
    picture: Picture,
    welcome: Mapping[str, Any],
    size: tuple[int, int],
    letters: bool,
    chosen: int | None = None,
    at: int = 0,
) -> list[Text]:
    """All maps with their numbers, and the words for a pageblock.

    Args:
        picture: the decoded frame.
        welcome: the server's message.
        size: columns and lines of the terminal.
        letters: one letter a cell, no colour.
        chosen: the pageblock in words, None = none.
        at: the design whose words they are.
    """
    designs = welcome["designs"]
    stats = [
        dict(zip(welcome["stat_fields"], panel.stats.tolist(), strict=True))
        for panel in picture.panels
    ]
    across = _across(len(designs), size[0])
    width = size[0] // across
    nr_pages = welcome["guest"]["nr_pages"] // picture.nr_pageblocks
    grid = replace(grid_of(picture.nr_pageblocks, len(designs), size, letters), pages=nr_pages)
    bold, plain = Style(bold=True), Style()
    out = [Text(f"{welcome['guest']['label']} · tick {picture.tick:,}", no_wrap=True)]
    for first in range(0, len(designs), across):
        columns = []
        for i in range(first, min(first + across, len(designs))):
            lines = map_lines(picture.panels[i], grid, chosen, letters)
            marks = scanner_marks(stats[i], grid, len(lines))
            columns.append(
                [
                    Text(designs[i]["key"], bold if i == at and chosen is not None else plain),
                    Text(f"{stats[i]['free_blocks_all']} blocks left", bold),
                    Text(doing(stats[i])),
                    *(line.append(mark) for line, mark in zip(lines, marks, strict=True)),
                ]
            )
        out += beside(columns, width)
    if chosen is None:
        out.append(Text(LEGEND if letters else LEGEND_COLOURS))
    else:
        out.append(
            Text(f"{designs[at]['key']}: {block_words(picture.panels[at], chosen, nr_pages)}")
        )
    for line in out:
        line.truncate(size[0])
    return out
