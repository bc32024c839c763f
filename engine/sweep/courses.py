"""Courses: what is done to a guest in a run, with parameters, as commands.

An operation is written as for ``fragscope replay``, and in three more ways: ``["churn", TICKS]``
lets programs go on, ``"25%"`` is a share of the guest's memory (of churn: as many operations as so
large a share of its pages), ``"$name"`` a parameter of the grid, ``"$name/4"`` a quarter of it. An
operation whose number comes out as 0 is left out, so that a parameter can leave it out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine import units as u
from engine.commands import Command, SetWorkload
from engine.errors import RefusedError
from engine.replay import MAX_OPS, command_of, parse_ops
from engine.scenarios.catalog import scenario

Value = int | str  # of a parameter: a number, or a share as "25%"
CHURN_RATE = 256  # operations of programs a tick, as in the scenarios
_SHARED_OPS = ("inflate", "deflate", "contig", "pin")  # whose MiB may be a share
_MAX_SHARE = 10_000  # percent


@dataclass(frozen=True)
class CourseSpec:
    """A named list of operations, or a scenario's.

    Attributes:
        name: a value of the axis ``course``.
        ops: as they stand in the grid; empty where a scenario is played.
        scenario: a name in the catalogue, or "".
    """

    name: str
    ops: tuple[tuple[Value, ...], ...]
    scenario: str = ""

    def wanted(self) -> set[str]:
        """Names of the parameters that its operations use."""
        return {
            part[1:].partition("/")[0] for op in self.ops for part in op
            if isinstance(part, str) and part.startswith("$")
        }  # fmt: skip

    def commands(self, values: Mapping[str, Value], size_mib: int) -> tuple[Command, ...]:
        """What is done, in order, each when nothing is left to do.

        Args:
            values: of the parameters.
            size_mib: the guest's memory, of which shares are taken.

        Raises:
            RefusedError: an operation that replay does not know, or a number out of bounds; one
                sentence with the course's name.
        """
        if self.scenario:
            return tuple(c for step in scenario(self.scenario).steps for c in step.commands)
        out: list[Command] = []
        for op in self.ops:
            command = _command(self.name, _filled(self.name, op, values, size_mib))
            if command is not None:
                out.append(command)
        return tuple(out)


def _filled(
    course: str, op: Sequence[Value], values: Mapping[str, Value], size_mib: int
) -> list[Value]:
    """An operation with numbers in place of parameters and shares."""
    what = f"course {course}: {op[0]}"
    out: list[Value] = [op[0]]
    for part in op[1:]:
        parts = 1
        if isinstance(part, str) and part.startswith("$"):
            name, divided, by = part[1:].partition("/")
            part = values[name]
            if divided:
                parts = _divisor(by, what)
        if isinstance(part, str) and part.endswith("%"):
            part = _share_for(op[0], part, size_mib, parts, what)
        elif isinstance(part, int):
            part //= parts
        out.append(part)
    return out


def _divisor(text: str, what: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:4]) <= 1000:
        raise RefusedError(f"{what} is divided by {text!r:.60}: a number from 1 to 1000 is needed")
    return int(text)


def _share_for(op: Value, text: str, size_mib: int, parts: int, what: str) -> Value:
    """A share in the unit of an operation: MiB, or ticks of churn."""
    if op == "churn":
        return share_of(text, u.mib_to_pages(size_mib), what) // (parts * CHURN_RATE)
    if op not in _SHARED_OPS:
        return text  # which the operation refuses
    block = u.PAGEBLOCK_NR_PAGES // u.MIB_PAGES
    return share_of(text, size_mib, what) // (parts * block) * block


def share_of(text: str, whole: int, what: str) -> int:
    """A share of a number, rounded down.

    Args:
        text: as "25%".
        whole: of which.
        what: for the sentence.

    Raises:
        RefusedError: it is no share.
    """
    number = text.removesuffix("%")
    if not number.isascii() or not number.isdigit() or int(number[:9]) > _MAX_SHARE:
        raise RefusedError(
            f"{what} is {text!r:.60}: a share of the memory from 0% to {_MAX_SHARE}% is needed"
        )
    return whole * int(number) // 100


def _command(course: str, op: list[Value]) -> Command | None:
    """The command of an operation; None where its number is 0."""
    if op[0] == "churn":
        ticks, rate = (*op[1:], CHURN_RATE)[:2] if 2 <= len(op) <= 3 else (None, CHURN_RATE)
        if ticks == 0:
            return None
        if isinstance(ticks, bool) or not isinstance(ticks, int) or ticks < 0:
            raise RefusedError(
                f"course {course}: churn has {op[1:]!r:.60}: a whole number of ticks is needed, "
                "and a rate if wanted"
            )
        return SetWorkload(True, rate, ticks)  # type: ignore[arg-type]  # it checks the rate
    if len(op) == 2 and op[1] == 0 and not isinstance(op[1], bool):
        return None
    try:
        return command_of(parse_ops([list(op)])[0])
    except RefusedError as error:
        words = str(error).replace("operation 0", "operation", 1)
        raise RefusedError(f"course {course}: {words}") from None


def course_from(data: object, place: int) -> CourseSpec:
    """A course as it stands in a grid.

    Args:
        data: ``{"name", "ops"}`` or ``{"name", "scenario"}``; a scenario's name is the default.
        place: 1, 2, 3…, for the sentence.

    Raises:
        RefusedError: one sentence.
    """
    if not isinstance(data, dict) or not set(data) <= {"name", "ops", "scenario"}:
        raise RefusedError(f"course {place} has name and ops, or name and scenario, nothing else")
    if ("ops" in data) == ("scenario" in data):
        raise RefusedError(f"course {place} needs either ops or a scenario")
    if "scenario" in data:
        found = scenario(data["scenario"])
        return CourseSpec(_name(data.get("name", found.name), place), (), found.name)
    ops = data["ops"]
    if not isinstance(ops, list) or not 1 <= len(ops) <= MAX_OPS:
        raise RefusedError(f"course {place}: ops is a list of 1 to {MAX_OPS} operations")
    for op in ops:
        if not isinstance(op, list) or not op or not all(isinstance(p, int | str) for p in op):
            raise RefusedError(
                f'course {place}: {op!r:.60} is no operation: a list like ["inflate", 200] is '
                "needed"
            )
    return CourseSpec(_name(data.get("name"), place), tuple(tuple(op) for op in ops))


def _name(value: Any, place: int) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= 60:
        raise RefusedError(f"course {place} has the name {value!r:.60}: 1 to 60 characters")
    return value
