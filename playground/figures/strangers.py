"""How sure a network is of what it knows, and of strangers; and the strangers themselves."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.image_cards import percent, picture
from playground.figures.images import to_png
from playground.figures.theme import FONT_SIZE, NEUTRAL, ON_DARK, TRAINING, VALIDATION, axis, base_layout

BINS = 20
_HATCHING = {"fillmode": "overlay", "fgcolor": "rgba(255, 255, 255, 0.55)", "size": 7, "solidity": 0.3}


def stranger_figure(
    own: npt.ArrayLike,
    strangers: npt.ArrayLike,
    threshold: float,
    own_title: str,
    stranger_title: str,
    *,
    dark: bool = False,
    height: int = 360,
) -> go.Figure:
    """Two histograms of confidence, one upwards and one downwards, each in percent of its own images; and the threshold.

    Args:
        own, strangers: float (n,) and (m,), fractions.
        threshold: a fraction; what lies left of it is refused.
    """
    edges = np.linspace(0, 100, BINS + 1)
    middles = (edges[:-1] + edges[1:]) / 2
    blue, orange = (ON_DARK[colour] if dark else colour for colour in (TRAINING, VALIDATION))
    figure = go.Figure()
    for values, title, colour, sign, pattern in ((own, own_title, blue, 1, ""), (strangers, stranger_title, orange, -1, "/")):
        sure = 100 * np.asarray(values, dtype=np.float64)
        counts, _ = np.histogram(sure, bins=edges)
        share = 100 * counts / max(1, len(sure))
        words = [
            f"{low:.0f} to {high:.0f} % sure: {n:,} of {len(sure):,} ({part:.1f} %)"
            for low, high, n, part in zip(edges[:-1], edges[1:], counts, share, strict=True)
        ]
        figure.add_bar(
            x=middles, y=sign * share, width=0.9 * 100 / BINS, name=title, hovertext=words,
            marker={"color": colour, "pattern": {"shape": pattern} | _HATCHING},
            hovertemplate="%{hovertext}<extra>%{fullData.name}</extra>",
        )  # fmt: skip
    place = 100 * threshold
    right = place > 50
    figure.add_vline(x=place, line={"color": NEUTRAL, "width": 2.5, "dash": "dash"})
    figure.add_annotation(
        x=place, y=1, yref="paper", yanchor="top", xanchor="right" if right else "left", xshift=-6 if right else 6,
        text=f"← refused below {place:.1f}%" if right else f"answered from {place:.1f}% →",
        showarrow=False, font={"size": FONT_SIZE},
    )  # fmt: skip
    ticks = (-100, -75, -50, -25, 0, 25, 50, 75, 100)
    low, high = (100 * float((np.asarray(values) < threshold).mean()) if np.size(values) else 0.0 for values in (own, strangers))
    figure.update_layout(
        base_layout(
            alt=f"Confidences. Below the threshold of {place:.1f} % lie {low:.1f} % of {own_title} and {high:.1f} % of "
            f"{stranger_title}.",
            height=height,
            dragmode=False,
            barmode="relative",
            margin={"l": 84, "r": 12, "t": 40, "b": 58},
            legend={"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "font": {"size": FONT_SIZE - 1}},
            xaxis=axis("how sure it is", range=[0, 100.5], ticksuffix="%", fixedrange=True),
            yaxis=axis("of its images", fixedrange=True, tickvals=ticks, ticktext=[f"{abs(tick)}%" for tick in ticks]),
        )
    )
    return figure


@dataclass(frozen=True, eq=False)
class StrangerCard:
    """One stranger: its image, uint8 (c, h, w); what it is; what it was read as; how surely, a fraction."""

    image: npt.NDArray[np.uint8]
    symbol: str
    answer: str
    confidence: float
    remark: str = ""


def stranger_cards(cards: Sequence[StrangerCard]) -> str:
    """HTML of all cards, in order; wraps to any width."""
    return f'{_STYLE}<div class="strangers">{"".join(map(_card, cards))}</div>'


def _card(card: StrangerCard) -> str:
    image = card.image[0] if len(card.image) == 1 else np.moveaxis(card.image, 0, -1)
    words = f"{card.symbol} read as {card.answer}, {percent(card.confidence)} sure"
    remark = f"<span>{html.escape(card.remark)}</span>" if card.remark else ""
    return (
        f"<figure>{picture(to_png(image), words)}<figcaption>{html.escape(card.symbol)} read as <b>{html.escape(card.answer)}</b>"
        f"<br>{percent(card.confidence)} sure{remark}</figcaption></figure>"
    )


_STYLE = """<style>
.strangers {display:grid; grid-template-columns:repeat(auto-fill,minmax(118px,1fr)); gap:10px;}
.strangers figure {margin:0; padding:8px; border:1px solid rgba(128,128,128,.35); border-radius:8px; min-width:0;}
.strangers img {width:100%; max-width:112px; display:block; margin:0 auto 6px; image-rendering:pixelated; border-radius:4px;}
.strangers figcaption {font-size:.9rem; line-height:1.3; text-align:center; overflow-wrap:anywhere;}
.strangers figcaption span {display:block; opacity:.75; font-size:.82rem;}
</style>"""
