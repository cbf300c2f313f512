"""A trained network as one safetensors file with its settings, which the playground loads again; and the way back.

Safetensors holds numbers and text only: unlike a pickle, reading it runs no code.
"""

from __future__ import annotations

import math

from playground import settings
from playground.errors import PlaygroundError
from playground.export.value import ExportedRun
from playground.insight.evaluation import AnyEvaluation, RegressionEvaluation, evaluate
from playground.insight.networks import TrainedNetwork, trained_network
from playground.insight.regression import measure_regression
from playground.training.saved import SavedNetwork


def make(exported: ExportedRun) -> bytes:
    """The weights as safetensors, with the settings and figures in its metadata.

    Raises:
        PlaygroundError: the run has no weights yet, or its data set is not on this computer.
    """
    trained = network_of(exported)
    accuracy, images = final_exam(exported, trained)
    command = f"python -m playground export {exported.id} --format safetensors"
    return SavedNetwork.of(exported.run, exported.weights, trained.batches, accuracy, images, command).to_bytes()


def read_network(content: bytes) -> SavedNetwork:
    """A network that somebody uploads: what `make` or `python -m playground train --save` wrote.

    Raises:
        PlaygroundError: it is larger than the setting `max_upload_mb`, cut short, from a newer version, or does not fit:
            every tensor that is missing, does not belong, or has another shape, type or no numbers in it is named.
    """
    largest = settings.number("max_upload_mb")
    if len(content) > largest * 1_000_000:
        raise PlaygroundError(
            f"The file has {len(content) / 1e6:,.1f} MB.",
            f"At most {largest} MB are read.",
            "Whoever runs the server can allow more, with PLAYGROUND_MAX_UPLOAD_MB.",
        )
    return SavedNetwork.from_bytes(content)


def network_of(exported: ExportedRun) -> TrainedNetwork:
    """The run's network with its weights, and its data.

    Raises:
        PlaygroundError: the run has no weights yet, or its data set is not on this computer.
    """
    if not exported.weights:
        raise PlaygroundError(
            f"“{exported.name}” has not learned anything yet: it has no weights.",
            "At least one batch must have been learned from.",
            "Let it train, or export its settings instead.",
        )
    return trained_network(exported.run, exported.weights)


def examined(exported: ExportedRun) -> AnyEvaluation:
    """What the network says about every test example.

    Raises:
        PlaygroundError: as `network_of`.
    """
    network_of(exported)
    task = evaluate(exported.run.to_json(), exported.weights, "test", exported.history.step)
    while True:
        try:
            next(task)
        except StopIteration as finished:
            result: AnyEvaluation = finished.value
            return result


def final_exam(exported: ExportedRun, trained: TrainedNetwork) -> tuple[float, int]:
    """The share of the test examples that is right, or R², and how many there are; of a run that was stopped, taken now."""
    finished = exported.history.finished
    if finished and math.isfinite(finished.test_accuracy):
        return finished.test_accuracy, len(trained.dataset.x_test)
    evaluation = examined(exported)
    if isinstance(evaluation, RegressionEvaluation):
        return measure_regression(evaluation).r2 or 0.0, len(evaluation)
    return float((evaluation.labels == evaluation.predicted).mean()), len(evaluation)
