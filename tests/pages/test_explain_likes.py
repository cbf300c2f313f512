"""The views of the Explain page that search: what a unit likes, look-alikes, and what changes its mind; with a real worker."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from page_app import settled, train, visit
from streamlit.testing.v1 import AppTest

from playground import data
from playground.catalog.activations import Identity
from playground.catalog.layers import Conv2d, Dense, Dropout, Flatten, LayerEntry, MaxPool
from playground.insight.adversarial import ChangeOfMind
from playground.insight.neighbours import Neighbours
from playground.insight.networks import trained_network
from playground.insight.preferred import Preferred
from playground.insight.top_images import TopImages
from playground.jobs import JobService
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec
from playground.ui import explain_counterfactual
from playground.ui.draw_sources import CANVAS, Drawing
from playground.ui.explain_counterfactual import MANY, ONE
from playground.ui.looked_at import DRAWING
from playground.ui.snapshots import Snapshot

PAGE = "pages/6_Explain.py"
LIKES, NEIGHBOURS, MIND = "Likes", "Look-alikes", "Change its mind"
LAST = Dense(units=10, activation=Identity())
CONVOLUTION: tuple[LayerEntry, ...] = (Conv2d(filters=5), MaxPool(), Flatten(), Dense(units=12), Dropout(), LAST)


def _trained(service: JobService, *layers: LayerEntry) -> str:
    dataset = DatasetSpec(name="mnist-5k", training_size=400)
    return train(service, RunSpec(network=NetworkSpec(layers=layers), dataset=dataset, training=TrainingSpec(epochs=4)))


@pytest.fixture(scope="module")
def convolution(service: JobService) -> str:
    return _trained(service, *CONVOLUTION)


def _open(run_id: str, view: str, **state: object) -> AppTest:
    return settled(visit(PAGE, run_id, explain_view=view, **state))


def _set(page: AppTest, widget: Any, value: object) -> None:
    widget.set_value(value)
    settled(page)


def _words(page: AppTest) -> str:
    return " ".join(element.value for element in (*page.markdown, *page.caption, *page.info, *page.warning))


def _result(page: AppTest, slot: str) -> Any:
    """The newest answer to a slot's questions."""
    answers = page.session_state["task_answers"]
    return next(answer.result for question, answer in reversed(answers.items()) if question[0] == slot)


def _pictures(page: AppTest) -> int:
    """Real images on the page that stand in cards."""
    return sum(len(re.findall('<figure class="shot">', html.value)) for html in page.get("html"))


def _widget(page: AppTest, kind: str, label: str) -> Any:
    return next(widget for widget in page.get(kind) if widget.label == label)


def _group(page: AppTest, key: str) -> Any:
    return next(group for group in page.get("button_group") if group.key == key)


def _broken(service: JobService, run_id: str) -> Snapshot:
    """A run's last weights, all turned into what is no number."""
    weights = service.weights(run_id)
    tensors = {name: tensor * float("nan") if tensor.is_floating_point() else tensor for name, tensor in weights.tensors.items()}
    return Snapshot(run_id, service.info(run_id).run, replace(weights, tensors=tensors), True)


def test_a_class_gets_a_made_picture_and_nine_real_ones(service: JobService, convolution: str) -> None:
    page = _open(convolution, LIKES)
    made, real = _result(page, "preferred_image"), _result(page, "top_images")
    assert isinstance(made, Preferred) and isinstance(real, TopImages) and len(real.indices) == 9
    assert _pictures(page) == 10 and len(page.get("plotly_chart")) == 1
    words = _words(page)
    assert "Made for class “0”" in words and "Out of 1,000 test images" in words and "Regularisers: blur" in words
    assert "gradient ascent" in words and "For comparison, test image 0" in words


def test_a_channel_and_a_neuron_can_be_chosen_and_are_said_with_their_frames(service: JobService, convolution: str) -> None:
    page = _open(convolution, LIKES)
    layer = _widget(page, "selectbox", "Layer")
    assert [option.split(":")[0].split(" (")[0] for option in layer.options] == ["Layer 1", "Layer 2", "Layer 4", "The classes"]
    _set(page, layer, 0)
    assert "channel 1 of layer 1" in _words(page) and "receptive field" in _words(page)
    assert sum(html.value.count('class="shot-frame"') for html in page.get("html")) == 10
    _set(page, page.number_input("likes_unit.0.5"), 4)
    assert "channel 4 of layer 1" in _words(page)
    _set(page, _group(page, "likes_pooling"), "average")
    assert sum(html.value.count('class="shot-frame"') for html in page.get("html")) == 0
    _set(page, _widget(page, "selectbox", "Layer"), 3)
    assert "neuron 1 of layer 4" in _words(page)


def test_the_regularisers_change_the_picture_within_their_bounds(service: JobService, convolution: str) -> None:
    page = _open(convolution, LIKES)
    first = _result(page, "preferred_image").image
    for label, value in (("Blur", 0.0), ("Jitter", 0), ("L2", 0.0), ("Steps", 60)):
        slider = _widget(page, "slider", label)
        assert slider.min <= value <= slider.max
        _set(page, slider, value)
    made = _result(page, "preferred_image")
    assert len(made.path) == 60 and not np.array_equal(made.image, first)
    assert "blur 0, jitter 0, L2 0" in _words(page)


def test_the_look_alikes_stand_in_two_rows_with_their_vote(service: JobService, convolution: str) -> None:
    page = _open(convolution, NEIGHBOURS)
    found: Neighbours = _result(page, "neighbours")
    assert found.seen == 400 and found.space == 12
    words = _words(page)
    assert "layers 4 to 5 (Dense 12 → Dropout 0.25)" in words and "without any network" in words and "Searched all 400" in words
    assert _pictures(page) == 18 and any('class="votes"' in html.value for html in page.get("html"))
    _set(page, _group(page, "neighbours_way"), "Cosine")
    assert "distance: Cosine" in _words(page)


def test_a_drawing_has_look_alikes_that_nobody_can_call_right(service: JobService, convolution: str) -> None:
    picture = np.zeros((CANVAS, CANVAS, 4), np.uint8)
    picture[..., 3] = 255
    picture[60:260, 140:180, :3] = 255
    page = _open(
        convolution, NEIGHBOURS, looked_at_source=DRAWING, drawing=Drawing({"objects": [{"type": "path"}]}, pixels=picture)
    )
    cards = "".join(html.value for html in page.get("html") if '<div class="shots"' in html.value)
    assert _pictures(page) == 18 and '<b class="shot-right">' not in cards and '<b class="shot-wrong">' not in cards


def test_what_changes_its_mind_is_found_at_once_and_true(service: JobService, convolution: str) -> None:
    page = _open(convolution, MIND)
    change: ChangeOfMind = page.session_state["change_of_mind"][1]
    order = change.probabilities.argsort()[::-1]
    assert (change.answer, change.target) == (order[0], order[1]) and change.many_steps is not None
    network = trained_network(service.info(convolution).run, service.weights(convolution).tensors)
    with torch.no_grad():
        outputs = network.network(network.batches.inputs(torch.from_numpy(change.many_steps.rounded.pixels)[None]))
    assert int(outputs.argmax()) == change.many_steps.rounded.answer
    words = _words(page)
    assert "not proven smallest" in words and ("survives rounding" in words or "not survive rounding" in words)
    assert any('class="mind"' in html.value and "times as strong" in html.value for html in page.get("html"))
    assert len(page.get("plotly_chart")) == 1


def test_every_class_and_both_methods_can_be_asked_for(service: JobService, convolution: str) -> None:
    page = _open(convolution, MIND)
    target = _widget(page, "selectbox", "Make it answer")
    first = page.session_state["change_of_mind"][1]
    names = data.load("mnist-5k").class_names
    assert len(target.options) == 9 and names[first.answer] not in target.options
    _set(page, target, int(first.probabilities.argmin()))
    assert page.session_state["change_of_mind"][1].target == first.probabilities.argmin()
    for method in (ONE, MANY):
        _set(page, _group(page, "mind_method"), method)
        assert "of 255 grey levels" in _words(page) or "Not found" in _words(page)


def test_a_large_network_is_searched_by_a_worker(service: JobService, convolution: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explain_counterfactual, "QUICK_MULTIPLY_ADDS", 0)
    page = _open(convolution, MIND)
    assert isinstance(_result(page, "change_of_mind"), ChangeOfMind)
    assert "not proven smallest" in _words(page)


@pytest.mark.parametrize("view", [LIKES, NEIGHBOURS, MIND])
def test_broken_weights_get_a_sentence(service: JobService, convolution: str, view: str) -> None:
    page = _open(convolution, view, snapshot=_broken(service, convolution))
    assert page.warning and all(not warning.value.startswith("This could not be computed") for warning in page.warning)


def test_a_network_without_a_hidden_layer_has_every_view(service: JobService) -> None:
    run_id = _trained(service, Flatten(), LAST)
    assert "this network has no hidden layer" in _words(_open(run_id, NEIGHBOURS))
    assert _pictures(_open(run_id, LIKES)) == 10
    assert "not proven smallest" in _words(_open(run_id, MIND))


def test_an_empty_image_has_every_view(service: JobService, convolution: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sample = data.load("mnist-5k")
    empty = replace(sample, x_test=torch.zeros_like(sample.x_test))
    monkeypatch.setattr(data, "load", lambda name: empty)
    for view in (LIKES, NEIGHBOURS, MIND):
        assert "The network says" in _words(_open(convolution, view))
