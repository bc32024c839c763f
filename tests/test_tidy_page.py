"""Rules of the page that a machine can check: who imports whom, one owner of each door.

Each test gathers every offence, so that one run shows them all.
"""

from __future__ import annotations

import posixpath
import re

from tests.project_files import ROOT, none, text_files

# -- the page: who may import whom. A name that ends in / stands for every file of that folder that
# has no entry of its own; what is not listed imports nothing. Views know neither the socket nor
# each other: main.js joins them. Files of words and numbers know no document: WEB_WORDS.
WEB_EVERYWHERE = {"lib/pageblock.js"}  # how large a pageblock of the guest is
WEB_WORDS = {"lib/format.js"}
WEB_VIEW = {
    "state.js",
    "lib/dom.js",
    "lib/format.js",
    "lib/zone_facts.js",
    "net/wire.js",
    "map/",
    "panels/because_text.js",
    "panels/design_text.js",
    "panels/guest_text.js",
    "controls/command_text.js",
    "timebar/sides.js",
}
WEB_KERNEL = {
    "recorded/difference.js",
    "recorded/recording.js",
    "recorded/standing.js",
    "recorded/still.js",
}
WEB_IMPORTS: dict[str, set[str]] = {
    "state.js": {"lib/atom.js", "zoom/lens.js"},
    "lib/zone_facts.js": WEB_WORDS,
    "net/client.js": {"state.js", "net/", "lib/format.js", "timebar/sides.js"},
    "net/rest.js": {"net/access.js"},
    "net/rest_beside.js": {"net/rest.js"},
    "net/detail_wire.js": {"net/wire.js"},
    "live/": {"lib/", "live/", "map/"},
    "live/live_page.js": {
        "lib/",
        "live/",
        "net/access.js",
        "net/rest.js",
        "net/rest_beside.js",
        "stage/theme.js",
        "timebar/timebar.js",
    },
    "live/kept.js": WEB_WORDS,
    "live/looks.js": set(),
    "live/live_text.js": WEB_WORDS,
    # In a file they take the place of what needs a server.
    "playback/": {"playback/", "lib/dom.js", "state.js"},
    "playback/banner.js": {"lib/dom.js", "lib/format.js", "page/link_all.js", "state.js"},
    "playback/recorded_client.js": {"playback/", "net/wire.js", "state.js"},
    "playback/recorded_rest.js": {"playback/recorded_lesson.js", "playback/tape.js"},
    "playback/tape.js": {"lib/atom.js", "net/wire.js"},
    "net/events_wire.js": {"net/wire.js"},
    "map/palette.js": WEB_WORDS,
    "map/heatmap.js": {"map/aggregate.js", "map/palette.js"},
    "map/marks.js": {"map/", "net/wire.js", "zoom/lens.js"},
    "map/over.js": set(),
    "map/legend.js": {"lib/dom.js", "map/palette.js"},
    "panels/": WEB_VIEW,
    "panels/because_text.js": WEB_WORDS,
    "panels/design_text.js": WEB_WORDS,
    "panels/guest_text.js": WEB_WORDS,
    "panels/panel.js": WEB_VIEW | {"zoom/closeup.js"},
    "panels/panels.js": WEB_VIEW
    | {"controls/range_text.js", "panels/panel.js", "recorded/still.js", "zoom/"},
    "controls/": WEB_VIEW,
    "controls/command_text.js": WEB_WORDS,
    "controls/controls.js": WEB_VIEW | {"controls/targets.js"},
    "controls/demand_text.js": WEB_WORDS,
    "controls/demands.js": WEB_VIEW | {"controls/demand_text.js", "controls/verdicts.js"},
    "controls/range_text.js": WEB_WORDS,
    "controls/targets.js": WEB_WORDS,
    "controls/ranges.js": WEB_VIEW | {"controls/range_text.js", "controls/verdicts.js"},
    # A capture goes up as a file, not a message.
    "controls/setup.js": WEB_VIEW | {"net/rest.js", "controls/elsewhere.js"},
    "controls/elsewhere.js": {"quiz/own_session.js", "state.js"},
    "because/": WEB_VIEW | {"because/answer.js"},
    "because/answer.js": WEB_WORDS | {"controls/command_text.js", "panels/design_text.js"},
    "numbers/": WEB_VIEW | {"numbers/columns.js"},
    "numbers/charts.js": WEB_VIEW | {"numbers/plotly_source.js"},
    "numbers/columns.js": WEB_WORDS
    | {"panels/guest_text.js", "controls/demand_text.js", "controls/range_text.js"},
    "numbers/spread.js": {"net/rest.js", "state.js"},
    "quiz/": WEB_VIEW | WEB_KERNEL | {"quiz/"},
    "quiz/quiz_text.js": WEB_WORDS | {"panels/design_text.js"},
    "quiz/own_session.js": {"net/"},
    "recorded/": WEB_VIEW | WEB_KERNEL,
    "recorded/difference.js": WEB_WORDS,
    "recorded/recording.js": WEB_WORDS,
    "recorded/standing.js": {"recorded/recording.js"},
    "recorded/still.js": WEB_WORDS | {"recorded/difference.js", "recorded/recording.js"},
    "recorded/preview.js": WEB_VIEW | WEB_KERNEL | {"net/"},
    "recorded/loader.js": WEB_KERNEL | {"net/", "state.js"},
    "price/price.js": WEB_VIEW | {"price/"},
    "price/rows.js": WEB_WORDS | {"price/estimate.js"},
    "accuracy/accuracy.js": WEB_VIEW | {"accuracy/scores.js"},
    "guide/": WEB_VIEW | {"guide/"},
    "guide/scenario.js": WEB_WORDS,
    "lessons/": WEB_VIEW | {"lessons/", "guide/scenario.js", "guide/table.js"},
    "lessons/class_step.js": WEB_VIEW | {"quiz/quiz_picture.js", "quiz/quiz_text.js"},
    "lessons/lesson.js": set(),
    "lessons/memory.js": set(),
    "lessons/handout.js": {"lib/dom.js", "net/rest.js", "lessons/blocks.js"},  # lesson.html
    "timebar/": WEB_VIEW | {"timebar/moments.js"},
    "timebar/moments.js": WEB_WORDS | {"controls/command_text.js"},
    "timebar/sides.js": {"timebar/moments.js"},
    "difference/": WEB_VIEW
    | {
        "difference/",
        "recorded/recording.js",
        "zoom/lens.js",
        "zoom/closeup.js",
        "zoom/in_panel.js",
    },
    "difference/compare.js": set(),
    "difference/partners.js": {
        "controls/command_text.js",
        "panels/design_text.js",
        "recorded/recording.js",
    },
    "motion/motion.js": WEB_VIEW | {"motion/", "net/events_wire.js"},
    "motion/draw.js": {"map/", "motion/flights.js", "zoom/lens.js"},
    "motion/flights.js": {"net/events_wire.js"},
    "motion/play.js": {"net/events_wire.js", "net/wire.js"},
    "motion/words.js": WEB_WORDS,
    "zoom/": WEB_VIEW | {"zoom/"},
    "zoom/zoom.js": WEB_VIEW | {"zoom/", "lib/framed.js"},
    "zoom/lens.js": {"map/geometry.js"},
    "zoom/extent.js": {"map/geometry.js", "zoom/lens.js"},
    "zoom/raster.js": {"map/palette.js", "zoom/lens.js"},
    "zoom/page_text.js": WEB_WORDS | {"controls/command_text.js", "map/palette.js"},
    "trace/": WEB_VIEW | {"trace/"},
    "trace/calls.js": WEB_WORDS,
    "trace/handled.js": WEB_WORDS,
    "race/": {"lib/dom.js", "net/rest.js", "race/"},  # a page of its own: race.html
    "race/race_text.js": set(),
    "sweep/": {"lib/dom.js", "net/", "sweep/"},  # a page of its own: sweep.html
    "sweep/map_text.js": set(),
    "report/": {"lib/dom.js", "net/rest.js", "report/"},  # a page of its own: report.html
    "report/report_text.js": set(),
    # A report as one file (server/paper/).
    "paper/": {"lib/", "map/palette.js", "paper/", "playback/", "save/"},
    "paper/heat.js": set(),
    "paper/maps.js": WEB_WORDS | {"map/"},
    "save/": WEB_VIEW | {"save/"},
    "save/map_rows.js": {"controls/command_text.js", "map/palette.js"},
    "save/scene.js": WEB_WORDS | {"difference/compare.js", "map/"},
    "save/csv.js": set(),
    "save/picture.js": set(),
    "save/download.js": {"lib/dom.js"},
    "room/": WEB_VIEW | {"room/", "net/"},
    "room/room_text.js": WEB_WORDS,
    "room/join.js": {"lib/dom.js", "net/rest.js"},  # a page of its own: join.html
    "stage/": WEB_VIEW,
    "stage/command_box.js": WEB_VIEW | {"stage/command_parse.js"},
    "stage/command_parse.js": set(),
    "stage/theme.js": {"lib/dom.js"},
    "stage/drops.js": set(),
    "page/": WEB_VIEW,
    "page/link.js": {"zoom/extent.js"},
    "page/link_all.js": {"page/link.js"},
    "page/link_open.js": WEB_VIEW | {"net/", "page/"},
    "page/older.js": WEB_VIEW | {"net/rest.js"},
}
# Words that only one file may say in code: one socket, one animation frame, one chart library.
WEB_OWNERS = {
    r"\bnew WebSocket\b": {"net/client.js"},
    r"\bfetch\(": {"net/rest.js"},
    r"\brequestAnimationFrame\b": {"lib/paint.js"},
    r"\bPlotly\b": {"numbers/charts.js", "paper/paper.js"},  # of the page, of a report as a file
}


def web_sources() -> dict[str, str]:
    """Path below web/src -> code without comments."""
    sources = {}
    for path in sorted((ROOT / "web" / "src").rglob("*.js")):
        text = path.read_text(encoding="utf-8")
        code = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
        sources[path.relative_to(ROOT / "web" / "src").as_posix()] = re.sub(
            r"(?m)(?<!:)//.*$", "", code
        )
    return sources


def test_the_page_imports_only_what_its_table_allows() -> None:
    found = []
    for name, code in web_sources().items():
        if name == "main.js":
            continue
        folder = f"{posixpath.dirname(name)}/"
        allowed = WEB_EVERYWHERE | WEB_IMPORTS.get(name, WEB_IMPORTS.get(folder, set()))
        for target in re.findall(r"""(?:from|import)\s*\(?\s*["'](\.[^"']+)["']""", code):
            path = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
            if path not in allowed and f"{posixpath.dirname(path)}/" not in allowed:
                found.append(f"{name} imports {path}")
        for target in re.findall(r"""from\s+["']([^."'][^"']*)["']""", code):
            found.append(f"{name} imports the package {target}")
    none(found)


def test_no_two_files_of_the_page_share_a_name() -> None:
    seen: dict[str, list[str]] = {}
    for name in web_sources():
        seen.setdefault(posixpath.basename(name), []).append(name)
    none([" and ".join(names) for names in seen.values() if len(names) > 1])


def test_every_test_of_the_page_lies_where_its_module_lies() -> None:
    tests = ROOT / "tests" / "web"
    names = {path.relative_to(tests).as_posix() for path in tests.rglob("*.test.js")}
    modules = {name.replace(".js", ".test.js") for name in web_sources()}
    none(sorted(names - modules))


def test_the_page_preloads_every_module_that_it_imports() -> None:
    found = []
    for page, entry in (
        ("index.html", "main.js"),
        ("race.html", "race/page.js"),
        ("report.html", "report/paste.js"),
        ("sweep.html", "sweep/sweeps.js"),
        ("join.html", "room/join.js"),
        ("lesson.html", "lessons/handout.js"),
        ("live.html", "live/live_page.js"),
    ):
        html = (ROOT / "web" / page).read_text(encoding="utf-8")
        preloaded = set(re.findall(r'rel="modulepreload" href="src/([^"]+)"', html))
        needed, todo, sources = {entry}, [entry], web_sources()
        while todo:
            name = todo.pop()
            for target in re.findall(r"""from\s+["'](\.[^"']+)["']""", sources[name]):
                path = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
                if path not in needed:
                    needed.add(path)
                    todo.append(path)
        found += [f"{page}: {name}" for name in sorted(preloaded ^ (needed - {entry}))]
    none(found)


def test_one_file_owns_each_door_of_the_page() -> None:
    found = []
    for name, code in web_sources().items():
        for pattern, owners in WEB_OWNERS.items():
            if name not in owners and re.search(pattern, code):
                found.append(f"{name} says {pattern}: only {' and '.join(sorted(owners))} may")
    none(found)


def test_the_page_loads_nothing_from_elsewhere() -> None:
    found = []
    for name, text in text_files():
        if not name.startswith("web/") or name.endswith("package-lock.json"):
            continue
        for line in text.split("\n"):
            for address in re.findall(r"https?://[^\s\"'<>)`]+", line):
                link = "href" in line or address.startswith("http://www.w3.org/")
                if not link:
                    found.append(f"{name}: {address}")
    none(found)


def test_no_id_stands_twice_on_a_page() -> None:
    found = []
    for page in sorted((ROOT / "web").glob("*.html")):
        ids = re.findall(r'\bid="([^"]+)"', page.read_text(encoding="utf-8"))
        found += [f"{page.name}: {name}" for name in sorted(set(ids)) if ids.count(name) > 1]
    none(found)
