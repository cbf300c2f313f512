"""A strip of small images with the network's reading below each."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Sample:
    """One image as PNG bytes, its class, and the network's reading with its probability in [0, 1]."""

    png: bytes
    truth: str
    reading: str
    probability: float


EMPTY = "A dozen images stand here while the network learns to read them."


def sample_strip(samples: Sequence[Sample], empty: str = EMPTY) -> str:
    """HTML of one row, which wraps on narrow pages; it keeps its height when it is empty, with these words in it."""
    if not samples:
        return f'{_STYLE}<div class="sample-row sample-empty">{html.escape(empty)}</div>'
    return f'{_STYLE}<div class="sample-row">{"".join(_cell(sample) for sample in samples)}</div>'


def big_numbers(readings: Sequence[tuple[str, str]]) -> str:
    """HTML of a few (name, value) pairs in figures that can be read from the back of a classroom."""
    cells = "".join(
        f'<div class="big"><b>{html.escape(value)}</b><span>{html.escape(name)}</span></div>' for name, value in readings
    )
    return f'{_BIG}<div class="big-row">{cells}</div>'


_BIG = """<style>
.big-row {display:flex; gap:20px;} .big {line-height:1.1; min-width:92px; white-space:nowrap;}
.big b {display:block; font-size:1.55rem; font-variant-numeric:tabular-nums;} .big span {font-size:.78rem; opacity:.75;}
</style>"""


def _cell(sample: Sample) -> str:
    right = sample.truth == sample.reading
    picture = base64.b64encode(sample.png).decode()
    said, long = html.escape(sample.reading), " sample-long" if len(sample.reading) > 3 else ""
    title = html.escape(f"{sample.truth}, read as {sample.reading} with {sample.probability:.0%}", quote=True)
    return (
        f'<div class="sample {"sample-right" if right else "sample-wrong"}" title="{title}">'
        f'<img src="data:image/png;base64,{picture}" alt="{title}" width="46" height="46">'
        f'<div class="sample-said{long}">{"✓" if right else "✗"} {said} <span>{sample.probability:.0%}</span></div>'
        f'<div class="sample-bar"><div style="width:{sample.probability:.0%}"></div></div></div>'
    )


_STYLE = """<style>
.sample-row {display:flex; flex-wrap:wrap; gap:4px; min-height:84px; align-items:flex-start;}
.sample-empty {align-items:center; opacity:.65;}
.sample {width:70px; flex:0 0 auto; text-align:center; font-variant-numeric:tabular-nums;}
.sample img {image-rendering:pixelated; border-radius:4px; border:2px solid transparent;}
.sample-right img {border-color:#009E73;} .sample-wrong img {border-color:#D55E00;}
.sample-said {font-size:.86rem; font-weight:600; line-height:1.25; white-space:nowrap; overflow:hidden; text-overflow:ellipsis;}
.sample-long {font-size:.7rem; line-height:1.55;}
.sample-said span {font-weight:400; opacity:.75;}
.sample-bar {height:4px; border-radius:2px; background:rgba(128,128,128,.25);}
.sample-bar div {height:4px; border-radius:2px; background:#009E73;} .sample-wrong .sample-bar div {background:#D55E00;}
</style>"""
