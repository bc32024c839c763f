"""Generated parts of a document: what is between the comments is replaced, nothing else."""

from __future__ import annotations

import pytest

from scripts.docs.generated import part_of, with_parts

TEXT = """before
<!-- generated: one -->
old
<!-- end: one -->
between
<!-- generated: two -->
<!-- end: two -->
after
"""


def test_only_the_named_part_is_replaced() -> None:
    assert with_parts(TEXT, {"one": ["new", "lines"]}) == TEXT.replace("old\n", "new\nlines\n")


def test_a_text_gets_one_newline_at_its_end_and_an_empty_part_none() -> None:
    for body in ("a\nb", "a\nb\n", ["a", "b"]):
        assert part_of(with_parts(TEXT, {"two": body}), "two") == ["a", "b"]
    assert with_parts(TEXT, {"one": []}) == TEXT.replace("old\n", "")


def test_backslashes_are_taken_as_they_are() -> None:
    assert part_of(with_parts(TEXT, {"one": r"a \1 \g<0>"}), "one") == [r"a \1 \g<0>"]


def test_a_document_without_the_part_is_refused() -> None:
    with pytest.raises(ValueError, match="the document has no part 'three'"):
        with_parts(TEXT, {"three": "x"})
