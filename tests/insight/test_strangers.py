"""Strangers: what is put to a network, what it says, and how well its confidence tells them apart."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score
from trained_runs import Trained, drain

from playground.errors import PlaygroundError
from playground.insight.networks import trained_network
from playground.insight.printed_letters import LETTERS, printed_letters
from playground.insight.strangers import NOISE, PRINTED, StrangerAnswers, ask_strangers, auroc, lookalike, stranger_sets

DIGITS = tuple("0123456789")


@pytest.fixture(scope="module")
def letters() -> tuple[np.ndarray, tuple[str, ...]]:
    return drain(printed_letters(versions=2))[1]


@pytest.fixture(scope="module")
def answers(dense: Trained) -> StrangerAnswers:
    return drain(ask_strangers(dense.run.to_json(), dense.weights, PRINTED))[1]


def test_the_area_is_scikit_learns_with_ties_too() -> None:
    draws = np.random.default_rng(0)
    own, strangers = draws.uniform(0.3, 1.0, 80).round(1), draws.uniform(0.1, 0.9, 50).round(1)
    expected = roc_auc_score(np.r_[np.ones(80), np.zeros(50)], np.r_[own, strangers])
    assert auroc(own, strangers) == pytest.approx(expected)


def test_the_area_by_hand() -> None:
    assert auroc([0.9, 0.8], [0.1, 0.2]) == 1.0
    assert auroc([0.5, 0.5], [0.5]) == 0.5
    assert auroc([0.9, 0.1], [0.5]) == 0.5
    assert auroc([], [0.5]) is None


def test_letters_are_prepared_like_drawings_differ_and_repeat(letters: tuple[np.ndarray, tuple[str, ...]]) -> None:
    images, symbols = letters
    assert images.shape == (104, 1, 28, 28) and images.dtype == np.uint8
    assert symbols == tuple(LETTERS * 2) and len(LETTERS) == 52
    for image in images[:, 0]:
        rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
        assert max(np.ptp(rows), np.ptp(columns)) + 1 in (19, 20, 21)
        assert image.max() > 150
    assert len({image.tobytes() for image in images}) > 100
    first = drain(printed_letters(versions=1))[1][0]
    np.testing.assert_array_equal(first, images[:52])


def test_the_answers_are_those_of_the_network_asked_directly(answers: StrangerAnswers, dense: Trained) -> None:
    trained = trained_network(dense.run, dense.weights)
    with torch.no_grad():
        shares = trained.network(trained.batches.inputs(torch.from_numpy(answers.images))).softmax(1).numpy()
    np.testing.assert_array_equal(answers.predicted, shares.argmax(axis=1))
    np.testing.assert_allclose(answers.confidences(), shares.max(axis=1), atol=1e-6)
    assert len(answers) == len(answers.symbols) == 416
    assert pickle.loads(pickle.dumps(answers)).name == PRINTED
    assert (answers.confidences(5.0) < answers.confidences()).all()


def test_noise_has_the_shape_of_the_networks_own_images(convolution: Trained) -> None:
    _, found = drain(ask_strangers(convolution.run.to_json(), convolution.weights, NOISE, images=50))
    assert found.images.shape == (50, 1, 28, 28) and set(found.symbols) == {"noise"}
    assert found.images.mean() == pytest.approx(127.5, abs=2)


def test_digits_are_no_strangers_to_digits_and_letters_none_to_letters() -> None:
    of_digits = [known.name for known in stranger_sets("mnist-5k")]
    assert of_digits == [known.name for known in stranger_sets("mnist")]
    assert of_digits == [PRINTED, "fashion-mnist", "kmnist", "emnist-letters", NOISE]
    assert [known.name for known in stranger_sets("fashion-mnist")] == [PRINTED, "mnist-5k", "kmnist", "emnist-letters", NOISE]
    assert [known.name for known in stranger_sets("emnist-letters")] == ["mnist-5k", "fashion-mnist", "kmnist", NOISE]


def test_letters_that_look_like_digits_are_known_in_both_directions() -> None:
    assert lookalike("O", DIGITS) == "0" and lookalike("l", DIGITS) == "1" and lookalike("B", DIGITS) == "8"
    assert lookalike("X", DIGITS) is None and lookalike("Sneaker", DIGITS) is None
    assert lookalike("0", tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")) == "O"
    assert lookalike("O", ("Trouser", "Bag")) is None


def test_a_data_set_that_is_not_there_and_weights_that_are_no_numbers_are_sentences(
    dense: Trained, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("PLAYGROUND_DATA_DIR", str(tmp_path_factory.mktemp("empty")))
    with pytest.raises(PlaygroundError, match="Fashion-MNIST"):
        drain(ask_strangers(dense.run.to_json(), dense.weights, "fashion-mnist"))
    broken = {name: torch.full_like(tensor, float("nan")) for name, tensor in dense.weights.items()}
    with pytest.raises(PlaygroundError, match="not numbers"):
        drain(ask_strangers(dense.run.to_json(), broken, NOISE, images=4))
