"""The front page without a browser: every preset, every form, every finding, with the real job service behind it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from playground.catalog import FAMILIES, LAYERS
from playground.catalog.activations import Identity, Softmax
from playground.catalog.layers import Conv2d, Dense, Dropout, Flatten
from playground.catalog.presets import PRESETS, preset
from playground.spec import MAX_LINK_CHARACTERS, DatasetSpec, NetworkSpec, RunSpec, TrainingSpec
from playground.ui import datasets, session

APP = Path(__file__).parents[2] / "app.py"
SECTIONS = ("network", "training", "data")
START_LIMIT_SECONDS = 60


@pytest.fixture(scope="module", autouse=True)
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A server that can neither find nor fetch full MNIST: its data folder is a file. So it trains on the sample."""
    blocked = tmp_path_factory.mktemp("data") / "a-file"
    blocked.write_text("")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLAYGROUND_DATA_DIR", str(blocked))
        patch.setenv("PLAYGROUND_WORKERS", "1")
        session.service.clear()
        datasets.downloads.clear()
        yield
        session.service().close()
        session.service.clear()
        datasets.downloads.clear()


@pytest.fixture
def open_app() -> Iterator[Callable[..., AppTest]]:
    """open_app(on_workbench, **query) -> the front page of a new visitor, with that run on the workbench."""
    opened: list[AppTest] = []

    def open_with(on_workbench: RunSpec | None = None, **query: str) -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=60)
        for name, value in query.items():
            app.query_params[name] = value
        if on_workbench is not None:
            app.session_state["run_spec"] = on_workbench
        opened.append(app)
        return no_fault(app.run())

    yield open_with
    for app in opened:
        if run_id := shown_run(app):
            session.service().stop(run_id)


def no_fault(app: AppTest) -> AppTest:
    assert not app.exception, app.exception
    return app


def shown_run(app: AppTest) -> str | None:
    return app.session_state["run_id"] if "run_id" in app.session_state else None  # noqa: SIM401 (it has no get)


def workbench(app: AppTest) -> RunSpec:
    run: RunSpec = app.session_state["run_spec"]
    return run


def section(app: AppTest, name: str) -> AppTest:
    return no_fault(next(group for group in app.get("button_group") if group.key == "section").set_value(name).run())


def choose_preset(app: AppTest, slug: str) -> AppTest:
    pills = next(group for group in app.get("button_group") if str(group.key).startswith("preset."))
    return no_fault(pills.set_value(slug).run())


def keyed(widgets: Any, start: str) -> Any:
    """The one widget whose key begins so."""
    found = [widget for widget in widgets if str(widget.key).startswith(start)]
    assert len(found) == 1, (start, [widget.key for widget in widgets])
    return found[0]


def labelled(widgets: Any, label: str) -> Any:
    found = [widget for widget in widgets if widget.label == label]
    assert len(found) == 1, (label, [widget.label for widget in widgets])
    return found[0]


def click(app: AppTest, label: str) -> AppTest:
    return no_fault(labelled(app.button, label).click().run())


def said(app: AppTest) -> str:
    """Every message of the page in one text."""
    boxes = (*app.error, *app.warning, *app.info, *app.markdown)
    return "\n".join(box.value for box in boxes)


def wait_until_running(app: AppTest) -> str:
    """The id of the run that the page shows, once its worker has begun."""
    run_id = shown_run(app)
    assert run_id
    deadline = time.monotonic() + START_LIMIT_SECONDS
    while session.service().info(run_id).status == "waiting" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert session.service().info(run_id).status == "running"
    return run_id


def slowly(app: AppTest) -> AppTest:
    """In slow motion a run is still going on when the test looks at it."""
    return no_fault(app.selectbox(key="speed").set_value(5.0).run())


# --- presets and forms --------------------------------------------------------------------------------------------------


def test_a_first_visit_finds_a_network_that_can_be_trained(open_app: Callable[..., AppTest]) -> None:
    app = open_app()
    assert workbench(app) == preset("first-network").run
    assert not labelled(app.button, "Train").disabled
    assert labelled(app.button, "Stop").disabled
    assert not app.error


@pytest.mark.parametrize("slug", [entry.slug for entry in PRESETS])
def test_a_preset_loads_and_all_its_forms_open_without_changing_it(slug: str, open_app: Callable[..., AppTest]) -> None:
    app = choose_preset(open_app(), slug)
    assert workbench(app) == preset(slug).run
    assert not labelled(app.button, "Train").disabled
    for name in SECTIONS:
        section(app, name)
        assert workbench(app) == preset(slug).run, f"opening {name} changed the run"


@pytest.mark.parametrize("kind", list(LAYERS))
def test_every_kind_of_layer_can_be_added_and_edited(kind: str, open_app: Callable[..., AppTest]) -> None:
    app = section(open_app(), "network")
    app.selectbox(key="new-layer.kind").set_value(kind).run()
    click(app, "Add layer")
    layers = workbench(app).network.layers
    assert layers == (Flatten(), Dense(units=128), LAYERS[kind](), Dense(units=10, activation=Identity()))


@pytest.mark.parametrize(
    ("button", "expected"),
    [
        ("arrow_upward", ("Conv2d", "Flatten", "Dense")),
        ("arrow_downward", ("Flatten", "Dense", "Conv2d")),
        ("content_copy", ("Flatten", "Conv2d", "Conv2d", "Dense")),
        ("delete", ("Flatten", "Dense")),
    ],
)
def test_the_buttons_of_a_layer_move_copy_and_remove_it(
    button: str, expected: tuple[str, ...], open_app: Callable[..., AppTest]
) -> None:
    run = RunSpec(network=NetworkSpec(layers=(Flatten(), Conv2d(), Dense(units=10, activation=Identity()))))
    app = section(open_app(run), "network")
    no_fault(keyed([each for each in app.button if str(each.key).endswith(".1")], f"{button}.").click().run())
    assert tuple(type(layer).__name__ for layer in workbench(app).network.layers) == expected


def test_a_layers_number_of_neurons_can_be_typed(open_app: Callable[..., AppTest]) -> None:
    app = section(open_app(), "network")
    no_fault(keyed(app.number_input, "layer.0.1.dense.units").set_value(32).run())
    assert workbench(app).network.layers[1] == Dense(units=32)
    assert any("2. Dense 32" in text.value for text in app.markdown)


def test_dropout_goes_behind_every_hidden_dense_layer_in_one_click(open_app: Callable[..., AppTest]) -> None:
    app = section(open_app(), "network")
    click(app, "Dropout after every hidden Dense")
    assert [type(layer) for layer in workbench(app).network.layers] == [Flatten, Dense, Dropout, Dense]
    assert labelled(app.button, "Dropout after every hidden Dense").disabled


@pytest.mark.parametrize(
    ("family", "kind"), [(family, kind) for family in ("loss", "optimizer", "schedule") for kind in FAMILIES[family]]
)
def test_every_loss_optimizer_and_schedule_can_be_chosen(family: str, kind: str, open_app: Callable[..., AppTest]) -> None:
    app = section(open_app(), "training")
    no_fault(app.selectbox(key=f"{family}.0.kind").set_value(kind).run())
    assert getattr(workbench(app).training, family).kind == kind


@pytest.mark.parametrize("kind", list(FAMILIES["initialisation"]))
def test_every_initialisation_can_be_chosen(kind: str, open_app: Callable[..., AppTest]) -> None:
    app = section(open_app(), "network")
    no_fault(app.selectbox(key="initialisation.0.kind").set_value(kind).run())
    assert workbench(app).network.initialisation.kind == kind  # type: ignore[union-attr]


def test_augmentation_is_switched_on_with_a_preview_and_off_again(open_app: Callable[..., AppTest]) -> None:
    app = section(open_app(), "training")
    for kind in FAMILIES["augmentation"]:
        no_fault(app.toggle(key=f"augmentation.0.{kind}").set_value(True).run())
    assert [entry.kind for entry in workbench(app).training.augmentation] == list(FAMILIES["augmentation"])
    assert len(app.image) == 1
    for kind in FAMILIES["augmentation"]:
        no_fault(app.toggle(key=f"augmentation.0.{kind}").set_value(False).run())
    assert workbench(app).training.augmentation == ()


def test_the_data_can_be_limited_and_the_validation_share_changed(open_app: Callable[..., AppTest]) -> None:
    app = section(open_app(), "data")
    no_fault(app.toggle(key="limited.0").set_value(True).run())
    no_fault(app.number_input(key="training-size.0").set_value(500).run())
    no_fault(labelled(app.number_input, "Validation share").set_value(0.2).run())
    assert workbench(app).dataset == DatasetSpec(training_size=500, validation_share=0.2)


# --- findings -----------------------------------------------------------------------------------------------------------


def test_all_faults_are_said_at_once_and_each_is_mended_by_its_button(open_app: Callable[..., AppTest]) -> None:
    broken = RunSpec(
        network=NetworkSpec(layers=(Conv2d(), Dense(units=64, activation=Identity()), Dense(units=7, activation=Softmax())))
    )
    app = open_app(broken)
    assert labelled(app.button, "Train").disabled
    assert len(app.error) == 2
    assert "needs Flatten" in app.error[0].value and "10 classes" in app.error[1].value
    assert "no activation between them" in said(app) and "Softmax" in said(app)
    for label in ("Add Flatten", "Give it 10 neurons", "Remove the softmax", "Add ReLU between them"):
        click(app, label)
    assert not app.error and not [box for box in app.warning if "Dense" in box.value]
    assert not labelled(app.button, "Train").disabled


def test_a_network_beyond_the_limits_is_refused_with_both_numbers(open_app: Callable[..., AppTest]) -> None:
    app = open_app(RunSpec(network=NetworkSpec(layers=(Flatten(), Dense(units=4096), Dense(units=4096), Dense(units=10)))))
    assert labelled(app.button, "Train").disabled
    assert "20,037,642 parameters; this server allows 5,000,000" in said(app)


def test_a_network_without_layers_can_be_mended(open_app: Callable[..., AppTest]) -> None:
    app = section(open_app(RunSpec()), "network")
    assert "no layers" in said(app)
    click(app, "Add Flatten and Dense")
    assert not labelled(app.button, "Train").disabled


# --- the address --------------------------------------------------------------------------------------------------------


def test_a_link_opens_the_run_that_it_describes(open_app: Callable[..., AppTest]) -> None:
    assert workbench(open_app(spec=preset("lenet-5").run.to_link())) == preset("lenet-5").run


@pytest.mark.parametrize(
    "link",
    [
        "nonsense",
        "%F0%9F%98%80",
        preset("lenet-5").run.to_link()[:60],
        "A" * (MAX_LINK_CHARACTERS + 1),
        RunSpec(dataset=DatasetSpec(name="no-such-set")).to_link(),
    ],
    ids=["nonsense", "an emoji", "cut off", "oversized", "unknown data set"],
)
def test_a_bad_link_is_explained_and_gives_the_first_network(link: str, open_app: Callable[..., AppTest]) -> None:
    app = open_app(spec=link)
    assert workbench(app) == preset("first-network").run
    assert len([box for box in app.warning if "link" in box.value or "no data set" in box.value]) == 1
    assert not labelled(app.button, "Train").disabled
    choose_preset(app, "lenet-5")
    assert "link" not in said(app)


def test_the_shared_link_opens_what_stands_on_the_workbench(open_app: Callable[..., AppTest]) -> None:
    app = section(open_app(), "network")
    no_fault(keyed(app.number_input, "layer.0.1.dense.units").set_value(77).run())
    link = re.search(r"spec=([\w-]+)", app.code[0].value)
    assert link
    assert workbench(open_app(spec=link[1])) == workbench(app)


def test_an_unknown_run_in_the_address_is_explained_and_training_still_works(open_app: Callable[..., AppTest]) -> None:
    app = open_app(run="not-a-run")
    assert "not on this server any more" in said(app)
    slowly(app)
    click(app, "Train")
    assert "not on this server any more" not in said(app)


# --- a run ----------------------------------------------------------------------------------------------------------------


def test_without_full_mnist_the_page_says_that_and_why_and_trains_on_the_sample(open_app: Callable[..., AppTest]) -> None:
    app = slowly(open_app())
    deadline = time.monotonic() + 10
    while "could not be fetched" not in said(app) and time.monotonic() < deadline:
        time.sleep(0.2)
        no_fault(app.run())
    assert "MNIST could not be fetched" in said(app) and "5,000-image sample" in said(app)
    assert labelled(app.button, "Try again")
    click(app, "Train")
    assert session.service().info(str(shown_run(app))).run.dataset.name == "mnist-5k"


def test_the_address_finds_the_run_in_a_new_session(open_app: Callable[..., AppTest]) -> None:
    app = slowly(choose_preset(open_app(), "overfit-on-500"))
    click(app, "Train")
    run_id = wait_until_running(app)
    assert app.query_params["run"] == [run_id] or app.query_params["run"] == run_id
    again = open_app(run=run_id)
    assert workbench(again) == session.service().info(run_id).run
    assert labelled(again.button, "Pause")


def test_a_setting_that_a_running_network_can_take_up_is_offered_to_it(open_app: Callable[..., AppTest]) -> None:
    app = slowly(open_app())
    click(app, "Train")
    run_id = wait_until_running(app)
    section(app, "training")
    assert "You changed" not in said(app)
    no_fault(labelled(app.number_input, "Learning rate").set_value(0.01).run())
    assert "running network can take up" in said(app)
    assert labelled(app.button, "Train as a new run")
    click(app, "Use them now")
    assert session.service().info(run_id).run.training.optimizer.learning_rate == 0.01
    assert "running network can take up" not in said(app)


def test_another_network_becomes_a_run_of_its_own_or_is_undone(open_app: Callable[..., AppTest]) -> None:
    app = slowly(open_app())
    click(app, "Train")
    first = wait_until_running(app)
    choose_preset(app, "two-layers-sgd")
    assert "differs from the network that is training" in said(app)
    assert not [each for each in app.button if each.label == "Use them now"]
    click(app, "Undo")
    assert "differs" not in said(app)
    choose_preset(app, "two-layers-sgd")
    click(app, "Train as a new run")
    assert shown_run(app) != first
    assert session.service().info(first).is_active
    session.service().stop(first)


def test_more_runs_than_a_visitor_may_have_are_refused_with_both_numbers(
    open_app: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYGROUND_MAX_RUNS_PER_VISITOR", "1")
    app = slowly(open_app())
    click(app, "Train")
    first = shown_run(app)
    choose_preset(app, "lenet-5")
    click(app, "Train as a new run")
    assert "You have 1 unfinished runs" in said(app) and "may have 1 at a time" in said(app)
    assert shown_run(app) == first


@pytest.mark.parametrize(
    ("loss", "expected"), [("cross_entropy", "It learned nothing"), ("mean_squared_error", "The loss became")]
)
def test_a_run_with_far_too_large_steps_says_so_and_what_to_try(
    loss: str, expected: str, open_app: Callable[..., AppTest]
) -> None:
    training = {"loss": {"kind": loss}, "optimizer": {"kind": "sgd", "learning_rate": 10.0}, "epochs": 1}
    run = preset("first-network").run.model_copy(update={"training": TrainingSpec.model_validate(training)})
    app = open_app(run)
    click(app, "Train")
    deadline = time.monotonic() + START_LIMIT_SECONDS
    while session.service().info(str(shown_run(app))).is_active and time.monotonic() < deadline:
        time.sleep(0.1)
    no_fault(app.run())
    assert expected in said(app) and "Lower the learning rate" in said(app)
    assert not labelled(app.button, "Train").disabled
