"""One public name, one meaning: no two modules of engine/ and server/ define a name differently.

An import is no definition, the same definition twice has one meaning, and a name that begins with _
is nobody else's business.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from tests.project_files import none, python_files

# Names that several modules may define, with the reason. Anything else is renamed.
MAY_REPEAT = {
    "KEPT": "how many answers a cache keeps",
    "MAX_NAME": "how long a name may be: of a file, of a preset",
    "MAX_SEEDS": "how many seeds are asked for at once: by a command, over the wire",
    "Progress": "what those who wait are told: as a call, as a message",
    "Step": "a step of a scenario, and the message `step`, which names its class",
    "Text": "text of a message, as the worker sends it and as a field",
    "main": "where a process starts",
}


def defined(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Public names that a module defines at its top level, each with its definition."""
    for node in tree.body:
        names: list[str] = []
        meaning = ast.dump(node)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            every = [one for target in targets for one in ast.walk(target)]
            names = [
                one.id
                for one in every
                if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)
            ]
            meaning = ast.dump(node.value) if node.value else ""
        yield from ((name, meaning) for name in names if not name.startswith("_"))


def repeated(modules: Iterable[tuple[str, ast.Module]]) -> dict[str, list[str]]:
    """Public name -> the modules that define it, where they mean different things by it."""
    places: dict[str, dict[str, str]] = {}
    for module, tree in modules:
        for name, meaning in defined(tree):
            places.setdefault(name, {})[module] = meaning
    return {
        name: list(where) for name, where in sorted(places.items()) if len(set(where.values())) > 1
    }


def test_no_public_name_has_two_meanings() -> None:
    found = repeated(python_files("engine", "server"))
    none([f"{name}: {', '.join(where)}" for name, where in found.items() if name not in MAY_REPEAT])


def test_no_exception_outlives_its_reason() -> None:
    assert sorted(MAY_REPEAT.keys() - repeated(python_files("engine", "server")).keys()) == []


def test_a_planted_namesake_is_found() -> None:
    def parsed(**sources: str) -> list[tuple[str, ast.Module]]:
        return [(name, ast.parse(source)) for name, source in sources.items()]

    assert repeated(parsed(a="def play(): ...", b="class play: ...")) == {"play": ["a", "b"]}
    assert repeated(parsed(a="N = 1", b="N: int = 2")) == {"N": ["a", "b"]}
    assert repeated(parsed(a="A, B = 1, 2", b="B = 3")) == {"B": ["a", "b"]}
    assert repeated(parsed(a="N = 1", b="N = 1")) == {}
    assert repeated(parsed(a="N = 1", b="from a import N")) == {}
    assert repeated(parsed(a="_n = 1", b="_n = 2")) == {}
    assert repeated(parsed(a="x[u.A] = 1", b="x[u.A] = 2")) == {}
    assert repeated(parsed(a="N = 1", b="def f():\n    N = 2")) == {}
