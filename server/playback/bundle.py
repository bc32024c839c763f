"""The page's modules as one script, since browsers load no modules from the disk.

A concatenating bundler for the forms of import and export that the page uses; any other form is an
error and no guess. Each module becomes a function that is called once, in the order of need. The
same files give the same bytes.
"""

import posixpath
import re
from collections.abc import Callable, Mapping

# Read at the start of a line only: what stands in a string or a comment is indented or quoted.
_IMPORT = re.compile(r'^import \{([^}]*)\} from "([^"]+)";$', re.M)
_EXPORT = re.compile(
    r"^export (?=(?:async function|function\*?|const|class) ([A-Za-z_$][\w$]*))", re.M
)
_LEFT_OVER = re.compile(r"^(?:import|export)\b.*$", re.M)
_DOC = re.compile(r"^[ \t]*/\*\*(?:(?!\*/).)*\*/[ \t]*\n", re.M | re.S)


class BundleError(Exception):
    """The page has a form that the bundler does not know; a defect of ours, one sentence."""


def _names(listed: str) -> list[tuple[str, str]]:
    """What an import names: (name there, name here)."""
    pairs = []
    for one in filter(None, (part.strip() for part in listed.split(","))):
        there, _, here = one.partition(" as ")
        pairs.append((there.strip(), (here or there).strip()))
    return pairs


class _Module:
    """One file, read and translated."""

    def __init__(self, path: str, text: str, instead: Mapping[str, str]) -> None:
        self.path = path
        self.needs: list[tuple[str, list[tuple[str, str]]]] = []
        text = _DOC.sub("", text)  # documents the source, not the file that is passed on

        def imported(found: re.Match[str]) -> str:
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), found[2]))
            target = instead.get(target, target)
            pairs = _names(found[1])
            self.needs.append((target, pairs))
            taken = ", ".join(a if a == b else f"{a}: {b}" for a, b in pairs)
            return f'const {{ {taken} }} = modules["{target}"];'

        text = _IMPORT.sub(imported, text)
        self.exports = _EXPORT.findall(text)
        self.code = _EXPORT.sub("", text)
        left = _LEFT_OVER.search(self.code)
        if left:
            raise BundleError(f"{path}: the bundler does not know {left[0]!r:.80}")

    def wrapped(self, first: bool) -> str:
        """The module as a function that is called at once; only the entry may wait."""
        if first:
            return f"(async () => {{\n{self.code}\n}})();\n"
        told = ", ".join(self.exports)
        return f'modules["{self.path}"] = (() => {{\n{self.code}\nreturn {{ {told} }};\n}})();\n'


def bundle(entry: str, read: Callable[[str], str], instead: Mapping[str, str]) -> str:
    """One classic script of a module and of all that it needs.

    Args:
        entry: path of the first module.
        read: text of a module by its path.
        instead: path of a module → path of the one that takes its place.

    Raises:
        BundleError: a form that is not known, a name that a module does not export, or modules that
            need each other in a circle.
    """
    modules: dict[str, _Module] = {}
    order: list[str] = []
    under_way: list[str] = []

    def visit(path: str) -> None:
        if path in under_way:
            raise BundleError(f"a circle: {' needs '.join([*under_way, path])}")
        if path in modules:
            return
        under_way.append(path)
        modules[path] = one = _Module(path, read(path), instead)
        for target, pairs in one.needs:
            visit(target)
            lacking = [name for name, _ in pairs if name not in modules[target].exports]
            if lacking:
                raise BundleError(f"{path} wants {lacking[0]} of {target}, which has none")
        under_way.pop()
        order.append(path)

    visit(entry)
    body = "".join(modules[path].wrapped(path == entry) for path in order)
    return f'(() => {{\n"use strict";\nconst modules = {{}};\n{body}}})();\n'
