"""The contract of every catalogue entry of every family; what only one family has is in the files beside this one."""

from __future__ import annotations

from typing import Any

import pytest
from examples import ENTRIES, bounds, examples, is_number, parameters
from pydantic import ValidationError

from playground.catalog import FAMILIES
from playground.catalog.entry import Entry
from playground.catalog.layer import Misfit
from playground.catalog.layers import ActivationLayer
from playground.errors import PlaygroundError
from playground.spec import NetworkSpec, RunSpec, TrainingSpec

every_entry = pytest.mark.parametrize("family, entry", ENTRIES, ids=[f"{family}-{e.__name__}" for family, e in ENTRIES])


def run_with(family: str, example: Any) -> RunSpec:
    """A run in which the example stands in its place."""
    places = {
        "layer": lambda: RunSpec(network=NetworkSpec(layers=(example,))),
        "activation": lambda: RunSpec(network=NetworkSpec(layers=(ActivationLayer(function=example),))),
        "initialisation": lambda: RunSpec(network=NetworkSpec(initialisation=example)),
        "augmentation": lambda: RunSpec(training=TrainingSpec(augmentation=(example,))),
    }
    return places.get(family, lambda: RunSpec(training=TrainingSpec(**{family: example})))()


@every_entry
def test_an_entry_has_words_for_a_learner(family: str, entry: type[Entry]) -> None:
    assert entry.title and entry.title[0].isupper()
    assert len(entry.help) > 10 and entry.help[-1] in ".!?"
    assert entry().label()


@every_entry
def test_every_field_has_a_title_a_help_text_and_bounds(family: str, entry: type[Entry]) -> None:
    for name, field in parameters(entry).items():
        assert field.title and field.description, f"{entry.__name__}.{name}"
        if is_number(field):
            limits = bounds(field)
            assert {"ge", "gt"} & set(limits) and {"le", "lt"} & set(limits), f"{entry.__name__}.{name}"


@every_entry
def test_a_value_outside_its_bounds_is_refused_and_its_field_named(family: str, entry: type[Entry]) -> None:
    for name, field in parameters(entry).items():
        if not is_number(field):
            continue
        limits = bounds(field)
        outside = [limits[k] for k in ("gt", "lt") if k in limits]
        outside += [limits["ge"] - 1] if "ge" in limits else []
        outside += [limits["le"] + 1] if "le" in limits else []
        for value in [*outside, float("nan"), float("inf"), "many", None]:
            with pytest.raises(ValidationError):
                entry(**{name: value})
        text = run_with(family, entry()).to_json().replace(f'"{name}":{_as_json(entry, name)}', f'"{name}":{outside[0]!r}')
        with pytest.raises(PlaygroundError, match=name):
            RunSpec.from_json(text)


def _as_json(entry: type[Entry], name: str) -> str:
    return entry().model_dump_json(include={name}).split(":", 1)[1].rstrip("}")


@every_entry
def test_an_unknown_field_is_refused(family: str, entry: type[Entry]) -> None:
    with pytest.raises(ValidationError, match="surprise"):
        entry(surprise=1)


@every_entry
def test_an_entry_cannot_be_changed_in_place(family: str, entry: type[Entry]) -> None:
    with pytest.raises(ValidationError):
        entry().kind = "another"  # type: ignore[attr-defined]


@every_entry
def test_an_entry_comes_back_from_json_and_from_a_link_as_it_was(family: str, entry: type[Entry]) -> None:
    for example in examples(entry):
        run = run_with(family, example)
        assert RunSpec.from_json(run.to_json()) == run
        assert RunSpec.from_link(run.to_link()) == run


@every_entry
def test_source_in_both_languages_is_valid_python(family: str, entry: type[Entry]) -> None:
    for example in examples(entry):
        for source in _sources(family, example, "pytorch_source") + _sources(family, example, "keras_source"):
            assert isinstance(source, str)
            if source:
                compile(source, "<source>", "eval")
        assert all(_sources(family, example, "keras_source"))


def _sources(family: str, example: Any, method: str) -> list[str]:
    if family != "layer":
        return [getattr(example, method)()]
    shapes = [(3, 12, 12), (20,)]
    fitting = [shape for shape in shapes if _fits(example, shape)]
    assert fitting
    return [line for shape in fitting for line in getattr(example, method)(shape)]


def _fits(layer: Any, shape: tuple[int, ...]) -> bool:
    try:
        layer.output_shape(shape)
    except Misfit:
        return False
    return True


def test_a_kind_is_the_key_of_its_family() -> None:
    for table in FAMILIES.values():
        assert [entry().kind for entry in table.values()] == list(table)  # type: ignore[attr-defined]


def test_titles_are_unique_in_a_family() -> None:
    for table in FAMILIES.values():
        titles = [entry.title for entry in table.values()]
        assert len(set(titles)) == len(titles)


def test_what_the_project_promises_is_there() -> None:
    """The list of the playground's description, by hand."""
    promised = {
        "layer": "dense conv2d max_pool avg_pool global_avg_pool flatten dropout batch_norm layer_norm activation",
        "activation": "relu leaky_relu elu gelu silu sigmoid tanh softmax softplus identity",
        "loss": "cross_entropy cross_entropy_one_hot binary_cross_entropy mean_squared_error l1 multi_margin "
        "negative_log_likelihood",
        "optimizer": "sgd adam adamw rmsprop adagrad adadelta nadam adamax",
        "schedule": "constant step exponential cosine one_cycle reduce_on_plateau warm_up",
        "augmentation": "rotation shift zoom shear flip noise",
    }
    for family, kinds in promised.items():
        assert set(kinds.split()) <= set(FAMILIES[family]), family
