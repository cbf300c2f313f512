"""The tree of runs: which run branched from which and when, and which was trained to be compared with which."""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from playground.figures.score import SCALES
from playground.figures.theme import ACCENT, NEUTRAL, ON_DARK

ROW = 44  # pixels, the height of a run's name with the line below it
WIDTH = 170  # pixels, of the drawn lanes
_LEFT, _RIGHT = 22, 12
_AXIS = 26


@dataclass(frozen=True)
class TreeRun:
    """One run in the tree.

    Attributes:
        epoch: epochs that it did, with those of its parent before the branch.
        parent: the id of the run that it branched from, or that it is compared with; None for neither.
        branch_epoch: after how many epochs it branched; None for a run from the beginning.
        accuracy: on validation at the end, as it is stored; None when it is not known.
        score: what it is: "accuracy" or "R²".
        chosen: whether the page is about this one.
    """

    id: str
    name: str
    epoch: float
    parent: str | None = None
    branch_epoch: float | None = None
    accuracy: float | None = None
    chosen: bool = False
    score: str = "accuracy"


def in_tree_order(runs: Sequence[TreeRun]) -> tuple[tuple[TreeRun, int], ...]:
    """Every run once, with its depth: a run before those that come from it; otherwise in the order given.

    A run whose parent is not among them, or that descends from itself, begins a tree of its own.
    """
    names = {run.id for run in runs}
    children: dict[str | None, list[TreeRun]] = {}
    for run in runs:
        children.setdefault(run.parent if run.parent in names else None, []).append(run)
    found: dict[str, tuple[TreeRun, int]] = {}

    def below(parent: str | None, depth: int) -> Iterator[tuple[TreeRun, int]]:
        waiting = [(run, depth) for run in reversed(children.get(parent, []))]
        while waiting:  # without recursion: a chain of a thousand branches is drawn as well
            run, level = waiting.pop()
            if run.id in found:
                continue
            found[run.id] = (run, level)
            yield run, level
            waiting += [(child, level + 1) for child in reversed(children.get(run.id, []))]

    ordered = list(below(None, 0))
    for run in runs:
        if run.id not in found:
            found[run.id] = (run, 0)
            ordered += [(replace(run, parent=None), 0), *below(run.id, 1)]
    return tuple(ordered)


def run_tree(runs: Sequence[TreeRun], *, dark: bool = False) -> str:
    """HTML: a lane for each run along the epochs, and beside it the run's name, origin and accuracy in words.

    Full lines lead from a run to its branches, at the epoch where they left; dashed ones from its beginning to the runs
    that are compared with it. Empty for no runs.
    """
    ordered = in_tree_order(runs)
    if not ordered:
        return ""
    names = {run.id: run.name for run in runs}
    rows = "".join(
        f'<li class="tree-run{" tree-chosen" if run.chosen else ""}" style="padding-left:{6 + 10 * min(depth, 6)}px">'
        f'<b>{html.escape(run.name)}</b><span title="{html.escape(_words(run, names), quote=True)}">'
        f"{html.escape(_words(run, names))}</span></li>"
        for run, depth in ordered
    )
    height = ROW * len(ordered) + _AXIS
    source = base64.b64encode(_lanes([run for run, _ in ordered], height, dark).encode()).decode()
    # An image of its own: inline SVG does not survive the page's sanitiser. The list says the same in words.
    picture = f'<img width="{WIDTH}" height="{height}" alt="" src="data:image/svg+xml;base64,{source}">'
    return f'{_STYLE}<div class="tree">{picture}<ul>{rows}</ul></div>'


def _words(run: TreeRun, names: dict[str, str]) -> str:
    """Where it comes from, and how well it did; in this order, because a narrow page shows only the beginning."""
    said = []
    if run.parent is not None:
        parent = names.get(run.parent, "a run that is gone").partition(" · ")[0]
        if run.branch_epoch is not None:
            said.append(f"from {parent}, epoch {run.branch_epoch:.3g}")
        else:
            said.append(f"against {parent}")
    if run.accuracy is not None:
        told = SCALES[run.score].text(run.accuracy)
        said.append(f"{told} validation" if run.score == "accuracy" else f"validation {run.score} {told}")
    said.append(f"{run.epoch:.1f} epochs")
    return " · ".join(said)


def _lanes(runs: Sequence[TreeRun], height: int, dark: bool) -> str:
    """The drawn part: one lane a row, connected where runs come from one another."""
    last = max(1.0, *(run.epoch for run in runs), *(run.branch_epoch or 0.0 for run in runs))
    rows = {run.id: number for number, run in enumerate(runs)}
    accent = ON_DARK[ACCENT] if dark else ACCENT

    def x(epoch: float) -> float:
        return _LEFT + (WIDTH - _LEFT - _RIGHT) * max(0.0, epoch) / last

    links, lanes = [], []
    for number, run in enumerate(runs):
        y = ROW * (number + 0.5)
        colour, thickness = (accent, 5) if run.chosen else (NEUTRAL, 3)
        start = x(run.branch_epoch or 0.0)
        end = max(start, x(run.epoch))
        above = rows.get(run.parent) if run.parent is not None else None
        if above is not None:
            top = ROW * (above + 0.5)
            if run.branch_epoch is not None:
                path = f"M{start:.1f} {top:.1f} V{y - 10:.1f} Q{start:.1f} {y:.1f} {start + 6:.1f} {y:.1f}"
                links.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>')
            else:
                path = f"M{start:.1f} {top:.1f} H{start - 12:.1f} V{y:.1f} H{start:.1f}"
                links.append(f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="4 4"/>')
        lanes.append(
            f'<path d="M{start:.1f} {y:.1f} H{end:.1f}" stroke="{colour}" stroke-width="{thickness}" stroke-linecap="round"/>'
            f'<circle cx="{end:.1f}" cy="{y:.1f}" r="{thickness + 2}" fill="{colour}"/>'
        )
    axis = _axis(x(0), x(last), height - _AXIS + 4, last)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}">{"".join(links)}{"".join(lanes)}{axis}</svg>'
    )


def _axis(left: float, right: float, y: float, last: float) -> str:
    """Whole epochs below the lanes."""
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, math.inf) if last / step <= 5)
    ticks = range(0, int(last) + 1, int(step)) if math.isfinite(step) else (0, int(last))
    places = [(left + (right - left) * tick / last, tick) for tick in ticks]
    marks = "".join(f'<path d="M{x:.1f} {y} v4" stroke="{NEUTRAL}"/>' for x, _ in places)
    words = "".join(f'<text x="{x:.1f}" y="{y + 17}">{tick}</text>' for x, tick in places)
    line = f'<path d="M{left:.1f} {y} H{right:.1f}" stroke="{NEUTRAL}"/>'
    return f'{line}{marks}<g fill="{NEUTRAL}" font-family="sans-serif" font-size="13" text-anchor="middle">{words}</g>'


_STYLE = f"""<style>
.tree {{display:flex; align-items:flex-start; max-height:26rem; overflow:auto;}}
.tree img {{flex:0 0 auto;}}
.tree ul {{list-style:none; margin:0; padding:0; min-width:0; flex:1 1 auto;}}
.tree-run {{height:{ROW}px; margin:0; min-width:0; line-height:1.25;
  display:flex; flex-direction:column; justify-content:center;}}
.tree-run b, .tree-run span {{overflow:hidden; text-overflow:ellipsis; white-space:nowrap;}}
.tree-run b {{font-weight:500; font-size:.9rem;}} .tree-run span {{font-size:.78rem; opacity:.75;}}
.tree-chosen b {{font-weight:700;}}
</style>"""
