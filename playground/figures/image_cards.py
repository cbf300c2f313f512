"""Images as cards: the picture, its caption, and the likeliest classes as small bars. Wraps to any width."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from playground.figures.images import to_png
from playground.figures.theme import CORRECT, NEUTRAL, VALIDATION

BARS = 3
NO_BREAK = "\u00a0"


@dataclass(frozen=True, eq=False)
class ImageCard:
    """One image and what the network says about it.

    Attributes:
        image: uint8 (c, h, w) with 1 or 3 channels.
        true, predicted: class indices, from 0.
        probabilities: float (k,), adding up to 1.
    """

    image: npt.NDArray[np.uint8]
    true: int
    predicted: int
    probabilities: npt.NDArray[np.float32]

    def caption(self, class_names: Sequence[str]) -> str:
        """Such as "5 read as 3 · 87 %"."""
        return f"{class_names[self.true]} read as {class_names[self.predicted]} · {percent(self.probabilities[self.predicted])}"


def percent(share: float) -> str:
    """A share in whole percent; never "100 %" or "0 %" for what is only nearly so."""
    if not np.isfinite(share):
        return "no number"
    if 0.995 <= share < 0.9995:
        words = f"{100 * share:.1f}"
    elif 0.9995 <= share < 1:
        words = "> 99.9"
    else:
        words = f"{100 * share:.0f}" if share >= 0.005 or share == 0 else "< 1"
    return words.replace(" ", NO_BREAK) + NO_BREAK + "%"


def image_cards(cards: Sequence[ImageCard], class_names: Sequence[str]) -> str:
    """HTML of all cards, in order."""
    return f'{_STYLE}<div class="cards">{"".join(_card(card, class_names) for card in cards)}</div>'


def picture(png: bytes, words: str) -> str:
    """An `<img>` that holds the PNG itself, with `words` for those who cannot see it."""
    said = html.escape(words, quote=True)
    return f'<img src="data:image/png;base64,{base64.b64encode(png).decode()}" alt="{said}" title="{said}">'


def _card(card: ImageCard, names: Sequence[str]) -> str:
    caption = card.caption(names)
    everything = ", ".join(f"{name} {percent(share)}" for name, share in zip(names, card.probabilities, strict=True))
    image = card.image[0] if len(card.image) == 1 else np.moveaxis(card.image, 0, -1)
    right = card.true == card.predicted
    bars = "".join(_bar(card, index, names[index]) for index in _worth_showing(card))
    return (
        f'<figure class="card" title="{html.escape(everything, quote=True)}">{picture(to_png(image), caption)}'
        f'<figcaption><b class="{"card-right" if right else "card-wrong"}">{"✓" if right else "✗"}</b> {html.escape(caption)}'
        f"</figcaption>{bars}</figure>"
    )


def _worth_showing(card: ImageCard) -> list[int]:
    """The likeliest classes, and in any case the true one, the likeliest first."""
    order = [int(index) for index in np.argsort(-card.probabilities, kind="stable")]
    shown = order[:BARS]
    return shown if card.true in shown else [*shown[: BARS - 1], card.true]


def _bar(card: ImageCard, index: int, name: str) -> str:
    share = float(np.nan_to_num(card.probabilities[index]))
    colour = CORRECT if index == card.true else VALIDATION if index == card.predicted else NEUTRAL
    mark = " ✓" if index == card.true else ""
    return (
        f'<div class="card-bar"><span class="card-name">{html.escape(name)}{mark}</span>'
        f'<span class="card-track"><span style="width:{100 * share:.1f}%;background:{colour}"></span></span>'
        f'<span class="card-share">{percent(card.probabilities[index])}</span></div>'
    )


_STYLE = f"""<style>
.cards {{display:grid; grid-template-columns:repeat(auto-fill,minmax(130px,1fr)); gap:10px;}}
.card {{margin:0; padding:8px; border:1px solid rgba(128,128,128,.35); border-radius:8px; min-width:0;}}
.card img {{width:100%; max-width:120px; display:block; margin:0 auto 6px; image-rendering:pixelated; border-radius:4px;}}
.card figcaption {{font-size:.88rem; line-height:1.3; text-align:center; margin-bottom:4px; overflow-wrap:anywhere;}}
.card-right {{color:{CORRECT};}} .card-wrong {{color:{VALIDATION};}}
.card-bar {{display:flex; align-items:center; gap:5px; font-size:.84rem; font-variant-numeric:tabular-nums;}}
.card-name {{min-width:28px; max-width:45%; flex:0 0 auto; overflow:hidden; text-overflow:ellipsis; white-space:nowrap;}}
.card-track {{flex:1 1 20px; height:8px; border-radius:3px; background:rgba(128,128,128,.22); overflow:hidden;}}
.card-track span {{display:block; height:8px;}}
.card-share {{flex:0 0 auto; min-width:40px; text-align:right; white-space:nowrap;}}
</style>"""
