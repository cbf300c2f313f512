"""Real images as small cards, with a line or two below each and, where asked for, a frame around a part of them."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from playground.figures.image_cards import picture
from playground.figures.images import to_png
from playground.figures.theme import CORRECT, ON_DARK, TRAINING, VALIDATION

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class PictureCard:
    """One image and what stands below it.

    Attributes:
        image: uint8 (c, h, w) with 1 or 3 channels; any other number shows the first.
        title: the line in bold, such as its class.
        note: the line below it, such as a distance.
        right: a tick or a cross before the title; None for neither.
        box: (top, left, bottom, right) in pixels, the last two not included: a frame around that part.
    """

    image: Pixels
    title: str
    note: str = ""
    right: bool | None = None
    box: tuple[int, int, int, int] | None = None


def picture_cards(cards: Sequence[PictureCard], pixels: int = 96) -> str:
    """HTML of all cards in order, each at least `pixels` wide; wraps to any width."""
    columns = f"grid-template-columns:repeat(auto-fill,minmax({pixels}px,1fr))"
    return f'{_STYLE}<div class="shots" style="{columns}">{"".join(_card(card) for card in cards)}</div>'


def three_digits(value: float) -> str:
    """Such as "0.0312", "6.00", "16.5", "2,140": as many digits as can be compared at a glance."""
    return f"{value:,.0f}" if 999.5 <= abs(value) < 1e15 else f"{value:#.3g}".rstrip(".")


def plain_pixels(image: Pixels) -> Pixels:
    """uint8 (c, h, w) -> (h, w) grey or (h, w, 3) colour, as PNG files have it."""
    return np.moveaxis(image, 0, -1) if len(image) == 3 else image[0]


def vote_bars(votes: Sequence[tuple[str, int]], total: int, chosen: str) -> str:
    """One bar a class that has votes, `chosen` coloured: "7 ▇▇▇▇▇ 8 of 9"."""
    rows = "".join(
        f'<div class="vote{" vote-top" if name == chosen else ""}"><b>{html.escape(name)}</b>'
        f'<span class="vote-track"><span style="width:{100 * count / max(1, total):.1f}%"></span></span>'
        f"<span>{count} of {total}</span></div>"
        for name, count in votes
    )
    words = ", ".join(f"{name} {count}" for name, count in votes)
    return f'{_STYLE}<div class="votes" role="img" aria-label="Votes: {html.escape(words, quote=True)}">{rows}</div>'


def _card(card: PictureCard) -> str:
    where = ""
    frame = ""
    if card.box is not None:
        height, width = card.image.shape[1:]
        top, left, bottom, right = card.box
        where = f", framed: rows {top + 1} to {bottom}, columns {left + 1} to {right}"
        frame = (
            f'<span class="shot-frame" style="top:{100 * top / height:.2f}%;left:{100 * left / width:.2f}%;'
            f'height:{100 * (bottom - top) / height:.2f}%;width:{100 * (right - left) / width:.2f}%"></span>'
        )
    mark = {True: '<b class="shot-right">✓</b> ', False: '<b class="shot-wrong">✗</b> ', None: ""}[card.right]
    shown = picture(to_png(plain_pixels(card.image)), f"{card.title}, {card.note}{where}".strip(", "))
    return (
        f'<figure class="shot"><div class="shot-picture">{shown}{frame}</div>'
        f"<figcaption><div>{mark}<b>{html.escape(card.title)}</b></div><div>{html.escape(card.note)}</div></figcaption></figure>"
    )


_STYLE = f"""<style>
.shots {{display:grid; gap:10px;}}
.shot {{margin:0; min-width:0; text-align:center; max-width:190px;}}
.shot-picture {{position:relative; line-height:0;}}
.shot-picture img {{width:100%; image-rendering:pixelated; border-radius:4px; outline:1px solid rgba(128,128,128,.45);}}
.shot-frame {{position:absolute; box-sizing:border-box; border:2px solid {ON_DARK[VALIDATION]}; border-radius:2px;
  box-shadow:0 0 0 1px rgba(0,0,0,.6);}}
.shot figcaption {{font-size:.88rem; line-height:1.3; margin-top:3px; font-variant-numeric:tabular-nums; overflow-wrap:anywhere;}}
.shot-right {{color:{CORRECT};}} .shot-wrong {{color:{VALIDATION};}}
.votes {{display:grid; gap:4px; max-width:420px;}}
.vote {{display:flex; gap:8px; align-items:center; font-variant-numeric:tabular-nums;}}
.vote b {{min-width:2.2em; max-width:45%; text-align:right; overflow:hidden; text-overflow:ellipsis; white-space:nowrap;}}
.vote-track {{flex:1 1 40px; height:14px; border-radius:3px; background:rgba(128,128,128,.18); overflow:hidden;}}
.vote-track span {{display:block; height:100%; background:#808080;}}
.vote-top .vote-track span {{background:{TRAINING}; background:light-dark({TRAINING},{ON_DARK[TRAINING]});}}
</style>"""
