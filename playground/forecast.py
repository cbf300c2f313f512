"""A forecast: what a learner expects of a run before it begins, and how far off that was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from playground.catalog.task import score_words


class Forecast(BaseModel):
    """What is expected; either part may be left out.

    Attributes:
        accuracy: the share of the test images that it will read right at the end, from 0 to 1; or its R².
        curve: the validation score after each epoch, from 0 to 1.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    accuracy: float | None = Field(None, ge=0.0, le=1.0)
    curve: tuple[float, ...] = Field((), max_length=1000)

    @property
    def is_empty(self) -> bool:
        return self.accuracy is None and not self.curve


@dataclass(frozen=True)
class Score:
    """How far off a forecast was, in percentage points (of R² in hundredths); None where it cannot be told (yet).

    Attributes:
        accuracy: forecast minus what came out: positive when too much was expected.
        curve: the mean distance between the two curves over the epochs that both have.
    """

    accuracy: float | None
    curve: float | None


def score(forecast: Forecast, test_accuracy: float | None, validation_accuracies: Sequence[float | None]) -> Score:
    """Compares a forecast with what came out; scores as they are stored, one an epoch."""
    final = None
    if forecast.accuracy is not None and test_accuracy is not None:
        final = 100 * (forecast.accuracy - test_accuracy)
    pairs = zip(forecast.curve, validation_accuracies, strict=False)
    distances = [abs(expected - found) for expected, found in pairs if found is not None]
    return Score(final, 100 * float(np.mean(distances)) if distances else None)


def in_words(
    forecast: Forecast,
    test_accuracy: float | None,
    validation_accuracies: Sequence[float | None],
    task: str = "classification",
    noun: str = "images",
) -> str:
    """The score as one or two sentences; what was forecast, while there is nothing to compare it with."""
    found = score(forecast, test_accuracy, validation_accuracies)
    parts = []
    if forecast.accuracy is not None:
        is_number = task == "regression"
        guess = score_words(task, forecast.accuracy)
        said = (
            f"Your forecast: R² **{guess}** on the test {noun}" if is_number else f"Your forecast: **{guess}** of the test {noun}"
        )
        if found.accuracy is None or test_accuracy is None:
            parts.append(f"{said}.")
        else:
            off = abs(found.accuracy)
            side = "too high" if found.accuracy > 0 else "too low"
            verdict = "exactly right" if off < 0.05 else f"{_apart(task, off)} {side}"
            came = score_words(task, test_accuracy)
            parts.append(
                f"{said}; it is **{came}**: {verdict}." if is_number else f"{said}; it gets **{came}** right: {verdict}."
            )
    if found.curve is not None:
        parts.append(f"Your curve is {_apart(task, found.curve)} off on average.")
    elif forecast.curve:
        parts.append("Your curve is drawn with the others.")
    return " ".join(parts)


def _apart(task: str, points: float) -> str:
    return f"{points / 100:.3f}" if task == "regression" else f"{points:.1f} points"


def curve_from_strokes(points: Sequence[tuple[float, float]], width: float, height: float, epochs: int) -> tuple[float, ...]:
    """What a hand-drawn line says after each epoch.

    Args:
        points: (x, y) in pixels, y from the top, in the order in which they were drawn; the left edge is the beginning,
            the right edge the last epoch, the top edge 100 %.

    Returns:
        One share for each epoch, from 0 to 1; beyond the ends of the line, the end's. Where the line goes back over
        itself, the mean.
    """
    if not points:
        return ()
    columns: dict[int, list[float]] = {}
    for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[-1]], strict=True):
        steps = max(1, round(abs(x1 - x0)))
        for step in range(steps):
            share = step / steps
            columns.setdefault(round(x0 + share * (x1 - x0)), []).append(y0 + share * (y1 - y0))
    xs = sorted(columns)
    ys = [1 - float(np.mean(columns[x])) / height for x in xs]
    at = [width * (epoch + 1) / epochs for epoch in range(epochs)]
    return tuple(float(value) for value in np.clip(np.interp(at, xs, ys), 0.0, 1.0))
