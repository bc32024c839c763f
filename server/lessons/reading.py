"""A lesson's file, read: front matter, steps, their blocks; every fault with its line."""

import hashlib
from collections.abc import Sequence

from markdown_it.tree import SyntaxTreeNode

from engine.errors import RefusedError
from engine.lessons.model import Lesson, LessonStep
from engine.lessons.numbers import check_name
from engine.lessons.play import LessonFault
from server.lessons.block import StepBlock, read_block
from server.lessons.fields import at_line, read_yaml
from server.lessons.prose import LessonError, NumberPlaces, ProseMaker, markdown

MAX_LESSON_BYTES = 64 << 10
MAX_LESSON_STEPS = 30
STEP_INFO = ("yaml", "step")


class LessonFaults(RefusedError):
    """A file that is no lesson; the text is its first fault."""

    def __init__(self, faults: Sequence[LessonFault]) -> None:
        first = faults[0]
        super().__init__(f"line {first.line}: {first.text}")
        self.faults = tuple(sorted(set(faults), key=lambda one: one.line))


def read_lesson(name: str, data: bytes) -> Lesson:
    """The lesson that a file holds.

    Args:
        name: of the file, without the suffix.
        data: its bytes.

    Raises:
        LessonFaults: with every step's first fault.
    """
    try:
        text = _decode(data)
        numbers = NumberPlaces(text, 1)
        nodes = SyntaxTreeNode(markdown().parse(numbers.text)).children
        return _Reader(name, data, text, ProseMaker(numbers, 1)).read(nodes)
    except LessonError as error:
        raise LessonFaults([LessonFault(error.line, str(error))]) from None


def _decode(data: bytes) -> str:
    if len(data) > MAX_LESSON_BYTES:
        raise LessonError(1, f"the file has {len(data)} B: {MAX_LESSON_BYTES} B is the limit")
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise LessonError(line, "the file is not UTF-8") from None


class _Reader:
    """One file being read."""

    def __init__(self, name: str, data: bytes, text: str, maker: ProseMaker) -> None:
        self._name, self._data, self._maker = name, data, maker
        self._lines = text.split("\n")
        self._faults: list[LessonFault] = []
        self._designs: dict[str, str] = {}

    def read(self, nodes: list[SyntaxTreeNode]) -> Lesson:
        if not nodes or nodes[0].type != "front_matter":
            raise LessonError(1, "front matter is missing: --- on the first line, title, minutes")
        title, minutes, know = self._front(nodes[0])
        starts = [i for i, node in enumerate(nodes) if node.type == "heading" and node.tag == "h2"]
        if not 1 <= len(starts) <= MAX_LESSON_STEPS:
            raise LessonError(
                1, f"{len(starts)} steps: from 1 to {MAX_LESSON_STEPS} are allowed, each ##"
            )
        intro = self._maker.prose(nodes[1 : starts[0]], 1)
        if intro.numbers:
            raise LessonError(
                intro.numbers[0].line, "no numbers before the first step: nothing is loaded yet"
            )
        steps: list[LessonStep] = []
        for nr, (start, end) in enumerate(zip(starts, [*starts[1:], len(nodes)], strict=True)):
            line = self._maker.line_of(nodes[start], 1)
            try:
                steps.append(self._step(nodes[start:end], line, first=nr == 0))
            except LessonError as error:
                self._faults.append(LessonFault(error.line, str(error)))
        if self._faults:
            raise LessonFaults(self._faults)
        digest = hashlib.blake2b(self._data, digest_size=16).hexdigest()
        return Lesson(self._name, digest, title, minutes, know, intro, tuple(steps))

    def _front(self, node: SyntaxTreeNode) -> tuple[str, int, tuple[str, ...]]:
        needed = ("title", "minutes", "know")
        end = next((i for i, one in enumerate(self._lines[1:], 1) if one.startswith("---")), 1)
        front = read_yaml("\n".join(self._lines[1:end]), 2, "the front matter")
        fields = front.mapping(needed, needed)
        know = tuple(one.text(200) for one in fields["know"].items(1, 8))
        return fields["title"].text(80), fields["minutes"].whole(1, 60, "minutes"), know

    def _step(self, nodes: list[SyntaxTreeNode], line: int, first: bool) -> LessonStep:
        heading = self._lines[line - 1].lstrip("# ").rstrip()
        fences = [
            i for i, node in enumerate(nodes)
            if node.type == "fence" and tuple(node.info.split()) == STEP_INFO
        ]  # fmt: skip
        if len(fences) > 1:
            where = self._maker.line_of(nodes[fences[1]], line)
            raise LessonError(where, "a second block in one step: begin a new step with ##")
        at = fences[0] if fences else len(nodes)
        before = self._maker.prose(nodes[1:at], line)
        after = self._maker.prose(nodes[at + 1 :], line)
        block = StepBlock()
        if fences:
            start = self._maker.line_of(nodes[at], line) + 1
            end = self._maker.line_of(nodes[at], line) + len(nodes[at].content.splitlines())
            block = read_block("\n".join(self._lines[start - 1 : end]), start)
        if first and not block.load:
            raise LessonError(line, "the first step must load a guest")
        if block.load:
            self._designs = dict(block.load.designs)
        if not heading:
            raise LessonError(line, "a step needs a heading")
        step = LessonStep(
            heading, line, self._designs, before, after, block.load, block.show,
            block.act, block.prediction,
        )  # fmt: skip
        self._check_names(step)
        return step

    def _check_names(self, step: LessonStep) -> None:
        names = list(step.designs)
        if not names:
            return  # the load was refused: that is its own fault, and not these texts'
        for expression in step.expressions():
            for name in expression.names:
                with at_line(expression.line):
                    check_name(name, names)
