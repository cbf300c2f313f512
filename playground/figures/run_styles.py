"""How runs are told apart wherever several of them are drawn: a letter, a colour, a symbol and a dash pattern."""

from __future__ import annotations

import html
from dataclasses import dataclass

# Okabe and Ito's colours (2008), lighter where the page is dark; yellow and black are replaced, because a light and a dark
# page swallow them.
_COLOURS: tuple[tuple[str, str], ...] = (
    ("#0072B2", "#3E9FE0"),
    ("#D55E00", "#F0843C"),
    ("#009E73", "#23BF94"),
    ("#CC79A7", "#DE97BF"),
    ("#E69F00", "#F0B429"),
    ("#56B4E9", "#A5DBFA"),
    ("#9A8C00", "#E5D630"),
    ("#6B6B6B", "#ABABAB"),
)
_SYMBOLS = ("circle", "diamond", "square", "triangle-up", "triangle-down", "cross", "x", "star")
_DASHES = ("solid", "dash", "dot")
_BORDERS = {"solid": "solid", "dash": "dashed", "dot": "dotted"}
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWX"


@dataclass(frozen=True)
class RunStyle:
    """The look of one run. Within a comparison no two are alike, nor do two share a letter."""

    letter: str
    colour: str
    on_dark: str
    symbol: str
    dash: str

    def swatch(self, dark: bool = False) -> str:
        """A piece of the curve as HTML, for a legend."""
        colour = html.escape(self.on_dark if dark else self.colour)
        look = "display:inline-block;width:28px;height:0;vertical-align:middle;margin-right:8px"
        return f'<span style="{look};border-top:4px {_BORDERS[self.dash]} {colour}"></span>'


def run_style(index: int) -> RunStyle:
    """The look of the run at this place, from 0 to 23; past eight runs the colours come again with another dash pattern."""
    if not 0 <= index < len(LETTERS):
        raise ValueError(f"there are looks for {len(LETTERS)} runs, not for number {index}")
    colour, on_dark = _COLOURS[index % len(_COLOURS)]
    return RunStyle(LETTERS[index], colour, on_dark, _SYMBOLS[index % len(_SYMBOLS)], _DASHES[index // len(_COLOURS)])
