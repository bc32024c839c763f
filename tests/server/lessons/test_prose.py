"""Markdown as data: what is shown, what is refused, numbers with their lines."""

from __future__ import annotations

import pytest

from server.lessons.prose import LessonError, prose_of


def test_text_becomes_blocks_and_parts() -> None:
    found = prose_of("One *two* `three`\nfour\n\n- a\n- **b**\n", 1)
    assert found.blocks == (
        {"tag": "p", "parts": [
            "One ", {"tag": "em", "parts": ["two"]}, " ", {"tag": "code", "parts": ["three"]}, " ",
            "four",
        ]},
        {"tag": "ul", "parts": [
            {"tag": "li", "parts": [{"tag": "p", "parts": ["a"]}]},
            {"tag": "li", "parts": [
                {"tag": "p", "parts": [{"tag": "strong", "parts": ["b"]}]},
            ]},
        ]},
    )  # fmt: skip


def test_numbers_stand_in_their_places_whatever_signs_they_hold() -> None:
    found = prose_of("a {{ x.a * 2 }} b\n\n`{{ x.a_b < 3 or 1 > 2 }}`"[:18], 7)
    assert [one.text for one in found.numbers] == ["x.a * 2"]
    found = prose_of("{{ a_b.c_d * e_f.g_h }} and\n{{ 1 + 1 }}", 7)
    assert found.blocks[0]["parts"][0] == {"tag": "number", "at": 0}
    assert [(one.text, one.line) for one in found.numbers] == [
        ("a_b.c_d * e_f.g_h", 7), ("1 + 1", 8),
    ]  # fmt: skip


def test_html_is_text() -> None:
    (block,) = prose_of("<script>alert(1)</script>", 1).blocks
    assert block == {"tag": "p", "parts": ["<script>", "alert(1)", "</script>"]} or block == {
        "tag": "p", "parts": ["<script>alert(1)</script>"],
    }  # fmt: skip


@pytest.mark.parametrize(
    "href",
    ["https://example.org/x", "#tab-charts", "#argument-rare", "race.html?era=v4", "report.html"],
)
def test_links_that_the_page_knows_are_kept_with_their_line(href: str) -> None:
    found = prose_of(f"a\n\n[b]({href})", 3)
    assert found.links == ((5, href),)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[x](http://example.org)", "leads nowhere"),
        ("[x](../etc/passwd)", "leads nowhere"),
        ("[x](#elsewhere)", "leads nowhere"),
        ("![x](https://example.org/a.png)", "images are not shown"),
        ("# Big", "h1 is not allowed"),
        ("{{ a.b > 1 }}", "a number is needed"),
        ("{{ }}", "an expression is empty"),
        ("\ue0001\ue001", "are not allowed"),
    ],
)
def test_anything_else_is_refused_with_its_line(text: str, sentence: str) -> None:
    with pytest.raises(LessonError, match=sentence) as error:
        prose_of(f"first\n\n{text}", 10)
    assert error.value.line in (10, 12)


def test_a_script_as_a_link_is_no_link() -> None:
    found = prose_of("[x](javascript:alert(1))", 1)
    assert found.links == ()
