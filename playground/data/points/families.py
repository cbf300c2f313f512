"""The families that there are, in the order in which they are offered."""

from __future__ import annotations

import difflib

from playground.data.points import (
    blobs,
    circles,
    exclusive_or,
    gaussians,
    moons,
    multi_gaussian,
    painted,
    sine,
    spiral,
    tilted_plane,
)
from playground.data.points.family import Family
from playground.errors import PlaygroundError

FAMILIES: tuple[Family, ...] = (
    circles.FAMILY,
    exclusive_or.FAMILY,
    gaussians.FAMILY,
    spiral.FAMILY,
    moons.FAMILY,
    blobs.FAMILY,
    painted.FAMILY,
    tilted_plane.FAMILY,
    multi_gaussian.FAMILY,
    sine.FAMILY,
    painted.VALUES_FAMILY,
)


def family_of(name: str) -> Family:
    """The family of that name.

    Raises:
        PlaygroundError: there is none of that name.
    """
    names = [family.name for family in FAMILIES]
    if name in names:
        return FAMILIES[names.index(name)]
    close = difflib.get_close_matches(name, names, n=1)
    raise PlaygroundError(
        f"There are no points called {name!r}.",
        f"The points are: {', '.join(names)}.",
        f"Did you mean {close[0]!r}?" if close else "Choose one of these.",
    )
