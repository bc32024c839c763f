"""Maintainers: the generated parts of docs/HIGHALLOC.md, and its picture.

From examples/stress-highalloc.json.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from statistics import fmean
from typing import Any

from engine.stress.params import HighallocParams
from engine.stress.phases import PASSES
from scripts.docs.generated import with_parts

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "HIGHALLOC.md"
FIDELITY = ROOT / "docs" / "FIDELITY.md"
PICTURE = ROOT / "docs" / "img" / "highalloc.svg"
NAMES = {"pass1": "pass 1", "pass2": "pass 2", "rested": "rested"}
COUNTED = (
    "compact_stall", "compact_success", "compact_fail", "pages_moved", "pages_move_failed",
    "balloon_pages_moved", "host_exits", "kswapd_pages_scanned", "kswapd_pages_reclaimed",
    "direct_pages_scanned", "thp_fault_alloc", "thp_fault_fallback", "balloon_out_of_puff",
    "pages_refused",
)  # fmt: skip
# Okabe-Ito, as in the other pictures.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00")
INK, GRID = "#222222", "#d0d0d0"


def span(values: Sequence[float]) -> str:
    """Mean and range."""
    return f"{fmean(values):.1f} ({min(values):g}–{max(values):g})"


def differences(one: Sequence[float], other: Sequence[float]) -> list[float]:
    """Of each seed."""
    return [round(a - b, 1) for a, b in zip(one, other, strict=True)]


def score_table(figures: dict[str, Any], preset: str) -> list[str]:
    """Scores of every design beside the published ones."""
    designs = figures["presets"][preset]["designs"]
    published = figures["published"][preset]
    heads = [f"`{name}`" for name in designs]
    heads += [f"published, {'clean' if d == 'pinned' else 'with the hook'}" for d in published]
    lines = [f"| | {' | '.join(heads)} |", "| --- |" + " --- |" * len(heads)]
    for i, name in enumerate(PASSES):
        cells = [span(design[name]) for design in designs.values()]
        cells += [f"**{points[i]}**" for points in published.values()]
        lines.append(f"| {NAMES[name]} | {' | '.join(cells)} |")
    return lines


def advantage_table(figures: dict[str, Any]) -> list[str]:
    """What the other designs gain over pinned, seed by seed."""
    lines = [
        "| preset | design | pass 1 | pass 2 | rested | seeds with a gain | published |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for preset, one in figures["presets"].items():
        designs = one["designs"]
        points = figures["published"][preset]
        for name, design in designs.items():
            if name == "pinned":
                continue
            gains = [differences(design[p], designs["pinned"][p]) for p in PASSES]
            cells = [f"{fmean(g):+.1f} ({min(g):+g} to {max(g):+g})" for g in gains]
            won = ", ".join(str(sum(x > 0 for x in g)) for g in gains)
            known = ""
            if name in points:
                known = ", ".join(
                    f"+{b - a}" for a, b in zip(points["pinned"], points[name], strict=True)
                )
            seeds = len(one["seeds"])
            row = f"| {preset} | `{name}` | {' | '.join(cells)} | {won} of {seeds} | {known} |"
            lines.append(row)
    return lines


def counter_table(figures: dict[str, Any], preset: str) -> list[str]:
    """Means of the counters."""
    designs = figures["presets"][preset]["designs"]
    heads = " | ".join(f"`{name}`" for name in designs)
    lines = [f"| {preset}, means | {heads} |", "| --- |" + " --- |" * len(designs)]
    for name in COUNTED:
        cells = " | ".join(f"{fmean(design[name]):,.0f}" for design in designs.values())
        lines.append(f"| `{name}` | {cells} |")
    return lines


def variation_table(figures: dict[str, Any]) -> list[str]:
    """What a score depends on: each number 30 % less and more, against the same seeds unchanged."""
    lines = []
    for preset, names in figures.get("variation", {}).items():
        base = figures["variation_base"][preset]
        lines += [
            f"| {preset}: number | given | change | `pinned` | `lru_hook` | hook's gain |",
            "| --- | --- | --- | --- | --- | --- |",
        ]
        for name, changes in names.items():
            for percent, designs in changes.items():
                cells = []
                gain = []
                for p in PASSES:
                    n = len(designs["pinned"][p])
                    moved = [fmean(designs[d][p]) - fmean(base[d][p][:n]) for d in designs]
                    cells.append([f"{m:+.1f}" for m in moved])
                    was = fmean(differences(base["lru_hook"][p][:n], base["pinned"][p][:n]))
                    now = fmean(differences(designs["lru_hook"][p], designs["pinned"][p]))
                    gain.append(f"{was:+.1f} → {now:+.1f}")
                given = getattr(HighallocParams(), name)
                pinned, hook = (", ".join(c[i] for c in cells) for i in range(2))
                change = f"{int(percent):+d} %"
                lines.append(
                    f"| `{name}` | {given:g} | {change} | {pinned} | {hook} | {', '.join(gain)} |"
                )
    return [*lines, "", f"Engine `{figures['made_by']['variation']}`."]


def repaired_table(figures: dict[str, Any]) -> list[str]:
    """Scores under profile 2012+3.14 beside those under 2012 and the published ones."""
    lines = []
    for preset, one in figures.get("repaired", {}).items():
        seeds = len(one["seeds"])
        plain = figures["presets"][preset]["designs"]
        points = figures["published"][preset]
        lines += [
            f"| {preset}, {seeds} seeds | pass 1 | pass 2 | rested |",
            "| --- | --- | --- | --- |",
        ]
        for name, design in one["designs"].items():
            label = "clean" if name == "pinned" else "with the hook"
            cells = [
                f"{span(design[p])}; unrepaired {fmean(plain[name][p][:seeds]):.1f}" for p in PASSES
            ]
            lines.append(f"| `{name}` | {' | '.join(cells)} |")
            published = " | ".join(f"**{point}**" for point in points[name])
            lines.append(f"| published, {label} | {published} |")
        gains = [
            differences(one["designs"]["lru_hook"][p], one["designs"]["pinned"][p]) for p in PASSES
        ]
        cells = [f"{fmean(g):+.1f}, {sum(x > 0 for x in g)} of {seeds} seeds gain" for g in gains]
        lines += [f"| the hook's gain | {' | '.join(cells)} |", ""]
    return [*lines, f"Engine `{figures['made_by']['repaired']}`."]


def scores(figures: dict[str, Any]) -> list[str]:
    """The part ``highalloc`` of docs/FIDELITY.md: every score beside the published one."""
    lines: list[str] = []
    for preset, one in figures["presets"].items():
        seeds = one["seeds"]
        lines += [
            f"**{preset}**, seeds {seeds[0]} to {seeds[-1]}: mean (lowest–highest), percent.",
            "",
            *score_table(figures, preset),
            "",
        ]
    return lines[:-1]


def results(figures: dict[str, Any]) -> list[str]:
    """The part ``results`` of docs/HIGHALLOC.md."""
    lines = [*scores(figures), ""]
    lines += ["Gain over `pinned` under the same seed, points:", "", *advantage_table(figures), ""]
    for preset in figures["presets"]:
        lines += [*counter_table(figures, preset), ""]
    lines.append(f"Profile `{figures['profile']}`, engine `{figures['made_by']['presets']}`.")
    return lines


def render(figures: dict[str, Any]) -> None:
    """Write the generated parts and the picture.

    Args:
        figures: content of examples/stress-highalloc.json.
    """
    if not figures.get("presets"):
        return
    text = DOCUMENT.read_text(encoding="utf-8")
    parts = {
        "results": results(figures),
        "variation": variation_table(figures),
        "repaired": repaired_table(figures),
    }
    DOCUMENT.write_text(with_parts(text, parts), encoding="utf-8")
    text = FIDELITY.read_text(encoding="utf-8")
    FIDELITY.write_text(with_parts(text, {"highalloc": scores(figures)}), encoding="utf-8")
    PICTURE.write_text(plot(figures), encoding="utf-8")


_LEFT, _TOP, _HEIGHT, _STRIP, _GAP = 64, 84, 300, 26, 34
STYLE = f"""
text {{ font: 13px sans-serif; fill: {INK}; }}
.title {{ font-size: 18px; font-weight: bold; }}
.head {{ font-weight: bold; text-anchor: middle; }}
.end {{ text-anchor: end; }}
path {{ stroke: {GRID}; fill: none; }}
.frame {{ stroke: {INK}; }}
.mean {{ stroke: {INK}; stroke-width: 2; }}
.point {{ fill: #ffffff; stroke: {INK}; stroke-width: 2; }}
"""


def _strip(values: Sequence[float], x: float, colour: str) -> list[str]:
    """One design's seeds as dots, its mean as a line."""
    out = []
    for i, value in enumerate(values):
        y = _TOP + _HEIGHT * (1 - value / 100)
        dx = (i % 5 - 2) * 3
        out.append(
            f'<circle cx="{x + dx:.1f}" cy="{y:.1f}" r="2.6" fill="{colour}" fill-opacity="0.6"/>'
        )
    y = _TOP + _HEIGHT * (1 - fmean(values) / 100)
    return [*out, f'<path d="M{x - 10:.1f} {y:.1f}h20" class="mean"/>']


def _panel(figures: dict[str, Any], preset: str, left: float) -> tuple[list[str], float]:
    """Strips of one preset; how wide they are."""
    designs = figures["presets"][preset]["designs"]
    published = figures["published"][preset]
    group = _STRIP * len(designs) + _GAP
    width = group * len(PASSES)
    out = []
    for share in range(0, 101, 20):
        y = _TOP + _HEIGHT * (1 - share / 100)
        out.append(f'<path d="M{left} {y:.1f}h{width}"/>')
        out.append(f'<text x="{left - 6}" y="{y + 4:.1f}" class="end">{share}</text>')
    out.append(f'<path d="M{left} {_TOP}h{width}v{_HEIGHT}h-{width}z" class="frame"/>')
    for i, name in enumerate(PASSES):
        start = left + i * group + _GAP / 2
        middle = start + _STRIP * len(designs) / 2
        words = escape(f"{preset}: {NAMES[name]}")
        out.append(f'<text x="{middle:.1f}" y="{_TOP + _HEIGHT + 20}" class="head">{words}</text>')
        for j, (key, design) in enumerate(designs.items()):
            x = start + (j + 0.5) * _STRIP
            out += _strip(design[name], x, COLOURS[j % len(COLOURS)])
            if key in published:
                y = _TOP + _HEIGHT * (1 - published[key][i] / 100)
                out.append(f'<path d="M{x:.1f} {y - 7:.1f}l7 7-7 7-7-7z" class="point"/>')
    return out, width


def plot(figures: dict[str, Any]) -> str:
    """The whole picture: every seed of every design, and the published points.

    Args:
        figures: content of examples/stress-highalloc.json.
    """
    title = "stress-highalloc: share of 2 MiB requests that succeeded, percent"
    body: list[str] = []
    left = float(_LEFT)
    designs: list[str] = []
    for preset, one in figures["presets"].items():
        out, width = _panel(figures, preset, left)
        body += out
        left += width + 60
        designs = list(one["designs"])
    x = float(_LEFT)
    legend = []
    for name, colour in zip(designs, COLOURS, strict=False):
        legend.append(f'<circle cx="{x}" cy="56" r="4" fill="{colour}"/>')
        legend.append(f'<text x="{x + 9}" y="60">{escape(name)}</text>')
        x += 30 + 7.4 * len(name)
    legend.append(f'<path d="M{x} 49l7 7-7 7-7-7z" class="point"/>')
    legend.append(f'<text x="{x + 12}" y="60">published, one run each</text>')
    box = f"0 0 {left - 40:.0f} {_TOP + _HEIGHT + 40}"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="20" y="32" class="title">{escape(title)}</text>',
        *legend,
        *body,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"
