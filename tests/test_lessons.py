"""Lessons: as links, what they lock, and when their goal is reached."""

from __future__ import annotations

from typing import Any

import pytest

from playground.catalog.activations import Identity, Tanh
from playground.catalog.augmentations import Rotation
from playground.catalog.initialisations import Zeros
from playground.catalog.layers import Dense, Flatten
from playground.catalog.losses import MeanSquaredError
from playground.catalog.optimizers import SGD, AdamW
from playground.catalog.presets import PRESETS, preset
from playground.catalog.schedules import Step
from playground.errors import PlaygroundError
from playground.lessons import PARTS, Goal, Lesson, Moment, criteria
from playground.links import to_link
from playground.spec import DatasetSpec, NetworkSpec, Regularisation, RunSpec, TrainingSpec

FIRST = preset("first-network").run
LESSON = Lesson(
    title="As small as you can",
    text="Reach 97 of 100 digits with a network that is as small as possible.",
    run=FIRST,
    locked=("optimizer", "epochs"),
    hidden_pages=("inspect",),
    goal=Goal(min_accuracy=97, max_parameters=20_000),
)


# --- links ----------------------------------------------------------------------------------------------------------------


def test_a_lesson_comes_back_from_its_link_and_fits_into_a_qr_code() -> None:
    link = LESSON.to_link()
    assert Lesson.from_link(link) == LESSON
    assert len(link) < 250


@pytest.mark.parametrize("entry", PRESETS, ids=lambda entry: entry.slug)
def test_a_lesson_on_every_preset_with_the_longest_text_stays_an_address(entry: Any) -> None:
    text = ("Change the learning rate until the loss falls fast, and does not jump. Ünïcödé 🙂. " * 9)[:500]
    lesson = LESSON.model_copy(update={"run": entry.run, "text": text})
    assert Lesson.from_link(lesson.to_link()) == lesson
    assert len(lesson.to_link()) < 2000


def test_a_cut_off_lesson_is_refused() -> None:
    link = LESSON.to_link()
    for kept in range(len(link)):
        with pytest.raises(PlaygroundError, match="lesson in this link"):
            Lesson.from_link(link[:kept])


def test_a_run_is_no_lesson_and_a_lesson_is_no_run() -> None:
    with pytest.raises(PlaygroundError, match="network is no field that is known here"):
        Lesson.from_link(FIRST.to_link())
    with pytest.raises(PlaygroundError, match="hidden_pages is no field"):
        RunSpec.from_link(LESSON.to_link())


def test_all_that_is_wrong_in_a_lesson_is_named_with_what_is_allowed() -> None:
    content = {
        "title": "x" * 81,
        "locked": ["optimizer", "door"],
        "goal": {"min_accuracy": 120, "max_epochs": 0},
        "run": {"training": {"batch_size": 0}},
    }
    with pytest.raises(PlaygroundError) as caught:
        Lesson.from_link(to_link(content))
    for words in (
        "Title (title) is a text of 81 characters; allowed: text of at most 80 characters",
        'Locked 2 (locked.1) is "door"; allowed: presets, network, ',
        "Accuracy (goal.min_accuracy) is 120; allowed: a number from 0 to 100",
        "Epochs (goal.max_epochs) is 0; allowed: a whole number from 1 to 1,000",
        "Batch size (run.training.batch_size) is 0; allowed: a whole number from 1 to 4,096",
    ):
        assert words in caught.value.what


def test_a_lesson_of_a_newer_version_says_so() -> None:
    with pytest.raises(PlaygroundError, match="newer playground"):
        Lesson.from_link("2." + LESSON.to_link()[2:])
    with pytest.raises(PlaygroundError, match="newer playground"):
        Lesson.from_link(to_link({"version": 2}))


# --- locks ----------------------------------------------------------------------------------------------------------------

OTHER = RunSpec(
    network=NetworkSpec(layers=(Flatten(), Dense(units=10, activation=Identity())), initialisation=Zeros()),
    dataset=DatasetSpec(name="mnist-5k", validation_share=0.2),
    training=TrainingSpec(
        loss=MeanSquaredError(),
        optimizer=SGD(learning_rate=0.3, momentum=0.5),
        schedule=Step(),
        regularisation=Regularisation(l2=0.1),
        augmentation=(Rotation(),),
        epochs=9,
        batch_size=7,
    ),
    seed=3,
)


@pytest.mark.parametrize("control", [name for name in PARTS if name != "presets"])
def test_each_lock_keeps_its_own_part_and_nothing_else(control: Any) -> None:
    lesson = Lesson(run=FIRST, locked=(control,))
    assert lesson.differing(FIRST) == ()
    assert lesson.differing(OTHER) == (PARTS[control].title,)
    kept = lesson.with_locked_parts(OTHER)
    assert lesson.differing(kept) == ()
    for name, part in PARTS.items():
        if name not in (control, "presets"):
            assert part.value(kept) == part.value(OTHER), name


def test_all_locks_together_give_the_lessons_own_run() -> None:
    lesson = Lesson(run=FIRST, locked=tuple(PARTS))
    assert lesson.with_locked_parts(OTHER) == FIRST
    assert Lesson(run=FIRST).with_locked_parts(OTHER) == OTHER


def test_the_parts_together_are_all_of_a_run() -> None:
    """So that no field of a run is forgotten: a run made of the other one's parts is the other one."""
    made = FIRST
    for part in PARTS.values():
        made = part.put(made, part.value(OTHER))
    assert made == OTHER


def test_a_locked_optimizer_leaves_the_learning_rate_free_and_the_other_way_round() -> None:
    def with_optimizer(optimizer: Any) -> RunSpec:
        return FIRST.model_copy(update={"training": FIRST.training.model_copy(update={"optimizer": optimizer})})

    faster = with_optimizer(FIRST.training.optimizer.model_copy(update={"learning_rate": 0.1}))
    assert Lesson(run=FIRST, locked=("optimizer",)).differing(faster) == ()
    assert Lesson(run=FIRST, locked=("learning_rate",)).differing(faster) == ("Learning rate",)
    other = with_optimizer(AdamW(learning_rate=FIRST.training.optimizer.learning_rate))
    assert Lesson(run=FIRST, locked=("learning_rate",)).differing(other) == ()
    assert Lesson(run=FIRST, locked=("optimizer",)).differing(other) == ("Optimizer",)


# --- goals ----------------------------------------------------------------------------------------------------------------

RUN = (Moment(1, 10.0, 0.95), Moment(2, 20.0, 0.9712), Moment(3, 30.0, 0.969))


def states(goal: Goal, moments: tuple[Moment, ...] = RUN, num_parameters: int = 16_330) -> list[str]:
    return [each.state for each in criteria(goal, moments, num_parameters)]


def test_a_goal_is_reached_when_one_epoch_was_good_enough() -> None:
    assert states(Goal(min_accuracy=97)) == ["reached"]
    assert states(Goal(min_accuracy=97.2)) == ["open"]
    assert criteria(Goal(min_accuracy=97), RUN, 1)[0].now == "best so far 97.12 % after epoch 2"


def test_before_training_parameters_are_judged_and_all_else_is_open() -> None:
    goal = Goal(min_accuracy=97, max_epochs=5, max_seconds=60, max_parameters=20_000)
    assert states(goal, ()) == ["open", "open", "open", "reached"]
    assert states(goal, (), 20_001) == ["open", "open", "open", "missed"]
    assert states(goal, (), 20_000)[-1] == "reached"


def test_accuracy_counts_only_within_the_limits() -> None:
    assert states(Goal(min_accuracy=97, max_epochs=2)) == ["reached", "reached"]
    assert states(Goal(min_accuracy=97, max_epochs=1)) == ["missed", "missed"]
    assert states(Goal(min_accuracy=97, max_seconds=20)) == ["reached", "reached"]
    assert states(Goal(min_accuracy=97, max_seconds=19.9)) == ["missed", "missed"]
    assert states(Goal(min_accuracy=97, max_epochs=5), RUN[:1]) == ["open", "open"]


def test_what_is_shown_is_never_rounded_up_to_the_goal() -> None:
    close = (Moment(1, 1.0, 0.96999),)
    shown = criteria(Goal(min_accuracy=97), close, 1)[0]
    assert shown.state == "open" and "96.99 %" in shown.now


@pytest.mark.parametrize("right", range(0, 501, 7))
def test_an_accuracy_exactly_at_the_goal_reaches_it_despite_binary_fractions(right: int) -> None:
    accuracy = right / 500
    shown = criteria(Goal(min_accuracy=right / 5), (Moment(1, 1.0, accuracy),), 1)[0]
    assert shown.state == "reached" and f"{right / 5:.2f} %" in shown.now


def test_runs_without_validation_are_judged_by_the_images_that_are_named() -> None:
    assert "test accuracy" in criteria(Goal(min_accuracy=97), RUN, 1, images="test")[0].words
    assert states(Goal(min_accuracy=97), (Moment(1, 1.0, None),)) == ["open"]


def test_every_part_of_a_goal_has_words_for_the_form() -> None:
    for name, field in Goal.model_fields.items():
        assert field.title and field.description, name


def test_the_default_activation_is_not_confused_with_another_in_a_locked_network() -> None:
    changed = FIRST.network.model_copy(
        update={"layers": (Flatten(), Dense(units=128, activation=Tanh()), *FIRST.network.layers[2:])}
    )
    assert Lesson(run=FIRST, locked=("network",)).differing(FIRST.model_copy(update={"network": changed})) == ("Layers",)


def test_a_goal_for_a_number_counts_r_squared_in_hundredths() -> None:
    moments = (Moment(1, 1.0, -0.4), Moment(2, 2.0, 0.6))
    wish = criteria(Goal(min_accuracy=60), moments, 10, score="R²")[0]
    assert (wish.words, wish.state) == ("a validation R² of at least 0.6", "reached")
    assert wish.now == "best so far 0.600 after epoch 2"
    assert criteria(Goal(min_accuracy=61), moments, 10, score="R²")[0].state == "open"
