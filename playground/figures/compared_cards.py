"""Images as cards with the readings of two networks below each."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from playground.figures.image_cards import percent, picture
from playground.figures.images import to_png
from playground.figures.theme import CORRECT, VALIDATION


@dataclass(frozen=True)
class Reading:
    """What one network, called by its letter, says: a class from 0, and the probability that it gives it."""

    letter: str
    predicted: int
    probability: float


@dataclass(frozen=True, eq=False)
class ComparedCard:
    """One image, uint8 (c, h, w), its class from 0, and two readings of it."""

    image: npt.NDArray[np.uint8]
    true: int
    readings: tuple[Reading, Reading]

    def caption(self, class_names: Sequence[str]) -> str:
        """Such as "a 5: A reads 3, B reads 5"."""
        said = ", ".join(f"{reading.letter} reads {class_names[reading.predicted]}" for reading in self.readings)
        return f"a {class_names[self.true]}: {said}"


def compared_cards(cards: Sequence[ComparedCard], class_names: Sequence[str]) -> str:
    """HTML of all cards, in order; wraps to any width."""
    return f'{_STYLE}<div class="pairs">{"".join(_card(card, class_names) for card in cards)}</div>'


def _card(card: ComparedCard, names: Sequence[str]) -> str:
    image = card.image[0] if len(card.image) == 1 else np.moveaxis(card.image, 0, -1)
    lines = "".join(_line(reading, card.true, names) for reading in card.readings)
    return f'<figure class="pair">{picture(to_png(image), card.caption(names))}<figcaption>{lines}</figcaption></figure>'


def _line(reading: Reading, true: int, names: Sequence[str]) -> str:
    right = reading.predicted == true
    return (
        f'<div><b>{reading.letter}</b> <span class="{"pair-right" if right else "pair-wrong"}">{"✓" if right else "✗"}</span> '
        f"<b>{html.escape(names[reading.predicted])}</b> <small>{percent(reading.probability)}</small></div>"
    )


_STYLE = f"""<style>
.pairs {{display:grid; grid-template-columns:repeat(auto-fill,minmax(96px,1fr)); gap:8px;}}
.pair {{margin:0; padding:6px; border:1px solid rgba(128,128,128,.35); border-radius:8px; min-width:0;}}
.pair img {{width:100%; max-width:84px; display:block; margin:0 auto 4px; image-rendering:pixelated; border-radius:4px;}}
.pair figcaption {{font-size:.92rem; line-height:1.35; font-variant-numeric:tabular-nums; overflow-wrap:anywhere;}}
.pair small {{opacity:.75;}} .pair-right {{color:{CORRECT};}} .pair-wrong {{color:{VALIDATION};}}
</style>"""
