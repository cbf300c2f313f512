"""One image and what a network takes it for: the answer in words, a bar for each class, and the image itself, as HTML.

HTML and not a plotly figure, because this changes at every stroke and every second: it is replaced without a flicker,
costs the server under a millisecond, and follows the page's theme.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from playground.figures.images import data_uri, to_png
from playground.figures.theme import CORRECT, NEUTRAL, ON_DARK, TRAINING, VALIDATION

SURE, UNSURE = 0.9, 0.6
# More classes than this stand in two columns.
ONE_COLUMN = 12
# An answer of more letters is set smaller, so that it does not push down what stands below.
LONG_ANSWER = 5


def percent(share: float) -> str:
    """0.983 -> "98 %"; nothing is ever rounded up to certainty, nor down to impossibility."""
    if share >= 0.995:
        return f"{share:.1%}".replace("%", " %") if share < 0.9995 else "> 99.9 %"
    return "< 1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"


def named(name: str) -> str:
    """ "7" -> "a 7", "8" -> "an 8"; all other names are quoted: “Sneaker”, “B”."""
    if name not in set("0123456789"):
        return f"“{name}”"
    return f"an {name}" if name == "8" else f"a {name}"


@dataclass(frozen=True)
class Words:
    """What is said: a small opening, the answer itself in large letters, and a line below."""

    opening: str
    answer: str = ""
    sureness: str = ""


def answer_words(probabilities: npt.ArrayLike, class_names: Sequence[str]) -> Words:
    """ "This is" "a 7" "98 % sure", or how unsure it is. probabilities: float (k,), adding up to 1."""
    shares = np.asarray(probabilities, dtype=np.float64)
    order = np.argsort(-shares, kind="stable")
    first, share = named(class_names[order[0]]), float(shares[order[0]])
    if share >= UNSURE or len(order) == 1:
        sureness = percent(share).replace("> ", "more than ")
        return Words("This is" if share >= SURE else "This is probably", first, f"{sureness} sure")
    second = named(class_names[order[1]])
    return Words("Not sure:", f"{first} or {second}?", f"{percent(share)} and {percent(float(shares[order[1]]))}")


def answer_panel(image: npt.ArrayLike | None, words: Words, remark: str = "", right: bool | None = None) -> str:
    """The 28x28 image enlarged, with the answer beside it in letters for the back row.

    Args:
        image: uint8 (h, w), what the network saw; None keeps its place black.
        words: the answer, or, as an opening alone, what to do to get one.
        remark: a smaller line below.
        right: whether the answer is known to be right; None when nobody knows.
    """
    pixels = np.zeros((28, 28), np.uint8) if image is None else np.asarray(image, dtype=np.uint8)
    size = ' class="long"' if len(words.answer) > LONG_ANSWER else ""
    answer = f" <b{size}>{html.escape(words.answer)}</b>" if words.answer else ""
    mark = {True: '<b class="right">✓</b> ', False: '<b class="wrong">✗</b> ', None: ""}[right]
    return (
        f'{_STYLE}<div class="reading"><div class="seen">{picture(pixels, "The image that the network sees, 28 by 28 pixels")}'
        f"<span>what it sees: 28 x 28</span></div>"
        f'<div class="said" role="status" aria-live="polite"><div class="words">{html.escape(words.opening)}{answer}</div>'
        f'<div class="sureness">{html.escape(words.sureness)}</div>'
        f'<div class="remark">{mark}{html.escape(remark)}</div></div></div>'
    )


def probability_bars(probabilities: npt.ArrayLike | None, class_names: Sequence[str], true_class: int | None = None) -> str:
    """One bar a class, its name left and its percentage right; the likeliest is coloured and bold. Always equally high.

    Args:
        probabilities: float (k,), adding up to 1; None draws the empty bars.
        class_names: k names.
        true_class: index of the right answer, which gets a tick; None when nobody knows it.
    """
    shares = np.zeros(len(class_names)) if probabilities is None else np.asarray(probabilities, dtype=np.float64)
    if shares.shape != (len(class_names),):
        raise ValueError(f"{len(class_names)} classes need {len(class_names)} numbers, not {shares.shape}")
    top = int(shares.argmax()) if probabilities is not None else -1
    rows = []
    for index, (name, share) in enumerate(zip(class_names, shares.tolist(), strict=True)):
        tick = " ✓" if index == true_class else ""
        kind = "bar top" if index == top else "bar"
        # Below half a percent there is nothing to see, and nine times "< 1 %" would hide the answer.
        number = percent(share) if share >= 0.005 else ""
        rows.append(
            f'<div class="{kind}" title="{html.escape(name, quote=True)}: {100 * share:.2f} %">'
            f'<span class="name">{html.escape(name)}{tick}</span>'
            f'<span class="track"><span style="width:{100 * share:.2f}%"></span></span><span class="share">{number}</span></div>'
        )
    alt = f"Probabilities: most likely {class_names[top]}, {percent(shares[top])}" if top >= 0 else "No probabilities yet"
    per_column = len(rows) if len(rows) <= ONE_COLUMN else -(-len(rows) // 2)
    size = "wide" if max(map(len, class_names)) > 2 else "short"
    return (
        f'{_STYLE}<div class="bars {size}" role="img" aria-label="{html.escape(alt, quote=True)}" '
        f'style="grid-template-rows:repeat({per_column},auto)">{"".join(rows)}</div>'
    )


def step_picture(pixels: npt.ArrayLike, applied: bool, alt: str) -> str:
    """One step of the preparation: its picture in a square of always the same size, greyed where it was switched off.

    pixels: uint8 (h, w) grey or (h, w, 3) colour.
    """
    kind = "step" if applied else "step off"
    return f'{_STYLE}<div class="{kind}">{picture(pixels, alt)}</div>'


def picture(pixels: npt.ArrayLike, alt: str) -> str:
    """An `<img>` on black; small images show their single pixels."""
    array = np.asarray(pixels, dtype=np.uint8)
    kind = ' class="small"' if max(array.shape[:2]) <= 56 else ""
    return f'<div class="picture"><img{kind} src="{data_uri(to_png(array))}" alt="{html.escape(alt, quote=True)}"></div>'


_STYLE = f"""<style>
.reading {{display:flex; gap:18px; align-items:center; min-height:152px;}}
.seen {{flex:0 0 auto; width:128px; text-align:center;}} .seen span {{font-size:.78rem; opacity:.75; white-space:nowrap;}}
.picture {{background:#000; aspect-ratio:1; width:128px; display:flex; align-items:center; justify-content:center;
  border-radius:4px; overflow:hidden; outline:1px solid rgba(128,128,128,.45);}}
.picture img {{width:100%; height:100%; object-fit:contain;}} .picture img.small {{image-rendering:pixelated;}}
.words {{font-size:1.25rem; line-height:1.2;}} .said {{min-width:0;}}
.words b {{font-size:2.6rem; font-weight:700;}} .words b.long {{font-size:1.7rem; line-height:1.15;}}
.sureness {{font-size:1.25rem; min-height:1.3em;}}
.remark {{font-size:.9rem; opacity:.85; min-height:1.4em; margin-top:4px;}}
.right {{color:{CORRECT};}} .wrong {{color:{VALIDATION};}}
.bars {{display:grid; grid-auto-flow:column; gap:5px 22px;}}
.bar {{display:flex; align-items:center; gap:10px; line-height:1.25; font-size:1.05rem; font-variant-numeric:tabular-nums;
  min-width:0;}}
.bar .name {{flex:0 0 2.2em; text-align:right; white-space:nowrap; overflow:hidden; text-overflow:ellipsis;}}
.wide .name {{flex-basis:7.2em;}}
.bar .track {{flex:1 1 auto; height:17px; background:rgba(128,128,128,.16); border-radius:3px; min-width:30px;}}
.bar .track span {{display:block; height:100%; background:{NEUTRAL}; border-radius:3px;}}
.bar .share {{flex:0 0 4.2em; white-space:nowrap;}}
.top {{font-weight:700;}}
.top .track span {{background:{TRAINING}; background:light-dark({TRAINING},{ON_DARK[TRAINING]});}}
@media (max-width: 640px) {{.reading {{min-height:178px;}} .words b.long {{font-size:1.45rem;}} .bars {{column-gap:10px;}}}}
.step.off img {{opacity:.55;}} .step .picture {{width:124px;}}
</style>"""
