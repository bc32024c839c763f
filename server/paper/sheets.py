"""Tables for paper: cells with the text that people read and the exact number; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        text: as it is read.
        value: exact, as it goes into CSV; empty: the text.
        tone: a class of styles/paper.css, empty: none.
    """

    text: str
    value: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Sheet:
    """One table.

    Attributes:
        name: in small letters with hyphens: its id, and part of the name of its CSV.
        caption: what it shows.
        head: of every column.
        rows: the first ``keys`` cells of each name it.
        keys: how many columns name a row; they are left-aligned.
        words: further columns that hold words, and are left-aligned.
        note: a sentence below; empty: none.
    """

    name: str
    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    keys: int = 1
    words: frozenset[int] = field(default_factory=frozenset)
    note: str = ""


def number(value: float, digits: int = 0) -> Cell:
    """A number, with commas for people.

    Args:
        value: exact.
        digits: behind the point, for people.
    """
    whole = float(value).is_integer()
    text = f"{value:,.0f}" if whole else f"{value:,.{digits or 2}f}"
    return Cell(text, f"{value:.0f}" if whole else repr(float(value)))


def index_cell(per_mille: int) -> Cell:
    """One of the kernel's indices.

    Args:
        per_mille: -1000 stands for "would not fail".
    """
    return Cell("-1" if per_mille == -1000 else f"{per_mille / 1000:.3f}", f"{per_mille / 1000:g}")


def word_cells(*texts: str) -> list[Cell]:
    """Cells of plain words."""
    return [Cell(text) for text in texts]


def padded(cells: Iterable[Cell], size: int) -> list[Cell]:
    """Cells, and empty ones up to ``size``."""
    out = list(cells)
    return out + [Cell("")] * (size - len(out))
