"""Which images of an evaluation to look at: those of one confusion cell, or the most confident mistakes."""

from __future__ import annotations

import numpy as np

from playground.insight.evaluation import Evaluation, Integers


def cell(evaluation: Evaluation, true: int, predicted: int) -> Integers:
    """Rows of the evaluation whose class is `true` and that were read as `predicted`, the most confident first. int64 (m,)."""
    rows = np.flatnonzero((evaluation.labels == true) & (evaluation.predicted == predicted))
    return _most_confident_first(evaluation, rows)


def most_confident_mistakes(evaluation: Evaluation, limit: int | None = None) -> Integers:
    """Rows that were read wrong, the most confident first; at most `limit` of them. int64 (m,)."""
    rows = np.flatnonzero(evaluation.labels != evaluation.predicted)
    return _most_confident_first(evaluation, rows)[:limit]


def _most_confident_first(evaluation: Evaluation, rows: Integers) -> Integers:
    # A stable sort: rows of equal confidence keep the data set's order, so the page shows the same each time.
    return rows[np.argsort(-evaluation.confidences[rows], kind="stable")]
