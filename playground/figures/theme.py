"""Colours, fonts and layouts that every figure shares; readable on a light and on a dark page, and from the back row.

The colours are those of Okabe and Ito (2008, "Color Universal Design"), which stay apart for every common kind of
colour blindness. No colour carries a meaning alone: markers or words repeat it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TRAINING = "#0072B2"
VALIDATION = "#D55E00"
CORRECT = "#009E73"
ACCENT = TRAINING
NEUTRAL = "#808080"
GRID = "rgba(128, 128, 128, 0.28)"
TRANSPARENT = "rgba(0, 0, 0, 0)"

# The same two hues, lighter, where the page is dark.
ON_DARK = {TRAINING: "#56B4E9", VALIDATION: "#F0843C"}

FONT_SIZE = 16
TICK_FONT_SIZE = 15
TITLE_FONT_SIZE = 18

# The first six are Okabe and Ito's. The next four were searched for: of all colours that show on both themes, those that stay
# farthest from the others for every kind of colour vision (tests/figures/test_palette.py). The others follow Tol's "muted" and
# "light" schemes: past ten, no palette keeps all apart, and the symbol tells the rest.
CLASS_COLOURS: tuple[str, ...] = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#6000FF", "#C0A860", "#904830", "#A860FF",
    "#44AA99", "#882255", "#999933", "#88CCEE", "#CC6677", "#117733", "#AA4499", "#DDAA77", "#4477AA", "#66CCAA",
    "#EE8866", "#6F7FD8", "#BBCC33", "#A0522D", "#FF9DA7", "#5E8C8A",
)  # fmt: skip

# Dark to light in even steps of lightness (viridis' family is read alike by all eyes); for amounts from zero up.
SEQUENTIAL: tuple[tuple[float, str], ...] = (
    (0.0, "rgba(0, 114, 178, 0.0)"),
    (0.25, "#9CC8E3"),
    (0.5, "#4F9DCB"),
    (0.75, "#0072B2"),
    (1.0, "#00395A"),
)
# Vermillion below zero, blue above, white at zero: the two ends differ in hue for every kind of colour blindness.
DIVERGING: tuple[tuple[float, str], ...] = (
    (0.0, "#8A3B00"),
    (0.25, "#E8935C"),
    (0.5, "#FFFFFF"),
    (0.75, "#5BA3D0"),
    (1.0, "#003F66"),
)


def class_colour(index: int) -> str:
    """The colour of class `index` (0-based), the same in every figure; past 26 classes the colours repeat."""
    return CLASS_COLOURS[index % len(CLASS_COLOURS)]


def plane_colours(num_classes: int) -> tuple[str, ...]:
    """The colours of points in the plane, by class. Two classes take the ends of the diverging scale, on which a network's one
    output lies: the first is below zero, the second above."""
    return (VALIDATION, TRAINING) if num_classes == 2 else tuple(class_colour(index) for index in range(num_classes))


def base_layout(*, alt: str, height: int | None = None, **overrides: Any) -> dict[str, Any]:
    """A plotly layout with a transparent background and no text colour of its own, so that the page's theme shows.

    Args:
        alt: what the figure shows, in words; kept in `layout.meta["alt"]`.
        height: pixels, or None for plotly's choice.
        overrides: top-level layout entries, which win.
    """
    layout: dict[str, Any] = {
        "paper_bgcolor": TRANSPARENT,
        "plot_bgcolor": TRANSPARENT,
        "font": {"size": FONT_SIZE},
        "margin": {"l": 64, "r": 16, "t": 48, "b": 56},
        "meta": {"alt": alt},
        "hoverlabel": {"font": {"size": FONT_SIZE}},
    }
    if height is not None:
        layout["height"] = height
    return layout | overrides


def axis(title: str = "", **overrides: Any) -> dict[str, Any]:
    """A plotly axis with readable ticks and a grid that is faint on both themes; `overrides` win."""
    entry: dict[str, Any] = {
        "gridcolor": GRID,
        "zerolinecolor": GRID,
        "tickfont": {"size": TICK_FONT_SIZE},
        "ticklabelstandoff": 4,
        # Plotly's own choice, hiding what sticks out, measures every label at every drawing: 8 ms of 35.
        "ticklabeloverflow": "allow",
        "title": {"text": title, "font": {"size": FONT_SIZE}, "standoff": 8},
    }
    return entry | overrides


def alt_text(figure: Any) -> str:
    """What a figure shows, in words: of a plotly Figure, or of a mapping with a `layout`; "" where none was given."""
    layout = figure["layout"] if isinstance(figure, Mapping) else figure.layout
    meta = layout.get("meta") if isinstance(layout, Mapping) else layout.meta
    return str(meta.get("alt", "")) if isinstance(meta, Mapping) else ""
