"""Expressions of lessons: a predicate or a number over named numbers, and nothing else.

Python's grammar, of which a short list of nodes is let through: numbers, names with dots,
arithmetic without powers, comparisons, and/or/not, six functions. Length and depth are bounded, so
that no expression costs more than microseconds.
"""

import ast
import math
import operator
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from engine import units as u
from engine.errors import RefusedError, unknown_name
from engine.syntax import expression_syntax

MAX_EXPRESSION = 400  # characters
MAX_EXPRESSION_DEPTH = 40
MAX_CONSTANT = 10**15

_ARITHMETIC: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


def _round(number: float, digits: float = 0) -> float:
    return round(number, int(digits)) if digits else round(number)


def _percent(part: float, whole: float) -> float:
    """0 of 0 is 0: a share of nothing is shown, not refused."""
    return 100 * part / whole if whole else 0


# Name -> function, fewest and most arguments.
EXPRESSION_FUNCTIONS: dict[str, tuple[Callable[..., float], int, int]] = {
    "min": (min, 2, 8),
    "max": (max, 2, 8),
    "abs": (abs, 1, 1),
    "round": (_round, 1, 2),
    "mib": (lambda pages: pages / u.MIB_PAGES, 1, 1),
    "percent": (_percent, 2, 2),
}


@dataclass(frozen=True)
class Expression:
    """One expression, checked.

    Attributes:
        text: as written.
        line: of the lesson's file, from 1.
        tree: what is evaluated.
        is_predicate: whether it is true or false; else it is a number.
        names: dotted names in it.
    """

    text: str
    line: int
    tree: ast.expr
    is_predicate: bool
    names: tuple[str, ...]

    def value(self, names: Callable[[str], float]) -> float | bool:
        """What it comes to.

        Args:
            names: gives the number of a dotted name.

        Raises:
            RefusedError: it divides by zero, or leaves the range of numbers.
        """
        try:
            found = _value(self.tree, names)
        except ZeroDivisionError:
            raise RefusedError(f"{self.text!r:.80} divides by zero") from None
        except (OverflowError, ValueError) as error:
            if isinstance(error, RefusedError):
                raise
            raise RefusedError(f"{self.text!r:.80} leaves the range of numbers") from None
        if isinstance(found, float) and not math.isfinite(found):
            raise RefusedError(f"{self.text!r:.80} leaves the range of numbers")
        return found

    def holds(self, names: Callable[[str], float]) -> bool:
        """Whether a predicate is true; see value()."""
        return bool(self.value(names))


def parse_expression(text: str, line: int = 1, predicate: bool | None = None) -> Expression:
    """Check an expression.

    Args:
        text: as written.
        line: where, for those who ask.
        predicate: True: it must be true or false; False: a number; None: either.

    Raises:
        RefusedError: too long, no expression, or something in it that is not allowed.
    """
    text = text.strip()
    if not text:
        raise RefusedError("an expression is empty")
    if len(text) > MAX_EXPRESSION:
        raise RefusedError(
            f"an expression has {len(text)} characters: at most {MAX_EXPRESSION} are allowed"
        )
    try:
        tree = expression_syntax(text.replace("\n", " "))
    except SyntaxError as error:
        raise RefusedError(f"{text!r:.80} is no expression: {error.msg}") from None
    except (RecursionError, MemoryError, ValueError):
        raise RefusedError(f"{text!r:.80} is no expression") from None
    is_predicate = _check(tree, text, 0)
    if predicate is not None and predicate != is_predicate:
        needed = "a comparison, which is true or false," if predicate else "a number"
        raise RefusedError(f"{text!r:.80}: {needed} is needed")
    return Expression(text, line, tree, is_predicate, tuple(dict.fromkeys(_names(tree))))


def dotted(node: ast.expr) -> str | None:
    """The dotted name that a node is, None if it is something else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        before = dotted(node.value)
        return None if before is None else f"{before}.{node.attr}"
    return None


def _names(node: ast.expr) -> Iterator[str]:
    name = dotted(node)
    if name is not None:
        yield name
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(node, ast.Call) and child is node.func:
            continue
        if isinstance(child, ast.expr):
            yield from _names(child)


def _check(node: ast.expr, text: str, depth: int) -> bool:
    """Whether a node is a predicate; see parse_expression()."""
    if depth > MAX_EXPRESSION_DEPTH:
        raise RefusedError(f"{text!r:.80} is nested more than {MAX_EXPRESSION_DEPTH} deep")

    def each(nodes: list[ast.expr], predicate: bool, what: str) -> None:
        for one in nodes:
            if _check(one, text, depth + 1) != predicate:
                needed = "a comparison" if predicate else "a number"
                raise RefusedError(f"{ast.unparse(one)!r:.60}: {what} needs {needed}")

    if isinstance(node, ast.Constant):
        _check_constant(node.value, text)
        return False
    if dotted(node) is not None:
        return False
    if isinstance(node, ast.BoolOp):
        each(node.values, True, "and" if isinstance(node.op, ast.And) else "or")
        return True
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        each([node.operand], True, "not")
        return True
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        each([node.operand], False, "a sign")
        return False
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        each([node.left, node.right], False, "arithmetic")
        return False
    if isinstance(node, ast.Compare) and all(type(op) in _COMPARISONS for op in node.ops):
        each([node.left, *node.comparators], False, "a comparison")
        return True
    if isinstance(node, ast.Call):
        _check_call(node, text)
        each(node.args, False, "a function")
        return False
    raise RefusedError(
        f"{ast.unparse(node)!r:.60} is not allowed: numbers, names, + - * / // %, comparisons,"
        f" and, or, not, and {', '.join(EXPRESSION_FUNCTIONS)}"
    )


def _check_constant(value: object, text: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise RefusedError(f"{value!r:.60} in {text!r:.60}: only numbers are allowed")
    if not abs(value) <= MAX_CONSTANT:
        raise RefusedError(f"a number in {text!r:.60} is over {MAX_CONSTANT}")


def _check_call(node: ast.Call, text: str) -> None:
    name = dotted(node.func)
    if name not in EXPRESSION_FUNCTIONS:
        raise unknown_name("function", name or ast.unparse(node.func), EXPRESSION_FUNCTIONS)
    _, least, most = EXPRESSION_FUNCTIONS[name]
    plain = not node.keywords and not any(isinstance(one, ast.Starred) for one in node.args)
    if not plain or not least <= len(node.args) <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        raise RefusedError(f"{name} in {text!r:.60} takes {wanted} numbers")


def _value(node: ast.expr, names: Callable[[str], float]) -> float | bool:
    """What a checked node comes to."""
    if isinstance(node, ast.Constant):
        return node.value  # type: ignore[return-value]
    name = dotted(node)
    if name is not None:
        return names(name)
    if isinstance(node, ast.BoolOp):
        values = (bool(_value(one, names)) for one in node.values)
        return all(values) if isinstance(node.op, ast.And) else any(values)
    if isinstance(node, ast.UnaryOp):
        operand = _value(node.operand, names)
        if isinstance(node.op, ast.Not):
            return not operand
        return -operand if isinstance(node.op, ast.USub) else operand
    if isinstance(node, ast.BinOp):
        return _ARITHMETIC[type(node.op)](_value(node.left, names), _value(node.right, names))
    if isinstance(node, ast.Compare):
        left = _value(node.left, names)
        for op, comparator in zip(node.ops, node.comparators, strict=True):
            right = _value(comparator, names)
            if not _COMPARISONS[type(op)](left, right):
                return False
            left = right
        return True
    assert isinstance(node, ast.Call)
    function = EXPRESSION_FUNCTIONS[dotted(node.func) or ""][0]
    return function(*(_value(one, names) for one in node.args))


def number_text(value: float | bool) -> str:
    """A number as a lesson's text shows it: thousands separated, at most two decimals."""
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{int(value):,}"
