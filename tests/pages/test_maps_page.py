"""The Maps page over a real job service with a real worker."""

from __future__ import annotations

from typing import Any

import psutil
import pytest
from page_app import ended, settled, shown, train, visit, wait
from streamlit.testing.v1 import AppTest

from playground.catalog.activations import Identity
from playground.catalog.layers import Dense, Flatten
from playground.insight.embedding import Embedding
from playground.insight.landscape import Landscape
from playground.jobs import JobService
from playground.spec import DatasetSpec, NetworkSpec, RunSpec, TrainingSpec
from playground.training.changes import Changes

PAGE = "pages/10_Maps.py"


def _run(epochs: int, validation_share: float = 0.1) -> RunSpec:
    return RunSpec(
        network=NetworkSpec(layers=(Flatten(), Dense(units=16), Dense(units=10, activation=Identity()))),
        dataset=DatasetSpec(name="mnist-5k", training_size=200, validation_share=validation_share),
        training=TrainingSpec(epochs=epochs),
    )


def _finished(service: JobService, run: RunSpec) -> str:
    run_id = train(service, run)
    wait(lambda: len(service.checkpoints(run_id)) >= 1)
    return run_id


@pytest.fixture(scope="module")
def finished(service: JobService) -> str:
    """A run of four epochs; each change on the way leaves a saved moment."""
    run_id = service.submit(_run(4), "ann", mode="epoch")
    for epoch in (1, 2, 3):
        wait(lambda: service.info(run_id).status == "paused")
        wait(lambda number=epoch: service.weights(run_id).epoch == number)
        service.change(run_id, Changes(optimizer={"learning_rate": 0.001 + epoch / 10_000}))
        wait(lambda number=epoch: len(service.checkpoints(run_id)) >= number)
        (service.step_epoch if epoch < 3 else service.resume)(run_id)
    assert ended(service, run_id) == "finished"
    return run_id


def _open(run_id: str | None = None, **choices: Any) -> AppTest:
    few = dict.fromkeys(("maps_number", "maps_layers_number", "landscape_number"), 200)
    return shown(visit(PAGE, run_id, **few, **choices))


def _answer(page: AppTest) -> Any:
    return list(page.session_state["task_answers"].values())[-1].result


def _words(page: AppTest) -> str:
    return " ".join(element.value for element in (*page.markdown, *page.caption, *page.info, *page.warning))


def test_without_a_run_the_page_says_what_to_do(service: JobService) -> None:
    assert "no network to look at" in _open().subheader[-1].value


def test_the_last_but_one_layer_is_mapped_first(service: JobService, finished: str) -> None:
    page = settled(_open(finished))
    embedding: Embedding = _answer(page)
    assert [one.layer for one in embedding.maps] == [2] and len(embedding) == 200 and embedding.method == "PCA"
    numbers = {metric.label: metric.value for metric in page.metric}
    assert numbers["Neighbours of its class"] == f"{embedding.maps[0].agreement:.1%}"
    assert numbers["Seen on the map"] == f"{sum(embedding.maps[0].shares):.1%}"
    assert "200 test images" in _words(page)
    payload = page.session_state["_map_figure/maps_one_layer"][1]
    assert len(payload["words"]) == 200 and payload["sheet"].startswith("data:image/png")


def test_t_sne_of_the_pixels_says_how_it_came_about(service: JobService, finished: str) -> None:
    page = _open(finished, maps_method="t-SNE")
    page.selectbox[-1].set_value(0)
    embedding: Embedding = _answer(settled(page))
    assert embedding.method == "t-SNE" and embedding.maps[0].layer == 0 and embedding.maps[0].trustworthiness > 0.9
    assert "PCA made 50 numbers of 784" in _words(page) and "no unit" in _words(page)


def test_colours_by_mistake_need_no_new_computation(service: JobService, finished: str) -> None:
    page = settled(_open(finished))
    first = _answer(page)
    page.session_state["maps_colour"] = "mistake"
    shown(page)
    assert not page.session_state["tasks_asked"] and _answer(page) is first
    assert '"wrong"' in page.session_state["_map_figure/maps_one_layer"][1]["figure"]


def test_layer_by_layer_has_every_layer_that_changes_something(service: JobService, finished: str) -> None:
    page = settled(_open(finished, maps_view="Layer by layer"))
    embedding: Embedding = _answer(page)
    assert [one.layer for one in embedding.maps] == [0, 2, 3]
    payload = page.session_state["_map_figure/maps_layers"][1]
    assert payload["titles"][0] == "The pixels" and len(payload["titles"]) == 3 and page.get("plotly_chart")


def test_a_random_landscape_is_drawn_with_its_middle_checked(service: JobService, finished: str) -> None:
    page = settled(_open(finished, maps_view="Loss landscape"))
    found: Landscape = _answer(page)
    assert found.kind == "random" and found.losses.shape == (11, 11) and found.agrees
    assert f"**{found.own_loss:.6g}**" in _words(page) and "right angles" in _words(page)
    assert len(found.path) == len(service.checkpoints(finished)) and "_figure_view/landscape_surface" in page.session_state
    page.session_state["landscape_view"] = "Contours"
    shown(page)
    assert page.get("plotly_chart")
    next(button for button in page.button if button.label == "Other directions").click()
    assert (_answer(settled(page)).losses != found.losses).any()


def test_the_landscape_of_the_path_holds_most_of_it(service: JobService, finished: str) -> None:
    page = settled(_open(finished, maps_view="Loss landscape", landscape_kind="trajectory"))
    found: Landscape = _answer(page)
    assert found.shares is not None and f"{sum(found.shares):.1%}" in _words(page)
    assert found.path[0].loss > found.path[-1].loss


def test_one_epoch_is_too_short_for_the_main_directions_of_its_path(service: JobService) -> None:
    page = settled(_open(_finished(service, _run(1)), maps_view="Loss landscape", landscape_kind="trajectory"))
    assert "at least 3" in _words(page) and not page.get("plotly_chart")


def test_a_run_without_validation_images_says_so_in_every_view(service: JobService) -> None:
    run_id = _finished(service, _run(1, validation_share=0.0))
    for view, key in (
        ("Map of the data", "maps_split"),
        ("Layer by layer", "maps_layers_split"),
        ("Loss landscape", "landscape_split"),
    ):
        page = settled(_open(run_id, maps_view=view, **{key: "validation"}))
        assert "kept no images back" in _words(page)


def test_a_cancelled_map_can_be_asked_for_again(service: JobService, finished: str) -> None:
    workers = [psutil.Process(pid) for pid in service.worker_pids() if pid is not None]
    for worker in workers:
        worker.suspend()  # so that the answer cannot come before the click
    try:
        page = _open(finished)
        next(button for button in page.button if button.label == "Cancel").click()
        shown(page)
        assert "You cancelled this" in _words(page) and not page.metric
    finally:
        for worker in workers:
            worker.resume()
    next(button for button in page.button if button.label == "Compute it").click()
    assert len(_answer(settled(page))) == 200
