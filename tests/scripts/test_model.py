"""The generated parts of docs/MODEL.md say what the code says now."""

from __future__ import annotations

from pathlib import Path

from scripts.docs import model


def test_the_document_is_up_to_date() -> None:
    for path, parts in model.DOCUMENTS.items():
        old = path.read_text()
        assert model.render(old, parts) == old, "python -m scripts.docs.model writes it anew"


def test_every_core_file_with_kernel_functions_has_rows() -> None:
    table = model.functions_part()
    for path in model.core_files():
        if model.functions(path):
            assert f"| `{model.shown(path)}` `" in table


def test_sections_are_read_across_lines(tmp_path: Path) -> None:
    path = tmp_path / "x.py"
    path.write_text(
        'def f(a):\n    """Do it.\n\n    Args:\n        a: int.\n    Source:\n'
        '        mm/x.c f(),\n        g().\n    Differs:\n        No locks.\n    """\n'
        "    # DIFFERS: this is\n    # said twice.\n    return a\n"
        'def ours(a):\n    """Do.\n\n    Source:\n        not of the kernel.\n    """\n'
    )
    assert model.functions(path) == [("f", "Do it.", "mm/x.c f(), g().", "No locks.")]
    assert model.departures(path) == ["this is said twice."]
