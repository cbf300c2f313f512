"""What looks inside, asked about a network with a single output for yes or no, and about one that tells a number."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import r2_score
from trained_runs import Trained, drain

from playground import data
from playground.catalog.activations import Identity
from playground.catalog.layers import Conv2d, Dense, Flatten
from playground.catalog.losses import BinaryCrossEntropyLogits, MeanSquaredError
from playground.catalog.optimizers import Adam
from playground.insight.activations import predicted_number, prediction
from playground.insight.adversarial import change_of_mind
from playground.insight.attribution import attribute_now
from playground.insight.edited_accuracy import edited_accuracy
from playground.insight.embedding import embed
from playground.insight.exam import sit_exam
from playground.insight.finite_difference import try_it
from playground.insight.lead import first_answers
from playground.insight.microscope import WeightName, double, examine
from playground.insight.neighbours import nearest_neighbours
from playground.insight.networks import TrainedNetwork, trained_network
from playground.insight.row_attribution import row_contributions
from playground.insight.surgery import KillUnit
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec
from playground.training.runtime import Runtime
from playground.training.trainer import Trainer

CPU = Runtime()


def _trained(run: RunSpec) -> Trained:
    torch.set_num_threads(1)
    trainer = Trainer(run, data.load(run.dataset), runtime=CPU)
    *_, finished = trainer
    return Trained(run, trainer.weights(), finished.step, finished.test_accuracy, finished.test_loss)


@pytest.fixture(scope="module")
def seven() -> Trained:
    """ "Is it a 7?", with one output."""
    layers = (Conv2d(filters=2, kernel_size=5, stride=2), Flatten(), Dense(units=1, activation=Identity()))
    training = TrainingSpec(loss=BinaryCrossEntropyLogits(), optimizer=Adam(learning_rate=0.01), epochs=3)
    dataset = DatasetSpec(name="mnist-5k", one_class=7, training_size=800)
    return _trained(RunSpec(network=NetworkSpec(layers=layers), dataset=dataset, training=training))


@pytest.fixture(scope="module")
def number() -> Trained:
    layers = (Dense(units=8), Dense(units=1, activation=Identity()))
    training = TrainingSpec(loss=MeanSquaredError(), optimizer=Adam(learning_rate=0.01), epochs=20)
    return _trained(RunSpec(network=NetworkSpec(layers=layers), dataset=DatasetSpec(name="diabetes"), training=training))


def _asked(trained: Trained) -> TrainedNetwork:
    return trained_network(trained.run, trained.weights, CPU)


def _image(network: TrainedNetwork, label: int) -> np.ndarray:
    """A test image of this class that is read right."""
    rows = (network.dataset.y_test == label).nonzero()[:, 0]
    with torch.no_grad():
        said = network.network(network.batches.inputs(network.dataset.x_test[rows]))[:, 0] > 0
    return network.dataset.x_test[rows[said == bool(label)][0]].numpy()


def test_one_output_speaks_for_the_second_class_and_against_the_first(seven: Trained) -> None:
    network = _asked(seven)
    inputs = network.batches.inputs(network.dataset.x_test[:20])
    with torch.no_grad():
        outputs, scores = network.network(inputs), network.class_scores(inputs)
    assert outputs.shape == (20, 1) and scores.shape == (20, 2) and network.output_names == ("7",)
    np.testing.assert_allclose(scores[:, 1], outputs[:, 0])
    assert prediction(network, inputs[:1])[1] == pytest.approx(float(torch.sigmoid(outputs[0, 0])))


@pytest.mark.parametrize("slug", ["gradient", "integrated-gradients", "grad-cam", "occlusion"])
def test_what_speaks_for_one_answer_speaks_against_the_other(seven: Trained, slug: str) -> None:
    network = _asked(seven)
    inputs = network.batches.inputs(torch.from_numpy(_image(network, 1))[None])
    no, yes = (attribute_now(network, inputs, target, slug, {"steps": 8}) for target in (0, 1))
    np.testing.assert_allclose(yes.values, -no.values, atol=1e-5 * np.abs(yes.values).max())
    assert yes.values.any() and yes.output == pytest.approx(-no.output)


@pytest.mark.parametrize("label", [0, 1])
def test_a_yes_or_no_can_be_turned_by_a_small_change(seven: Trained, label: int) -> None:
    network = _asked(seven)
    pixels = _image(network, label)
    assert first_answers(network, pixels) == [label, 1 - label]
    _, found = drain(change_of_mind(seven.run.to_json(), seven.weights, pixels, 1 - label))
    change = found.many_steps
    assert (found.answer, found.target) == (label, 1 - label) and change is not None and found.probabilities.shape == (2,)
    assert 0 < change.epsilon < 0.7 and change.probabilities[1 - label] > 0.5
    assert found.probabilities.sum() == pytest.approx(1) and found.target_shares[0] < 0.5


def test_the_exam_reads_one_output_as_two_logits(seven: Trained) -> None:
    network = _asked(seven)
    _, sat = drain(sit_exam(seven.run.to_json(), seven.weights, seven.step))
    with torch.no_grad():
        outputs = network.network(network.batches.inputs(network.dataset.x_test))[:, 0]
    assert sat.raw and sat.test.right.mean() == pytest.approx(seven.test_accuracy)
    np.testing.assert_allclose(sat.test.probabilities()[:, 1], torch.sigmoid(outputs.double()), atol=1e-6)
    np.testing.assert_allclose(sat.test.probabilities(2.0)[:, 1], torch.sigmoid(outputs.double() / 2), atol=1e-6)


def test_maps_neighbours_and_operations_count_the_same_answers(seven: Trained) -> None:
    network = _asked(seven)
    _, near = drain(nearest_neighbours(seven.run.to_json(), seven.weights, _image(network, 1), limit=200))
    assert near.answer == 1 and near.probabilities.shape == (2,)
    _, mapped = drain(embed(seven.run.to_json(), seven.weights, "test", (0, 1), "PCA", 2000))
    assert float((mapped.labels == mapped.predicted).mean()) == pytest.approx(seven.test_accuracy)
    _, operated = drain(edited_accuracy(seven.run.to_json(), seven.weights, [KillUnit(layer=0, unit=0)], "test"))
    assert operated.before.accuracy == pytest.approx(seven.test_accuracy) and operated.before.counts.sum() == 1000


def test_a_number_is_told_in_its_own_unit(number: Trained) -> None:
    network = _asked(number)
    said = [predicted_number(network, network.batches.inputs(row[None])) for row in network.dataset.x_test]
    targets = network.dataset.y_test[:, 0].double().numpy()
    assert r2_score(targets, said) == pytest.approx(number.test_accuracy, abs=1e-5)
    assert network.output_names == ("disease progression after one year",)


@pytest.mark.parametrize("index", [0, 7])
def test_the_columns_of_a_row_share_the_whole_difference_to_the_mean_row_among_them(number: Trained, index: int) -> None:
    network = _asked(number)
    row = network.dataset.x_test[index].numpy()
    found = row_contributions(network, row, None)
    mean = network.dataset.x_train[network.batches.train].mean(dim=0, keepdim=True)
    said = [predicted_number(network, network.batches.inputs(values)) for values in (torch.from_numpy(row)[None], mean)]
    assert (found.output, found.at_mean) == pytest.approx(tuple(said), rel=1e-5)
    assert found.gap < 0.02 * abs(found.output - found.at_mean) + 0.05
    # A column that stands at its mean has no share.
    at_mean = row.copy()
    at_mean[3] = float(mean[0, 3])
    assert row_contributions(network, at_mean, None).values[3] == pytest.approx(0, abs=1e-3)


def test_of_a_network_without_hidden_layers_a_column_s_share_is_its_weight_times_its_distance_to_the_mean() -> None:
    run = RunSpec(
        network=NetworkSpec(layers=(Dense(units=3, activation=Identity()),)),
        dataset=DatasetSpec(name="iris"),
        training=TrainingSpec(epochs=2),
    )
    network = _asked(_trained(run))
    row = network.dataset.x_test[4]
    weights = network.network[0].weight.detach().double()
    mean = network.dataset.x_train[network.batches.train].mean(dim=0)
    distance = (network.batches.inputs(row[None]) - network.batches.inputs(mean[None]))[0].double()
    for target in range(3):
        found = row_contributions(network, row.numpy(), target)
        np.testing.assert_allclose(found.values, (weights[target] * distance).numpy(), atol=1e-5)


def test_operating_on_a_network_that_tells_a_number_changes_its_r_squared(number: Trained) -> None:
    edits = [KillUnit(layer=0, unit=unit) for unit in range(8)]
    _, found = drain(edited_accuracy(number.run.to_json(), number.weights, edits, "test"))
    assert found.before.accuracy == pytest.approx(number.test_accuracy, abs=1e-5) and found.before.total == 88
    assert found.after.accuracy < 0.2 and len(found.after.counts) == 0


def test_the_microscope_finds_the_slope_of_a_loss_of_numbers(number: Trained) -> None:
    network = _asked(number)
    rows, targets = (part[:5] for part in network.batches.split_images("train"))
    inputs, copy = network.batches.inputs(rows), double(network)
    for weight in (WeightName("0_dense_0", "weight", (3, 2)), WeightName("1_dense_0", "bias", (0,))):
        found = examine(copy, number.run.training.loss, weight, inputs, targets)
        assert try_it(copy, number.run.training.loss, weight, inputs, targets).agrees(found.derivative)
        assert all(link.total == pytest.approx(found.derivative) for link in found.links)
