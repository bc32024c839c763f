"""The page, its script, its styles and what it plays, put into one HTML file.

Nothing in the file reaches out of it: its policy names, by their digests, the scripts and styles
that may run, and allows no address at all. The rest is inert text in ``<template>`` elements.
"""

import base64
import hashlib
import html
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from server.paths import plotly_script, web_folder
from server.playback.bundle import bundle

# What has another place to get its data from, or makes no sense, in a file.
INSTEAD = {
    "net/client.js": "playback/recorded_client.js",
    "net/rest.js": "playback/recorded_rest.js",
    "numbers/plotly_source.js": "playback/plotly_inside.js",
    "controls/setup.js": "playback/no_setup.js",
    "lessons/driver.js": "playback/recorded_driver.js",
}
INSTEAD_RACE = {"net/rest.js": "playback/recorded_race.js"}
STYLE = "styles/playback.css"
# Plotly adds two style elements of its own; as in server/api/static.py.
PLOTLY_STYLES = (
    "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='",
    "'sha256-ji27qzEtxXZW+7dun6UwjHXJ18e6WAin1VvNtkzIE/o='",
)
_BOOT = """(() => {
  const place = document.getElementById("waiting-text") ?? document.getElementById("notices");
  const say = (words) => { place.textContent = words; };
  const read = (id) => document.getElementById(id).content.textContent;
  if (place.id === "waiting-text") say("Opening the recording…");
  if (typeof DecompressionStream === "undefined") {
    say("This browser is too old for this file: Chromium 103, Firefox 113 or Safari 16.4 open it.");
    return;
  }
  const bytes = Uint8Array.from(atob(read("playback-code")), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  new Response(stream).text().then((code) => {
    const script = document.createElement("script");
    script.textContent = code;
    document.head.append(script);
  }).catch(() => say("This file cannot be read: it was cut off or altered."));
})();"""
_DROPPED = re.compile(
    r'^<(?:link rel="(?:modulepreload|stylesheet|icon)"[^>]*'
    r'|script type="module"[^>]*></script)>\n',
    re.M,
)


def packed_text(data: bytes) -> str:
    """Raw deflate in base64: what a template holds."""
    return base64.b64encode(deflated(data)).decode()


def packed_json(data: Mapping[str, Any]) -> str:
    """JSON as a template holds it; the same for the same data."""
    text = json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return packed_text(text.encode())


def deflated(data: bytes) -> bytes:
    """Raw deflate."""
    deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflate.compress(data) + deflate.flush()


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _read(name: str) -> str:
    return (web_folder() / name).read_text(encoding="utf-8")


@cache
def page_script(entry: str) -> str:
    """One of the page's entries and all that it needs, to be played from a file."""
    instead = INSTEAD_RACE if entry == "race/page.js" else INSTEAD
    return bundle(entry, lambda path: _read(f"src/{path}"), instead)


@cache
def _plotly() -> str:
    return plotly_script().read_text(encoding="utf-8")


@cache
def _packed_plotly() -> str:
    return packed_text(_plotly().encode())


def _styles(page: str) -> str:
    sheets = [*re.findall(r'<link rel="stylesheet" href="([^"]+)">', page), STYLE]
    return "\n".join(_read(name) for name in sheets)


def template(name: str, text: str) -> str:
    """An inert element with base64 in it."""
    return f'<template id="{name}">{text}</template>\n'


def standing_page(
    page: str,
    entry: str,
    templates: Mapping[str, str],
    charts: bool,
    head: str = "",
    later: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """A page of the project as one file.

    Args:
        page: its file in web/, say index.html.
        entry: its first module in web/src/.
        templates: id → base64, what it plays.
        charts: whether plotly.js is in it, 1.9 MB.
        head: HTML for the head, say a title.
        later: id → base64, what the page begins without: it starts before the browser has read
            them, and waits for each when it is wanted.
    """
    return stand(_read(page), entry, templates, charts, head, later)


def stand(
    text: str,
    entry: str,
    templates: Mapping[str, str],
    charts: bool,
    head: str = "",
    later: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """The HTML of a page as a file that needs nothing else.

    Args:
        text: HTML of the page: its links to style sheets of web/ are followed.
        entry, templates, charts, head, later: as in standing_page.
    """
    code, style = page_script(entry), _styles(text)
    scripts, styles = [_hash(_BOOT), _hash(code)], [_hash(style)]
    inside, after = dict(templates), dict(later)
    if charts:
        scripts.append(_hash(_plotly()))
        styles += PLOTLY_STYLES
        after["playback-plotly"] = _packed_plotly()
    inside["playback-code"] = packed_text(code.encode())
    policy = (
        f"default-src 'none'; script-src {' '.join(scripts)}; style-src {' '.join(styles)};"
        " img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    icon = base64.b64encode(_read("icon.svg").encode()).decode()
    first = (
        f'<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f'<meta name="referrer" content="no-referrer">\n{head}'
        f'<link rel="icon" href="data:image/svg+xml;base64,{icon}">\n<style>{style}</style>\n'
    )
    text = _DROPPED.sub("", text).replace('<meta charset="utf-8">\n', first, 1)
    text = text.replace("<body", '<body data-playback="true"', 1)
    text = text.replace('href="./"', 'href="index.html"')  # a folder has no page of its own
    needed, rest = (
        "".join(template(name, data) for name, data in held.items()) for held in (inside, after)
    )
    before, end, foot = text.rpartition("</body>")
    return f"{before}{needed}<script>{_BOOT}</script>\n{rest}{end}{foot}"


def race_page(data: Mapping[str, Any]) -> str:
    """The race explorer as a file.

    Args:
        data: ``settings`` as GET /api/race/settings answers, ``races`` and ``plays``.
    """
    return standing_page(
        "race.html", "race/page.js", {"playback-race": packed_json(data)}, charts=False
    )


def plain_page(title: str, body: str, sheet: str = "playback") -> str:
    """A page without a script, in the project's type and colours.

    Args:
        title: text.
        body: HTML.
        sheet: its own, beside those of every page.
    """
    style = "\n".join(_read(f"styles/{name}.css") for name in ("tokens", "base", sheet))
    policy = f"default-src 'none'; style-src {_hash(style)}; img-src data:; base-uri 'none'"
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        f"<title>{html.escape(title)}</title>\n<style>{style}</style>\n</head>\n"
        f'<body class="plain-page">\n{body}\n</body>\n</html>\n'
    )


@dataclass(frozen=True)
class Recorded:
    """One recording in a file.

    Attributes:
        story: what the player must know (server/playback/export.py).
        segments: compressed.
    """

    story: Mapping[str, Any]
    segments: Sequence[bytes]


def playback_page(
    parts: Sequence[Recorded], words: str, charts: bool, lesson: Mapping[str, Any] | None = None
) -> str:
    """A recording as a file.

    Args:
        parts: what it plays: of a lesson one for each guest, otherwise one.
        words: what it shows, for whoever finds the file.
        charts: as in standing_page.
        lesson: text and answers of the lesson that it plays (server/playback/lesson_file.py).
    """
    templates: dict[str, str] = {}
    later: dict[str, str] = {}
    if lesson:
        templates["playback-lesson"] = packed_json(lesson)
    for number, part in enumerate(parts):
        prefix = f"playback-part{number}-" if number else "playback-"
        (later if number else templates)[f"{prefix}story"] = packed_json(part.story)
        for i, segment in enumerate(part.segments):
            at = later if number or i else templates
            at[f"{prefix}{i}"] = base64.b64encode(segment).decode()
    head = f'<meta name="fragscope-playback" content="{html.escape(words)}">\n'
    return standing_page("index.html", "main.js", templates, charts, head, later)


def write_page(path: Path, text: str) -> None:
    """Write a file that was made, with plain line ends on every system."""
    path.write_text(text, encoding="utf-8", newline="\n")
