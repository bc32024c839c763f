"""The maps in characters: geometry, colours, letters, and the page that nothing hides."""

from __future__ import annotations

import numpy as np
import pytest

from engine import units as u
from engine.view import PLANES, STAT_FIELDS
from server.cli import view_map as v
from server.wire.frames import DecodedPanel, Picture


def panel(nr: int, **pages: dict[int, int]) -> DecodedPanel:
    """A guest whose pages are free, but for those given: plane to pageblock to pages."""
    planes = {name: np.zeros(nr, dtype) for name, dtype in PLANES}
    planes["free"][:] = u.PAGEBLOCK_NR_PAGES
    for name, of_block in pages.items():
        for index, count in of_block.items():
            planes[name][index] = count
            planes["free"][index] -= count
    return DecodedPanel(planes, np.zeros(len(STAT_FIELDS), np.int64))


@pytest.mark.parametrize("nr", (1, 3, 128, 512, 513, 2048, 32768, 524288))
@pytest.mark.parametrize(("width", "height"), ((1, 1), (18, 32), (18, 16), (76, 40)))
def test_a_grid_holds_every_pageblock_and_fits(nr: int, width: int, height: int) -> None:
    grid = v.grid_for(nr, width, height)
    assert grid.cols <= width
    assert grid.rows <= height
    assert (grid.rows - 1) * grid.cols < grid.cells <= grid.rows * grid.cols
    assert (grid.cells - 1) * grid.per < nr <= grid.cells * grid.per


def test_low_addresses_are_at_the_bottom_and_one_unmovable_page_is_seen() -> None:
    one = panel(8, movable={1: 300, 2: 512}, balloon={3: 1}, unmovable={0: 512, 6: 1, 2: 0})
    grid = v.CellGrid(4, 2, 1, 8)
    lines = [line.plain for line in v.map_lines(one, grid, None, letters=True)]
    assert lines == ["..,.", "um" + "m" + ","]
    assert v.map_lines(one, grid, 5, letters=True)[0].plain == ".X,."
    whole = v.grid_for(2048, 8, 8)
    assert whole.per == 32
    hidden = v.cells_of(panel(2048, unmovable={777: 1}), whole).hidden
    assert np.flatnonzero(hidden >= 0).tolist() == [777 // 32]


def test_two_cells_share_a_character_in_their_own_colours() -> None:
    one = panel(4, balloon={0: 512}, movable={3: 512})
    (line,) = v.map_lines(one, v.CellGrid(2, 2, 1, 4), None, letters=False)
    assert line.plain == "▀▀"
    colours = [
        tuple(str(colour.name) for colour in (span.style.color, span.style.bgcolor) if colour)
        for span in line.spans
        if not isinstance(span.style, str)
    ]
    assert colours == [
        ("rgb(216,232,241)", "rgb(234,138,11)"),
        ("rgb(66,135,197)", "rgb(216,232,241)"),
    ]
    (top, _) = v.map_lines(panel(5), v.CellGrid(2, 3, 1, 5), None, letters=False)
    assert top.plain == "▄ ", "above the highest address is nothing"


def test_a_picture_fits_the_terminal_and_names_what_is_chosen() -> None:
    keys = ("pinned", "lru_hook", "separate_pass", "dedicated_block:prevent")
    welcome = {
        "designs": [{"key": key} for key in keys],
        "stat_fields": STAT_FIELDS,
        "guest": {"label": "a guest", "nr_pages": 2048 * 512},
    }
    picture = Picture(1, 1, 42, 0, tuple(panel(2048, balloon={7: 12}) for _ in keys))
    for size in ((80, 24), (40, 24), (200, 60), (20, 10)):
        for letters in (True, False):
            lines = v.picture_lines(picture, welcome, size, letters, 7, 1)
            assert len(lines) <= size[1] - 2 or size[1] < 24
            assert max(line.cell_len for line in lines) <= size[0]
    said = v.picture_lines(picture, welcome, (80, 24), True, 7, 1)[-1].plain
    assert said == "lru_hook: Pageblock 7, 14 to 16 MiB: 500 free, 12 balloon"
    legend = v.picture_lines(picture, welcome, (81, 24), True)[-1].plain
    assert legend == v.LEGEND


def test_scanners_stand_beside_their_lines() -> None:
    stats = {"compact_active": 1, "migrate_pfn": 0, "free_pfn": 512 * 15}
    assert v.scanner_marks(stats, v.CellGrid(4, 4, 1, 16), 4) == ["▽", " ", " ", "▲"]
    stats["compact_active"] = 0
    assert v.scanner_marks(stats, v.CellGrid(4, 4, 1, 16), 4) == [" "] * 4
