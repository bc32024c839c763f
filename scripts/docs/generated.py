"""Maintainers: parts of a document that a script writes, between two comments in its Markdown.

<!-- generated: NAME -->
…
<!-- end: NAME -->
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence


def _pattern(name: str) -> re.Pattern[str]:
    begin, end = re.escape(f"<!-- generated: {name} -->"), re.escape(f"<!-- end: {name} -->")
    return re.compile(rf"({begin}\n)(.*?)({end})", re.S)


def part_of(text: str, name: str) -> list[str]:
    """Lines of one generated part.

    Raises:
        ValueError: the document has no such part.
    """
    found = _pattern(name).search(text)
    if found is None:
        raise ValueError(f"the document has no part {name!r}")
    return found.group(2).splitlines()


def with_parts(text: str, parts: Mapping[str, str | Sequence[str]]) -> str:
    """A document with its generated parts replaced.

    Args:
        text: the document.
        parts: name → lines, or their text.

    Raises:
        ValueError: the document has no such part.
    """
    for name, lines in parts.items():
        part_of(text, name)
        body = lines if isinstance(lines, str) else "\n".join(lines)
        body = body.rstrip("\n") + "\n" if body else ""
        text = _pattern(name).sub(lambda m, body=body: m[1] + body + m[3], text)  # type: ignore[misc]
    return text
