"""A lesson on paper as one HTML file: what web/src/lessons/handout.js shows, without a script.

Numbers that the run gives are blanks, and no answer is in it.
"""

import html
from collections.abc import Mapping, Sequence
from typing import Any

from engine.lessons.model import Lesson
from server.lessons.showing import lesson_told
from server.playback.page_file import plain_page

_TAGS = frozenset(
    "p ul ol li blockquote em strong code pre table thead tbody tr th td h3 h4 hr".split()
)
_LINE = '<p class="handout-line"></p>'


def _inside(parts: Sequence[Any]) -> str:
    return "".join(map(_node, parts))


def _node(part: Any) -> str:
    """A block of text as HTML; a link is followed only if it leads to the web."""
    if isinstance(part, str):
        return html.escape(part, quote=False)
    tag = part["tag"]
    if tag == "number":
        return '<span class="lesson-blank">____</span>'
    inside = _inside(part.get("parts", ()))
    if tag == "a" and part["href"].startswith("https://"):
        return f'<a href="{html.escape(part["href"])}">{inside}</a>'
    if tag == "hr":
        return "<hr>"
    return f"<{tag}>{inside}</{tag}>" if tag in _TAGS else inside


def _guest(config: Mapping[str, Any]) -> str:
    source = config["source"]
    of = f"the example {source.get('name')}"
    if source["kind"] == "synthetic":
        of = f"a synthetic guest ({source['preset']}, {source['size_mib']} MiB)"
    return f'<p class="handout-facts">Memory: {of}, under {", ".join(config["designs"])}.</p>'


def _step(number: int, step: Mapping[str, Any]) -> str:
    parts = [f"<h2>{number}. {html.escape(step['title'])}</h2>"]
    if step["load"]:
        parts.append(_guest(step["load"]))
    parts += [_inside(step["before"]), _inside(step.get("ask", ()))]
    if step.get("choices"):
        choices = "".join(f"<li>{_inside(one)}</li>" for one in step["choices"])
        parts.append(f'<ul class="choices">{choices}</ul>')
    if scale := step.get("scale"):
        unit = html.escape(scale["unit"])
        parts.append(
            f"<p>From ______ to ______ {unit} (at most {scale['width']} wide). It was ______.</p>"
        )
    if step["kind"] != "read":
        act = step["kind"] == "act"
        words = "What you did, and what came of it:" if act else "Why? What came of it:"
        parts.append(f'<div class="handout-room"><p>{words}</p>{_LINE}{_LINE}</div>')
    return f"<section>{''.join(parts)}</section>\n"


def handout_file(lesson: Lesson) -> str:
    """The page of a lesson, to print.

    Args:
        lesson: which.
    """
    told = lesson_told(lesson)
    know = "".join(f"<li>{html.escape(one)}</li>" for one in told["know"])
    body = (
        f"<h1>{html.escape(told['title'])}</h1>"
        '<p class="handout-name">Name:</p>'
        f'<p class="handout-facts">{told["minutes"]} minutes. Played in the file'
        f" lesson-{html.escape(told['name'])}.html, or in fragscope, tab Lessons.</p>"
        f"{_inside(told['intro'])}<p>Afterwards you know:</p><ul>{know}</ul>\n"
        + "".join(_step(i, step) for i, step in enumerate(told["steps"], 1))
    )
    page = f'<main id="handout" class="handout">{body}</main>'
    return plain_page(f"{told['title']} · fragscope", page, "handout")
