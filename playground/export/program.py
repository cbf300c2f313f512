"""A run as a program: its sections in order, for a script or for a notebook."""

from __future__ import annotations

import torch

from playground.export.data_section import data_section
from playground.export.exam_section import exam_section
from playground.export.loop_section import loop_section
from playground.export.network_section import augmentation_section, network_section
from playground.export.plan import Plan
from playground.export.section import Section, block, plain, with_comments
from playground.export.split_section import split_section
from playground.export.training_section import steps_section

_CHANCE = '''
def number_for(purpose, index=0{own}):
    """A seed for each use of chance, so that changing one thing leaves all other draws as they were."""
    text = f"{{seed}}/{{purpose}}/{{index}}"
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def draws_for(purpose, index=0{own}):
    """A source of random numbers for one use."""
    return torch.Generator().manual_seed(number_for(purpose, index{given}))
'''.strip()


def requirements(plan: Plan) -> str:
    """The packages that the program needs, as pip takes them."""
    # The playground's own torch: another one may round the last digits otherwise.
    needed = [f"torch=={torch.__version__.split('+')[0]}"]
    if plan.source.is_images:
        needed.append("torchvision")
    elif plan.words.example == "row":
        needed.append("scikit-learn")
    elif plan.run.dataset.folds:
        needed.append("numpy")
    return " ".join(needed)


def sections(plan: Plan, notebook: bool) -> list[Section]:
    """All steps of the program, in order.

    Raises:
        PlaygroundError: its data set cannot be loaded without the playground.
    """
    found = [
        _settings_section(plan),
        data_section(plan, notebook),
        split_section(plan),
        augmentation_section(plan),
        network_section(plan),
        steps_section(plan),
        loop_section(plan),
        exam_section(plan, notebook),
    ]
    return [section for section in found if section]


def _settings_section(plan: Plan) -> Section:
    training = plan.run.training
    uses_epochs = plan.test and not any(change.run.training.epochs != training.epochs for change in plan.changes)
    in_schedule = "epochs" in training.schedule.pytorch_source()
    count = (f"epochs = {training.epochs}", f"how often it goes through all training {plan.words.examples}")
    settings = [
        (f"seed = {plan.run.seed}", "every random number follows from it: the same seed, the same run"),
        count if uses_epochs or in_schedule else ("", ""),
        (f"batch_size = {training.batch_size}", f"{plan.words.examples} that it looks at before each step"),
        (f"torch.set_num_threads({plan.threads})", "as in the playground: who adds what up decides the last digits"),
    ]
    words = (
        "Computers draw random numbers from a *seed*: the same seed gives the same numbers. Each use of chance (the first "
        f"weights, the order of the {plan.words.examples}) gets a seed of its own, made from the run's."
    )
    # A table's cut and the points belong to the data, not to the run: their seed is another one.
    own, given = ("", "") if plan.source.is_images else (", seed=seed", ", seed")
    code = block(with_comments([line for line in settings if line[0]]), "\n", "\n", _CHANCE.format(own=own, given=given))
    return Section("Settings and chance", words, code)


def about(plan: Plan) -> str:
    """What the whole program is and does, in a few plain lines."""
    lines = ["It trains the network from the beginning, as the playground did, and compares all figures with those found there."]
    if plan.inexact:
        lines.append(f"{plain(plan.inexact)} So they agree roughly only.")
    else:
        lines.append("On the same computer, with the same torch, they are equal to the last digit.")
    if not plan.test:
        lines.append(f"The run ended early: its {plan.epochs} finished epochs are repeated.")
    return "\n".join(lines)
