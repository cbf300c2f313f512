"""The network drawn as blocks: what flows in, what each layer makes of it, what it costs. Plain HTML with SVG blocks."""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Sequence
from dataclasses import dataclass

TALLEST = 64  # pixels, a 28-pixel side
THICKEST = 34  # pixels, 512 channels
COLOURS = {"weights": "#0072B2", "shape": "#8a8f98", "steady": "#009E73", "input": "#CC79A7"}


@dataclass(frozen=True)
class Block:
    """One layer in the diagram.

    Attributes:
        label: the layer's name with its main numbers; `detail`: its activation, or empty.
        shape: what leaves it, (channels, height, width) or (numbers,).
        num_parameters, multiply_adds: its cost.
        state: "ok", "warning" or "error".
        family: decides the colour: "input", "weights", "shape" or "steady".
    """

    label: str
    shape: tuple[int, ...]
    detail: str = ""
    num_parameters: int = 0
    multiply_adds: int = 0
    state: str = "ok"
    family: str = "weights"


def short(number: float) -> str:
    """1234 -> "1,234"; 101632 -> "101.6k"; 7162240 -> "7.16M"."""
    if number < 10_000:
        return f"{number:,.0f}"
    if number < 1_000_000:
        return f"{number / 1e3:.1f}k"
    return f"{number / 1e6:.2f}M" if number < 1e9 else f"{number / 1e9:.2f}G"


def shape_text(shape: Sequence[int]) -> str:
    """(16, 28, 28) -> "16×28×28"."""
    return "×".join(str(size) for size in shape)


def diagram(blocks: Sequence[Block]) -> str:
    """The network as one row of blocks, which scrolls sideways when it is longer than the page.

    Image blocks are as tall as their images and as thick as the logarithm of their channels; flat ones are as tall as
    the logarithm of their length.
    """
    cells = "".join(_cell(block, number) for number, block in enumerate(blocks))
    alt = "; ".join(f"{block.label} gives {shape_text(block.shape)}" for block in blocks)
    return f'{_STYLE}<div class="nn-row" role="img" aria-label="{html.escape("Network: " + alt, quote=True)}">{cells}</div>'


def _cell(block: Block, number: int) -> str:
    arrow = '<div class="nn-arrow" aria-hidden="true">→</div>' if number else ""
    costs = []
    if block.num_parameters:
        costs.append(f'<span title="numbers that are learned">{short(block.num_parameters)} parameters</span>')
    if block.multiply_adds:
        costs.append(
            f'<span title="multiplications with a weight, for one image">{short(block.multiply_adds)} multiply-adds</span>'
        )
    detail = f' · <span class="nn-detail">{html.escape(block.detail)}</span>' if block.detail else ""
    mark = {"error": "✕", "warning": "!"}.get(block.state, "")
    badge = f'<span class="nn-badge nn-{block.state}">{mark}</span>' if mark else ""
    return (
        f'{arrow}<div class="nn-cell nn-{block.state}" data-layer="{number}">'
        f'<div class="nn-drawing">{_drawing(block)}{badge}</div>'
        f'<div class="nn-label">{html.escape(block.label)}</div>'
        f'<div class="nn-shape">{shape_text(block.shape)}{detail}</div>'
        f'<div class="nn-cost">{"<br>".join(costs)}</div></div>'
    )


def _drawing(block: Block) -> str:
    """The block as an image of its own: inline SVG does not survive the page's sanitiser."""
    colour = COLOURS[block.family]
    if len(block.shape) == 3:
        channels, height, width = block.shape
        tall = max(7, min(TALLEST, TALLEST * max(height, width) / 28)) / 1.3
        thick = max(3, THICKEST * math.log2(channels + 1) / 9)
        slant = tall * 0.3
        wide, deep = slant + thick, tall + slant
        front = f"M0 {slant} L{slant} 0 L{slant} {tall} L0 {deep} Z"
        # Seen from the side: the thickness is the number of channels.
        face = f"M{slant} 0 L{wide} 0 L{wide} {tall} L{slant} {tall} Z"
        base = f"M0 {deep} L{slant} {tall} L{wide} {tall} L{thick} {deep} Z"
        body = (
            f'<path d="{face}" fill="{colour}" opacity=".55"/><path d="{base}" fill="{colour}" opacity=".35"/>'
            f'<path d="{front}" fill="{colour}"/>'
        )
    else:
        wide, deep = 12, max(10, min(TALLEST, 8 * math.log2(block.shape[0] + 1)))
        body = f'<rect width="12" height="{deep:.0f}" rx="3" fill="{colour}"/>'
    size = f'width="{wide:.0f}" height="{deep:.0f}"'
    source = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{body}</svg>'
    return f'<img {size} alt="" src="data:image/svg+xml;base64,{base64.b64encode(source.encode()).decode()}">'


_STYLE = """<style>
.nn-row {display:flex; align-items:stretch; overflow-x:auto; padding:2px 2px 6px; scrollbar-width:thin;}
.nn-cell {display:flex; flex-direction:column; align-items:center; padding:2px 5px; border-radius:8px;
  border:1px solid transparent; text-align:center; line-height:1.25; white-space:nowrap; flex:0 0 auto;}
.nn-cell.nn-error {border-color:#D55E00;} .nn-cell.nn-warning {border-color:#E69F00;}
.nn-drawing {height:66px; display:flex; align-items:center; justify-content:center; position:relative; min-width:34px;}
.nn-label {font-weight:600; font-size:.86rem;} .nn-detail {opacity:.8;}
.nn-shape {font-size:.82rem; font-variant-numeric:tabular-nums;} .nn-cost {font-size:.72rem; opacity:.7;}
.nn-arrow {align-self:flex-start; height:66px; display:flex; align-items:center; opacity:.5; flex:0 0 auto;}
.nn-badge {position:absolute; top:0; right:-6px; width:18px; height:18px; border-radius:50%; color:#fff; font-size:12px;
  font-weight:700; line-height:18px;}
.nn-badge.nn-error {background:#D55E00;} .nn-badge.nn-warning {background:#9a6b00;}
</style>"""
