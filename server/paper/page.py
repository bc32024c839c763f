"""Facts, tables and pictures put into one HTML file; nothing in it reaches out of it.

The words are rendered here, so that the file can be read, printed and searched without a script;
the pictures are drawn from the data in it when it is opened (web/src/paper/).
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from engine.errors import RefusedError
from server.paths import project_version
from server.playback.export import MB, MOST_BYTES
from server.playback.page_file import packed_json, stand

ENTRY = "paper/paper.js"
TickSeen = Callable[[int], None]  # told the tick now and then; may raise to break off


@cache
def _templates() -> Environment:
    templates = Environment(
        loader=PackageLoader("server.paper", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["breakable"] = _breakable
    return templates


def _breakable(key: str) -> Markup:
    """A design's key that may break across lines after each part, but never within a word."""
    return Markup("<wbr>").join(re.split(r"(?<=[_:+=])", key))


def paper_page(
    template: str,
    facts: Mapping[str, Any],
    data: Mapping[str, Any],
    inside: Mapping[str, str] | None = None,
) -> str:
    """A template with its facts, and the data that its pictures are drawn from.

    Args:
        template: its file in server/paper/templates/.
        facts: what it names.
        data: JSON, for the script.
        inside: id → base64, further inert things in the file.

    Returns:
        HTML, the same for the same input.

    Raises:
        RefusedError: the file would be too large; one sentence.
    """
    text = _templates().get_template(template).render(version=project_version(), **facts)
    templates = {"paper-data": packed_json(data), **(inside or {})}
    made = stand(text, ENTRY, templates, charts=True)
    if len(made.encode()) > MOST_BYTES:
        raise RefusedError(
            f"the report would have {len(made.encode()) / MB:.1f} MB, the limit is"
            f" {MOST_BYTES // MB}: leave out designs, or report an earlier tick"
        )
    return made
