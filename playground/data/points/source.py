"""Points in the plane as a data set."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from playground.data.dataset import Dataset
from playground.data.points.draw import drawn, num_classes, num_points, num_training_points
from playground.data.points.families import family_of
from playground.data.points.family import Family
from playground.data.points.inputs import features, plane_inputs
from playground.data.sources import Source, SourceStatus
from playground.errors import PlaygroundError
from playground.spec import PointsSpec

CLASS_NAMES = ("A", "B", "C", "D", "E", "F")
TARGET_NAME = "value"


@dataclass(frozen=True, kw_only=True)
class PointsSource(Source):
    """The points of one family, as one spec wants them.

    Attributes:
        points: how many, how noisy, and what the network sees of them.
    """

    points: PointsSpec

    @staticmethod
    def of(family: Family | str, points: PointsSpec) -> PointsSource:
        """The source of a family's points.

        Raises:
            PlaygroundError: there is no family of that name.
        """
        return _source(family if isinstance(family, Family) else family_of(family), points)

    def status(self, folder: Path) -> SourceStatus:
        return SourceStatus(self.name, "ready", None, (), f"{self.title}: made on the spot.")

    def load(self, folder: Path) -> Dataset:
        """The points as the network sees them; later calls for the same points give the same object.

        Raises:
            PlaygroundError: not one point is painted, or the network sees nothing of them.
        """
        return _dataset(self)


@lru_cache(maxsize=256)
def _source(family: Family, points: PointsSpec) -> PointsSource:
    count, classes = num_points(family.name, points), num_classes(family.name, points)
    num_train = num_training_points(count, points.train_share)
    return PointsSource(
        name=family.name,
        title=family.title,
        description=family.description,
        class_names=CLASS_NAMES[:classes],
        num_train=num_train,
        num_test=count - num_train,
        task=family.task_with(classes),
        input_shape=(len(points.inputs),),
        feature_names=tuple(chosen.symbol for chosen in plane_inputs(points.inputs)),
        target_name=TARGET_NAME if family.task == "regression" else "",
        example="point",
        points=points,
    )


@lru_cache(maxsize=64)
def _dataset(source: PointsSource) -> Dataset:
    inputs = source.points.inputs
    if not source.num_train:
        raise PlaygroundError("There is no point yet.", "A network needs points to learn from.", "Paint some on the canvas.")
    if not inputs:
        raise PlaygroundError(
            "All inputs are switched off.", "The network needs to see something of a point.", "Switch on x₁ and x₂."
        )
    points = drawn(source.name, source.points)
    return Dataset(
        name=source.name,
        title=source.title,
        task=source.task,
        x_train=features(points.train_points, inputs),
        y_train=points.train_y,
        x_test=features(points.test_points, inputs),
        y_test=points.test_y,
        class_names=source.class_names,
        feature_names=source.feature_names,
        target_name=source.target_name,
    )
