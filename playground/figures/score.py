"""How a score is drawn: an accuracy in percent, an R² as the plain number that it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class ScoreScale:
    """The scale of one kind of score.

    Attributes:
        name: "accuracy" or "R²"; as in `catalog.task.TASKS`.
        factor: from the score as it is stored to the number that is drawn.
        unit: what stands behind the number in words.
        tick_unit: the same on an axis.
        points: what stands behind a difference of two of them.
        digits: decimals of the drawn number, where it is told exactly.
        step: axes begin and end at multiples of it.
        lowest: an axis reaches farther down only where nearly all scores do.
        high: no score is greater.
    """

    name: str
    factor: float
    unit: str
    tick_unit: str
    points: str
    digits: int
    step: float
    lowest: float
    high: float

    @property
    def title(self) -> str:
        """The name as a sentence begins with it."""
        return self.name[:1].upper() + self.name[1:]

    @property
    def the(self) -> str:
        """The name within a sentence: "the accuracy", "R²"."""
        return "the accuracy" if self.factor != 1 else self.name

    def text(self, score: float, digits: int = 1) -> str:
        """A stored score in words, as `catalog.task.score_words` writes it: "97.4 %" or "0.974"."""
        return f"{self.factor * score:.{digits if self.factor != 1 else digits + 2}f}{self.unit}"

    def difference(self, change: float) -> str:
        """A difference of two stored scores: "+1.20 points" or "+0.012"."""
        return f"{self.factor * change:+.{self.digits}f}{self.points}"

    def hover(self, value: str = "%{y}") -> str:
        """A plotly template for a drawn number."""
        return f"{value[:-1]}:.{self.digits}f}}{self.unit}"

    def hover_difference(self, value: str = "%{x}") -> str:
        return f"{value[:-1]}:+.{self.digits}f}}{self.points}"

    def span(self, drawn: npt.ArrayLike, *, least: float | None = None) -> tuple[float, float]:
        """An axis that holds these drawn numbers: round ends, which change seldom.

        Args:
            drawn: float (n,), finite.
            least: the axis begins here or lower; default: a tenth of the scale below its upper end.
        """
        values = np.asarray(drawn, dtype=np.float64)
        if not len(values):
            return max(0.0, self.lowest), self.high
        # Where nearly all lie below the lowest place, the axis follows them down: else the panel would look empty.
        lowest = min(self.lowest, float(np.quantile(values, 0.9)) - (self.high - self.lowest) / 2)
        low = float(self.step * np.floor(max(lowest, float(values.min())) / self.step + 1e-9))
        high = float(self.step * np.ceil(values.max() / self.step - 1e-9))
        return min(low, self.high - self.step if least is None else least), min(self.high, max(high, low + self.step))


ACCURACY = ScoreScale("accuracy", 100.0, " %", "%", " points", digits=2, step=10.0, lowest=0.0, high=100.0)
R_SQUARED = ScoreScale("R²", 1.0, "", "", "", digits=3, step=0.1, lowest=-1.0, high=1.0)
SCALES: dict[str, ScoreScale] = {scale.name: scale for scale in (ACCURACY, R_SQUARED)}
