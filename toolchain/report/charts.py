"""Small charts as SVG, to stand in a page that needs nothing else."""

import math
from collections.abc import Mapping, Sequence
from html import escape

WIDE, HIGH = 460, 260
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 24, 40
COLOURS = ("#2563eb", "#ea580c", "#059669", "#9333ea", "#b45309", "#475569")

Point = tuple[float, float]


class Axes:
    """A frame with ticks; turns values into places."""

    def __init__(
        self,
        xs: Sequence[float],
        ys: Sequence[float],
        labels: tuple[str, str],
        zero: bool = False,
        log: bool = False,
    ) -> None:
        """Spans all of `xs` and `ys`; `zero` draws both axes from 0, `log` is for positive `ys`."""
        self.log = log
        self.x = _span(xs, zero)
        self.y = _span([math.log10(y) for y in ys] if log else ys, zero)
        self.parts = [f'<g class="axis">{"".join(self._ticks())}</g>']
        self.parts += [
            f'<text class="label" x="{(LEFT + WIDE - RIGHT) / 2}" y="{HIGH - 6}" '
            f'text-anchor="middle">{escape(labels[0])}</text>',
            f'<text class="label" transform="translate(13 {(TOP + HIGH - BOTTOM) / 2}) '
            f'rotate(-90)" text-anchor="middle">{escape(labels[1])}</text>',
        ]

    def place(self, point: Point) -> Point:
        """Where a value lies, in pixels."""
        x, y = point
        return self._at(x, math.log10(y) if self.log else y)

    def _at(self, x: float, y: float) -> Point:
        across, up = (
            (value - low) / (high - low)
            for value, (low, high) in zip((x, y), (self.x, self.y), strict=True)
        )
        return LEFT + across * (WIDE - LEFT - RIGHT), HIGH - BOTTOM - up * (HIGH - TOP - BOTTOM)

    def _ticks(self) -> list[str]:
        found = []
        for value in _ticks(*self.x):
            x, _ = self._at(value, self.y[0])
            found.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HIGH - BOTTOM}"/>')
            found.append(f'<text x="{x:.1f}" y="{HIGH - BOTTOM + 14}" text-anchor="middle">')
            found.append(f"{value:g}</text>")
        for value in _log_ticks(*self.y) if self.log else _ticks(*self.y):
            _, y = self.place((self.x[0], value))
            found.append(f'<line x1="{LEFT}" x2="{WIDE - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
            found.append(f'<text x="{LEFT - 5}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>')
        return found

    def line(self, points: Sequence[Point], colour: str, dashed: bool = False) -> None:
        """A line through points, in order."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(self.place, points))
        dash = ' stroke-dasharray="4 4"' if dashed else ""
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'
        )

    def dot(self, point: Point, colour: str, title: str, radius: float = 4) -> None:
        """A dot that says more under the pointer."""
        x, y = self.place(point)
        self.parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}">'
            f"<title>{escape(title)}</title></circle>"
        )

    def word(self, point: Point, text: str, end: bool = False) -> None:
        """A word beside a point."""
        x, y = self.place(point)
        side, anchor = (-8, "end") if end else (8, "start")
        self.parts.append(
            f'<text class="word" x="{x + side:.1f}" y="{y + 4:.1f}" text-anchor="{anchor}">'
            f"{escape(text)}</text>"
        )

    def svg(self, legend: Sequence[str] = ()) -> str:
        """The whole picture, with the names of the lines in their colours."""
        for place, name in enumerate(legend):
            self.parts.append(
                f'<text class="word" x="{LEFT + 90 * place}" y="14" '
                f'style="fill: {COLOURS[place]}">{escape(name)}</text>'
            )
        return f'<svg viewBox="0 0 {WIDE} {HIGH}" role="img">{"".join(self.parts)}</svg>'


def colour(index: int) -> str:
    """Of the line of that number; after the last the first comes again."""
    return COLOURS[index % len(COLOURS)]


def lines(
    series: Mapping[str, Sequence[Point]], labels: tuple[str, str], dots: bool = False
) -> str:
    """One line a name."""
    points = [point for each in series.values() for point in each]
    axes = Axes([x for x, _ in points], [y for _, y in points], labels)
    for colour, (name, each) in zip(COLOURS, series.items(), strict=False):
        axes.line(each, colour)
        for x, y in each if dots else ():
            axes.dot((x, y), colour, f"{name}: {y:g} at {x:g}", 3)
    return axes.svg(list(series))


def bars(rows: Sequence[tuple[str, float, str]]) -> str:
    """One bar a row: its name, its length, and what is written behind it."""
    step, left = 22, 150
    longest = max(value for _, value, _ in rows) or 1.0
    parts = []
    for place, (name, value, said) in enumerate(rows):
        y, long, end = place * step, value / longest * (WIDE - left - 110), left - 6
        parts.append(
            f'<text class="word" x="{end}" y="{y + 15}" text-anchor="end">{escape(name)}</text>'
            f'<rect x="{left}" y="{y + 4}" width="{long:.1f}" height="14" fill="{COLOURS[0]}"/>'
            f'<text class="word" x="{left + long + 6:.1f}" y="{y + 15}">{escape(said)}</text>'
        )
    return f'<svg viewBox="0 0 {WIDE} {len(rows) * step + 6}" role="img">{"".join(parts)}</svg>'


def _span(values: Sequence[float], zero: bool) -> tuple[float, float]:
    low, high = min(values), max(values)
    low = min(low, 0.0) if zero else low
    room = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    return (low if zero and low == 0 else low - room), high + room


def _ticks(low: float, high: float) -> list[float]:
    raw = (high - low) / 5
    unit = 10 ** math.floor(math.log10(raw))
    step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= raw)
    first = math.ceil(low / step)
    return [round(place * step, 10) for place in range(first, math.floor(high / step) + 1)]


def _log_ticks(low: float, high: float) -> list[float]:
    """Values 1, 2, 5 and their decades between two exponents; of many decades, the decades."""
    factors = (1, 2, 5) if high - low < 3 else (1,)
    decades = range(math.floor(low), math.ceil(high))
    values = [float(f"{factor}e{decade}") for decade in decades for factor in factors]
    return [value for value in values if low <= math.log10(value) <= high]
