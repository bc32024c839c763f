"""The block of a step: what it loads, shows, asks for, and its answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.commands import Command
from engine.errors import unknown_name
from engine.lessons.expression import Expression, parse_expression
from engine.lessons.model import (
    Choice,
    ClassQuestion,
    LessonAct,
    LessonLoad,
    Prediction,
    Prose,
    Scale,
    WrongAttempt,
)
from engine.lessons.numbers import DESIGN_NAME, RESERVED
from engine.lessons.orders import parse_orders
from engine.recipes import PRESETS
from engine.view import STAT_FIELDS
from server.guests.library import EXAMPLES
from server.lessons.fields import Yaml, YamlMap, at_line, read_yaml
from server.lessons.prose import prose_of
from server.wire.config import config_from_dict
from server.wire.quiz import MAX_RUN, MAX_TEXT, QUANTITIES

MAX_SHOWN_STATS = 4
MAX_HINTS = 5
MAX_TRUTH = 10**12
_FIELDS = ("load", "show", "ask", "expect", "hints", "solution", "wrong", "predict")
_OF_ACT = ("ask", "expect", "hints", "solution", "wrong")
_PREDICT = (
    "question", "run", "choices", "number", "unit", "from", "to", "width", "wrong", "class",
)  # fmt: skip
_OF_SCALE = ("number", "unit", "from", "to", "width", "wrong")


@dataclass(frozen=True)
class StepBlock:
    """What a block says; see engine/lessons/model.py LessonStep."""

    load: LessonLoad | None = None
    show: tuple[tuple[str, str], ...] = ()
    act: LessonAct | None = None
    prediction: Prediction | None = None


def read_block(text: str, line: int) -> StepBlock:
    """Read a step's block.

    Args:
        text: YAML.
        line: of its first line in the file.

    Raises:
        LessonError: its first fault.
    """
    block = read_yaml(text, line, "the block")
    fields = block.mapping(_FIELDS)
    acts = [name for name in _OF_ACT if name in fields]
    if acts and "predict" in fields:
        raise fields["predict"].error(f"a step has an act or a prediction, not both ({acts[0]})")
    load = _load(fields["load"]) if "load" in fields else None
    act = _act(block, fields) if acts else None
    prediction = _prediction(fields["predict"]) if "predict" in fields else None
    return StepBlock(load, _show(fields.get("show")), act, prediction)


def _prose(field: Yaml) -> Prose:
    # The text of a block scalar begins on the line after its sign.
    style = getattr(field.node, "style", None)
    return prose_of(field.text(), field.line + (style in ("|", ">")))


def _expression(field: Yaml, predicate: bool) -> Expression:
    with at_line(field.line):
        return parse_expression(field.text(), field.line, predicate)


def _orders(field: Yaml) -> tuple[Command, ...]:
    with at_line(field.line):
        return parse_orders(field.value())


def _load(field: Yaml) -> LessonLoad:
    fields = field.mapping(("guest", "designs", "seed", "profile", "moment"), ("guest", "designs"))
    source, designs = _source(fields["guest"]), _designs(fields["designs"])
    config: dict[str, Any] = {"source": source, "designs": list(designs.values())}
    config |= {name: fields[name].value() for name in ("seed", "profile") if name in fields}
    with at_line(field.line):
        read = config_from_dict(config)
    moment = _orders(fields["moment"]) if "moment" in fields else ()
    return LessonLoad(read.to_dict()["source"], designs, read.seed, read.profile, moment)


def _source(field: Yaml) -> dict[str, Any]:
    given = field.mapping(("example", "preset", "size_mib", "seed", "cma_mib"))
    values = {name: one.value() for name, one in given.items()}
    if ("example" in values) == ("preset" in values):
        raise field.error("an example or a preset is needed, one of them")
    name, known, what = (
        (values["example"], EXAMPLES, "example")
        if "example" in values
        else (values["preset"], PRESETS, "preset")
    )
    if not isinstance(name, str) or name not in known:
        raise field.error(str(unknown_name(what, name, known)))
    if what == "preset":
        return {"kind": "synthetic", **values}
    if len(values) > 1:
        raise field.error("an example has a size and pages of its own: only its name is needed")
    return {"kind": "capture", "name": name}


def _designs(field: Yaml) -> Mapping[str, str]:
    """Name in expressions -> key."""
    if isinstance(field.value(), dict):
        named = {name: one.text(120) for name, one in field.mapping(None).items()}
    else:
        keys = [one.text(120) for one in field.items(1, 8)]
        named = {key.partition(":")[0]: key for key in keys}
        if len(named) < len(keys):
            raise field.error("two of one design: give them names, as in {plain: lru_hook, …}")
    for name in named:
        if not DESIGN_NAME.fullmatch(name) or name in RESERVED:
            raise field.error(f"{name!r:.40} cannot be a name: small letters, digits and _")
    return named


def _show(field: Yaml | None) -> tuple[tuple[str, str], ...]:
    if field is None:
        return ()
    shown = field.mapping(None)
    if not 1 <= len(shown) <= MAX_SHOWN_STATS:
        raise field.error(f"{len(shown)} numbers: from 1 to {MAX_SHOWN_STATS} are shown")
    for name, one in shown.items():
        if name not in STAT_FIELDS:
            raise one.error(f"{name!r:.40} is no statistic of engine/view.py")
    return tuple((name, one.text(40)) for name, one in shown.items())


def _act(block: Yaml, fields: YamlMap) -> LessonAct:
    lacking = [name for name in ("ask", "expect", "solution", "wrong") if name not in fields]
    if lacking:
        raise block.error(f"an act needs {', '.join(lacking)}")
    needed = ("name", "do", "when", "say")
    wrong = fields["wrong"].mapping(needed, needed)
    hints = fields["hints"].items(1, MAX_HINTS) if "hints" in fields else []
    return LessonAct(
        _prose(fields["ask"]),
        _expression(fields["expect"], True),
        tuple(_prose(one) for one in hints),
        _orders(fields["solution"]),
        WrongAttempt(
            wrong["name"].text(80),
            _orders(wrong["do"]),
            _expression(wrong["when"], True),
            _prose(wrong["say"]),
        ),
    )


def _prediction(field: Yaml) -> Prediction:
    fields = field.mapping(_PREDICT, ("question", "run"))
    question, run = _prose(fields["question"]), _orders(fields["run"])
    together = _class(fields["class"], len(run)) if "class" in fields else None
    of_scale = [name for name in _OF_SCALE if name in fields]
    if "choices" in fields:
        if of_scale:
            raise fields[of_scale[0]].error("a prediction has choices or a scale, not both")
        return Prediction(question, run, _choices(fields["choices"]), together=together)
    if len(of_scale) < len(_OF_SCALE):
        lacking = [name for name in _OF_SCALE if name not in fields]
        raise field.error(f"choices, or {', '.join(lacking)}, is missing")
    return Prediction(question, run, scale=_scale(fields), together=together)


def _class(field: Yaml, nr_commands: int) -> ClassQuestion:
    fields = field.mapping(("question", "quantity"), ("question", "quantity"))
    quantity = fields["quantity"].text(40)
    if quantity not in QUANTITIES:
        raise fields["quantity"].error(str(unknown_name("quantity", quantity, QUANTITIES)))
    if nr_commands > MAX_RUN:
        raise field.error(f"run has {nr_commands} commands: a class's question has {MAX_RUN} most")
    return ClassQuestion(field.line, fields["question"].text(MAX_TEXT), quantity)


def _choices(field: Yaml) -> tuple[Choice, ...]:
    choices = []
    for one in field.items(2, 6):
        fields = one.mapping(("text", "when", "say"), ("text", "when"))
        say = _prose(fields["say"]) if "say" in fields else Prose(one.line)
        choices.append(Choice(_prose(fields["text"]), _expression(fields["when"], True), say))
    return tuple(choices)


def _scale(fields: YamlMap) -> Scale:
    unit = fields["unit"].text(40)
    low = fields["from"].whole(-MAX_TRUTH, MAX_TRUTH, unit)
    high = fields["to"].whole(low + 1, MAX_TRUTH, unit)
    width = fields["width"].whole(0, high - low - 1, f"{unit} (less than the scale)")
    wrong = fields["wrong"].mapping(("answer", "say"), ("answer", "say"))
    ends = [one.whole(low, high, unit) for one in wrong["answer"].items(2, 2)]
    if ends[0] > ends[1]:
        raise wrong["answer"].error("the lower end comes first")
    number = _expression(fields["number"], False)
    answer = (ends[0], ends[1])
    return Scale(number, unit, low, high, width, answer, _prose(wrong["say"]))
