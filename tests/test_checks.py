"""Findings: each rule speaks when it should, is silent when it should, and its mend mends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from playground.catalog.activations import Identity, LogSoftmax, ReLU, Sigmoid, Softmax, Tanh
from playground.catalog.augmentations import Flip, Shift
from playground.catalog.layers import (
    ActivationLayer,
    AvgPool,
    BatchNorm,
    Conv2d,
    Dense,
    Dropout,
    Flatten,
    GlobalAvgPool,
    MaxPool,
)
from playground.catalog.losses import BinaryCrossEntropy, CrossEntropy, MeanSquaredError, NegativeLogLikelihood
from playground.catalog.presets import preset
from playground.catalog.schedules import ReduceOnPlateau
from playground.checks import RULES, Finding, check, require_trainable
from playground.errors import PlaygroundError
from playground.network import build
from playground.spec import DatasetSpec, EarlyStopping, NetworkSpec, Regularisation, RunSpec, TrainingSpec

SCORES = Dense(units=10, activation=Identity())
STOPPING = Regularisation(early_stopping=EarlyStopping())


def run_of(
    layers: Sequence[Any] = (Flatten(), SCORES),
    *,
    dataset: str = "mnist",
    size: int | None = None,
    share: float = 0.1,
    **training: Any,
) -> RunSpec:
    return RunSpec(
        network=NetworkSpec(layers=tuple(layers)),
        dataset=DatasetSpec(name=dataset, training_size=size, validation_share=share),
        training=TrainingSpec(**training),
    )


def deep(activation: Any, count: int, *extra: Any) -> list[Any]:
    return [Flatten(), *extra, *(Dense(units=9, activation=activation) for _ in range(count)), SCORES]


CONVOLUTION = Conv2d(filters=4)

# What a finding says, runs of which it is said, and runs like them of which it is not.
CASES: dict[str, tuple[str, str, list[RunSpec], list[RunSpec]]] = {
    "no layers": ("error", "no layers", [run_of(())], [run_of()]),
    "dense on an image": (
        "error",
        "needs Flatten before it",
        [run_of((SCORES,)), run_of((CONVOLUTION, SCORES)), run_of((CONVOLUTION, MaxPool(), Dense(), SCORES))],
        [run_of(), run_of((CONVOLUTION, GlobalAvgPool(), SCORES))],
    ),
    "an image layer after flatten": (
        "error",
        "works on images, but gets a flat list",
        [
            run_of((Flatten(), CONVOLUTION, SCORES)),
            run_of((Flatten(), Dropout(), MaxPool(), SCORES)),
            run_of((Flatten(), Dense(), AvgPool(), SCORES)),
            run_of((Flatten(), Flatten(), CONVOLUTION, SCORES)),
            run_of((GlobalAvgPool(), CONVOLUTION, SCORES)),
            run_of((GlobalAvgPool(), Flatten(), CONVOLUTION, SCORES)),
        ],
        [run_of((CONVOLUTION, Flatten(), SCORES))],
    ),
    "a kernel larger than its image": (
        "error",
        "kernel is larger",
        [
            run_of((*[MaxPool()] * 3, Conv2d(kernel_size=5, padding="valid"), Flatten(), SCORES)),
            run_of((*[MaxPool()] * 4, Conv2d(kernel_size=10), Flatten(), SCORES)),
        ],
        [run_of((*[MaxPool()] * 3, Conv2d(kernel_size=3, padding="valid"), Flatten(), SCORES))],
    ),
    "a window larger than its image": (
        "error",
        "window is larger",
        [run_of((*[MaxPool()] * 5, Flatten(), SCORES)), run_of((*[MaxPool()] * 2, AvgPool(pool_size=8), Flatten(), SCORES))],
        [run_of((*[MaxPool()] * 4, Flatten(), SCORES))],
    ),
    "outputs that are not the classes": (
        "error",
        "the last layer must give 10 numbers",
        [
            run_of((Flatten(), Dense(units=9, activation=Identity()))),
            run_of((CONVOLUTION,)),
            run_of((CONVOLUTION, Flatten())),
            run_of((CONVOLUTION, GlobalAvgPool())),
            run_of((Flatten(), Dense(units=9), ActivationLayer(function=Tanh()))),
        ],
        [run_of(), run_of((Conv2d(filters=10), GlobalAvgPool()))],
    ),
    "negative log-likelihood without log-softmax": (
        "error",
        "does not end with log-softmax",
        [
            run_of(loss=NegativeLogLikelihood()),
            run_of((Flatten(), Dense(units=10, activation=Softmax())), loss=NegativeLogLikelihood()),
            run_of((Flatten(), SCORES, ActivationLayer(function=ReLU())), loss=NegativeLogLikelihood()),
            run_of((Conv2d(filters=10), GlobalAvgPool()), loss=NegativeLogLikelihood()),
        ],
        [
            run_of((Flatten(), Dense(units=10, activation=LogSoftmax())), loss=NegativeLogLikelihood()),
            run_of((Flatten(), SCORES, ActivationLayer(function=LogSoftmax())), loss=NegativeLogLikelihood()),
        ],
    ),
    "softmax before a loss that applies it": (
        "warning",
        "the loss applies it already",
        [
            run_of((Flatten(), Dense(units=10, activation=Softmax()))),
            run_of((Flatten(), SCORES, ActivationLayer(function=Softmax()))),
            run_of((Flatten(), Dense(units=10, activation=LogSoftmax())), loss=CrossEntropy()),
        ],
        [run_of((Flatten(), Dense(units=10, activation=Softmax())), loss=MeanSquaredError()), run_of()],
    ),
    "squeezed outputs": (
        "warning",
        "outputs can no longer become large",
        [
            run_of((Flatten(), Dense(units=10, activation=Sigmoid())), loss=BinaryCrossEntropy()),
            run_of((Flatten(), Dense(units=10, activation=Tanh()))),
        ],
        [run_of((Flatten(), Dense(units=10, activation=Sigmoid())), loss=MeanSquaredError())],
    ),
    "ReLU at the end": (
        "warning",
        "ReLU after the last layer",
        [run_of((Flatten(), Dense(units=10))), run_of((Flatten(), Dense(units=10)), loss=MeanSquaredError())],
        [run_of((Flatten(), Dense(units=20), SCORES))],
    ),
    "BatchNorm with batches of one": (
        "error",
        "the batch size is 1",
        [run_of((Flatten(), BatchNorm(), SCORES), batch_size=1), run_of((BatchNorm(), Flatten(), SCORES), batch_size=1, size=20)],
        [run_of(batch_size=1), run_of((Flatten(), BatchNorm(), SCORES), batch_size=2)],
    ),
    "a batch larger than the training set": (
        "warning",
        "one step an epoch",
        [run_of(size=500, batch_size=512), run_of(size=20, batch_size=21), run_of(dataset="mnist-5k", batch_size=4096)],
        [run_of(size=500, batch_size=500), run_of(batch_size=4096)],
    ),
    "batches that take long": (
        "warning",
        "Pause and Stop wait",
        [run_of((*[Conv2d(filters=64)] * 2, MaxPool(), Flatten(), SCORES), batch_size=512)],
        [run_of((*[Conv2d(filters=64)] * 2, MaxPool(), Flatten(), SCORES), batch_size=32), run_of(batch_size=4096)],
    ),
    "early stopping without validation": (
        "error",
        "Early stopping watches",
        [run_of(share=0.0, regularisation=STOPPING)],
        [run_of(share=0.0), run_of(regularisation=STOPPING)],
    ),
    "a plateau without validation": (
        "warning",
        "would watch the training loss",
        [run_of(share=0.0, schedule=ReduceOnPlateau())],
        [run_of(schedule=ReduceOnPlateau())],
    ),
    "a validation set without images": (
        "error",
        "leaves no image to validate on",
        [run_of(share=1e-6, regularisation=STOPPING)],
        [run_of(share=0.01, regularisation=STOPPING)],
    ),
    "two dense layers in a row": (
        "warning",
        "are one",
        [
            run_of((Flatten(), Dense(units=20, activation=Identity()), SCORES)),
            run_of((Flatten(), *[Dense(units=20, activation=Identity())] * 3, SCORES)),
        ],
        [
            run_of((Flatten(), Dense(units=20), SCORES)),
            run_of((Flatten(), Dense(units=20, activation=Identity()), ActivationLayer(), SCORES)),
        ],
    ),
    "dropout at the end": (
        "warning",
        "switches answers off",
        [run_of((Flatten(), SCORES, Dropout()))],
        [run_of((Flatten(), Dropout(), SCORES))],
    ),
    "deep and saturating": (
        "warning",
        "the gradient fades",
        [run_of(deep(Sigmoid(), 8)), run_of(deep(Tanh(), 5))],
        [run_of(deep(Sigmoid(), 4)), run_of(deep(ReLU(), 8)), run_of(deep(Sigmoid(), 8, BatchNorm()))],
    ),
    "flipped digits": (
        "warning",
        "a mirrored 3 is no 3",
        [run_of(augmentation=(Flip(),)), run_of(augmentation=(Shift(), Flip(direction="vertical")))],
        [run_of(augmentation=(Shift(),)), run_of(dataset="fashion-mnist", augmentation=(Flip(),))],
    ),
}

every_case = pytest.mark.parametrize("severity, words, guilty, innocent", CASES.values(), ids=list(CASES))


def findings(run: RunSpec, words: str) -> list[Finding]:
    return [finding for finding in check(run).findings if words in finding.message]


@every_case
def test_a_rule_speaks_of_what_it_is_about(severity: str, words: str, guilty: list[RunSpec], innocent: list[RunSpec]) -> None:
    for run in guilty:
        found = findings(run, words)
        assert found and {finding.severity for finding in found} == {severity}, run.network


@every_case
def test_a_rule_is_silent_otherwise(severity: str, words: str, guilty: list[RunSpec], innocent: list[RunSpec]) -> None:
    for run in innocent:
        assert findings(run, words) == []


@every_case
def test_a_mend_takes_its_finding_away_and_can_be_saved(
    severity: str, words: str, guilty: list[RunSpec], innocent: list[RunSpec]
) -> None:
    for run in guilty:
        while found := findings(run, words):
            mend = found[0].mend
            if mend is None:
                break
            assert mend.label and RunSpec.from_json(mend.run.to_json()) == mend.run
            assert mend.run == RunSpec.model_validate(mend.run.model_dump())
            assert len(findings(mend.run, words)) < len(found), mend
            run = mend.run


@every_case
def test_following_all_mends_leads_to_a_network_that_can_be_built(
    severity: str, words: str, guilty: list[RunSpec], innocent: list[RunSpec]
) -> None:
    for run in guilty:
        for _ in range(30):
            mends = [finding.mend for finding in check(run).findings if finding.mend]
            if not mends:
                break
            run = mends[0].run
        assert not [finding for finding in check(run).findings if finding.mend]
        if check(run).can_train:
            build(run.network, (1, 28, 28), seed=0)


def test_every_rule_has_a_case_here() -> None:
    runs = [run for _, _, guilty, _ in CASES.values() for run in guilty]
    unheard = [rule.__name__ for rule in RULES if not any(list(rule(check(run))) for run in runs)]
    assert unheard == ["_limits"]  # those have a file of their own


def test_all_findings_come_at_once_and_errors_first() -> None:
    run = run_of(
        (Dense(units=8, activation=Identity()), Dense(units=8, activation=Identity()), Conv2d(), Dense(units=7), Dropout()),
        share=0.0,
        size=100,
        batch_size=128,
        loss=NegativeLogLikelihood(),
        regularisation=STOPPING,
        augmentation=(Flip(),),
        epochs=1000,
    )
    found = check(run).findings
    for words in (
        "needs Flatten",
        "works on images",
        "must give 10 numbers",
        "log-softmax",
        "Early stopping watches",
        "1,000 epochs",
        "are one",
        "one step an epoch",
        "a mirrored 3",
        "switches answers off",
    ):
        assert any(words in finding.message for finding in found), words
    severities = [finding.severity for finding in found]
    assert severities == sorted(severities)


def test_a_finding_names_its_layer_counted_from_1_and_points_at_it() -> None:
    (finding,) = check(run_of((Conv2d(), SCORES))).errors
    assert finding.message.startswith("Layer 2:") and finding.layer == 1
    assert finding.mend is not None and finding.mend.run.network.layers == (Conv2d(), Flatten(), SCORES)


def test_what_cannot_be_trained_is_refused_with_every_reason() -> None:
    run = run_of((Conv2d(), Dense(units=9, activation=Identity())), epochs=999)
    with pytest.raises(PlaygroundError) as caught:
        require_trainable(run)
    for words in ("Flatten", "10 numbers", "999 epochs"):
        assert words in caught.value.what
    assert require_trainable(preset("first-network").run).can_train


def test_an_unknown_data_set_is_named() -> None:
    with pytest.raises(PlaygroundError, match="no-such-set"):
        check(run_of(dataset="no-such-set"))
