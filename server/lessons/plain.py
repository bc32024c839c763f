"""A lesson's text and commands on one line, for terminals and handouts."""

from collections.abc import Sequence
from typing import Any

from engine.commands import Command, format_size
from engine.lessons.model import Block, Prose

_WORDS = {
    "compact": "compact all memory",
    "drop_caches": "drop caches",
}


def _flat(part: Any, numbers: Sequence[str]) -> str:
    if isinstance(part, str):
        return part
    if part["tag"] == "number":
        return numbers[int(part["at"])]
    return "".join(_flat(one, numbers) for one in part["parts"])


def _lines(block: Block, numbers: Sequence[str]) -> list[str]:
    if block["tag"] in ("ul", "ol", "table", "thead", "tbody", "blockquote"):
        return [line for one in block["parts"] for line in _lines(one, numbers)]
    if block["tag"] == "li":
        return ["- " + " ".join(_flat(one, numbers) for one in block["parts"])]
    if block["tag"] == "tr":
        return [" | ".join(_flat(one, numbers) for one in block["parts"])]
    return [_flat(block, numbers)]


def plain_text(prose: Prose) -> list[str]:
    """A text line by line; numbers as their expressions."""
    numbers = [f"{{{{ {one.text} }}}}" for one in prose.numbers]
    return [line for block in prose.blocks for line in _lines(block, numbers)]


def command_words(command: Command) -> str:
    """A command in a few words."""
    told = command.to_dict()
    kind = told["type"]
    if kind in ("balloon_inflate", "balloon_deflate", "balloon_target"):
        return f"{kind.removeprefix('balloon_')} {format_size(told['nr_pages'])}"
    if kind == "huge":
        return f"take {told['nr']} huge pages"
    if kind == "wait":
        return f"wait {told['ms'] / 1000:g} s"
    if kind == "alloc_contig":
        return f"allocate {told['size_mib']} MiB in one piece"
    if kind == "alloc_pages":
        after = "kept" if told["keep"] else "given back"
        return f"{told['nr']} {told['kind']} requests of order {told['order']}, {after}"
    if kind == "pin":
        return f"pin {told['size_mib']} MiB of programs' memory"
    if kind == "offline":
        end = told["start_mib"] + told["size_mib"]
        return f"take {told['start_mib']} to {end} MiB offline"
    if kind == "direct_compact":
        return f"one request of order {told['order']} ({format_size(1 << told['order'])})"
    if kind == "workload":
        if not told["enabled"]:
            return "programs stop"
        if told["ticks"]:
            return f"{told['rate'] * told['ticks']:,} operations of programs"
        return f"programs run, {told['rate']:,} operations a tick"
    return _WORDS[kind]


def commands_text(commands: Sequence[Command]) -> str:
    """Commands one after the other."""
    return ", then ".join(map(command_words, commands))
