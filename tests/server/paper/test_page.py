"""The file round a report: inert data, no address, no handler, words that stay words."""

from __future__ import annotations

import json
import re

import pytest

from engine.errors import RefusedError
from server.paper import page
from server.paper.page import paper_page
from tests.server.playback.test_page_file import inside

FACTS = {"title": "<img src=x>"}


def test_the_file_holds_everything_and_runs_nothing_else() -> None:
    text = paper_page("base.html.jinja", FACTS, {"kind": "none"}, {"paper-session": "AA=="})
    assert json.loads(inside(text, "paper-data")) == {"kind": "none"}
    assert '<template id="paper-session">AA==</template>' in text
    assert "<img" not in text and "&lt;img src=x" in text
    outside = re.sub(r"<(style|script|template)\b.*?</\1>", "", text, flags=re.S)
    assert not re.search(r"\son\w+=|\sstyle=|(?:src|href)=\"(?!#|data:)", outside)
    assert "default-src 'none'" in text and "unsafe" not in text.partition("<style>")[0]
    assert paper_page("base.html.jinja", FACTS, {"kind": "none"}, {"paper-session": "AA=="}) == text


def test_a_report_that_browsers_would_not_open_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "MOST_BYTES", 1000)
    with pytest.raises(RefusedError, match=r"would have \d\.\d MB, the limit is 0"):
        paper_page("base.html.jinja", FACTS, {})
