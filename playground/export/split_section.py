"""The section about what is learned from: which examples, and how they are scaled."""

from __future__ import annotations

from playground.export.plan import Plan
from playground.export.section import Section, block

_SCALE_PIXELS = """
# Networks learn best from numbers around 0. How bright are the training images, and how much do they vary?
counts = torch.bincount(x_train[train].flatten(), minlength=256)  # (256,): how often each grey occurs
greys = torch.arange(256)
num_pixels = len(train) * x_train[0].numel()
mean = (counts * greys).sum().item() / num_pixels
variance = (counts * greys**2).sum().item() / num_pixels - mean**2
mean, spread = mean / 255, variance**0.5 / 255
""".strip()

_SCALE_OF = '''
def scale_of(columns):
    """Mean and spread (standard deviation) of each column: (n, d) -> (d,) and (d,)."""
    columns = columns.double()
    mean = columns.mean(dim=0)
    spread = (columns - mean).square().mean(dim=0).sqrt()
    is_flat = spread <= 1e-12 * mean.abs().clamp_min(1)  # all numbers are equal: nothing to scale
    return mean.float(), torch.where(is_flat, torch.ones_like(spread), spread).float()
'''.strip()

_FOLDS = """
# Cross-validation: each class is dealt out over %(folds)s parts in equal shares; part number %(fold)s (from 0) validates.
# numpy%(brought)s draws at random here, because scikit-learn did so in the playground.
chance = np.random.RandomState(number_for("folds") %% 2**32)
part = torch.empty_like(y_train)  # (%(train)s,): the part of each %(example)s
begin = 0
for label in dict.fromkeys(y_train.tolist()):  # the classes, in the order in which they first appear
    of_class = (y_train == label).nonzero().flatten()
    dealt = np.sort(np.arange(begin, begin + len(of_class)) %% %(folds)s)
    chance.shuffle(dealt)
    part[of_class] = torch.from_numpy(dealt)
    begin += len(of_class)
""".strip()

_FOLDS_OF_NUMBERS = """
# Cross-validation: the %(example)ss are dealt out over %(folds)s equal parts; part number %(fold)s (from 0) validates.
# numpy%(brought)s draws at random here, because scikit-learn did so in the playground.
dealt = np.arange(%(train)s)
np.random.RandomState(number_for("folds") %% 2**32).shuffle(dealt)
part = torch.empty(%(train)s, dtype=torch.int64)  # the part of each %(example)s
for number, members in enumerate(np.array_split(dealt, %(folds)s)):
    part[torch.from_numpy(members)] = number
""".strip()

_FOLD_CUT = """
# The validation %(example)ss are never learned from: they tell whether the network understands or only remembers.
validation = (part == %(fold)s).nonzero().flatten()
shuffled = torch.randperm(len(x_train), generator=draws_for("split"))
train = shuffled[part[shuffled] != %(fold)s]%(size)s
""".strip()

_PREPARE_PIXELS = '''
def prepare(images):
    """What the network sees: %(scaled)s. (B, %(size)s) whole numbers from 0 to 255 -> floats."""
    return %(value)s
'''.strip()

_PREPARE_ROWS = '''
def prepare(%(examples)s):
    """What the network sees: each column with mean 0 and spread 1. (B, %(size)s) -> (B, %(size)s)"""
    return (%(examples)s - mean) / spread
'''.strip()


def split_section(plan: Plan) -> Section:
    """Cuts `validation` and `train`, scales a regression's targets, and defines `prepare`, where there is something to do."""
    cut, words = _cut(plan)
    scale, more = _pixels(plan) if plan.source.is_images else _columns(plan)
    return Section("What is learned from", f"{words}\n\n{more}" if more else words, f"{cut}{scale}")


def prepared(plan: Plan, examples: str) -> str:
    """An expression for what the network sees of `examples`."""
    is_scaled = plan.source.is_images or plan.run.dataset.normalise
    return f"prepare({examples})" if is_scaled else examples


def in_layout(plan: Plan) -> str:
    """What puts images into the run's memory layout; with one channel there is only one layout."""
    layout = plan.channels_last and plan.source.input_shape[0] > 1
    return ".contiguous(memory_format=torch.channels_last)" if layout else ""


def _cut(plan: Plan) -> tuple[str, str]:
    """Code and words for the split."""
    spec, noun, plural = plan.run.dataset, plan.words.example, plan.words.examples
    order = 'torch.randperm(len(x_train), generator=draws_for("split"))'
    words = f"The training {plural} are cut in two: most to learn from, some to watch with. "
    if spec.folds is not None:
        details = {
            "folds": spec.folds,
            "fold": spec.fold,
            "train": plan.source.num_train,
            "size": f"[:{spec.training_size}]" if spec.training_size else "",
            "example": noun,
            "brought": ", which torchvision brings along," if noun == "image" else "",
        }
        folds = _FOLDS_OF_NUMBERS if plan.words.is_regression else _FOLDS
        words += f"Here they are cut into {spec.folds} parts, and another run is validated by each of the other parts."
        return f"{folds % details}\n\n{_FOLD_CUT % details}", words
    if plan.has_validation:
        rest = f"num_validation : num_validation + {spec.training_size}" if spec.training_size else "num_validation:"
        cut = block(
            f"# The validation {plural} are never learned from: they tell whether the network understands or only remembers.",
            f"shuffled = {order}",
            f"num_validation = round(len(x_train) * {spec.validation_share!r})",
            "validation = shuffled[:num_validation]",
            f"train = shuffled[{rest}]",
        )
        words += f"A network could learn its {plural} by heart; only {plural} that it never learned from show what it understood."
        return cut, words
    cut = f"train = {order}" + (f"[:{spec.training_size}]" if spec.training_size else "")
    return cut, f"This run keeps no validation {plural} back: it learns from all that it has."


def _pixels(plan: Plan) -> tuple[str, str]:
    """Code and words for how pixels become inputs."""
    if plan.run.dataset.normalise:
        words = (
            "Pixels go from 0 to 255. Networks learn faster from numbers around 0, so the mean of all training pixels is "
            "subtracted, and the result divided by their spread (the standard deviation)."
        )
        scale, scaled = f"\n\n{_SCALE_PIXELS}", "pixels with mean 0 and spread 1"
        value = "(images.float() - 255 * mean) * (1 / (255 * spread))"
    else:
        words = "Pixels go from 0 to 255; the network sees them as numbers from 0 to 1."
        scale, scaled, value = "", "pixels from 0 to 1", "images.float() * (1 / 255)"
    prepare = _PREPARE_PIXELS % {"size": _size(plan), "scaled": scaled, "value": value + in_layout(plan)}
    return f"{scale}\n\n\n{prepare}", words


def _columns(plan: Plan) -> tuple[str, str]:
    """Code and words for how the columns of a table, or the inputs of points, are scaled; and a regression's targets."""
    noun, is_number = plan.words.examples, plan.words.is_regression
    if not plan.run.dataset.normalise:
        variance = f"\n\n\n{_SCALE_OF}\n\n\ntarget_variance = scale_of(y_train[train])[1].item() ** 2"
        return (variance if is_number else ""), f"The network sees the {noun} as they are."
    words = (
        "Each column has a unit of its own. Networks learn faster from numbers around 0, so the mean of the column is "
        f"subtracted, and the result divided by its spread (standard deviation). Only {noun} that are learned from decide both."
    )
    code = f"{_SCALE_OF}\n\n\nmean, spread = scale_of(x_train[train])  # of what is learned from only"
    if is_number:
        words += " The same is done to the targets: an output times their spread plus their mean is in the target's own unit."
        code += "\n\n" + block(
            "# The targets are scaled too: an output times their spread plus their mean is in the target's own unit.",
            "target_mean, target_spread = (number.item() for number in scale_of(y_train[train]))",
            "y_train, y_test = (y_train - target_mean) / target_spread, (y_test - target_mean) / target_spread",
        )
    prepare = _PREPARE_ROWS % {"examples": noun, "size": _size(plan)}
    return f"\n\n\n{code}\n\n\n{prepare}", words


def _size(plan: Plan) -> str:
    return ", ".join(str(length) for length in plan.source.input_shape)
