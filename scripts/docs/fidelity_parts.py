"""Maintainers: the generated parts of docs/FIDELITY.md and README.md."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import wrap
from typing import Any

from engine.recordings.measure import Measured, everything, measure
from engine.recordings.quantities import LEAST_BAND
from engine.recordings.score import (
    BLOCKS_AFTER_COMPACT,
    Judgement,
    Score,
    score,
)
from server.cli.fidelity import shown_kernel, shown_quantity

SEEDS = tuple(range(1, 9))  # the first is the one whose score is published
MISS = "**✗**"
WIDTH = 150  # of the document's lines


def under_seeds(folder: Path) -> Measured:
    """A recording, measured under each seed, two side by side."""
    with ThreadPoolExecutor(2) as pool:
        return measure(folder, SEEDS, pool.map)


def part(counts: tuple[float, int]) -> str:
    """In the band of all, with the share; a mean with one digit more."""
    inside, total = counts
    shown = inside if isinstance(inside, int) else f"{inside:.1f}"
    return f"{shown} of {total} ({100 * inside / total:.0f} %)" if total else "–"


def of(found: Score, name: str) -> str:
    """One class of a score."""
    return part(found.counts.get(name, (0, 0)))


def span(numbers: Sequence[int]) -> str:
    """Lowest and highest."""
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low}–{high}"


def hits(scenarios: Sequence[Measured]) -> list[int]:
    """How many quantities are in the band, under each seed."""
    return [score(everything(scenarios, i)).counts["all"][0] for i in range(len(SEEDS))]


def group_rows(head: str, groups: dict[str, tuple[list[Judgement], list[Judgement]]]) -> list[str]:
    """A table of scores by some property: ours, and the kernel's against itself."""
    lines = [f"| {head} | In the band | The kernel against itself |", "| --- | --- | --- |"]
    for name, (ours, itself) in groups.items():
        lines.append(f"| {name} | {of(score(ours), 'all')} | {of(score(itself), 'all')} |")
    return lines


def summary_part(scenarios: Sequence[Measured]) -> str:
    """The score, and where it comes from."""
    judged = everything(scenarios)
    itself = [one for scenario in scenarios for one in scenario.against_itself]
    total = score(judged)
    top = total.counts["all"]
    sentence = (
        f"**{top[0]} of {top[1]} quantities lie in the band, {100 * top[0] / top[1]:.1f} %.** "
        f"2 MiB pages handed out: {of(total, 'huge')}. Free 2 MiB blocks after a compaction: "
        f"{of(total, BLOCKS_AFTER_COMPACT)}. The median error is "
        f"{100 * total.median_error:.1f} % of the kernel's mean. The kernel, judged by its own "
        f"other runs with the same rule, scores {100 * score(itself).share('all'):.1f} %. Under "
        f"the seeds {SEEDS[0]} to {SEEDS[-1]} we have {span(hits(scenarios))} of {top[1]}."
    )
    lines = [
        *wrap(sentence, WIDTH),
        "",
        "![Ours against the kernel, by quantity](img/fidelity.svg)",
        "",
    ]

    def both(test: Any) -> tuple[list[Judgement], list[Judgement]]:
        return [j for j in judged if test(j)], [j for j in itself if test(j)]

    names = [name for name in LEAST_BAND if any(j.quantity == name for j in judged)]
    by_quantity = {f"`{n}`": both(lambda j, n=n: j.quantity == n) for n in names}
    by_scenario = {f"`{s.name}`": both(lambda j, s=s: j.scenario == s.name) for s in scenarios}
    designs = dict.fromkeys(j.design for j in judged)
    by_design = {f"`{d}`": both(lambda j, d=d: j.design == d) for d in designs}
    lines += [*group_rows("Scenario", by_scenario), "", *group_rows("Design", by_design), ""]
    lines += [*group_rows("Quantity", by_quantity), ""]
    misses = sorted((j for j in judged if not j.inside), key=lambda j: -j.error)
    lines += [f"The {len(misses)} misses, the worst first:", "", *rows(misses, with_scenario=True)]
    return "\n".join(lines)


def rows(judged: Sequence[Judgement], with_scenario: bool = False) -> list[str]:
    """A table with one line a quantity."""
    first = "Scenario | Design" if with_scenario else "Design"
    lines = [
        f"| {first} | Step | Quantity | Kernel | Band | Ours | |",
        f"| {'--- | ' * with_scenario}--- | --- | --- | --- | --- | --- | --- |",
    ]
    for one in judged:
        name = one.quantity
        cells = [
            *([f"`{one.scenario}`"] if with_scenario else []), f"`{one.design}`",
            f"{one.step}: {one.op}", f"`{name}`", shown_kernel(one),
            f"±{shown_quantity(name, one.band)}", shown_quantity(name, one.ours),
            "" if one.inside else MISS,
        ]  # fmt: skip
        lines.append(f"| {' | '.join(cells)} |".replace("|  |", "| |"))
    return lines


def table_part(scenarios: Sequence[Measured]) -> str:
    """Every quantity of every scenario."""
    lines: list[str] = []
    for scenario in scenarios:
        ours = score(scenario.judged[0])
        lines += [f"### `{scenario.name}`: {of(ours, 'all')}", "", *rows(scenario.judged[0]), ""]
    return "\n".join(lines).rstrip()


def _ranges(recording: Measured) -> list[tuple[Judgement, float]]:
    """Every quantity with our range over the seeds, as a share of its band's width (2 bands)."""
    out = []
    for same in zip(*recording.judged, strict=True):
        values = [j.ours for j in same if j.ours is not None]
        width = (max(values) - min(values)) if values else 0.0
        out.append((same[0], width / (2 * same[0].band) if same[0].band else 0.0))
    return out


def spread_part(scenarios: Sequence[Measured]) -> str:
    """What another draw of the unknown orders changes."""
    sentence = (
        f"The same replay under the seeds {SEEDS[0]} to {SEEDS[-1]}. *Moved*: quantities whose "
        "range over the seeds is wider than the band. *Either*: in the band under some seeds, "
        "out of it under others. The last columns give the range of free 2 MiB blocks "
        "after the last compaction."
    )
    lines = [
        *wrap(sentence, WIDTH),
        "",
        "| Scenario | In the band | Moved | Either | pinned | hook | prevent | literal | separate"
        " |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    keys = (
        "pinned", "lru_hook", "dedicated_block:prevent", "dedicated_block", "separate_pass",
    )  # fmt: skip
    for scenario in scenarios:
        found = [score(judged).counts["all"][0] for judged in scenario.judged]
        total = len(scenario.judged[0])
        wide = sum(width > 1 for _, width in _ranges(scenario))
        either = sum(
            len({j.inside for j in same}) > 1 for same in zip(*scenario.judged, strict=True)
        )
        cells = [f"`{scenario.name}`", f"{span(found)} of {total}", str(wide), str(either)]
        for key in keys:
            after = [
                [j for j in judged if j.design == key and BLOCKS_AFTER_COMPACT in j.classes][-1:]
                for judged in scenario.judged
            ]
            ours = [int(j[0].ours) for j in after if j and j[0].ours is not None]
            kernel = shown_kernel(after[0][0]) if after[0] else "–"
            cells.append(f"{span(ours)} (kernel {kernel})" if ours else "–")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def importer_part(scenarios: Sequence[Measured]) -> str:
    """How well a capture is read."""
    lines = [
        "| Scenario | Migratetypes right | Free pages under their order, worst zone |",
        "| --- | --- | --- |",
    ]
    for one in scenarios:
        right, total = one.types
        share = f"{100 * right / total:.1f} %"
        lines.append(f"| `{one.name}` | {right} of {total} ({share}) | {100 * one.orders:.2f} % |")
    return "\n".join(lines)


def _worst(groups: dict[str, list[Judgement]]) -> str:
    """The group with the lowest share in the band, in words."""
    found = {name: score(judged).counts["all"] for name, judged in groups.items()}
    name = min(found, key=lambda n: found[n][0] / found[n][1])
    return f"{name} ({found[name][0]} of {found[name][1]})"


def readme_part(scenarios: Sequence[Measured]) -> str:
    """Three sentences: how good, against what, and where it is bad."""
    judged = everything(scenarios)
    itself = [one for scenario in scenarios for one in scenario.against_itself]
    total = score(judged)
    inside, number = total.counts["all"]
    huge = total.counts["huge"]
    quantities = dict.fromkeys(j.quantity for j in judged)
    designs = dict.fromkeys(j.design for j in judged)
    sentences = (
        "Eight guests were recorded from a real Linux 6.12, up to four designs each, every run "
        f"three times: of {number} quantities that we predict from the capture alone, {inside} "
        f"({100 * inside / number:.0f} %) lie in the band that the kernel's own runs leave (their "
        f"spread, or 1 to 10 % where they agree), {huge[0]} of {huge[1]} counts of 2 MiB pages "
        "handed out among them. The kernel, judged by its own other runs, scores "
        f"{100 * score(itself).share('all'):.0f} %. We do worst in the scenario "
        f"{_worst({f'`{s.name}`': s.judged[0] for s in scenarios})}, for the design "
        f"{_worst({f'`{d}`': [j for j in judged if j.design == d] for d in designs})} and for the "
        f"quantity {_worst({f'`{q}`': [j for j in judged if j.quantity == q] for q in quantities})}"
        ". On guests that nobody looked at while the model was worked on it is 77 to 100 %, with "
        "transparent huge pages 79 to 95 % (the kernel itself: 85): "
        "[docs/FIDELITY.md](docs/FIDELITY.md) has every number."
    )
    return "\n".join(wrap(sentences, WIDTH, break_long_words=False, break_on_hyphens=False))


def document_parts(recordings: Sequence[Measured]) -> dict[str, str]:
    """The generated parts of docs/FIDELITY.md."""
    return {
        "summary": summary_part(recordings),
        "spread": spread_part(recordings),
        "importer": importer_part(recordings),
        "table": table_part(recordings),
    }
