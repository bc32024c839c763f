"""The generated parts of docs/MODEL.md say what the code says now."""

from __future__ import annotations

from pathlib import Path

from scripts import model_table


def test_the_document_is_up_to_date() -> None:
    for path, parts in model_table.DOCUMENTS.items():
        old = path.read_text()
        assert model_table.render(old, parts) == old, "python -m scripts.model_table writes it anew"


def test_every_core_file_with_kernel_functions_has_rows() -> None:
    table = model_table.functions_part()
    for path in model_table.core_files():
        if model_table.functions(path):
            assert f"| `{model_table.shown(path)}` `" in table


def test_sections_are_read_across_lines(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text(
        'def f(a):\n    """Do it.\n\n    Args:\n        a: int.\n    Source:\n'
        '        mm/x.c f(),\n        g().\n    Differs:\n        No locks.\n    """\n'
        "    # DIFFERS: this is\n    # said twice.\n    return a\n"
        'def ours(a):\n    """Do.\n\n    Source:\n        not of the kernel.\n    """\n'
    )
    assert model_table.functions(path) == [("f", "Do it.", "mm/x.c f(), g().", "No locks.")]
    assert model_table.departures(path) == ["this is said twice."]
