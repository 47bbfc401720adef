"""A chart as SVG: a frame with two axes, and what is drawn in it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from textwrap import wrap

from markupsafe import Markup, escape

from suite.report.html.axis import Axis

Point = tuple[float, float]

# Points of a line that lie within this of its chord are left out, in user units.
_FLAT = 0.3
# How high a bar is, in user units, and how many letters a line of its words has.
_BAR = 8
_TIP_LETTERS = 48


@dataclass(frozen=True)
class _Box:
    """What words or a point take: from the lower left corner, as text is placed."""

    left: float
    bottom: float
    width: float
    height: float = 11.0

    def meets(self, other: "_Box") -> bool:
        return (
            self.left < other.left + other.width
            and other.left < self.left + self.width
            and self.bottom - self.height < other.bottom
            and other.bottom - other.height < self.bottom
        )


@dataclass
class Plot:
    """A chart of so many user units, drawn by its methods from back to front.

    ``kind`` is a class of the style of a line, point or area: the mode that it is of, and the like.
    """

    title: str
    across: Axis
    up: Axis
    across_label: str
    up_label: str
    width: int = 460
    height: int = 320
    ticks_across: bool = True
    ticks_up: bool = True
    left: int = 66
    right: int = 14
    top: int = 14
    bottom: int = 42
    drawn: list[Markup] = field(default_factory=list)
    _taken: list["_Box"] = field(default_factory=list)

    def place(self, x: float, y: float) -> Point:
        """Where two values lie, in user units from the upper left corner."""
        inner = self.width - self.left - self.right, self.height - self.top - self.bottom
        return (
            self.left + inner[0] * self.across.at(x),
            self.height - self.bottom - inner[1] * self.up.at(y),
        )

    def line(self, points: Sequence[Point], kind: str, said: str) -> None:
        """A line through values, with its words."""
        self._path(
            "line", f"M{_path(_thinned([self.place(*each) for each in points]))}", kind, said
        )

    def area(self, points: Sequence[Point], kind: str, said: str) -> None:
        """The area between values and the lower axis."""
        if not points:
            return
        low = self.up.low
        corners = [(points[0][0], low), *points, (points[-1][0], low)]
        placed = _path(_thinned([self.place(*each) for each in corners]))
        self._path("area", f"M{placed}Z", kind, said)

    def steps(self, edges: Sequence[float], heights: Sequence[float]) -> list[Point]:
        """The outline of a histogram: each bin's height at both of its edges."""
        return [
            (edge, height) for i, height in enumerate(heights) for edge in (edges[i], edges[i + 1])
        ]

    def rule(self, x: float, kind: str, said: str) -> None:
        """A line straight up at a value."""
        (at, bottom), (_, top) = self.place(x, self.up.low), self.place(x, self.up.high)
        self._path("rule", f"M{at:.1f} {bottom:.1f}V{top:.1f}", kind, said)

    def whisker(self, x: float, low: float, high: float, kind: str) -> None:
        """An interval straight up, with its ends marked."""
        (at, bottom), (_, top) = self.place(x, low), self.place(x, high)
        ends = "".join(f"M{at - 4:.1f} {y:.1f}h8" for y in (bottom, top))
        self._path("whisker", f"M{at:.1f} {bottom:.1f}V{top:.1f}{ends}", kind, "")

    def point(
        self, x: float, y: float, kind: str, said: str, *, radius: float = 4.5, mark: str = ""
    ) -> None:
        """A point with its words, which the keyboard reaches too; ``mark`` may be ``diamond``."""
        at, up = self.place(x, y)
        self._taken.append(_Box(at - radius, up + radius, 2 * radius, 2 * radius))
        shape = Markup('<circle cx="{:.1f}" cy="{:.1f}" r="{:.1f}"/>').format(at, up, radius)
        if mark == "diamond":
            side = radius + 1
            path = f"M{at - side:.1f} {up:.1f}l{side} {-side}l{side} {side}l{-side} {side}Z"
            shape = Markup('<path d="{}"/>').format(path)
        self.drawn.append(
            Markup('<g class="point {}" tabindex="0" role="img" aria-label="{}">{}{}{}</g>').format(
                kind, said, _titled(said), shape, self._tip(said)
            )
        )

    def bar(self, x: float, y: float, kind: str, label: str, said: str) -> None:
        """A bar along the lower axis, below its label; with its words as a point's."""
        (left, at), (right, _) = self.place(self.across.low, y), self.place(x, y)
        self.drawn.append(
            Markup(
                '<g class="point bar {}" tabindex="0" role="img" aria-label="{}">{}{}'
                '<rect x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{}"/>{}</g>'
            ).format(
                *(kind, said, _titled(said), _text(left + 3, at - 4, label, "start", "label")),
                *(left, at, max(right - left, 1.0), _BAR, self._tip_above(at, said)),
            )
        )

    def _tip_above(self, at: float, said: str) -> Markup:
        """Likewise as `_tip`, above a bar's label, whatever the size of letters."""
        lines = wrap(said, _TIP_LETTERS)
        start = Markup('<tspan x="{}" dy="1.2em">{}</tspan>')
        spans = Markup("").join(start.format(self.left + 6, line) for line in lines)
        high = 1.2 * len(lines) + 0.5
        return Markup(
            '<g class="tip" transform="translate(0 {:.1f})"><rect x="{}" y="-{:.1f}em" width="{}" '
            'height="{:.1f}em"/><text y="-{:.1f}em">{}</text></g>'
        ).format(
            *(at, self.left, high + 1.6, self.width - self.left - self.right),
            *(high, high + 1.6, spans),
        )

    def _tip(self, said: str) -> Markup:
        """Words that the style shows while their point has the focus or the pointer."""
        start = Markup('<tspan x="{}" dy="13">{}</tspan>')
        lines = wrap(said, (self.width - self.left) // 6)
        spans = Markup("").join(start.format(self.left + 8, line) for line in lines)
        return Markup('<text class="tip" y="{}">{}</text>').format(self.top, spans)

    def words(self, x: float, y: float, said: str, kind: str, *, radius: float) -> None:
        """Words beside a point of this radius, where they lie on no others if they can."""
        at, up = self.place(x, y)
        wide, off = 6.3 * len(said), radius + 5
        above, below = up - off, up + off + 8
        starts = [
            (at + off, up + 4),
            (at - wide / 2, above),
            (at - wide / 2, below),
            (at - off - wide, up + 4),
            *((start, y) for y in (above, below) for start in (at - 4, at + 4 - wide)),
        ]
        inside = [s for s in starts if self.left <= s[0] <= self.width - self.right - wide]
        free = [s for s in inside if not self._meets(_Box(*s, wide))]
        start = next(iter(free or inside or starts))
        self._taken.append(_Box(*start, wide))
        self.drawn.append(
            Markup('<text class="beside {}" x="{:.1f}" y="{:.1f}">{}</text>').format(
                kind, *start, said
            )
        )

    def _meets(self, box: "_Box") -> bool:
        return any(box.meets(other) for other in self._taken)

    @property
    def svg(self) -> Markup:
        """The chart."""
        return Markup('<svg viewBox="0 0 {} {}" role="group" aria-label="{}">{}{}</svg>').format(
            self.width, self.height, self.title, self._frame(), Markup("").join(self.drawn)
        )

    def _frame(self) -> Markup:
        bottom, right = self.height - self.bottom, self.width - self.right
        grid, marks = [], []
        for share, said in self.across.ticks if self.ticks_across else []:
            x = self.left + (right - self.left) * share
            grid.append(f"M{x:.1f} {self.top}V{bottom}")
            marks.append(_text(x, bottom + 15, said, "middle"))
        for share, said in self.up.ticks if self.ticks_up else []:
            y = bottom - (bottom - self.top) * share
            grid.append(f"M{self.left} {y:.1f}H{right}")
            marks.append(_text(self.left - 6, y + 4, said, "end"))
        middle = (bottom + self.top) / 2
        return Markup(
            '<path class="grid" d="{}"/><path class="frame" d="M{} {}V{}H{}"/>{}{}'
            '<text class="label" transform="translate(12 {:.1f}) rotate(-90)" '
            'text-anchor="middle">{}</text>'
        ).format(
            "".join(grid),
            *(self.left, self.top, bottom, right),
            Markup("").join(marks),
            _text((self.left + right) / 2, self.height - 6, self.across_label, "middle", "label"),
            middle,
            self.up_label,
        )

    def _path(self, what: str, path: str, kind: str, said: str) -> None:
        self.drawn.append(
            Markup('<path class="{} {}" d="{}">{}</path>').format(
                what, kind, path, _titled(said) if said else ""
            )
        )


def _titled(said: str) -> Markup:
    return Markup("<title>{}</title>").format(said)


def _text(x: float, y: float, said: str, anchor: str, kind: str = "tick") -> Markup:
    return Markup('<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        kind, x, y, anchor, escape(said)
    )


def _path(points: Sequence[Point]) -> str:
    return "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def _thinned(points: Sequence[Point]) -> list[Point]:
    """The points without those within ``_FLAT`` of the chord (Douglas and Peucker, 1973)."""
    if len(points) < 3:
        return list(points)
    kept = {0, len(points) - 1}
    open_ends = [(0, len(points) - 1)]
    while open_ends:
        first, last = open_ends.pop()
        far, place = _farthest(points, first, last)
        if far > _FLAT:
            kept.add(place)
            open_ends += [(first, place), (place, last)]
    return [points[place] for place in sorted(kept)]


def _farthest(points: Sequence[Point], first: int, last: int) -> tuple[float, int]:
    """How far the farthest point between two lies from the line between them, and its place."""
    (x0, y0), (x1, y1) = points[first], points[last]
    dx, dy = x1 - x0, y1 - y0
    square = dx * dx + dy * dy
    far, place = 0.0, first
    for i in range(first + 1, last):
        x, y = points[i][0] - x0, points[i][1] - y0
        along = min(max((x * dx + y * dy) / square, 0.0), 1.0) if square else 0.0
        off = (x - along * dx) ** 2 + (y - along * dy) ** 2
        if off > far:
            far, place = off, i
    return far**0.5, place
