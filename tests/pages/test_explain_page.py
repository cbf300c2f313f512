"""The Explain page over a real job service with a real worker."""

from __future__ import annotations

import numpy as np
import pytest
from page_app import settled, train, visit
from streamlit.testing.v1 import AppTest

from playground.catalog.activations import Identity
from playground.catalog.layers import Conv2d, Dense, Flatten, LayerEntry, MaxPool
from playground.insight.attribution import Attribution
from playground.insight.attribution_methods import METHODS
from playground.jobs import JobService
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec
from playground.ui.draw_sources import CANVAS, Drawing
from playground.ui.explain_page import VIEWS, likeliest
from playground.ui.looked_at import DRAWING

PAGE = "pages/6_Explain.py"
LAST = Dense(units=10, activation=Identity())
CONVOLUTION: tuple[LayerEntry, ...] = (
    Conv2d(filters=20, kernel_size=3), MaxPool(), Conv2d(filters=4, kernel_size=3), Flatten(), LAST
)  # fmt: skip
DENSE: tuple[LayerEntry, ...] = (Flatten(), Dense(units=40), LAST)
LARGE: tuple[LayerEntry, ...] = (*(Conv2d(filters=24, kernel_size=5) for _ in range(3)), MaxPool(), MaxPool(), Flatten(), LAST)


def _trained(service: JobService, layers: tuple[LayerEntry, ...], images: int = 400) -> str:
    dataset = DatasetSpec(name="mnist-5k", training_size=images)
    return train(service, RunSpec(network=NetworkSpec(layers=layers), dataset=dataset, training=TrainingSpec(epochs=1)))


@pytest.fixture(scope="module")
def convolution(service: JobService) -> str:
    return _trained(service, CONVOLUTION)


@pytest.fixture(scope="module")
def dense(service: JobService) -> str:
    return _trained(service, DENSE)


def _open(run_id: str | None = None, view: str = "", **state: object) -> AppTest:
    return settled(visit(PAGE, run_id, **({"explain_view": view} if view else {}), **state))


def _words(page: AppTest) -> str:
    return " ".join(element.value for element in (*page.markdown, *page.caption, *page.info, *page.warning))


def _shown(page: AppTest) -> Attribution:
    found: Attribution = page.session_state["explain_attribution"][1]
    return found


def test_without_a_run_the_page_says_what_to_do(service: JobService) -> None:
    page = _open()
    assert "no network to look at" in page.subheader[-1].value


def test_the_image_the_answer_and_the_layers_are_there_at_once(service: JobService, convolution: str) -> None:
    page = _open(convolution)
    assert "The network says" in _words(page) and any('class="bars' in html.value for html in page.get("html"))
    assert list(page.selectbox[1].options) == [
        "Input", "1. Conv 20 @ 3×3", "2. MaxPool 2×2", "3. Conv 4 @ 3×3", "4. Flatten", "5. Dense 10"
    ]  # fmt: skip
    assert len(page.get("plotly_chart")) == 1 and "Smallest" in _words(page) and "exactly 0" in _words(page)


def test_every_layer_and_every_map_can_be_enlarged(service: JobService, convolution: str) -> None:
    page = _open(convolution)
    for place in (0, 2, 3, 4, 5):
        page.selectbox[1].set_value(place)
        settled(page)
        assert page.selectbox[1].value == place and len(page.get("plotly_chart")) == 1
    page.selectbox[1].set_value(1)
    settled(page)
    number = next(widget for widget in page.number_input if widget.label == "Map (1 to 20)")
    number.set_value(20)
    settled(page)
    assert next(widget for widget in page.number_input if widget.label == "Map (1 to 20)").value == 20
    for toggle in ("explain_all_maps", "explain_own_scale"):
        page.toggle(key=toggle).set_value(True)
    settled(page)


@pytest.mark.parametrize("slug", [method.slug for method in METHODS])
def test_every_method_draws_its_map_with_its_scale_and_its_source(service: JobService, convolution: str, slug: str) -> None:
    page = _open(convolution, "Inputs", explain_method=slug)
    words = _words(page)
    assert len(page.get("plotly_chart")) == 1 and "darkest colours stand for" in words and "arXiv" in words
    assert _shown(page).method == slug and np.isfinite(_shown(page).values).all()
    assert ("The check." in words) == (slug == "integrated-gradients")
    assert ("stretched over the image" in words) == (slug == "grad-cam")


def test_another_class_another_setting_and_another_convolution_are_computed(service: JobService, convolution: str) -> None:
    page = _open(convolution, "Inputs", explain_method="grad-cam")
    target = page.selectbox(key="explain_target.10")
    assert target.value == "answer" and len(target.options) == 11
    target.set_value(8)
    settled(page)
    assert _shown(page).target == 8 and _shown(page).coarse.shape == (14, 14)
    next(box for box in page.selectbox if box.label == "Convolution").set_value(0)
    settled(page)
    assert _shown(page).coarse.shape == (28, 28)
    page.session_state["explain_method"] = "integrated-gradients"
    settled(page)
    before = _shown(page)
    page.slider[-1].set_value(256)
    settled(page)
    after = _shown(page)
    assert abs(after.attributed - after.difference) <= abs(before.attributed - before.difference) + 1e-4


def test_a_network_without_convolutions_says_so_and_offers_what_applies(service: JobService, dense: str) -> None:
    page = _open(dense, "Inputs", explain_method="grad-cam")
    assert "no convolution" in _words(page) and not page.get("plotly_chart")
    next(button for button in page.button if button.label == "Show integrated gradients").click()
    settled(page)
    assert _shown(page).method == "integrated-gradients" and len(page.get("plotly_chart")) == 1


def test_all_methods_stand_side_by_side(service: JobService, convolution: str, dense: str) -> None:
    for run_id, count in ((convolution, 5), (dense, 4)):
        page = _open(run_id, "Inputs", explain_all_methods=True)
        cards = next(html.value for html in page.get("html") if 'class="attributions"' in html.value)
        assert cards.count("<figcaption>") == count and ("Grad-CAM" in cards) == (count == 5)


def test_a_large_network_is_asked_in_a_worker(service: JobService) -> None:
    page = _open(_trained(service, LARGE, images=60), "Inputs", explain_method="smooth-grad")
    answers = [answer.result for key, answer in page.session_state["task_answers"].items() if key[0] == "attribution"]
    assert len(answers) == 1 and answers[0].method == "smooth-grad" and len(page.get("plotly_chart")) == 1


def test_nothing_but_black_in_a_drawing_asks_for_one_and_a_drawing_is_explained(service: JobService, convolution: str) -> None:
    black = np.zeros((CANVAS, CANVAS, 4), np.uint8)
    black[..., 3] = 255
    page = _open(convolution, looked_at_source=DRAWING, drawing=Drawing())
    assert not page.get("plotly_chart")
    _open(convolution, looked_at_source=DRAWING, drawing=Drawing({"objects": [{"type": "path"}]}, pixels=black))
    drawn = black.copy()
    drawn[60:260, 140:180, :3] = 255
    page = _open(convolution, "Inputs", looked_at_source=DRAWING, drawing=Drawing({"objects": [{"type": "path"}]}, pixels=drawn))
    assert "The network says" in _words(page) and len(page.get("plotly_chart")) == 1


def test_the_open_view_stays_open_while_there_is_no_image(service: JobService, convolution: str) -> None:
    page = _open(convolution, "Inputs", looked_at_source=DRAWING, drawing=Drawing())
    assert "darkest colours" not in _words(page)
    page.session_state["looked_at_source"] = "Test image"
    settled(page)
    assert "darkest colours" in _words(page)


def test_a_mistake_says_what_it_is(service: JobService, convolution: str) -> None:
    page = _open(convolution, looked_at_source="A mistake")
    assert "The network says" in _words(page) and "It is " in _words(page)


def test_of_two_hundred_classes_the_likeliest_are_shown_in_their_order() -> None:
    shares = np.linspace(0, 1, 200) / 100
    shown, names, true_class = likeliest(shares, tuple(f"class {index}" for index in range(200)), 195, most=12)
    assert names == tuple(f"class {index}" for index in range(188, 200)) and true_class == 7
    np.testing.assert_array_equal(shown, shares[188:])
    assert likeliest(shares, ("x",) * 200, 3)[2] is None


@pytest.mark.parametrize("view", [view.title for view in VIEWS])
def test_every_view_opens_for_both_kinds_of_networks(service: JobService, convolution: str, dense: str, view: str) -> None:
    for run_id in (convolution, dense):
        page = _open(run_id, view)
        assert not page.error
