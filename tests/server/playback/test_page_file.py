"""One file: nothing reaches out of it, and only what its policy names may run."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from pathlib import Path

from server.playback.page_file import Recorded, page_script, playback_page, write_page

STORY = {"playback": 1, "text": "</template></script><script>alert(1)</script>"}


def inside(text: str, name: str) -> bytes:
    """What a template holds, unpacked."""
    found = re.search(rf'<template id="{name}">([A-Za-z0-9+/=]*)</template>', text)
    assert found
    return zlib.decompress(base64.b64decode(found[1]), -15)


def hashed(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_policy_names_every_script_and_style_and_no_address() -> None:
    text = playback_page([Recorded(STORY, [b"one", b"two"])], "words", charts=False)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', text)
    assert policy
    rules = dict(rule.strip().split(" ", 1) for rule in policy[1].split(";"))
    assert rules["default-src"] == "'none'" and "connect-src" not in rules
    scripts = re.findall(r"<script>(.*?)</script>", text, re.S)
    styles = re.findall(r"<style>(.*?)</style>", text, re.S)
    assert (len(scripts), len(styles)) == (1, 1)
    code = inside(text, "playback-code").decode()
    assert rules["script-src"].split() == [hashed(scripts[0]), hashed(code)]
    assert rules["style-src"] == hashed(styles[0])
    assert code == page_script("main.js")
    assert "modulepreload" not in text and 'rel="stylesheet"' not in text
    assert not re.findall(r'<(?:script|img|link)[^>]* (?:src|href)="(?!data:)', text)
    # The policy comes before anything that it is about.
    assert text.index("Content-Security-Policy") < text.index("<style>") < text.index("<script>")


def test_it_holds_what_it_was_given_and_is_the_same_each_time(tmp_path: Path) -> None:
    text = playback_page([Recorded(STORY, [b"one", b"two"])], 'a "word" <b>', charts=False)
    assert json.loads(inside(text, "playback-story")) == STORY
    assert '<template id="playback-1">dHdv</template>' in text
    assert 'content="a &quot;word&quot; &lt;b&gt;"' in text
    # The page starts before the browser has read what comes after the first segment.
    assert text.index('id="playback-0"') < text.index("<script>") < text.index('id="playback-1"')
    assert text == playback_page([Recorded(STORY, [b"one", b"two"])], 'a "word" <b>', charts=False)
    write_page(tmp_path / "a.html", text)
    assert (tmp_path / "a.html").read_bytes() == text.encode()
    assert len(text.encode()) < 330_000


def test_the_chart_library_comes_only_if_it_is_asked_for() -> None:
    text = playback_page([Recorded(STORY, [])], "words", charts=True)
    assert hashed(inside(text, "playback-plotly").decode()) in text
    assert "playback-plotly" not in playback_page(
        [Recorded(STORY, [])], "words", charts=False
    ).replace('packedBytes("playback-plotly", true)', "")
