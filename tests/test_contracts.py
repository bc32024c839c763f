"""Every clause of every import contract can fail: each violation, planted, breaks its contract.

The violations are planted into a copy of the import graph that import-linter builds of the project,
one at a time, and judged by import-linter's own classes with the options of pyproject.toml. One run
of the command over a copied tree shows that a planted file is found as well.
"""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import grimp
import pytest
from importlinter.api import read_configuration
from importlinter.contracts.forbidden import ForbiddenContract
from importlinter.contracts.independence import IndependenceContract
from importlinter.contracts.layers import LayersContract

ROOT = Path(__file__).resolve().parent.parent
READ = read_configuration(str(ROOT / "pyproject.toml"))
SESSION = READ["session_options"]
CONTRACTS: dict[str, dict[str, Any]] = {one["name"]: one for one in READ["contracts_options"]}
KINDS = {
    "forbidden": ForbiddenContract,
    "independence": IndependenceContract,
    "layers": LayersContract,
}
Violation = tuple[str, str]  # importer, imported; ("", module) is a module in no layer


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """The project's imports."""
    found = grimp.build_graph(
        *SESSION["root_packages"], include_external_packages=True, cache_dir=None
    )
    files = [path for room in SESSION["root_packages"] for path in (ROOT / room).rglob("*.py")]
    assert len([name for name in found.modules if name.startswith(("engine", "server"))]) == len(
        files
    ), "the graph is of another checkout"
    return found


def layers_of(options: dict[str, Any]) -> Iterator[list[list[str]]]:
    """Layers of each container, highest first, each with its modules by full name."""
    for container in options["containers"]:
        yield [
            [f"{container}.{name.strip()}" for name in layer.split("|")]
            for layer in options["layers"]
        ]


def violations(options: dict[str, Any]) -> Iterator[Violation]:
    """One import for every clause of a contract."""
    if options["type"] == "forbidden":
        sources, forbidden = options["source_modules"], options["forbidden_modules"]
        yield from ((source, forbidden[0]) for source in sources)
        yield from ((sources[0], module) for module in forbidden)
    elif options["type"] == "independence":
        yield from itertools.permutations(options["modules"], 2)
    else:
        for layers in layers_of(options):
            for higher, lower in itertools.pairwise(layers):
                yield from itertools.product(lower, higher)
            for layer in layers:
                yield from itertools.permutations(layer, 2)
            if options.get("exhaustive"):
                yield "", f"{layers[0][0].rpartition('.')[0]}.newcomer"


def kept(name: str, graph: grimp.ImportGraph) -> bool:
    """Whether import-linter finds that a contract is kept."""
    options = CONTRACTS[name]
    contract = KINDS[options["type"]](
        name=name, session_options=SESSION, contract_options=deepcopy(options)
    )
    return bool(contract.check(deepcopy(graph), verbose=False).kept)


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_planted_violation_of_any_clause_breaks_the_contract(
    name: str, graph: grimp.ImportGraph
) -> None:
    assert kept(name, graph)
    unseen = []
    for importer, imported in violations(CONTRACTS[name]):
        planted = deepcopy(graph)
        if imported not in planted.modules:
            planted.add_module(imported, is_squashed="." not in imported)
        if importer:
            planted.add_import(
                importer=importer, imported=imported, line_number=1, line_contents="planted"
            )
        if kept(name, planted):
            unseen.append(f"{importer} imports {imported}")
    assert unseen == []


@pytest.mark.parametrize(
    ("name", "room", "may"),
    [
        ("numba lives in engine.core.jit only", "engine", "engine.core"),
        ("numba lives in engine.core.jit only", "engine.core", "engine.core.jit"),
        ("rich lives in server.cli only", "server", "server.cli"),
    ],
)
def test_a_contract_that_lists_rooms_lists_all_but_those_that_may(
    name: str, room: str, may: str, graph: grimp.ImportGraph
) -> None:
    listed = CONTRACTS[name]["source_modules"]
    assert {one for one in listed if one.rpartition(".")[0] == room} == (
        graph.find_children(room) - {may}
    )


def test_each_contract_is_broken_by_a_file_in_the_tree(tmp_path: Path) -> None:
    """All violations at once, one file each, through the command that `make lint` runs."""
    for room in SESSION["root_packages"]:
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for options in CONTRACTS.values():
        importer, imported = next(one for one in violations(options) if one[0])
        path = tmp_path.joinpath(*importer.split("."))
        file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        with file.open("a") as module:
            module.write(f"\nimport {imported}\n")
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    said = re.compile(r"^(\S.*?) (KEPT|BROKEN)(?: \(\d+ ignored imports?\))?$", re.M)
    verdicts = dict(said.findall(done.stdout))
    assert set(verdicts) == set(CONTRACTS), done.stdout
    assert [name for name, verdict in verdicts.items() if verdict != "BROKEN"] == []
    assert done.returncode != 0
