"""The race as an animated figure, its table, and the curves of ingredients."""

from __future__ import annotations

import json

import numpy as np
import plotly.graph_objects as go
import pytest

from playground.figures.ingredients import Line, answers_figure, derivatives_figure, function_figure
from playground.figures.race import BEFORE_THE_PATHS, MOST_FRAMES, Ground, Track, frame_steps, heights_figure, race_figure
from playground.figures.race_table import SYMBOLS, Result, race_legend, race_table
from playground.figures.theme import CLASS_COLOURS, alt_text

STEPS = 130
X, Y = np.linspace(-2, 2, 21), np.linspace(-1, 1, 11)
GROUND = Ground(X, Y, X[None] ** 2 + Y[:, None] ** 2, ((0.0, 0.0),), 0.0, True)


def _track(number: int, steps: int = STEPS, flew_away: bool = False) -> Track:
    places = np.stack([np.linspace(-2, number / 10, steps + 1), np.linspace(1, 0, steps + 1)], axis=1)
    return Track(f"racer {number}", number, places, (places**2).sum(1), flew_away)


TRACKS = [_track(0), _track(3), _track(7, 40, flew_away=True)]


def _values(trace: object, name: str) -> list[float]:
    return [float(value) for value in getattr(trace, name)]


def test_frames_are_evenly_apart_and_hold_the_first_and_the_last_step() -> None:
    assert frame_steps(4) == [0, 1, 2, 3, 4]
    many = frame_steps(1000)
    assert (many[0], many[-1], len(many)) == (0, 1000, MOST_FRAMES + 1)
    assert max(np.diff(many)) - min(np.diff(many)) <= 1


def test_there_is_one_path_and_one_ball_for_every_racer_in_its_own_colour() -> None:
    figure = race_figure(GROUND, TRACKS, STEPS)
    moving = figure.data[BEFORE_THE_PATHS:]
    assert [trace.mode for trace in moving] == ["lines"] * 3 + ["markers"] * 3
    assert [trace.line.color for trace in moving[:3]] == [CLASS_COLOURS[number] for number in (0, 3, 7)]
    assert [trace.marker.color for trace in moving[3:]] == [CLASS_COLOURS[number] for number in (0, 3, 7)]
    assert len({trace.marker.symbol for trace in moving[3:]}) == 3
    assert all(track.name in alt_text(figure) for track in TRACKS)


def test_every_frame_puts_each_ball_at_its_place_and_the_path_behind_it() -> None:
    figure = race_figure(GROUND, TRACKS, STEPS)
    assert [frame.name for frame in figure.frames] == [str(step) for step in frame_steps(STEPS)]
    for frame in figure.frames:
        assert list(frame.traces) == list(range(BEFORE_THE_PATHS, len(figure.data)))
        for track, path, ball in zip(TRACKS, frame.data[:3], frame.data[3:], strict=True):
            last = min(int(frame.name), len(track.places) - 1)
            assert (ball.x[0], ball.y[0]) == pytest.approx(tuple(track.places[last]), abs=1e-3)
            assert (path.x[-1], path.y[-1]) == (ball.x[0], ball.y[0])
            assert (path.x[0], path.y[0]) == pytest.approx(tuple(track.places[0]), abs=1e-3)
    last, shown = figure.frames[-1].data, figure.data[BEFORE_THE_PATHS:]
    assert [_values(trace, "x") for trace in last] == [_values(trace, "x") for trace in shown]


def test_the_figure_can_be_played_paused_and_moved_by_hand() -> None:
    figure = race_figure(GROUND, TRACKS, STEPS)
    play, pause = figure.layout.updatemenus[0].buttons
    assert play.method == pause.method == "animate"
    assert [step.args[0][0] for step in figure.layout.sliders[0].steps] == [frame.name for frame in figure.frames]
    assert figure.layout.sliders[0].active == len(figure.frames) - 1


def test_a_long_race_is_thinned() -> None:
    long = race_figure(GROUND, [_track(number, 2000) for number in range(10)], 2000)
    assert len(long.to_json()) < 1_500_000
    assert max(len(trace.x) for trace in long.data[BEFORE_THE_PATHS:]) <= 152


def test_a_ball_that_flew_away_is_crossed_out() -> None:
    figure = race_figure(GROUND, TRACKS, STEPS)
    assert [trace.marker.symbol for trace in figure.data[-3:]].index("x") == 2


def test_the_legend_has_every_racers_colour_and_mark_and_names_no_tags() -> None:
    legend = race_legend([("SGD <1>", 0), ("Adam", 1), *((f"Adam {number}", number) for number in range(2, 12))])
    assert "SGD &lt;1&gt;" in legend and "lowest place" in legend and "start" in legend
    assert legend.count("<li>") == 14
    assert all(f"background:{CLASS_COLOURS[number]}" in legend for number in range(12))
    assert legend.count("clip-path:polygon(") == 12  # a circle, number 0 and 10, has no corners


def test_marks_are_those_that_the_map_has() -> None:
    figure = race_figure(GROUND, TRACKS, STEPS)
    assert {trace.marker.symbol for trace in figure.data[-len(TRACKS) :]} <= {*SYMBOLS, "x"}
    assert figure.layout.showlegend is False
    for corners in filter(None, SYMBOLS.values()):
        numbers = [[float(number) for number in corner.split()] for corner in corners.split(",")]
        assert len(numbers) >= 3 and all(len(pair) == 2 and 0 <= min(pair) <= max(pair) <= 100 for pair in numbers)


def test_the_map_keeps_its_height_however_many_race() -> None:
    many = [_track(number, STEPS) for number in range(12)]
    assert race_figure(GROUND, many, STEPS).layout.height == race_figure(GROUND, TRACKS, STEPS).layout.height


def test_heights_are_told_above_the_minimum_on_a_logarithmic_axis() -> None:
    figure = heights_figure(TRACKS, -1.0, 0.01)
    assert figure.layout.yaxis.type == "log"
    for trace, track in zip(figure.data, TRACKS, strict=True):
        assert np.allclose(_values(trace, "y"), track.heights + 1.0)
    assert np.isfinite(heights_figure([_track(0, 0)], 0.0, 0.0).layout.yaxis.range).all()


def test_the_table_tells_who_arrived_and_who_flew_away() -> None:
    table = race_table([Result("SGD <1>", 0, 1e-9, 0.02, 23, None), Result("Adam", 1, 9.0, 9.0, None, 7)], STEPS)
    assert "SGD &lt;1&gt;" in table and "<td>23</td>" in table and "&lt; 0.0001" in table and "0.02" in table
    assert "flew away at step 7" in table and CLASS_COLOURS[1] in table and f"{STEPS} steps" in table


def test_one_function_has_a_tangent_with_the_slope_that_is_told() -> None:
    x = np.linspace(-3, 3, 61)
    figure = function_figure(x, [Line("", x**2, 2 * x, 1.0, 2.0)], 1.0, titles=("x", "f", "slope"), alt="A square.")
    (tangent,) = [trace for trace in figure.data if trace.name == "tangent"]
    assert (tangent.y[1] - tangent.y[0]) / (tangent.x[1] - tangent.x[0]) == pytest.approx(2.0)
    dots = [trace for trace in figure.data if trace.mode == "markers"]
    assert [(trace.x[0], trace.y[0], trace.yaxis) for trace in dots] == [(1.0, 1.0, "y"), (1.0, 2.0, "y2")]
    assert alt_text(figure) == "A square."


def test_several_functions_have_names_and_no_tangent() -> None:
    x = np.linspace(-3, 3, 61)
    lines = [Line("own", x, x, 0.0, 0.0), Line("other", -x, -x, 0.0, 0.0, aside=True)]
    figure = function_figure(x, lines, 0.0, titles=("x", "f", "slope"), alt="Two.")
    assert [trace.name for trace in figure.data if trace.showlegend] == ["own", "other"]
    assert len([trace for trace in figure.data if trace.mode == "markers"]) == 2


def test_answers_tell_probabilities_and_gradients_and_mark_the_truth() -> None:
    figure = answers_figure(["A", "B"], np.array([0.25, 0.75]), np.array([-0.75, 0.75]), truth=0)
    probabilities, gradient = figure.data
    assert "✓" in probabilities.y[0] and probabilities.y[1] == "B"
    assert list(probabilities.text) == ["25%", "75%"] and list(gradient.text) == ["−0.750", "+0.750"]
    assert len(answers_figure(["no", "yes"], np.array([0.5, 0.5]), np.array([0.5]), truth=1).data[1].x) == 1


@pytest.mark.parametrize("figure", [race_figure(GROUND, TRACKS, STEPS), derivatives_figure(np.zeros((3, 3)), "123")])
def test_a_figure_has_a_height_and_words(figure: go.Figure) -> None:
    assert figure.layout.height and alt_text(figure)
    assert json.loads(figure.to_json())
