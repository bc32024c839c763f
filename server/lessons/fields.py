"""YAML of a lesson, field by field, with the line of whatever is wrong."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import yaml

from engine.errors import RefusedError
from server.lessons.prose import LessonError

MAX_NESTING = 12  # lists and mappings in each other
_KINDS = {yaml.MappingNode: "a mapping", yaml.SequenceNode: "a list", yaml.ScalarNode: "a value"}


@contextmanager
def at_line(line: int) -> Iterator[None]:
    """Whatever is refused inside is refused at that line."""
    try:
        yield
    except LessonError:
        raise
    except RefusedError as error:
        raise LessonError(line, str(error)) from None


class Yaml:
    """A node of YAML, and its line in the file."""

    def __init__(self, node: yaml.Node, first: int, name: str) -> None:
        """Wrap a node.

        Args:
            node: composed.
            first: line in the file of the text's first line.
            name: what an error calls it.
        """
        self.node, self.first, self.name = node, first, name

    @property
    def line(self) -> int:
        """Its line in the file, from 1."""
        return self.first + int(self.node.start_mark.line)

    def error(self, text: str) -> LessonError:
        """The refusal of this node."""
        return LessonError(self.line, f"{self.name}: {text}")

    def mapping(self, known: tuple[str, ...] | None, needed: tuple[str, ...] = ()) -> "YamlMap":
        """Its fields.

        Args:
            known: names that it may have; None: any.
            needed: names that it must have.
        """
        if not isinstance(self.node, yaml.MappingNode):
            raise self.error(f"{_KINDS[type(self.node)]}: fields are needed")
        found: dict[str, Yaml] = {}
        for key, value in self.node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else "?"
            field = Yaml(value, self.first, name)
            line = self.first + int(key.start_mark.line)
            if name in found:
                raise LessonError(line, f"{self.name}: {name!r:.40} is there twice")
            if known is not None and name not in known:
                raise LessonError(
                    line, f"{self.name} has no field {name!r:.40}: known are {', '.join(known)}"
                )
            found[name] = field
        lacking = [name for name in needed if name not in found]
        if lacking:
            raise self.error(f"{', '.join(lacking)} is missing")
        return found

    def items(self, least: int, most: int) -> list["Yaml"]:
        """The entries of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            raise self.error(f"{_KINDS[type(self.node)]}: a list is needed")
        if not least <= len(self.node.value) <= most:
            raise self.error(f"{len(self.node.value)} entries: from {least} to {most} are allowed")
        return [Yaml(one, self.first, self.name) for one in self.node.value]

    def value(self) -> Any:
        """It as Python has it: numbers, texts, lists, mappings."""
        loader = yaml.SafeLoader("")
        try:
            return loader.construct_object(self.node, deep=True)
        except (yaml.YAMLError, ValueError) as error:
            raise self.error(f"it cannot be read: {str(error).splitlines()[0]}") from None
        finally:
            loader.dispose()

    def text(self, most: int = 2000) -> str:
        """A text; a number is one, too."""
        node = self.node
        plain = isinstance(node, yaml.ScalarNode) and node.tag in (
            "tag:yaml.org,2002:str", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float",
        )  # fmt: skip
        if not plain:
            raise self.error(f"{str(node.value)!r:.40} is no text: put it in quotes")
        text = str(node.value)
        if not 1 <= len(text.strip()) <= most:
            raise self.error(f"a text of 1 to {most} characters is needed")
        return text

    def whole(self, low: int, high: int, unit: str) -> int:
        """A whole number."""
        value = self.value()
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise self.error(f"{value!r:.40}: a whole number from {low} to {high} {unit} is needed")
        return value


YamlMap = dict[str, Yaml]


def _check_events(text: str, first: int, name: str) -> None:
    """Refuse aliases and deep nesting, before anything is built of them."""
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise LessonError(first, f"{name}: anchors and aliases are not allowed")
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_NESTING:
            line = first + (event.start_mark.line if event.start_mark else 0)
            raise LessonError(line, f"{name} is nested more than {MAX_NESTING} deep")


def read_yaml(text: str, first: int, name: str) -> Yaml:
    """A YAML text as nodes.

    Args:
        text: YAML.
        first: line in the file of its first line.
        name: what an error calls it.

    Raises:
        LessonError: it is none, is empty, or uses anchors.
    """
    try:
        _check_events(text, first, name)
        node = yaml.compose(text, yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = first + (error.problem_mark.line if error.problem_mark else 0)
        raise LessonError(line, f"{name} is no YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        said = (str(error).splitlines() or ["it cannot be read"])[0]
        raise LessonError(first, f"{name} is no YAML: {said}") from None
    if node is None:
        raise LessonError(first, f"{name} is empty")
    return Yaml(node, first, name)
