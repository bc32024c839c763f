"""Rules of the house that a machine can check: tests, sizes, docstrings, forbidden words.

Each test gathers every offence, so that one run shows them all.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.project_files import (
    MAX_FILE_BYTES,
    name_of,
    none,
    project_files,
    python_files,
    text_files,
)

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 70  # without the docstring
MAX_PARAMETERS = 8

# Ratchet: functions over MAX_FUNCTION_LINES that may stay at the length written here, with the
# reason. Nothing may be added without one, and a number may only fall.
LONG_FUNCTIONS: dict[str, int] = {}

# Doors for which a polling loop must wait; everything else waits on a condition of the program.
MAY_SLEEP = {"tests/browser/conftest.py", "tests/container/test_image.py"}


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    every = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return [one.arg for one in every if one.arg not in ("self", "cls")]


def mirrored_test(module: str) -> str:
    """Where the tests of a module stand: tests/ mirrors the folders of engine/ and server/."""
    path = Path(module)
    if path.parts[:2] == ("engine", "designs"):  # one file runs the same checks on every design
        return "tests/engine/test_designs.py"
    return (Path("tests") / path.parent / f"test_{path.name}").as_posix()


def untested(files: Iterable[str]) -> list[str]:
    """Modules without a test file in the mirrored folder.

    Args:
        files: paths in the project.
    """
    every = set(files)
    modules = sorted(
        name
        for name in every
        if name.startswith(("engine/", "server/"))
        and name.endswith(".py")
        and not name.endswith(("/__init__.py", "/__main__.py"))
    )
    return [
        f"{name}: no {mirrored_test(name)}" for name in modules if mirrored_test(name) not in every
    ]


def test_every_module_has_its_test_file() -> None:
    none(untested(name_of(path) for path in project_files()))


@pytest.mark.parametrize(
    ("files", "missing"),
    [
        (["engine/a/limits.py", "tests/engine/a/test_limits.py"], []),
        (["engine/a/limits.py", "tests/engine/b/test_limits.py"], ["engine/a/limits.py"]),
        (["engine/a/limits.py", "tests/engine/test_limits.py"], ["engine/a/limits.py"]),
        (["server/a/limits.py", "tests/engine/a/test_limits.py"], ["server/a/limits.py"]),
        (["engine/run.py", "engine/a/run.py", "tests/engine/test_run.py"], ["engine/a/run.py"]),
        (["engine/a/limits.py", "tests/engine/a/limits.py"], ["engine/a/limits.py"]),
        (["engine/a/__init__.py", "server/cli/__main__.py", "scripts/x.py"], []),
    ],
)
def test_a_namesake_elsewhere_is_no_test(files: list[str], missing: list[str]) -> None:
    assert [line.partition(":")[0] for line in untested(files)] == missing


def too_long(name: str, text: str) -> bool:
    """Whether a file of code is over the limit without saying why among its first lines."""
    code = Path(name).suffix in (".py", ".js", ".css", ".html", ".sh", ".c", ".pml")
    code = code and not name.startswith("tests/golden/")  # what was made, byte for byte
    lines = text.count("\n")
    return code and lines > MAX_FILE_LINES and "Longer than 400 lines:" not in text[:3000]


def test_files_are_short() -> None:
    none([f"{name}: {text.count(chr(10))} lines" for name, text in text_files()
          if too_long(name, text)])  # fmt: skip


def test_a_long_file_must_say_why_on_top() -> None:
    long = "x\n" * (MAX_FILE_LINES + 1)
    for name in ("server/a.py", "web/src/a.js", "tests/web/a.test.js", "tests/race/a.pml"):
        assert too_long(name, long)
        assert not too_long(name, "x\n" * MAX_FILE_LINES)
        assert not too_long(name, f"# Longer than 400 lines: it is one table.\n{long}")
        assert too_long(name, f"{long * 10}# Longer than 400 lines: too late.\n")
    assert not too_long("docs/MODEL.md", long)


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
            elif name.startswith("engine/core/jit/"):
                continue  # the compiler models nothing: only what is public must say what it does
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


# What people run who do not work on fragscope itself; everything else of theirs is a subcommand.
FOR_EVERYBODY = {"scripts/fragscope-capture.sh", "scripts/setup.sh"}


def test_scripts_for_maintainers_say_so_first() -> None:
    silent = []
    for name, text in text_files():
        if not name.startswith("scripts/") or name in FOR_EVERYBODY:
            continue
        first = re.sub(r"^#!.*\n", "", text).partition("\n")[0].lstrip('"#/* ')
        if not first.startswith("Maintainers: "):
            silent.append(f"{name}: begins with {first!r}")
    none(silent)


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
