"""Numbers in coloured squares, as HTML: a window, a kernel and their products, which change at every move of a slider.

Blue is above 0, orange below, white 0. Each grid is a table, so that it can be read aloud.
"""

from __future__ import annotations

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from playground.figures.images import diverging_pixels
from playground.figures.theme import CORRECT, VALIDATION

MOST_DECIMALS = 5
_DARK_INK, _LIGHT_INK = "#111111", "#FFFFFF"


@dataclass(frozen=True, eq=False)
class NumberGrid:
    """One grid.

    Attributes:
        title: above it.
        values: float (rows, columns).
        sign: between the grid before and this one, such as "×".
        outside: bool (rows, columns): places beyond the image's edge, drawn hatched; None for none.
        marked: bool (rows, columns): places with a thick frame; None for none.
        limit: the number of the darkest colours; the grid's own largest one when None.
    """

    title: str
    values: npt.NDArray[np.float64]
    sign: str = ""
    outside: npt.NDArray[np.bool_] | None = None
    marked: npt.NDArray[np.bool_] | None = None
    limit: float | None = None


def number_grids(grids: Sequence[NumberGrid]) -> str:
    """HTML of grids in a row, which wraps on a narrow page."""
    parts = []
    for grid in grids:
        sign = f'<span class="grid-sign">{html.escape(grid.sign)}</span>' if grid.sign else ""
        parts.append(f'<div class="grid-part">{sign}{_grid(grid)}</div>')
    return f'{_STYLE}<div class="number-grids">{"".join(parts)}</div>'


def tick(agrees: bool, words: str) -> str:
    """A line with a check mark, or a cross."""
    mark = '<b class="tick-right">✓</b>' if agrees else '<b class="tick-wrong">✗</b>'
    return f'{_STYLE}<div class="tick" role="status">{mark} {html.escape(words)}</div>'


def shown(value: float, decimals: int) -> str:
    """A number with a true minus sign; "no number" where it is none."""
    if not math.isfinite(value):
        return "no number"
    text = f"{value:.{decimals}f}"
    if float(text) == 0:
        return "0" if value == 0 else text.lstrip("-")
    return text.replace("-", "−")


def decimals_for(values: npt.ArrayLike) -> int:
    """Decimals that show three digits of the largest number."""
    numbers = np.abs(np.asarray(values, dtype=np.float64))
    largest = float(numbers[np.isfinite(numbers)].max(initial=0.0))
    return int(np.clip(2 - math.floor(math.log10(largest)), 0, MOST_DECIMALS)) if largest > 0 else 1


def _grid(grid: NumberGrid) -> str:
    rows, columns = grid.values.shape
    colours = diverging_pixels(grid.values, grid.limit)
    decimals = decimals_for(grid.values)
    size = "large" if columns <= 4 else "medium" if columns <= 6 else "small"
    lines = []
    for row in range(rows):
        cells = []
        for column in range(columns):
            value = float(grid.values[row, column])
            kinds = [
                name
                for name, mask in (("outside", grid.outside), ("marked", grid.marked))
                if mask is not None and mask[row, column]
            ]
            style = f"background:rgb({','.join(str(part) for part in colours[row, column])});color:{_ink(colours[row, column])}"
            said = f"{value:.6g}" + (" (beyond the edge)" if "outside" in kinds else "")
            cells.append(f'<td class="{" ".join(kinds)}" style="{style}" title="{said}">{shown(value, decimals)}</td>')
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return f'<table class="number-grid {size}"><caption>{html.escape(grid.title)}</caption>{"".join(lines)}</table>'


def _ink(colour: npt.NDArray[np.uint8]) -> str:
    red, green, blue = (float(part) for part in colour)
    return _DARK_INK if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else _LIGHT_INK


_STYLE = f"""<style>
.number-grids {{display:flex; flex-wrap:wrap; gap:10px 14px; align-items:center;}}
.grid-part {{display:flex; align-items:center; gap:14px; max-width:100%; overflow-x:auto;}}
.grid-sign {{font-size:1.9rem; font-weight:600;}}
.number-grid {{border-collapse:separate; border-spacing:2px; font-variant-numeric:tabular-nums; margin:0;}}
.number-grid caption {{font-size:.92rem; padding-bottom:3px; caption-side:top; color:inherit; text-align:left;}}
.number-grid td {{text-align:center; border-radius:4px; border:1px solid rgba(128,128,128,.4); padding:0;}}
.number-grid.large td {{min-width:66px; height:44px; font-size:1.08rem;}}
.number-grid.medium td {{min-width:54px; height:36px; font-size:.92rem;}}
.number-grid.small td {{min-width:38px; height:26px; font-size:.68rem;}}
.number-grid td.outside {{border:2px dashed #808080;}}
.number-grid td.marked {{border:3px solid {CORRECT}; font-weight:700;}}
.tick {{font-size:1.05rem; line-height:1.5;}}
.tick-right {{color:{CORRECT}; font-size:1.2em;}} .tick-wrong {{color:{VALIDATION}; font-size:1.2em;}}
@media (max-width: 640px) {{.number-grid.large td {{min-width:54px;}} .number-grid.medium td {{min-width:44px; font-size:.8rem;}}
.number-grid.small td {{min-width:27px; font-size:.55rem;}}}}
</style>"""
