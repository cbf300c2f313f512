"""Labels beside points of a figure, moved so that they do not lie on one another."""

from __future__ import annotations

from collections.abc import Sequence

LABEL_PIXELS = 18


def spread(places: Sequence[float], room: float) -> list[float]:
    """Ascending pixel places moved as little as need be until labels there do not touch, and none stands above `room`."""
    distance = min(LABEL_PIXELS, room / max(1, len(places)))
    moved: list[float] = []
    for place in places:
        moved.append(max(place, moved[-1] + distance) if moved else place)
    top = room
    for index in range(len(moved) - 1, -1, -1):
        moved[index] = min(moved[index], top)
        top = moved[index] - distance
    return moved


def neighbours(places: Sequence[float], distance: float) -> list[list[int]]:
    """Indices in groups, by ascending place: within a group, each is less than `distance` from the one before."""
    groups: list[list[int]] = []
    for index in sorted(range(len(places)), key=lambda index: places[index]):
        if groups and places[index] - places[groups[-1][-1]] < distance:
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups


def shifts(x: Sequence[float], y: Sequence[float], distance: float, room: float) -> list[float]:
    """How many pixels up each point's label is to be moved.

    Args:
        x, y: places of the points, in pixels.
        distance: labels of points this far apart, from left to right, cannot touch.
        room: height of the panel.
    """
    found = [0.0] * len(x)
    for group in neighbours(x, distance):
        rising = sorted(group, key=lambda index: y[index])
        for index, place in zip(rising, spread([y[index] for index in rising], room), strict=True):
            found[index] = place - y[index]
    return found
