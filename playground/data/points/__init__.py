"""Points in the plane: families of shapes, what a network sees of a point, and the data sets made of them."""

from playground.data.points.draw import Drawn, drawn, num_classes, num_points, num_training_points
from playground.data.points.families import FAMILIES, family_of
from playground.data.points.family import Family
from playground.data.points.inputs import INPUTS, PlaneInput, features, plane_inputs
from playground.data.points.source import PointsSource

__all__ = [
    "FAMILIES",
    "INPUTS",
    "Drawn",
    "Family",
    "PlaneInput",
    "PointsSource",
    "drawn",
    "family_of",
    "features",
    "num_classes",
    "num_points",
    "num_training_points",
    "plane_inputs",
]
