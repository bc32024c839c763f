"""The page as one script: what is known is translated, what is not is refused."""

from __future__ import annotations

import re

import pytest

from server.paths import web_folder
from server.playback.bundle import BundleError, bundle
from server.playback.page_file import INSTEAD


def of(files: dict[str, str], **instead: str) -> str:
    """The bundle of modules by path, the first being a.js."""
    return bundle("a.js", files.__getitem__, instead)


def test_modules_come_in_the_order_of_need_and_see_each_others_names() -> None:
    text = of(
        {
            "a.js": 'import { two as zwei, Three } from "./x/b.js";\nzwei();\nnew Three();\n',
            "x/b.js": '/** Doc. */\nimport { one } from "../c.js";\nexport function two() {}\n'
            "export class Three {}\nexport const four = one;\n",
            "c.js": "export const one = 1;\n",
        }
    )
    places = [text.index(f'modules["{name}"] =') for name in ("c.js", "x/b.js")]
    assert places == sorted(places) and text.index("(async () =>") > places[-1]
    assert 'const { two: zwei, Three } = modules["x/b.js"];' in text
    assert "return { two, Three, four };" in text
    assert "export" not in text and "Doc." not in text


def test_a_module_may_take_anothers_place() -> None:
    files = {
        "a.js": 'import { f } from "./b.js";\n',
        "b.js": "export const f = 1;\n",
        "c.js": "export const f = 2;\n",
    }
    text = bundle("a.js", files.__getitem__, {"b.js": "c.js"})
    assert "f = 2" in text and "f = 1" not in text


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({"a.js": 'import x from "./b.js";\n'}, "does not know"),
        ({"a.js": "export default 1;\n"}, "does not know"),
        ({"a.js": "export let live = 1;\n"}, "does not know"),
        ({"a.js": 'export { x } from "./b.js";\n'}, "does not know"),
        ({"a.js": 'import { g } from "./b.js";\n', "b.js": "export const f = 1;\n"}, "wants g"),
        (
            {"a.js": 'import { f } from "./b.js";\n', "b.js": 'import { g } from "./a.js";\n'},
            "a circle: a.js needs b.js needs a.js",
        ),
    ],
)
def test_what_it_does_not_know_is_an_error_and_no_guess(
    files: dict[str, str], sentence: str
) -> None:
    with pytest.raises(BundleError, match=re.escape(sentence)):
        of(files)


def test_every_page_of_the_project_can_be_bundled_the_same_way_twice() -> None:
    def read(path: str) -> str:
        return (web_folder() / "src" / path).read_text(encoding="utf-8")

    for entry in ("main.js", "race/page.js", "report/paste.js"):
        assert bundle(entry, read, {}) == bundle(entry, read, {})
    whole = bundle("main.js", read, INSTEAD)
    assert "WebSocket" not in whole and "fetch(" not in whole
    assert set(INSTEAD) & set(re.findall(r'modules\["([^"]+)"\] =', whole)) == set()
