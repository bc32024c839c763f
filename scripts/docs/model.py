"""Maintainers: write the generated parts of docs/MODEL.md and docs/TRACE.md.

    python -m scripts.docs.model          # rewrite them
    python -m scripts.docs.model --check  # exit status 1 if they would change

The tables come from the docstrings of engine/core (sections Source and Differs) and from comments
that begin with DIFFERS, the recipes from engine/recipes.py, the laws from engine/kernels.py: the
document says what the code says.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

from engine.kernels import KERNELS, NEEDS, KernelRules
from engine.recipes import PRESETS
from engine.trace.reasons import describe_reasons
from scripts.docs.generated import with_parts

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "docs" / "MODEL.md"
TRACE = ROOT / "docs" / "TRACE.md"
CORE = ROOT / "engine" / "core"
SECTIONS = ("Args", "Returns", "Raises", "Source", "Differs")
OURS = "not of the kernel"


def section(doc: str, name: str) -> str:
    """One section of a Google docstring as a single line; empty if it is not there."""
    lines: list[str] = []
    inside = False
    for line in doc.splitlines():
        head = line.strip().rstrip(":")
        if line.strip().endswith(":") and head in SECTIONS and not line.startswith(" "):
            inside = head == name
        elif inside:
            lines.append(line.strip())
    return " ".join(filter(None, lines))


def cell(text: str) -> str:
    """Text made safe for a table's cell."""
    return text.replace("|", "\\|").strip() or "-"


def functions(path: Path) -> list[tuple[str, str, str, str]]:
    """Simulated kernel functions of one file: name, first line, source, departures."""
    rows = []
    for node in ast.parse(path.read_text()).body:
        doc = ast.get_docstring(node) if isinstance(node, ast.FunctionDef) else None
        if doc is None or not isinstance(node, ast.FunctionDef):
            continue
        source = section(doc, "Source")
        if source and not source.startswith(OURS):
            rows.append((node.name, doc.splitlines()[0], source, section(doc, "Differs")))
    return rows


def departures(path: Path) -> list[str]:
    """Texts of the DIFFERS comments of one file, each with its continuation lines."""
    found: list[str] = []
    last = -1
    for token in tokenize.generate_tokens(io.StringIO(path.read_text()).readline):
        if token.type != tokenize.COMMENT:
            continue
        text = token.string.lstrip("# ").strip()
        if text.startswith("DIFFERS:"):
            found.append(text.removeprefix("DIFFERS:").strip())
            last = token.start[0]
        elif found and token.start[0] == last + 1:
            found[-1] += " " + text
            last = token.start[0]
    return found


def core_files() -> list[Path]:
    """Files of the core by name, without its compiler: that models nothing."""
    files = (path for path in sorted(CORE.rglob("*.py")) if path.name != "__init__.py")
    return [path for path in files if path.parent.name != "jit"]


def shown(path: Path) -> str:
    """A file's name below engine/core."""
    return path.relative_to(CORE).as_posix()


def files_part() -> str:
    """What lives in each file of the core: the first paragraph of its docstring."""
    lines = ["| File | Room |", "| --- | --- |"]
    for path in core_files():
        doc = ast.get_docstring(ast.parse(path.read_text())) or ""
        lines.append(
            f"| `{shown(path)}` | {cell(' '.join(doc.partition(chr(10) * 2)[0].split()))} |"
        )
    return "\n".join(lines)


def functions_part() -> str:
    """The table of simulated functions."""
    lines = ["| Here | Linux 6.12 | Does | Left out or different |", "| --- | --- | --- | --- |"]
    for path in core_files():
        for name, first, source, differs in functions(path):
            here = f"`{shown(path)}` `{name}`"
            lines.append(f"| {here} | {cell(source)} | {cell(first)} | {cell(differs)} |")
    return "\n".join(lines)


def departures_part() -> str:
    """The list of departures that stand in the middle of a function."""
    lines = [f"- `{shown(path)}`: {text}" for path in core_files() for text in departures(path)]
    return "\n".join(lines)


def presets_part() -> str:
    """The recipes."""
    lines = ["| Preset | Recipe |", "| --- | --- |"]
    lines += [f"| `{name}` | {cell(recipe.text)} |" for name, recipe in PRESETS.items()]
    return "\n".join(lines)


def laws_part() -> str:
    """The laws: what each decides, where Linux does, its value in every kernel."""
    names = " | ".join(f"`{name}`" for name in KERNELS)
    lines = [f"| Law | Decides | Linux | {names} |", "| --- " * (3 + len(KERNELS)) + "|"]
    for law in fields(KernelRules):
        decides, source, words = (law.metadata[key] for key in ("decides", "source", "values"))
        values = [words[getattr(kernel.rules, law.name)] for kernel in KERNELS.values()]
        cells = (f"`{law.name}`", cell(decides), cell(source), *values)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def needs_part() -> str:
    """What laws need of each other."""
    words = {law.name: law.metadata["values"] for law in fields(KernelRules)}
    return "\n".join(
        f"- `{law}` {words[law][value]} needs `{needed}` {words[needed][other]}"
        for law, value, needed, other in NEEDS
    )


def reasons_part() -> str:
    """Every reason that a call trace can give."""
    lines = ["| Reason | Outcome | Sentence | Linux | Here |", "| --- | --- | --- | --- | --- |"]
    for reason in describe_reasons():
        cells = (reason["outcome"], reason["sentence"], reason["source"], f"`{reason['code']}`")
        lines.append(f"| `{reason['id']}` | {' | '.join(cell(text) for text in cells)} |")
    return "\n".join(lines)


PARTS = {
    "files": files_part,
    "functions": functions_part,
    "departures": departures_part,
    "presets": presets_part,
    "laws": laws_part,
    "needs": needs_part,
}
DOCUMENTS = {
    MODEL: PARTS,
    TRACE: {"reasons": reasons_part},
}


def render(text: str, parts: dict[str, Callable[[], str]] = PARTS) -> str:
    """A document with its generated parts made anew."""
    return with_parts(text, {name: make() for name, make in parts.items()})


def main() -> int:
    """Rewrite the documents, or say whether they are up to date."""
    stale = 0
    for path, parts in DOCUMENTS.items():
        old = path.read_text()
        new = render(old, parts)
        if "--check" not in sys.argv[1:]:
            path.write_text(new)
        elif new != old:
            print(f"docs/{path.name} is not what the code says: python -m scripts.docs.model")
            stale = 1
    return stale


if __name__ == "__main__":
    raise SystemExit(main())
