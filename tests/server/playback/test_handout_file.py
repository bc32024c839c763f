"""A lesson on paper: blanks for its numbers, no answer, no way out but the web."""

from __future__ import annotations

import re

from server.lessons.shelf import LessonShelf
from server.paths import lessons_folder
from server.playback.handout_file import handout_file
from tests.server.lessons.files import example, with_scale

EVERY = [one.lesson for one in LessonShelf([lessons_folder()]).every() if one.lesson]


def test_a_handout_asks_and_does_not_answer() -> None:
    lesson = example(("Each guest has", "[w](https://x.org) [t](#tab-log) 1 < 2 Each guest has"))
    text = handout_file(lesson)
    assert text.count("<section>") == len(lesson.steps)
    assert text.count('<ul class="choices">') == 1
    assert '<a href="https://x.org">w</a> t 1 &lt; 2 Each guest has' in text
    assert '<span class="lesson-blank">____</span>' in text
    assert "From ______ to ______ huge pages (at most 30 wide)" in handout_file(with_scale())
    assert "<script" not in text and "default-src 'none'" in text


def test_no_solution_hint_or_later_text_of_any_lesson_is_on_its_handout() -> None:
    for lesson in EVERY:
        text = re.sub(r"<[^>]*>", "", handout_file(lesson))
        for step in lesson.steps:
            hidden = [step.after]
            if step.act:
                hidden += [*step.act.hints, step.act.wrong.say]
            for prose in hidden:
                for block in prose.blocks:
                    longest = max((p for p in block["parts"] if isinstance(p, str)), key=len)
                    if len(longest) > 30:
                        assert longest not in text, (lesson.name, longest)
