"""How a race ended, as an HTML table."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

from playground.figures.theme import class_colour

_SMALL = 0.0001
_STYLE = """<style>
.race {overflow-x:auto; max-width:100%;}
.race table {border-collapse:collapse; font-variant-numeric:tabular-nums; font-size:1rem; color:inherit; width:100%;}
.race th, .race td {padding:4px 8px 4px 0; text-align:right; border:0; border-bottom:1px solid rgba(128,128,128,.25);
  font-weight:400;}
.race th:first-child {text-align:left;}
.race thead th {font-size:.84rem; opacity:.8; vertical-align:bottom; line-height:1.2;}
.race i {display:inline-block; width:12px; height:12px; border-radius:50%; margin-right:8px;}
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


def race_table(results: Sequence[Result], steps: int) -> str:
    """One row a ball, as they are given: the best one first."""
    heads = ("optimizer", "arrived at step", f"height after {steps:,} steps", "distance to the minimum")
    head = "".join(f"<th>{html.escape(one)}</th>" for one in heads)
    body = "".join(_row(result, index == 0 and result.arrived is not None) for index, result in enumerate(results))
    return f'{_STYLE}<div class="race"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _row(result: Result, first: bool) -> str:
    dot = f'<i style="background:{class_colour(result.number)}"></i>'
    if result.flew_away is not None:
        told = f'<td colspan="3">flew away at step {result.flew_away:,}</td>'
    else:
        arrived = "not yet" if result.arrived is None else f"{result.arrived:,}"
        told = "".join(f"<td>{cell}</td>" for cell in (arrived, _number(result.height), _number(result.distance)))
    return f'<tr class="{"first" if first else ""}"><th>{dot}{html.escape(result.name)}</th>{told}</tr>'


def _number(value: float) -> str:
    """Three digits; what is smaller than anybody cares for is told as that."""
    return f"{value:.3g}".replace("-", "−") if abs(value) >= _SMALL or value == 0 else f"&lt; {_SMALL:g}"
