"""How far a made image drives one unit, beside what the real images reach."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from playground.figures.neighbours import three_digits
from playground.figures.theme import NEUTRAL, TRAINING, VALIDATION, axis, base_layout


def climb_figure(path: npt.ArrayLike, reached: float, largest_real: float | None = None, height: int = 260) -> go.Figure:
    """The unit's value at each step of the climb, and lines for what the made image reached and the strongest real one.

    Args:
        path: float (steps,), the value before each step.
        reached: for the finished image.
        largest_real: among real images; None while nobody knows.
        height: pixels.
    """
    values = np.asarray(path, dtype=np.float64)
    steps = np.arange(len(values))
    start = values[0] if len(values) else reached
    alt = f"The value climbs from {three_digits(start)} to {three_digits(reached)} in {len(values)} steps"
    alt += f"; the strongest real image reaches {three_digits(largest_real)}." if largest_real is not None else "."
    figure = go.Figure(
        go.Scatter(
            x=steps,
            y=values,
            mode="lines",
            line={"color": TRAINING, "width": 2},
            hovertemplate="step %{x}: %{y:.3g}<extra></extra>",
        )
    )
    figure.add_scatter(
        x=[len(values)],
        y=[reached],
        mode="markers",
        marker={"color": TRAINING, "size": 11},
        hovertemplate="finished picture: %{y:.3g}<extra></extra>",
    )
    if largest_real is not None:
        figure.add_hline(y=largest_real, line={"color": VALIDATION, "dash": "dash", "width": 2})
        figure.add_annotation(  # above the plot: the climb itself is nowhere in its way there
            text=f"<span style='color:{VALIDATION}'>- - -</span> strongest real image: {three_digits(largest_real)}",
            x=1,
            xref="paper",
            xanchor="right",
            y=1.02,
            yref="paper",
            yanchor="bottom",
            showarrow=False,
            font={"color": NEUTRAL},
        )
    figure.update_layout(
        base_layout(
            alt=alt,
            height=height,
            showlegend=False,
            margin={"l": 64, "r": 16, "t": 32, "b": 52},
            xaxis=axis("step", fixedrange=True, range=[0, 1.02 * len(values) or 1]),
            yaxis=axis("value", fixedrange=True, zeroline=False),
        )
    )
    return figure
