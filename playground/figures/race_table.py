"""Who races, as a legend, and how the race ended, as a table; both in HTML, which wraps where a figure's own would not."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from playground.figures.theme import NEUTRAL, class_colour

_SMALL = 0.0001
# Plotly's name of a mark -> its corners in a box of 100 by 100; none for a circle.
SYMBOLS: dict[str, str] = {
    "circle": "",
    "square": "8 8,92 8,92 92,8 92",
    "diamond": "50 0,100 50,50 100,0 50",
    "triangle-up": "50 6,100 92,0 92",
    "pentagon": "50 0,98 36,79 95,21 95,2 36",
    "star": "50 0,62 35,98 35,69 57,79 92,50 71,21 92,31 57,2 35,38 35",
    "hexagon": "50 0,94 25,94 75,50 100,6 75,6 25",
    "triangle-down": "0 8,100 8,50 94",
    "cross": "33 2,67 2,67 33,98 33,98 67,67 67,67 98,33 98,33 67,2 67,2 33,33 33",
    "hourglass": "5 4,95 4,5 96,95 96",
}
_START = "20 4,50 34,80 4,96 20,66 50,96 80,80 96,50 66,20 96,4 80,34 50,4 20"
_STYLE = """<style>
.race {overflow-x:auto; max-width:100%;}
.race table {border-collapse:collapse; font-variant-numeric:tabular-nums; font-size:1rem; color:inherit; width:100%;}
.race th, .race td {padding:4px 8px 4px 0; text-align:right; border:0; border-bottom:1px solid rgba(128,128,128,.25);
  font-weight:400;}
.race th:first-child {text-align:left;}
.race thead th {font-size:.84rem; opacity:.8; vertical-align:bottom; line-height:1.2;}
.race i {display:inline-block; width:14px; height:14px; margin-right:8px; flex:none;}
.race ul {display:flex; flex-wrap:wrap; gap:2px 18px; list-style:none; margin:0; padding:0;}
.race li {display:flex; align-items:center; margin:0; padding:0; font-size:.95rem;}
.race .first th, .race .first td {font-weight:700;}
</style>"""


@dataclass(frozen=True)
class Result:
    """How one ball ended.

    Attributes:
        number: its colour's.
        height: of its last place, or of the last one before it flew away.
        distance: from there to the minimum.
        arrived: the step from which on it stayed near; None: not yet.
        flew_away: after which step; None: it did not.
    """

    name: str
    number: int
    height: float
    distance: float
    arrived: int | None
    flew_away: int | None


def race_legend(racers: Sequence[tuple[str, int]]) -> str:
    """The marks on the map: of each racer, given as its name and its colour's number, of the minimum and of the start."""
    marks = [(_mark(number), name) for name, number in racers]
    marks += [(_cut("#E0B000", SYMBOLS["star"]), "lowest place"), (_cut(NEUTRAL, _START), "start")]
    return f'{_STYLE}<div class="race"><ul>{"".join(f"<li>{mark}{html.escape(name)}</li>" for mark, name in marks)}</ul></div>'


def race_table(results: Sequence[Result], steps: int) -> str:
    """One row a ball, as they are given: the best one first."""
    heads = ("optimizer", "arrived at step", f"height after {steps:,} steps", "distance to the minimum")
    head = "".join(f"<th>{html.escape(one)}</th>" for one in heads)
    body = "".join(_row(result, index == 0 and result.arrived is not None) for index, result in enumerate(results))
    return f'{_STYLE}<div class="race"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _row(result: Result, first: bool) -> str:
    dot = _mark(result.number)
    if result.flew_away is not None:
        told = f'<td colspan="3">flew away at step {result.flew_away:,}</td>'
    else:
        arrived = "not yet" if result.arrived is None else f"{result.arrived:,}"
        told = "".join(f"<td>{cell}</td>" for cell in (arrived, _number(result.height), _number(result.distance)))
    return f'<tr class="{"first" if first else ""}"><th>{dot}{html.escape(result.name)}</th>{told}</tr>'


def _mark(number: int) -> str:
    """A ball's, as on the map."""
    return _cut(class_colour(number), list(SYMBOLS.values())[number % len(SYMBOLS)])


def _cut(colour: str, corners: str) -> str:
    places = ",".join(_percent(corner) for corner in corners.split(",") if corner)
    shape = f"clip-path:polygon({places})" if places else "border-radius:50%"
    return f'<i style="background:{colour};{shape}"></i>'


def _percent(corner: str) -> str:
    x, y = corner.split()
    return f"{x}% {y}%"


def _number(value: float) -> str:
    """Three digits; what is smaller than anybody cares for is told as that."""
    return f"{value:.3g}".replace("-", "−") if abs(value) >= _SMALL or value == 0 else f"&lt; {_SMALL:g}"
