"""Labels beside points of a figure, moved so that they do not lie on one another."""

from __future__ import annotations

from collections.abc import Sequence

LABEL_PIXELS = 18


def spread(places: Sequence[float], room: float) -> list[float]:
    """Ascending pixel places moved as little as need be (in least squares) until labels there do not touch; all stand between
    0 and `room`.

    With the distance of two labels taken off for each one below, it is the best non-descending fit, found by pooling
    neighbours (Ayer et al., 1955).
    """
    if not places:
        return []
    distance = min(LABEL_PIXELS, room / len(places))
    pools: list[tuple[float, int]] = []  # mean and size
    for index, place in enumerate(places):
        mean, size = place - index * distance, 1
        while pools and pools[-1][0] > mean:
            before, count = pools.pop()
            mean, size = (mean * size + before * count) / (size + count), size + count
        pools.append((mean, size))
    free = room - (len(places) - 1) * distance
    fitted = [min(max(mean, 0.0), free) for mean, size in pools for _ in range(size)]
    return [place + index * distance for index, place in enumerate(fitted)]


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
