"""Rules of the house that a machine can check: sizes, docstrings, words, imports of the page.

Each test gathers every offence, so that one run shows them all.
"""

from __future__ import annotations

import ast
import os
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 70  # without the docstring
MAX_PARAMETERS = 8
MAX_LINE = 100
MAX_FILE_BYTES = 1 << 20
# The page's files and the documents are prose and markup; ruff holds Python to MAX_LINE.
MADE_BY_TOOLS = {
    ".git", ".venv", ".cache", "node_modules", "__pycache__", ".pytest_cache", ".mypy_cache",
    ".ruff_cache", ".hypothesis", ".import_linter_cache", "test-results", "dist", "build",
}  # fmt: skip
TEXT = {
    ".py", ".js", ".ts", ".css", ".html", ".md", ".toml", ".yaml", ".yml", ".json", ".sh", ".lock",
    ".txt", ".c", ".svg", "",
}  # fmt: skip

# Ratchet: functions over MAX_FUNCTION_LINES that may stay at the length written here, with the
# reason. Nothing may be added without one, and a number may only fall.
LONG_FUNCTIONS: dict[str, int] = {}

# Doors for which a polling loop must wait; everything else waits on a condition of the program.
MAY_SLEEP = {"tests/browser/conftest.py", "tests/container/test_image.py"}


def project_files() -> Iterator[Path]:
    """Every file of the project, none of those that tools make."""
    for folder, folders, names in os.walk(ROOT):
        folders[:] = sorted(name for name in folders if name not in MADE_BY_TOOLS)
        for name in sorted(set(names) - MADE_BY_TOOLS):  # .git is a file in a worktree
            yield Path(folder) / name


def none(offences: list[str]) -> None:
    """Fail with every offence on a line of its own."""
    assert not offences, "\n" + "\n".join(offences)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def text_files() -> Iterator[tuple[str, str]]:
    """(name, text) of every text file of the project."""
    for path in project_files():
        if path.suffix in TEXT and path.stat().st_size < MAX_FILE_BYTES:
            yield name_of(path), path.read_text(encoding="utf-8")


def python_files(*folders: str) -> Iterator[tuple[str, ast.Module]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if not MADE_BY_TOOLS & set(path.parts):
                yield name_of(path), ast.parse(path.read_text(encoding="utf-8"))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    every = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return [one.arg for one in every if one.arg not in ("self", "cls")]


def test_every_module_has_its_test_file() -> None:
    missing = []
    for path in project_files():
        parts = path.relative_to(ROOT).parts
        if (
            path.suffix != ".py"
            or path.name in ("__init__.py", "__main__.py")
            or parts[0] not in ("engine", "server")
        ):
            continue
        # tests/engine/test_designs.py runs the same checks on every entry of DESIGNS.
        above = parts[:1] if parts[1] == "designs" else parts[:-1]
        stem = "designs" if parts[1] == "designs" else path.stem
        test = "/".join(["tests", *above, f"test_{stem}.py"])
        if not (ROOT / test).exists():
            missing.append(f"{name_of(path)}: no {test}")
    none(missing)


def test_files_are_short() -> None:
    long = []
    for name, text in text_files():
        path = Path(name)
        if path.suffix not in (".py", ".js", ".css", ".html", ".sh", ".c"):
            continue
        lines = text.count("\n")
        # A longer file says why among its first lines.
        if lines > MAX_FILE_LINES and "Longer than 400 lines:" not in text[:3000]:
            long.append(f"{name}: {lines} lines")
    none(long)


def test_functions_are_short() -> None:
    long = []
    for name, tree in python_files("engine", "server", "scripts", "benchmarks", "tests"):
        for function in functions(tree):
            first = function.body[0]
            documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            docstring = (first.end_lineno or 0) - first.lineno + 1 if documented else 0
            lines = (function.end_lineno or 0) - function.lineno + 1 - docstring
            where = f"{name}:{function.name}"
            if lines > LONG_FUNCTIONS.get(where, MAX_FUNCTION_LINES):
                long.append(f"{where}: {lines} lines")
            if len(parameters(function)) > MAX_PARAMETERS:
                long.append(f"{where}: {len(parameters(function))} parameters")
    none(long)


def test_the_core_asks_for_laws_and_not_for_the_kernel() -> None:
    # engine/kernels.py says what holds under which kernel; only set_kernel writes its number.
    asks = re.compile(r"""\[["'](profile|variant)["']\]|\bPROFILE|\bKERNELS\b|kernel_named""")
    none(
        [
            f"{name}:{number}: {line.strip()}"
            for name, text in text_files()
            if name.startswith("engine/core/") and name.endswith(".py")
            for number, line in enumerate(text.splitlines(), 1)
            if asks.search(line)
        ]
    )


TYPE = re.compile(r"(Guest|bool|u?int(8|16|32|64)(\[[^\]]+\])?|float64(\[[^\]]+\])?)\b|\w+\[.+?\]")


def core_docstring_faults(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """What the docstring of a compiled function lacks."""
    text = ast.get_docstring(function)
    if not text:
        yield "no docstring"
        return
    if "Source:" not in text:
        yield "no Source:"
    section = re.search(r"^Args:\n((?:[ ]{4}.*\n?|\n)*)", text, re.M)
    entries = re.findall(r"^ {4}([\w, *]+): (.*)$", section.group(1), re.M) if section else []
    named = {name.strip(): kind for names, kind in entries for name in names.split(",")}
    for parameter in parameters(function):
        if parameter not in named:
            yield f"parameter {parameter} is not named under Args:"
        elif not TYPE.match(named[parameter]):
            yield f"parameter {parameter} does not begin with its dtype (arrays: dtype[shape])"
    returns = [node for node in ast.walk(function) if isinstance(node, ast.Return) and node.value]
    if returns and "Returns:" not in text:
        yield "no Returns:"


def test_core_functions_say_what_they_take_and_where_they_come_from() -> None:
    faults = []
    for name, tree in python_files("engine/core"):
        for function in functions(tree):
            compiled = any(
                isinstance(one, ast.Name) and one.id in ("core_jit", "core_inline")
                for one in function.decorator_list
            )
            if compiled:
                faults += [f"{name}:{function.name}: {f}" for f in core_docstring_faults(function)]
            elif function in tree.body and not ast.get_docstring(function):
                faults.append(f"{name}:{function.name}: no docstring")
    none(faults)


def test_core_jit_is_the_only_decorator_that_compiles() -> None:
    found = []
    for name, text in text_files():
        if name.startswith(("engine/", "server/")) and name != "engine/core/__init__.py":
            found += [f"{name}: {hit}" for hit in re.findall(r"@(?:numba\.)?n?jit\b|prange", text)]
    none(found)


def test_modules_and_public_functions_open_with_a_docstring() -> None:
    missing = []
    for name, tree in python_files("engine", "server"):
        if not ast.get_docstring(tree):
            missing.append(name)
        for node in tree.body:
            public = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            if public and not node.name.startswith("_") and not ast.get_docstring(node):
                missing.append(f"{name}:{node.name}")
    none(missing)


# (pattern, what is wrong with it). Written so that this file does not find itself.
FORBIDDEN = (
    (r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b", "unfinished work"),
    (r"(?<![\w.~-])/(work|ro" r"ot|tmp/br" r"ief)/", "a path of somebody's machine"),
    (r"\.\./sha" r"red\b", "a path outside the project"),
    (r"pypi\." r"org|pythonhosted\." r"org|registry\." r"npmjs|deb\." r"debian\.|docker\." r"io/",
     "the host of a package registry"),
    (r"pytest\.(skip|xfail|importor" r"skip)|mark\.(skip|x" r"fail)", "a test that hides a gap"),
    (r"<<<<<<" r"<|>>>>>>" r">", "a merge that was not finished"),
)  # fmt: skip


def test_no_forbidden_words() -> None:
    found = []
    for name, text in text_files():
        for pattern, meaning in FORBIDDEN:
            for hit in re.finditer(pattern, text):
                line = text.count("\n", 0, hit.start()) + 1
                found.append(f"{name}:{line}: {hit.group(0)} ({meaning})")
    none(found)


def test_tests_wait_on_conditions_not_on_clocks() -> None:
    found = []
    for name, tree in python_files("tests"):
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or name in MAY_SLEEP:
                continue
            called = ast.unparse(node.func)
            yielding = called == "asyncio.sleep" and ast.unparse(node.args[0]) == "0"
            if called.endswith(("sleep", "wait_for_timeout")) and not yielding:
                found.append(f"{name}:{node.lineno}: {called}")
    none(found)


def test_text_files_end_with_a_newline_and_no_line_with_a_blank() -> None:
    found = []
    for name, text in text_files():
        if name.startswith(("tests/golden/", "examples/")):
            continue
        if text and not text.endswith("\n"):
            found.append(f"{name}: no newline at the end")
        blanks = [i for i, line in enumerate(text.split("\n"), 1) if line != line.rstrip()]
        found += [f"{name}:{i}: trailing blank" for i in blanks]
    none(found)


def test_no_large_files() -> None:
    large = [name_of(path) for path in project_files() if path.stat().st_size > MAX_FILE_BYTES]
    none(large)


# -- the page: who may import whom. A name that ends in / stands for every file of that folder that
# has no entry of its own; what is not listed imports nothing. Views know neither the socket nor
# each other: main.js joins them. Files of words and numbers know no document: WEB_WORDS.
WEB_WORDS = {"lib/format.js"}
WEB_VIEW = {
    "state.js",
    "lib/dom.js",
    "lib/format.js",
    "net/wire.js",
    "map/",
    "panels/design_text.js",
    "panels/guest_text.js",
    "controls/command_text.js",
}
WEB_KERNEL = {
    "recorded/difference.js",
    "recorded/recording.js",
    "recorded/standing.js",
    "recorded/still.js",
}
WEB_IMPORTS: dict[str, set[str]] = {
    "state.js": {"lib/atom.js"},
    "net/client.js": {"state.js", "net/"},
    "map/heatmap.js": {"map/palette.js"},
    "map/marks.js": {"map/geometry.js", "net/wire.js"},
    "map/legend.js": {"lib/dom.js", "map/palette.js"},
    "panels/": WEB_VIEW,
    "panels/design_text.js": WEB_WORDS,
    "panels/guest_text.js": WEB_WORDS,
    "panels/panels.js": WEB_VIEW | {"controls/range_text.js", "recorded/still.js"},
    "controls/": WEB_VIEW,
    "controls/command_text.js": WEB_WORDS,
    "controls/range_text.js": WEB_WORDS,
    "controls/ranges.js": WEB_VIEW | {"controls/range_text.js"},
    "controls/setup.js": WEB_VIEW | {"net/rest.js"},  # a capture goes up as a file, not a message
    "numbers/": WEB_VIEW | {"numbers/columns.js"},
    "numbers/columns.js": WEB_WORDS | {"panels/guest_text.js"},
    "numbers/spread.js": {"net/rest.js", "state.js"},
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
    "trace/": WEB_VIEW | {"trace/"},
    "trace/calls.js": WEB_WORDS,
    "trace/handled.js": WEB_WORDS,
    "race/": {"lib/dom.js", "net/rest.js", "race/"},  # a page of its own: race.html
    "race/race_text.js": set(),
    "page/": WEB_VIEW,
}
# Words that only one file may say in code: one socket, one animation frame, one chart library.
WEB_OWNERS = {
    r"\bnew WebSocket\b": "net/client.js",
    r"\bfetch\(": "net/rest.js",
    r"\brequestAnimationFrame\b": "lib/paint.js",
    r"\bPlotly\b": "numbers/charts.js",
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
        allowed = WEB_IMPORTS.get(name, WEB_IMPORTS.get(folder, set()))
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
    for page, entry in (("index.html", "main.js"), ("race.html", "race/page.js")):
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
        for pattern, owner in WEB_OWNERS.items():
            if name != owner and re.search(pattern, code):
                found.append(f"{name} says {pattern}: only {owner} may")
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
