"""Calculations as HTML tables: one row a class or a term, one column a step, sums below."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from playground.figures.number_grids import shown
from playground.figures.theme import CORRECT

DECIMALS = 4
MOST_ROWS = 14


@dataclass(frozen=True, eq=False)
class TableColumn:
    """One step of a calculation.

    Attributes:
        title: such as "e^z".
        words: what it is, in one line.
        values: float (rows,).
        total: whether its sum is shown.
    """

    title: str
    words: str
    values: npt.NDArray[np.float64]
    total: bool = False


def calculation_table(
    names: Sequence[str], columns: Sequence[TableColumn], *, heading: str = "class", marked: int | None = None
) -> str:
    """HTML of a calculation for all of `names`. Of more than 14, those with the largest results are shown, and how many are not.

    Args:
        names: one a row.
        marked: a row to point out, which is always shown.
    """
    rows = _worth_showing(columns[-1].values, len(names), marked)
    head = "".join(f'<th title="{html.escape(one.words, quote=True)}">{html.escape(one.title)}</th>' for one in columns)
    said = "".join(f"<td>{html.escape(one.words)}</td>" for one in columns)
    body = "".join(_row(names[row], [float(one.values[row]) for one in columns], row == marked) for row in rows)
    left = len(names) - len(rows)
    more = f'<tr class="more"><th>…</th><td colspan="{len(columns)}">{left:,} more, with smaller numbers at the end</td></tr>'
    sums = "".join(f"<td>{shown(float(one.values.sum()), DECIMALS) if one.total else ''}</td>" for one in columns)
    foot = f"<tr class='sum'><th>{'sum of all' if left else 'sum'}</th>{sums}</tr>" if any(one.total for one in columns) else ""
    return (
        f'{_STYLE}<div class="calculation"><table><thead><tr><th>{html.escape(heading)}</th>{head}</tr>'
        f'<tr class="said"><td></td>{said}</tr></thead><tbody>{body}{more if left else ""}</tbody>'
        f"<tfoot>{foot}</tfoot></table></div>"
    )


def word_table(headings: Sequence[str], rows: Sequence[Sequence[str]], *, strong: int | None = None) -> str:
    """HTML of a table of texts.

    Args:
        strong: a column in bold.
    """
    head = "".join(f"<th>{html.escape(one)}</th>" for one in headings)
    body = "".join(
        "<tr>"
        + "".join(
            f'<td class="{"strong" if column == strong else ""}">{html.escape(cell)}</td>' for column, cell in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    return f'{_STYLE}<div class="calculation words"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _worth_showing(result: npt.NDArray[np.float64], count: int, marked: int | None) -> list[int]:
    if count <= MOST_ROWS:
        return list(range(count))
    order = [int(row) for row in np.argsort(-np.abs(np.nan_to_num(result)), kind="stable")[: MOST_ROWS - 2]]
    return sorted({*order, *([marked] if marked is not None else [])})


def _row(name: str, values: Sequence[float], marked: bool) -> str:
    cells = "".join(f'<td title="{value:.8g}">{shown(value, DECIMALS)}</td>' for value in values)
    return f'<tr class="{"marked" if marked else ""}"><th>{html.escape(name)}</th>{cells}</tr>'


_STYLE = f"""<style>
.calculation {{overflow-x:auto; max-width:100%;}}
.calculation table {{border-collapse:collapse; font-variant-numeric:tabular-nums; font-size:1.02rem; color:inherit;}}
.calculation th, .calculation td {{padding:3px 14px 3px 0; text-align:right; border:0;
  border-bottom:1px solid rgba(128,128,128,.25);}}
.calculation th:first-child {{text-align:left; padding-right:18px;}}
.calculation thead th {{font-weight:700; white-space:nowrap;}}
.calculation .said td {{font-size:.8rem; opacity:.75; max-width:190px; min-width:96px; line-height:1.25; vertical-align:top;}}
.calculation .marked th, .calculation .marked td {{font-weight:700; color:{CORRECT};}}
.calculation .sum th, .calculation .sum td {{border-top:2px solid rgba(128,128,128,.7); font-weight:700;}}
.calculation .more td {{text-align:left; opacity:.75;}}
.calculation.words {{max-height:520px; overflow-y:auto;}}
.calculation.words td, .calculation.words th {{text-align:left; vertical-align:top;}}
@media (max-width: 640px) {{.calculation.words {{max-height:1100px;}} .calculation table {{font-size:.84rem;}}
.calculation th, .calculation td {{padding-right:8px;}}
.calculation .said td {{font-size:.64rem; min-width:62px;}} .calculation th:first-child {{padding-right:8px;}}}}
.calculation .strong {{font-weight:700; white-space:nowrap;}}
</style>"""
