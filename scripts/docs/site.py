"""Maintainers: a site without a server: lessons, scenarios, the race explorer, an index.

python -m scripts.docs.site FOLDER [LESSON or SCENARIO…]
"""

from __future__ import annotations

import html
import itertools
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.lessons.model import Lesson
from engine.race.era import ERAS, protocol_from
from engine.race.explorer import free_play, race
from engine.scenarios.catalog import SCENARIOS
from engine.scenarios.model import GROUPS, Scenario
from server.api.lesson_routes import listed
from server.api.race_routes import describe_race
from server.guests.library import Library
from server.lessons.shelf import LessonShelf
from server.paths import lessons_folder
from server.playback.export import MB, Wanted, playback_of, played_story
from server.playback.handout_file import handout_file
from server.playback.lesson_file import lesson_playback, nowhere
from server.playback.page_file import plain_page, race_page, write_page
from server.playback.recorder import Span
from server.wire.config import config_from_dict

MOST_BYTES = 40 * MB
MOST_TICKS = (
    1500  # in a file, beside those round commands: a longer story keeps one tick in so many
)
ON_OFF = ("on", "off")
SHELF = LessonShelf([lessons_folder()])


def scenario_page(scenario: Scenario, library: Library) -> str:
    """A scenario from its first command to where all is idle."""
    config = config_from_dict(scenario.to_dict()["config"])
    commands = [command for step in scenario.steps for command in step.commands]
    session, log, tick = played_story(config, commands, library)
    span = Span(every=max(1, tick // MOST_TICKS))
    wanted = Wanted(span, large=True, title=scenario.label, text=scenario.question)
    return playback_of(session, log, tick, wanted).text


def lesson_page(
    lesson: Lesson, library: Library, pages: Iterable[str], listing: Iterable[Mapping[str, Any]]
) -> str:
    """A lesson to be read and watched step by step.

    Args:
        lesson: which.
        library: of guests.
        pages: names of the site's files, to which its links may lead.
        listing: of all lessons of the site, as GET /api/lessons tells them.
    """
    known = frozenset(pages)

    def leads(href: str) -> str:
        kind, _, name = href.removeprefix("#").partition("-")
        page = f"{kind}-{name}.html"
        if kind in ("lesson", "scenario") and page in known:
            return page
        return href if href.partition("?")[0] in known else nowhere(href)

    others = [
        {**one, **({} if one["name"] == lesson.name else {"href": f"lesson-{one['name']}.html"})}
        for one in listing
    ]
    return lesson_playback(lesson, library, leads, others).text


def race_data(settings: Iterable[Sequence[str]]) -> dict[str, Any]:
    """What the race explorer shows: what breaks, and every step of the shortest ways to it.

    Args:
        settings: each of compactors, page_lock, refcount_test, era, known_defects.
    """
    races, plays = {}, {}
    for setting in settings:
        protocol = protocol_from(*setting)
        found = race(protocol)
        ways = [[turn["choice"] for turn in one["schedule"]] for one in found["violations"]]
        paths = {tuple(way[:n]) for way in [[], *ways] for n in range(len(way) + 1)}
        races[" ".join(setting)] = found
        plays[" ".join(setting)] = {
            ",".join(map(str, path)): free_play(protocol, list(path)) for path in sorted(paths)
        }
    return {"settings": describe_race(), "races": races, "plays": plays}


def every_setting() -> list[tuple[str, ...]]:
    """Both protections, one and two compactors, each era as intended and as it was."""
    return list(itertools.product(("1", "2"), ON_OFF, ON_OFF, ERAS, ("off", "on")))


def _card(name: str, title: str, text: str, nbytes: int, beside: str = "") -> str:
    words = f"<b>{html.escape(title)}</b> {html.escape(text)}"
    size = f'<span class="size">{nbytes / MB:.1f} MB</span>'
    return f'<li><a href="{name}">{words} {size}</a>{beside}</li>\n'


def index_page(
    files: dict[str, int], names: Sequence[str], listing: Sequence[Mapping[str, Any]]
) -> str:
    """What there is, group by group.

    Args:
        files: name of a file → its bytes.
        names: of the scenarios that were made.
        listing: the lessons that were made, as GET /api/lessons tells them.
    """
    body = [
        "<h1>fragscope</h1>\n<p>Designs of a virtio balloon on the same guest memory, side by side:"
        " recordings of a simulator of Linux compaction. Each opens in the browser and needs no"
        " server; a fragscope of your own makes the live session of it.</p>\n"
    ]
    if listing:
        cards = [
            _card(
                f"lesson-{one['name']}.html",
                f"{i + 1}. {one['title']}",
                f"{one['minutes']} minutes, {one['steps']} steps.",
                files[f"lesson-{one['name']}.html"],
                f' <a class="beside" href="handout-{one["name"]}.html">To print</a>',
            )
            for i, one in enumerate(listing)
        ]
        body.append(f'<h2>Lessons</h2>\n<ul class="cards">\n{"".join(cards)}</ul>\n')
    for group, label in GROUPS.items():
        cards = [
            _card(f"scenario-{name}.html", SCENARIOS[name].label, SCENARIOS[name].question,
                  files[f"scenario-{name}.html"])
            for name in names if SCENARIOS[name].group == group
        ]  # fmt: skip
        if cards:
            body.append(
                f'<h2>{html.escape(label)}</h2>\n<ul class="cards">\n{"".join(cards)}</ul>\n'
            )
    if "race.html" in files:
        text = "Every order in which compactors and driver can meet on one page, and what breaks."
        card = _card("race.html", "Race explorer", text, files["race.html"])
        body.append(f'<h2>The page lock</h2>\n<ul class="cards">\n{card}</ul>\n')
    return plain_page("fragscope: recordings", "".join(body))


def build(
    folder: Path,
    names: Sequence[str],
    lessons: Sequence[str],
    settings: Iterable[Sequence[str]],
    most: int = MOST_BYTES,
) -> int:
    """Write the site; its bytes.

    Args:
        folder: made if it is not there; files of the same names are replaced.
        names: scenarios.
        lessons: names of lessons.
        settings: see race_data.
        most: bytes that it may have.

    Raises:
        SystemExit: it has more.
    """
    folder.mkdir(parents=True, exist_ok=True)
    library = Library(1, 1 << 50)
    files: dict[str, int] = {}

    def keep(name: str, text: str) -> None:
        write_page(folder / name, text)
        files[name] = len(text.encode())
        print(f"{files[name] / MB:6.2f} MB  {name}", flush=True)

    pages = [
        "race.html", *(f"scenario-{name}.html" for name in names),
        *(f"lesson-{name}.html" for name in lessons),
    ]  # fmt: skip
    listing = [one for one in listed(SHELF)["lessons"] if one["name"] in lessons]
    for name in lessons:
        keep(f"lesson-{name}.html", lesson_page(SHELF.lesson(name), library, pages, listing))
        keep(f"handout-{name}.html", handout_file(SHELF.lesson(name)))
    for name in names:
        keep(f"scenario-{name}.html", scenario_page(SCENARIOS[name], library))
    keep("race.html", race_page(race_data(settings)))
    keep("index.html", index_page(files, names, listing))
    whole = sum(files.values())
    print(f"{whole / MB:6.2f} MB in {len(files)} files: {folder}/index.html", flush=True)
    if whole > most:
        raise SystemExit(f"the site has {whole / MB:.1f} MB: {most / MB:.0f} are the limit")
    return whole


if __name__ == "__main__":
    chosen = sys.argv[2:] or [*SCENARIOS, *SHELF.paths()]
    build(
        Path(sys.argv[1]),
        [name for name in chosen if name in SCENARIOS],
        [name for name in chosen if name in SHELF.paths()],
        every_setting(),
    )
