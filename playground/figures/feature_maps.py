"""What the layers make of an image: a strip of small pictures for each layer, and one of them enlarged.

Blue is positive, orange negative, white is 0: the same on every strip, so that a glance down the page compares layers.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.image_cards import picture
from playground.figures.images import diverging_pixels, to_png
from playground.figures.theme import DIVERGING, FONT_SIZE, TICK_FONT_SIZE, axis, base_layout

Floats = npt.NDArray[np.float32]

# Up to so many neurons stand as bars side by side; more become a picture with one square for each.
BARS = 32
MOST_NUMBERED = 16  # small bars with a number under each
LETTERS_BELOW = 60  # names with more letters together stand beside lying bars
SQUARES_IN_A_ROW = 64
POSITIVE, NEGATIVE = DIVERGING[3][1], DIVERGING[1][1]
_SMALL_MAP = 9  # up to this side, the numbers themselves fit into an enlarged map


@dataclass(frozen=True, eq=False)
class Strip:
    """One layer's outputs, to be drawn in a row.

    Attributes:
        pick: what a click on it tells: "pick:3" for its map 3, or "pick:" for a layer without maps.
        title: such as "2. Conv 16 @ 3×3".
        about: smaller words beside it: the shape, the range.
        values: float32 (maps, height, width) or (neurons,); those that are to be drawn.
        limit: the value of the darkest colours; None to give each map its own.
        names: of the neurons, such as the classes of the last layer; their numbers when empty.
    """

    pick: str
    title: str
    about: str
    values: Floats
    limit: float | None
    names: tuple[str, ...] = ()


def colour_limit(values: npt.ArrayLike) -> float:
    """The greatest finite magnitude, and 1 when all values are 0 or none is a number."""
    numbers = np.abs(np.asarray(values, dtype=np.float64))
    return float(numbers[np.isfinite(numbers)].max(initial=0.0)) or 1.0


def strips_html(strips: Sequence[Strip]) -> str:
    """HTML of all layers, from the input down; every picture is a button with a `data-pick`."""
    return f'{_STYLE}<div class="layer-strips">{"".join(_strip(strip) for strip in strips)}</div>'


def map_figure(values: Floats, title: str, limit: float | None = None, *, height: int = 400) -> go.Figure:
    """One feature map (h, w) enlarged, each value told on hovering, and written in its square where there is room."""
    limit = limit or colour_limit(values)
    rows, columns = values.shape
    heat = go.Heatmap(
        z=np.asarray(values, dtype=np.float64),
        colorscale=[list(stop) for stop in DIVERGING],
        zmin=-limit,
        zmax=limit,
        hovertemplate="row %{y}, column %{x}: <b>%{z:.4g}</b><extra></extra>",
        hoverongaps=False,
        texttemplate="%{z:.2f}" if max(rows, columns) <= _SMALL_MAP else None,
        textfont={"size": 12},
        colorbar={"thickness": 14, "tickfont": {"size": TICK_FONT_SIZE}, "len": 1.0, "outlinewidth": 0},
    )
    plain = {"showgrid": False, "zeroline": False, "fixedrange": True, "constrain": "domain", "nticks": 6}
    layout = base_layout(
        alt=f"{title}: {rows} by {columns} values{_range_words(values)}.",
        height=height,
        margin={"l": 36, "r": 8, "t": 8, "b": 32},
        dragmode=False,
        xaxis=axis("", **plain),
        yaxis=axis("", **plain, autorange="reversed", scaleanchor="x"),
    )
    return go.Figure([heat], layout)


def neurons_figure(
    values: Floats, title: str, names: Sequence[str] = (), limit: float | None = None, *, height: int = 400
) -> go.Figure:
    """A list of neurons (n,): bars for a few, a square for each for many; the value of each is told on hovering."""
    if len(values) > 4 * BARS and not names:
        return _squares_figure(values, title, limit or colour_limit(values), height)
    labels = list(names) or [str(number) for number in range(1, len(values) + 1)]
    colours = [POSITIVE if value >= 0 else NEGATIVE for value in values.tolist()]
    bars = go.Bar(
        x=np.arange(len(values)),
        y=np.nan_to_num(np.asarray(values, dtype=np.float64)),
        marker={"color": colours, "line": {"width": 0}},
        hovertext=[f"{html.escape(label)}: <b>{value:.4g}</b>" for label, value in zip(labels, values.tolist(), strict=True)],
        hoverinfo="text",
    )
    if sum(map(len, names)) > LETTERS_BELOW:
        return _lying(bars, labels, values, title, height)
    ticks: dict[str, Any] = {"showgrid": False, "fixedrange": True}
    if len(labels) <= BARS:
        ticks |= {"tickvals": np.arange(len(labels)), "ticktext": labels, "automargin": True}
    layout = base_layout(
        alt=f"{title}: {len(values)} values{_range_words(values)}.",
        height=height,
        margin={"l": 56, "r": 8, "t": 8, "b": 40},
        bargap=0.2,
        dragmode=False,
        xaxis=axis("" if names else "neuron", **ticks),
        yaxis=axis("", fixedrange=True, zerolinewidth=2),
    )
    return go.Figure([bars], layout)


def _lying(bars: go.Bar, labels: Sequence[str], values: Floats, title: str, height: int) -> go.Figure:
    """The same bars from top to bottom: long names are read beside them, whole and level."""
    bars.update(x=bars.y, y=np.arange(len(values)), orientation="h")
    named = {"tickvals": np.arange(len(labels)), "ticktext": labels, "automargin": True, "range": [len(labels) - 0.5, -0.5]}
    layout = base_layout(
        alt=f"{title}: {len(values)} values{_range_words(values)}.",
        height=max(height, 60 + 22 * len(labels)),
        margin={"l": 8, "r": 12, "t": 8, "b": 40},
        bargap=0.2,
        dragmode=False,
        xaxis=axis("", fixedrange=True, zerolinewidth=2, nticks=5),
        yaxis=axis("", showgrid=False, zeroline=False, fixedrange=True, **named),
    )
    return go.Figure([bars], layout)


def squares(values: Floats) -> Floats:
    """A list of neurons as rows of 64 squares (128 for more than 512), (rows, 64); the places after the last one are NaN."""
    width = min(SQUARES_IN_A_ROW if len(values) <= 512 else 2 * SQUARES_IN_A_ROW, len(values))
    rows = -(-len(values) // width)
    grid = np.full(rows * width, np.nan, dtype=np.float32)
    grid[: len(values)] = values
    return grid.reshape(rows, width)


def _squares_figure(values: Floats, title: str, limit: float, height: int) -> go.Figure:
    grid = squares(values)
    heat = go.Heatmap(
        z=grid.astype(np.float64),
        customdata=np.arange(1, grid.size + 1).reshape(grid.shape),
        colorscale=[list(stop) for stop in DIVERGING],
        zmin=-limit,
        zmax=limit,
        xgap=0.5,
        ygap=0.5,
        hoverongaps=False,
        hovertemplate="neuron %{customdata}: <b>%{z:.4g}</b><extra></extra>",
        colorbar={"thickness": 14, "tickfont": {"size": TICK_FONT_SIZE}, "outlinewidth": 0},
    )
    hidden = {"visible": False, "fixedrange": True}
    layout = base_layout(
        alt=f"{title}: {len(values)} values{_range_words(values)}.",
        height=max(140, min(height, 60 + 12 * len(grid))),
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        dragmode=False,
        xaxis=axis("", **hidden),
        yaxis=axis("", **hidden, autorange="reversed"),
    )
    return go.Figure([heat], layout)


def _range_words(values: Floats) -> str:
    finite = values[np.isfinite(values)]
    return f" from {finite.min():.3g} to {finite.max():.3g}" if len(finite) else ", none of them a number"


def _strip(strip: Strip) -> str:
    head = f'<div class="strip-head"><b>{html.escape(strip.title)}</b> <span>{html.escape(strip.about)}</span></div>'
    if strip.values.ndim == 3:
        body = "".join(_map_button(strip, index) for index in range(len(strip.values)))
        size = "wide" if max(strip.values.shape[1:]) > 10 else "narrow"
        return f'<section>{head}<div class="maps {size}">{body}</div></section>'
    words = html.escape(f"{strip.title}, enlarge", quote=True)
    inside = _bars(strip) if len(strip.values) <= BARS else _heat(strip)
    return f'<section>{head}<button class="neurons" data-pick="{strip.pick}" aria-label="{words}">{inside}</button></section>'


def _map_button(strip: Strip, index: int) -> str:
    png = to_png(diverging_pixels(strip.values[index], strip.limit))
    return f'<button data-pick="{strip.pick}{index}">{picture(png, f"{strip.title}, map {index + 1}")}</button>'


def _heat(strip: Strip) -> str:
    grid = squares(strip.values)
    png = to_png(diverging_pixels(grid, strip.limit))
    return f'<div class="heat" style="height:{max(22, 9 * len(grid))}px">{picture(png, strip.title)}</div>'


def _bars(strip: Strip) -> str:
    """Bars up and down from a line at 0."""
    values = np.nan_to_num(strip.values.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    size = (high - low) or 1.0
    labels = strip.names or tuple(str(number) for number in range(1, len(values) + 1))
    cells = []
    for number, (value, label) in enumerate(zip(values.tolist(), labels, strict=True), 1):
        # Of many numbers every fifth is written: on a phone there is no room for all.
        is_told = bool(strip.names) or len(values) <= MOST_NUMBERED or number == 1 or number % 5 == 0
        top, length = 100 * (high - max(value, 0.0)) / size, 100 * abs(value) / size
        colour = POSITIVE if value >= 0 else NEGATIVE
        name = html.escape(label, quote=True)
        cells.append(
            f'<span class="cell" title="{name}: {value:.4g}"><span class="track"><span style="top:{top:.1f}%;'
            f'height:{length:.1f}%;background:{colour}"></span><i style="top:{100 * high / size:.1f}%"></i></span>'
            f'<span class="label{"" if strip.names else " number"}">{name if is_told else "&nbsp;"}</span></span>'
        )
    return f'<span class="columns">{"".join(cells)}</span>'


_STYLE = f"""<style>
.layer-strips section {{margin:0 0 14px;}}
.strip-head {{font-size:1rem; line-height:1.35; margin-bottom:4px;}}
.strip-head span {{opacity:.78; font-size:.9rem;}}
.maps {{display:flex; flex-wrap:wrap; gap:5px;}}
.maps button {{width:56px; height:56px; border-radius:3px; line-height:0;}}
.maps.narrow button {{width:44px; height:44px;}}
.maps img {{width:100%; height:100%; image-rendering:pixelated; border-radius:3px; border:1px solid rgba(128,128,128,.4);}}
.layer-strips button.neurons {{display:block; width:100%; border-radius:4px; text-align:left;}}
.heat {{max-width:720px;}}
.heat img {{width:100%; height:100%; image-rendering:pixelated; border-radius:3px; border:1px solid rgba(128,128,128,.4);}}
.columns {{display:flex; gap:3px; max-width:720px;}}
.columns .cell {{flex:1 1 0; min-width:0; text-align:center;}}
.columns .track {{display:block; position:relative; height:60px; background:rgba(128,128,128,.14); border-radius:2px;}}
.columns .track span {{position:absolute; left:12%; right:12%; border-radius:1px;}}
.columns .track i {{position:absolute; left:0; right:0; height:1px; background:rgba(128,128,128,.8);}}
.columns .label {{display:block; font-size:.78rem; line-height:1.3; overflow:hidden; text-overflow:ellipsis; white-space:nowrap;}}
.columns .number {{overflow:visible; text-overflow:clip;}}
@media (max-width: 640px) {{.maps button {{width:46px; height:46px;}} .columns {{gap:2px;}}
  .columns .label {{font-size:{max(11, FONT_SIZE - 5)}px;}}}}
</style>"""
