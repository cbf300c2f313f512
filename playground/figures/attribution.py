"""Which pixels an answer hangs on: a map in colours over the faint image."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.image_cards import picture
from playground.figures.images import Pixels, diverging_pixels, to_png
from playground.figures.theme import DIVERGING, GRID, TICK_FONT_SIZE, axis, base_layout

Floats = npt.NDArray[np.float32]

# One pixel in two hundred may be stronger than the darkest colour, so that a single one does not pale all others.
_QUANTILE = 0.995
_FAINT = 0.42  # of the image below the map


def colour_limit(values: Floats) -> float:
    """The value of the darkest colours: the 99.5 % quantile of |value|; the largest where that is 0, and 1 where all are."""
    magnitudes = np.abs(values)
    return float(np.quantile(magnitudes, _QUANTILE, method="inverted_cdf")) or float(magnitudes.max(initial=0.0)) or 1.0


def faint_image(pixels: npt.ArrayLike) -> Pixels:
    """The image as a faint grey drawing on white, for colours to be laid over it.

    pixels: uint8 (channels, h, w). One channel is taken as white ink on black, and drawn dark on white; three as a photograph,
    which keeps its light and shade. Returns uint8 (h, w).
    """
    channels = np.asarray(pixels, dtype=np.float64)
    darkness = channels[0] if len(channels) == 1 else 255 - channels.mean(axis=0)
    return np.round(255 - _FAINT * darkness).astype(np.uint8)


def blended(values: Floats, pixels: npt.ArrayLike, limit: float) -> Pixels:
    """The map over the image, uint8 (h, w, 3): the image alone where a value is 0, the colour alone (nearly) at the limit."""
    strength = np.clip(np.abs(values) / limit, 0, 1)[..., None] ** 0.6
    below = np.repeat(faint_image(pixels)[..., None], 3, axis=-1).astype(np.float64)
    return np.round(below + (diverging_pixels(values, limit) - below) * 0.95 * strength).astype(np.uint8)


def attribution_figure(
    values: Floats, pixels: npt.ArrayLike, title: str, limit: float | None = None, *, height: int = 430
) -> go.Figure:
    """A signed map (h, w) over the image (channels, h, w), each value told on hovering, with the scale beside it.

    Args:
        title: what is shown, for those who cannot see it.
        limit: the value of the darkest colours; `colour_limit(values)` when None.
    """
    limit = limit or colour_limit(values)
    rows, columns = values.shape
    image = go.Image(
        z=blended(values, pixels, limit),
        customdata=np.asarray(values, dtype=np.float64)[..., None],
        hovertemplate="row %{y}, column %{x}: <b>%{customdata[0]:.4g}</b><extra></extra>",
    )
    # An image has no scale of its own: points that are not there lend theirs.
    scale = go.Scatter(
        x=[None],
        y=[None],
        mode="markers",
        hoverinfo="skip",
        showlegend=False,
        marker={
            "color": [0.0],
            "colorscale": [list(stop) for stop in DIVERGING],
            "cmin": -limit,
            "cmax": limit,
            "showscale": True,
            "colorbar": {"thickness": 14, "tickfont": {"size": TICK_FONT_SIZE}, "outlinewidth": 0, "nticks": 7},
        },
    )
    strongest = int(np.abs(values).argmax())
    row, column = divmod(strongest, columns)
    plain = {"visible": False, "fixedrange": True, "constrain": "domain"}
    layout = base_layout(
        alt=f"{title}. The strongest value, {values[row, column]:.3g}, is at row {row}, column {column}.",
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        dragmode=False,
        shapes=[
            {"type": "rect", "x0": -0.5, "x1": columns - 0.5, "y0": -0.5, "y1": rows - 0.5, "line": {"color": GRID, "width": 2}}
        ],
        xaxis=axis("", **plain, range=[-0.5, columns - 0.5]),
        yaxis=axis("", **plain, range=[rows - 0.5, -0.5], scaleanchor="x"),
    )
    return go.Figure([image, scale], layout)


def attribution_cards(maps: Sequence[tuple[str, Floats]], pixels: npt.ArrayLike) -> str:
    """HTML of several maps (h, w) over the same image, each with its name and on a scale of its own."""
    cards = "".join(
        f"<figure>{picture(to_png(blended(values, pixels, colour_limit(values))), title)}"
        f"<figcaption>{html.escape(title)}</figcaption></figure>"
        for title, values in maps
    )
    return f'{_STYLE}<div class="attributions">{cards}</div>'


_STYLE = """<style>
.attributions {display:grid; grid-template-columns:repeat(auto-fill,minmax(150px,1fr)); gap:12px; max-width:1000px;}
.attributions figure {margin:0; text-align:center; min-width:0;}
.attributions img {width:100%; image-rendering:pixelated; border-radius:4px; border:1px solid rgba(128,128,128,.4);}
.attributions figcaption {font-size:.95rem; line-height:1.3;}
</style>"""
