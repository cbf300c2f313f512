"""What a builder should know of layers that are frozen."""

from __future__ import annotations

from collections.abc import Iterator

from playground.findings import Finding, Mend, Plan
from playground.spec import RunSpec


def frozen_layers(plan: Plan) -> Iterator[Finding]:
    """Frozen layers must be there, and something must be left to learn."""
    run, frozen = plan.run, plan.run.training.frozen_layers
    count = len(plan.layers)
    gone = [index for index in frozen if index >= count]
    if gone:
        kept = tuple(index for index in frozen if index < count)
        words = f"Layer {gone[0] + 1} is" if len(gone) == 1 else f"Layers {', '.join(str(index + 1) for index in gone)} are"
        yield Finding("error", f"{words} frozen, but the network has {count} layers.", None, Mend("Thaw it", _frozen(run, kept)))
    learning = [report.index for report in plan.layers if report.num_parameters]
    if learning and all(index in frozen for index in learning):
        yield Finding(
            "error", "All layers are frozen: nothing is left to learn.", learning[0], Mend("Thaw all layers", _frozen(run, ()))
        )
    elif frozen and not gone:
        for index in frozen:
            if index in learning:
                yield Finding(
                    "warning",
                    f"Layer {index + 1} is frozen: it keeps its weights while the others learn.",
                    index,
                    Mend("Thaw it", _frozen(run, tuple(other for other in frozen if other != index))),
                )
            else:
                yield Finding(
                    "warning",
                    f"Layer {index + 1} is frozen, but it has nothing to learn anyway.",
                    index,
                    Mend("Thaw it", _frozen(run, tuple(other for other in frozen if other != index))),
                )


def _frozen(run: RunSpec, layers: tuple[int, ...]) -> RunSpec:
    return run.model_copy(update={"training": run.training.model_copy(update={"frozen_layers": layers})})
