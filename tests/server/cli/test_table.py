"""One printer for every table: plain in a pipe, fitted on a terminal, complete in both."""

from __future__ import annotations

import json

import pytest

from server.cli.table import Column, Table, paragraph, show
from tests.server.cli.terminal import run_in_terminal, without_control

COLUMNS = (
    Column("step", left=True, key=True, group=True),
    Column("design", left=True, key=True),
    Column("2 MiB blocks"),
    Column("why", left=True),
)
ROWS = [
    ("compact", "pinned", 7, ""),
    ("compact", "lru_hook", 1234, "isolated"),
    ("drop", "pinned", 8, "x"),
]
# What the child of a terminal runs: a table of NR numbers.
CODE = """
from server.cli.table import Column, Table, paragraph, show
columns = [Column("design", left=True, key=True)]
columns += [Column(f"quantity_{i}") for i in range(NR)]
rows = [(name, *range(NR)) for name in ("pinned", "separate_pass")]
show("[bold]head[/bold] :smile:", Table(columns, rows), paragraph("word " * 60))
"""


def test_a_pipe_gets_aligned_text_without_colour_or_boxes(capsys) -> None:
    show("head", Table(COLUMNS, ROWS))
    out = capsys.readouterr().out
    assert out == (
        "head\n"
        "step     design    2 MiB blocks  why\n"
        "----------------------------------------\n"
        "compact  pinned               7\n"
        "compact  lru_hook          1234  isolated\n"
        "drop     pinned               8  x\n"
    ).replace("-" * 40, "-" * 41)


def test_a_long_line_is_not_cut_in_a_pipe() -> None:
    row = ("compact", "pinned", 1, "word " * 100 + "end")
    assert Table(COLUMNS, [row]).plain().splitlines()[2].endswith("word end")


def test_a_cell_of_several_lines_keeps_its_column() -> None:
    columns = (Column("", key=True), Column("C1", left=True, wrap=8), Column("C2", left=True))
    text = Table(columns, [(1, "takes the page\n| P", ""), (2, "", "frees it")]).plain()
    assert text.splitlines()[2:] == ["1  takes", "   the page", "   | P", "2            frees it"]


def test_a_table_without_rows_has_its_heads() -> None:
    assert Table(COLUMNS[:2], []).plain() == "step  design\n------------\n"


def test_running_text_is_broken_at_100_columns_in_a_pipe_whatever_the_terminal(monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    lines = paragraph("word " * 60, "> ", "  ").splitlines()
    assert 90 < max(map(len, lines)) <= 100
    assert lines[0].startswith("> word")
    assert all(line.startswith("  word") for line in lines[1:])


@pytest.mark.parametrize("columns", [60, 80, 132])
def test_no_line_is_wider_than_the_terminal_and_no_number_is_lost(columns: int) -> None:
    text = without_control(run_in_terminal(CODE.replace("NR", "12"), columns))
    lines = text.splitlines()
    assert max(map(len, lines)) <= columns
    assert "─" in text
    assert "[bold]head[/bold] :smile:" in lines[0]
    cells = [line.split() for line in lines if line.startswith("separate_pass")]
    assert [int(cell) for row in cells for cell in row[1:]] == list(range(12))
    heads = {word for line in lines for word in line.split() if word.startswith("quantity_")}
    assert heads == {f"quantity_{i}" for i in range(12)}


def test_a_group_is_named_once_on_a_terminal() -> None:
    code = (
        "from server.cli.table import Column, Table, show\n"
        f"show(Table({COLUMNS!r}, {ROWS!r}))"
    )  # fmt: skip
    text = without_control(run_in_terminal(code))
    assert text.count("compact") == 1
    assert text.count("drop") == 1


def test_no_color_is_respected() -> None:
    code = f"from server.cli.table import Column, Table, show\nshow(Table({COLUMNS!r}, {ROWS!r}))"
    assert "\x1b[3" not in run_in_terminal(code, NO_COLOR="1")


@pytest.mark.parametrize("term", ["dumb", "unknown", ""])
def test_a_dumb_terminal_gets_what_a_pipe_gets(term: str) -> None:
    code = (
        "from server.cli.table import Column, Table, show\n"
        f"show(Table({COLUMNS!r}, {ROWS!r}))"
    )  # fmt: skip
    assert run_in_terminal(code, TERM=term) == Table(COLUMNS, ROWS).plain()


def test_forced_colour_does_not_reach_a_pipe(capsys, monkeypatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    show(Table(COLUMNS, ROWS))
    assert "\x1b" not in capsys.readouterr().out


def test_json_is_the_same_on_a_terminal_and_in_a_pipe(capsys) -> None:
    from server.cli.common import show_json

    answer = {"text": "[red]–[/red] :smile:\t" + "x" * 200, "numbers": [1, 2.5, None]}
    show_json(answer)
    piped = capsys.readouterr().out
    code = f"from server.cli.common import show_json\nshow_json({answer!r})"
    assert run_in_terminal(code) == piped == json.dumps(answer) + "\n"
