"""What changes a network's mind: the image, the change and the result side by side, and the way there."""

from __future__ import annotations

import html

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.image_cards import picture
from playground.figures.images import diverging_pixels, to_png
from playground.figures.neighbours import plain_pixels
from playground.figures.theme import NEUTRAL, TRAINING, VALIDATION, axis, base_layout

CHANNELS = ("red", "green", "blue")


def change_pictures(
    before: npt.NDArray[np.uint8], after: npt.NDArray[np.uint8], limit: float, said_before: str, said_after: str
) -> str:
    """HTML: the image + the change = the result. White is no change; the darkest blue is brighter by `limit`, orange darker.

    Args:
        before, after: uint8 (c, h, w).
        limit: the change of the darkest colour, in grey levels of 255.
        said_before, said_after: what the network says to each.
    """
    difference = after.astype(np.float64) - before
    factor = 255 / limit if limit else 1.0
    channels = "" if len(before) == 1 else f" ({', '.join(CHANNELS[: len(before)])})"
    change = diverging_pixels(np.concatenate(list(difference), axis=1), limit)
    cells = (
        _cell(to_png(plain_pixels(before)), "the image", said_before),
        '<span class="mind-sign">+</span>',
        _cell(to_png(change), f"the change{channels}", f"drawn {factor:,.3g} times as strong"),
        '<span class="mind-sign">=</span>',
        _cell(to_png(plain_pixels(after)), "the result", said_after),
    )
    return f'{_STYLE}<div class="mind">{"".join(cells)}</div>'


def _cell(png: bytes, title: str, note: str) -> str:
    return (
        f"<figure>{picture(png, f'{title}: {note}')}<figcaption><b>{html.escape(title[:1].upper() + title[1:])}</b><br>"
        f"{html.escape(note)}</figcaption></figure>"
    )


_STYLE = """<style>
.mind {display:flex; gap:10px; align-items:flex-start; flex-wrap:wrap;}
.mind figure {margin:0; flex:1 1 110px; max-width:200px; min-width:88px; text-align:center;}
.mind img {width:100%; image-rendering:pixelated; border-radius:4px; outline:1px solid rgba(128,128,128,.45);}
.mind figcaption {font-size:.9rem; line-height:1.35; margin-top:4px;}
.mind-sign {font-size:1.8rem; align-self:center; margin-bottom:3.2rem; opacity:.7;}
@media (max-width: 640px) {.mind {gap:5px; flex-wrap:nowrap;} .mind figure {min-width:0; flex-basis:0;}
  .mind-sign {font-size:1.2rem;}}
</style>"""


def way_figure(
    epsilons: npt.ArrayLike,
    target_shares: npt.ArrayLike,
    answer_shares: npt.ArrayLike,
    names: tuple[str, str],
    found: tuple[float | None, float | None],
    height: int = 300,
) -> go.Figure:
    """Both classes' probabilities as one step in the best direction grows, and marks where each method first succeeded.

    Args:
        epsilons: float (m,), the largest change of a pixel; white is 1.
        target_shares, answer_shares: float (m,) in [0, 1].
        names: of the wanted class and of the first answer.
        found: the smallest change that one step and many steps need; None where there is none.
    """
    x = 255 * np.asarray(epsilons, dtype=np.float64)
    one, many = found
    words = [
        f"{name}: {255 * value:.3g} grey levels" for name, value in zip(("one step", "many steps"), found, strict=True) if value
    ]
    alt = f"As every pixel changes more, “{names[1]}” becomes less likely than “{names[0]}”; " + (
        "; ".join(words) if words else "no strength is enough"
    )
    figure = go.Figure()
    lines = ((names[1], answer_shares, VALIDATION, "dash"), (names[0], target_shares, TRAINING, "solid"))
    for name, shares, colour, dash in lines:
        figure.add_scatter(
            x=x,
            y=100 * np.asarray(shares, dtype=np.float64),
            mode="lines",
            name=f"“{name}”",
            line={"color": colour, "width": 3, "dash": dash},
            hovertemplate="%{y:.3g} %",
        )
    marks = [255 * value for value in found if value is not None]
    furthest = float(x[-1]) if len(x) else 1.0
    if len(marks) == len(found):  # what comes long after both is of no interest
        furthest = min(furthest, 1.6 * max(marks))
    furthest = max([furthest, *marks])
    # The words stand above the curves, each on its own side of its line; the legend is higher still.
    many_first = many is not None and (one is None or many <= one)
    for label, value, first, dash in (("one step", one, not many_first, "dot"), ("many steps", many, many_first, "dashdot")):
        if value is not None:
            left = first and 255 * value > 0.3 * furthest
            figure.add_vline(
                x=255 * value,
                line={"color": NEUTRAL, "dash": dash, "width": 2},
                annotation={"text": label, "y": 1.0, "yanchor": "bottom", "xanchor": "right" if left else "left"},
            )
    figure.update_layout(
        base_layout(
            alt=alt,
            height=height,
            hovermode="x unified",
            margin={"l": 64, "r": 16, "t": 60, "b": 56},
            legend={"orientation": "h", "y": 1.15, "yanchor": "bottom", "x": 0},
            xaxis=axis("largest change of a pixel, in grey levels of 255", fixedrange=True, range=[0, 1.03 * furthest or 1.0]),
            yaxis=axis("probability", fixedrange=True, range=[-2, 104], ticksuffix=" %"),
        )
    )
    return figure
