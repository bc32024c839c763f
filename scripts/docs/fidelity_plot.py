"""Maintainers: the picture of docs/FIDELITY.md, one panel per quantity, as SVG.

Written by hand rather than by a plotting library so that the file has the same bytes on every
machine: a test compares it. Colours are of the Okabe-Ito palette, and misses have another shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from math import floor, log10, sqrt

from engine.recordings.score import Judgement

INSIDE, MISSED, INK, GRID = "#0072b2", "#d55e00", "#222222", "#d0d0d0"
SIDE = 210  # of a panel's square, px
LEFT, TOP, GAP_X, GAP_Y = 62, 92, 70, 78
COLUMNS = 4
TITLES = {
    "blocks": "free 2 MiB blocks",
    "huge": "2 MiB pages handed out",
    "free": "free pages",
    "unusable": "unusable free memory",
    "isolated": "pages isolated",
    "scanned": "pages scanned",
    "moved": "balloon pages moved",
    "gained": "MiB gained",
}
LINEAR = ("unusable", "gained", "free")


def ticks(highest: float) -> list[float]:
    """Three or so round numbers up to ``highest``, and 0."""
    step = 10.0 ** floor(log10(max(highest, 1e-6)))
    for factor in (0.2, 0.5, 1.0, 2.0, 5.0):
        if highest / (step * factor) <= 4:
            step *= factor
            break
    return [i * step for i in range(int(highest / step + 1e-9) + 1)]


def label(value: float) -> str:
    """A tick's text."""
    if value >= 10_000:
        return f"{value / 1000:g}k"
    return f"{value:g}"


class _Panel:
    """One quantity's square, at (x, y)."""

    def __init__(self, name: str, judged: Sequence[Judgement], x: float, y: float) -> None:
        self.name, self.judged, self.x, self.y = name, judged, x, y
        most = max((max(*j.kernel, j.ours or 0.0) for j in judged), default=1.0)
        self.most = 1.06 * max(most, 1e-3) if name != "unusable" else 1.06

    def at(self, value: float) -> float:
        """Distance from the origin, px."""
        part = value / self.most
        return SIDE * (part if self.name in LINEAR else sqrt(max(part, 0.0)))

    def svg(self) -> list[str]:
        """Frame, grid, diagonal, points; misses last, so that they lie on top."""
        x, y = self.x, self.y
        inside = sum(j.inside for j in self.judged)
        head = f"{TITLES[self.name]}: {inside} of {len(self.judged)}"
        out = [
            f'<text x="{x}" y="{y - 10}" class="head">{escape(head)}</text>',
            f'<path d="M{x} {y}h{SIDE}v{SIDE}h-{SIDE}z" class="frame"/>',
        ]
        for value in ticks(self.most):
            d = self.at(value)
            out.append(f'<path d="M{x + d:.1f} {y}v{SIDE}M{x} {y + SIDE - d:.1f}h{SIDE}"/>')
            text = label(value)
            out.append(f'<text x="{x + d:.1f}" y="{y + SIDE + 16}" class="mid">{text}</text>')
            out.append(f'<text x="{x - 6}" y="{y + SIDE - d + 4:.1f}" class="end">{text}</text>')
        out.append(f'<path d="M{x} {y + SIDE}L{x + SIDE} {y}" class="even"/>')
        for one in sorted(self.judged, key=lambda j: j.inside, reverse=True):
            out += self._point(one)
        return out

    def _point(self, one: Judgement) -> list[str]:
        """The kernel's range as a line, ours as a dot or a cross."""
        ours = one.ours if one.ours is not None else 0.0
        low, high = (self.x + self.at(f(one.kernel)) for f in (min, max))
        px, py = self.x + self.at(one.mean), self.y + SIDE - self.at(ours)
        kind = "in" if one.inside else "out"
        title = f"{one.scenario}, {one.design}, step {one.step} {one.op}"
        text = f"<title>{escape(title)}</title>"
        shape = (
            f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3.6" class="in">{text}</circle>'
            if one.inside
            else f'<path d="M{px - 4:.1f} {py - 4:.1f}l8 8m0-8l-8 8" class="out">{text}</path>'
        )
        if high - low < 1:
            return [shape]
        return [f'<path d="M{low:.1f} {py:.1f}H{high:.1f}" class="{kind} range"/>', shape]


STYLE = f"""
text {{ font: 13px sans-serif; fill: {INK}; }}
.title {{ font-size: 18px; font-weight: bold; }}
.head {{ font-weight: bold; }}
.mid {{ text-anchor: middle; }}
.end {{ text-anchor: end; }}
path {{ stroke: {GRID}; fill: none; }}
.frame {{ stroke: {INK}; }}
.even {{ stroke: {INK}; stroke-dasharray: 5 4; }}
path.out {{ stroke: {MISSED}; stroke-width: 2.2; }}
circle.in {{ fill: {INSIDE}; fill-opacity: 0.55; }}
path.in {{ stroke: {INSIDE}; }}
path.range {{ stroke-width: 1.2; }}
"""


def plot(judgements: Sequence[Judgement], title: str) -> str:
    """The whole picture.

    Args:
        judgements: everything that was compared.
        title: the first line.
    """
    panels = []
    for i, name in enumerate(TITLES):
        x = LEFT + i % COLUMNS * (SIDE + GAP_X)
        y = TOP + i // COLUMNS * (SIDE + GAP_Y)
        panels.append(_Panel(name, [j for j in judgements if j.quantity == name], x, y))
    width = LEFT + COLUMNS * (SIDE + GAP_X) - GAP_X + 20
    height = TOP + -(-len(TITLES) // COLUMNS) * (SIDE + GAP_Y) - GAP_Y + 32
    legend = (
        '<circle cx="26" cy="55" r="3.6" class="in"/>'
        '<text x="36" y="59">in the band</text>'
        '<path d="M130 51l8 8m0-8l-8 8" class="out"/><text x="144" y="59">missed</text>'
        '<path d="M212 55h26" class="in range"/><text x="244" y="59">from the lowest to the '
        "highest of the kernel&#8217;s runs</text>"
        '<path d="M612 55h26" class="even"/><text x="644" y="59">ours = the kernel&#8217;s. '
        "Across: the kernel, up: ours</text>"
    )
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="20" y="32" class="title">{escape(title)}</text>',
        legend,
        *(line for panel in panels for line in panel.svg()),
        "</svg>",
    ]
    return "\n".join(lines) + "\n"
