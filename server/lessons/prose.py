"""Markdown of a lesson as data: blocks that a page builds elements from, never HTML of a stranger.

A block is ``{"tag", "parts"}``; a part is a string, a block, or a number's place ``{"tag":
"number", "at"}``. Links go only where the page knows its way.
"""

import re
from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode
from mdit_py_plugins.front_matter import front_matter_plugin

from engine.errors import RefusedError
from engine.lessons.expression import Expression, parse_expression
from engine.lessons.model import Block, Prose

# Node of markdown-it -> tag on the page.
_TAGS = {
    "paragraph": "p", "bullet_list": "ul", "ordered_list": "ol", "list_item": "li",
    "blockquote": "blockquote", "em": "em", "strong": "strong", "table": "table", "thead": "thead",
    "tbody": "tbody", "tr": "tr", "th": "th", "td": "td",
}  # fmt: skip
_PLACE = re.compile("\ue000(\\d+)\ue001")
_NUMBER = re.compile(r"\{\{([^{}\n]*)\}\}")
LESSON_LINK = re.compile(
    r"https://[^\s]+"
    r"|#(?:tab|argument|scenario|lesson)-[A-Za-z0-9_-]+"
    r"|(?:race|report)\.html(?:\?[\w=&,.+-]*)?"
)


class LessonError(RefusedError):
    """What is wrong with a lesson's file, and the line, from 1."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line


def markdown() -> MarkdownIt:
    """The parser: CommonMark with tables and front matter, without HTML."""
    parser = MarkdownIt("commonmark", {"html": False}).enable("table").disable(["html_block"])
    return parser.use(front_matter_plugin)


class NumberPlaces:
    """DesignNumbers taken out of Markdown before it is parsed, so that its signs stay theirs."""

    def __init__(self, text: str, line: int) -> None:
        """Take out every ``{{ }}``.

        Args:
            text: Markdown.
            line: of its first line in the file.

        Raises:
            LessonError: an expression is none.
        """
        self.found: list[Expression] = []
        self._first = line
        if "\ue000" in text or "\ue001" in text:
            raise LessonError(line, "the characters U+E000 and U+E001 are not allowed")
        self.text = _NUMBER.sub(self._take, text)

    def _take(self, match: re.Match[str]) -> str:
        line = self._first + match.string.count("\n", 0, match.start())
        try:
            self.found.append(parse_expression(match[1], line, predicate=False))
        except RefusedError as error:
            raise LessonError(line, str(error)) from None
        return f"\ue000{len(self.found) - 1}\ue001"

    def text_parts(self, text: str) -> list[Any]:
        """A piece of text as parts, with its numbers back in place."""
        parts: list[Any] = []
        for i, piece in enumerate(_PLACE.split(text)):
            if i % 2:
                parts.append({"tag": "number", "at": int(piece)})
            elif piece:
                parts.append(piece)
        return parts


class ProseMaker:
    """Nodes of one document as blocks."""

    def __init__(self, numbers: NumberPlaces, line: int) -> None:
        """For a document.

        Args:
            numbers: taken out of it.
            line: of its first line in the file.
        """
        self._numbers = numbers
        self._first = line

    def prose(self, nodes: Sequence[SyntaxTreeNode], line: int) -> Prose:
        """Some of its blocks as one text.

        Args:
            nodes: of its top level, in order.
            line: where the text stands, for those who ask.

        Raises:
            LessonError: something in it is not shown by the page.
        """
        self._links: list[tuple[int, str]] = []
        self._used: dict[int, int] = {}
        blocks = tuple(self._block(node, line) for node in nodes)
        kept = tuple(self._numbers.found[place] for place in self._used)
        return Prose(line, blocks, kept, tuple(self._links))

    def line_of(self, node: SyntaxTreeNode, otherwise: int) -> int:
        """Line of a node in the file."""
        return self._first + node.map[0] if node.map else otherwise

    def _parts(self, text: str) -> list[Any]:
        """As text_parts(), numbered anew: a text holds only its own numbers."""
        parts = self._numbers.text_parts(text)
        for part in parts:
            if isinstance(part, dict):
                part["at"] = self._used.setdefault(part["at"], len(self._used))
        return parts

    def _block(self, node: SyntaxTreeNode, line: int) -> Block:
        line = self.line_of(node, line)
        if node.type in ("fence", "code_block"):
            return {"tag": "pre", "parts": self._parts(node.content.rstrip("\n"))}
        if node.type == "hr":
            return {"tag": "hr", "parts": []}
        if node.type == "heading":
            if node.tag not in ("h3", "h4"):
                raise LessonError(line, f"{node.tag} is not allowed: ## is a step, ### a heading")
            return {"tag": node.tag, "parts": self._children(node, line)}
        if node.type not in _TAGS:
            raise LessonError(line, f"{node.type.replace('_', ' ')} is not shown by the page")
        return {"tag": _TAGS[node.type], "parts": self._children(node, line)}

    def _children(self, node: SyntaxTreeNode, line: int) -> list[Any]:
        parts: list[Any] = []
        for child in node.children:
            parts += self._inline(child, line)
        return parts

    def _inline(self, node: SyntaxTreeNode, line: int) -> list[Any]:
        if node.type == "inline":
            return self._children(node, line)
        if node.type == "text":
            return self._parts(node.content)
        if node.type in ("softbreak", "hardbreak"):
            return [" "]
        if node.type == "code_inline":
            return [{"tag": "code", "parts": self._parts(node.content)}]
        if node.type == "link":
            href = str(node.attrs.get("href", ""))
            if not LESSON_LINK.fullmatch(href):
                raise LessonError(
                    line,
                    f"the link {href!r:.80} leads nowhere: https://, #tab-, #argument-,"
                    " #scenario-, #lesson-, race.html or report.html is needed",
                )
            self._links.append((line, href))
            return [{"tag": "a", "href": href, "parts": self._children(node, line)}]
        if node.type == "image":
            raise LessonError(line, "images are not shown: the maps are the pictures")
        return [self._block(node, line)]


def prose_of(text: str, line: int) -> Prose:
    """A short text of a lesson's block.

    Args:
        text: Markdown.
        line: of its first line in the file.

    Raises:
        LessonError: see ProseMaker.
    """
    numbers = NumberPlaces(text, line)
    root = SyntaxTreeNode(MarkdownIt("commonmark", {"html": False}).parse(numbers.text))
    return ProseMaker(numbers, line).prose(root.children, line)
