"""What can be wrong with points in the plane, and how to mend it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from playground.data.points import PointsSource
from playground.edits import with_dataset
from playground.findings import Finding, Mend, Plan
from playground.spec import PointsSpec, RunSpec

FEWEST_POINTS = 4


def _with_points(run: RunSpec, **updates: object) -> RunSpec:
    points = run.dataset.points or PointsSpec()
    return with_dataset(run, points=points.model_copy(update=updates))


def _no_inputs(plan: Plan) -> Iterator[Finding]:
    if isinstance(plan.source, PointsSource) and not plan.source.points.inputs:
        mend = Mend("Switch on x₁ and x₂", _with_points(plan.run, inputs=("x1", "x2")))
        yield Finding("error", "All inputs are switched off: the network sees nothing of a point.", None, mend)


def _painted_points(plan: Plan) -> Iterator[Finding]:
    source = plan.source
    if not isinstance(source, PointsSource) or not source.name.startswith("painted"):
        return
    count, is_number = len(source.points.painted), source.task == "regression"
    instead = Mend("Take points that are there", with_dataset(plan.run, name="plane" if is_number else "circles"))
    if count == 0:
        yield Finding("error", "There is no point yet. Paint some on the plane.", None, instead)
    elif count < FEWEST_POINTS:
        have = "There is only one point" if count == 1 else f"There are only {count} points"
        yield Finding(
            "error", f"{have}; at least {FEWEST_POINTS} are needed, to learn and to test. Paint some more.", None, instead
        )
    elif len({(x1, x2) for x1, x2, _ in source.points.painted}) == 1:
        yield Finding(
            "error", "All points lie in one place: there is nothing to tell apart. Paint some elsewhere.", None, instead
        )
    elif len({value for _, _, value in source.points.painted}) == 1:
        what = "have the same value" if is_number else "are of one class"
        yield Finding("warning", f"All points {what}: the network only learns to say always the same. Paint others too.")


Rule = Callable[[Plan], Iterator[Finding]]
POINT_RULES: tuple[Rule, ...] = (_no_inputs, _painted_points)
