"""Rules about what holds a network back on purpose: penalties, dropout, augmentation. And why new images can look easier."""

from __future__ import annotations

from playground.advisor.advice import Advice
from playground.advisor.case import Case
from playground.catalog.layers import Dropout
from playground.catalog.task import TASKS
from playground.edits import with_layer, with_training
from playground.findings import Mend

STRONG_L1, STRONG_L2 = 0.002, 0.02
STRONG_DROPOUT = 0.6
FEW_EXAMINED = 200
EASIER = 0.05  # accuracy on validation images over that while learning
GENTLE = {"rotation": ("degrees", 10.0), "shift": ("distance", 1.0), "zoom": ("percent", 10.0), "shear": ("degrees", 10.0)}
GENTLE |= {"noise": ("strength", 0.1)}


def strong_penalty(case: Case) -> Advice | None:
    kept, optimizer = case.training.regularisation, case.training.optimizer
    decay = 0.0 if optimizer.decoupled_decay else optimizer.weight_decay
    if (kept.l1 < STRONG_L1 and kept.l2 < STRONG_L2 and decay < 2 * STRONG_L2) or len(case.epochs) < 2:
        return None
    last = case.epochs[-1]
    if case.skill(last.train_accuracy) > 0.95:
        return None
    told = [f"{name} is {value:g}" for name, value in (("L1", kept.l1), ("L2", kept.l2), ("weight decay", decay)) if value]
    regularisation = kept.model_copy(update={"l1": kept.l1 / 100, "l2": kept.l2 / 100})
    weaker = optimizer if not decay else optimizer.model_copy(update={"weight_decay": decay / 100})
    return Advice(
        "strong-penalty",
        "tip",
        "capacity",
        "The penalty on large weights is too strong.",
        f"{' and '.join(told).capitalize() if decay and len(told) == 1 else ' and '.join(told)}. After epoch {last.epoch} the "
        "training "
        f"loss is {last.train_loss:.3f}; {case.right(last.train_accuracy, digits=1)}.",
        "The penalty pulls every weight towards 0, against learning by heart. When it pulls harder than the data does, the "
        "network "
        "may not learn at all what it should.",
        Mend("Make it 100 times weaker", with_training(case.run, regularisation=regularisation, optimizer=weaker)),
    )


def strong_dropout(case: Case) -> Advice | None:
    rates = {i: layer.rate for i, layer in enumerate(case.run.network.layers) if isinstance(layer, Dropout)}
    strong = {index: rate for index, rate in rates.items() if rate >= STRONG_DROPOUT}
    if not strong or len(case.validated) < 2:
        return None
    last = case.epochs[-1]
    if case.skill(last.train_accuracy) > 0.85 or (last.validation_accuracy or 0.0) - last.train_accuracy < EASIER:
        return None
    run = case.run
    for index in strong:
        run = with_layer(run, index, rate=0.25)
    worst = max(strong, key=lambda index: strong[index])
    return Advice(
        "strong-dropout",
        "tip",
        "capacity",
        "Too much is dropped.",
        f"Layer {worst + 1} switches off {strong[worst]:.0%} of its values at random. While it learns, "
        f"{case.right(last.train_accuracy)}; with all values there, {case.right(last.validation_accuracy or 0.0, 'validation')}.",
        "Dropout keeps neurons from relying on a few others. When most of them are missing in every batch, too little "
        "is left to learn from.",
        Mend("Drop only 25%", run),
    )


def strong_augmentation(case: Case) -> Advice | None:
    """The images are changed so much that they are hard to know again."""
    before = case.training.augmentation
    after = tuple(_gentler(entry) for entry in before)
    if before == after or len(case.epochs) < 2 or case.epochs[-1].train_accuracy > 0.75:
        return None
    last = case.epochs[-1]
    checked = f", and {last.validation_accuracy:.0%} of the validation images" if last.validation_accuracy is not None else ""
    return Advice(
        "strong-augmentation",
        "tip",
        "capacity",
        "The images are changed too much.",
        f"Of the changed images, {last.train_accuracy:.0%} are read right{checked}, after {last.epoch} epochs.",
        "Small changes show the network what does not matter, such as where exactly a digit stands. Large ones make it spend its "
        "effort on images that it will never meet, and hide what tells the classes apart.",
        Mend("Change them only a little", with_training(case.run, augmentation=after)),
    )


def _gentler(entry: object) -> object:
    found = GENTLE.get(entry.kind)  # type: ignore[attr-defined]
    if found is None or getattr(entry, found[0]) <= 2 * found[1]:
        return entry
    return entry.model_copy(update={found[0]: found[1]})  # type: ignore[attr-defined]


def easier_when_examined(case: Case) -> Advice | None:
    """Better on new images than in training, which looks wrong and is not."""
    if not case.epochs:
        return None
    last, finished = case.epochs[-1], case.history.finished
    seen = [("validation", last.validation_accuracy)] if last.validation_accuracy is not None else []
    if finished:
        seen.append(("test", finished.test_accuracy))
    if not seen or seen[-1][1] - last.train_accuracy < (0.05 if case.is_number else 0.01):
        return None
    if not (finished or case.has_dropout or case.training.augmentation or last.epoch > 1):
        return None  # of the first epoch everybody expects it
    name, accuracy = seen[-1]
    score = TASKS[case.plan.source.task].score
    if case.has_dropout and case.training.augmentation:
        reason = "While it learns, values are dropped and images changed; in the exam, all values are there and the images plain."
    elif case.has_dropout:
        reason = "While it learns, dropout switches values off at random; in the exam they are all there."
    elif case.training.augmentation:
        reason = "It learns from images that were turned, moved or blurred, and is examined on plain ones, which are easier."
    elif _examined(case, name) < FEW_EXAMINED:
        reason = f"There are only {_examined(case, name)} {name} {case.things}, and by chance they may be easier ones."
    else:
        reason = "The training figure is the mean over the whole epoch, in which it was still worse; the exam comes at its end."
    return Advice(
        "easier-when-examined",
        "fine",
        "reading",
        f"The {name} {score} is above the training {score}. That is fine.",
        f"{case.right(accuracy, name, 1)}; {case.right(last.train_accuracy, 'training', 1)} in epoch {last.epoch}.",
        f"{reason} So the two were not measured in the same way. Nothing was mixed up, and nothing needs mending.",
    )


def _examined(case: Case, name: str) -> int:
    """How many examples the exam of that name has."""
    started = case.history.started
    return case.plan.source.num_test if name == "test" else started.validation_size if started else 0
