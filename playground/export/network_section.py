"""The sections about the network: its layers, its first weights, and the random changes to what it learns from."""

from __future__ import annotations

import re

import torch

from playground.catalog.augmentations import PYTORCH_HELPERS, AugmentationEntry
from playground.catalog.layer import LayerEntry, Shape
from playground.export.plan import Plan
from playground.export.section import Section, block, with_comments

_INITIALISE = """
# {help}
generator = draws_for("initialisation")
for layer in network:
    if isinstance(layer, (nn.Linear, nn.Conv2d)):
        weight = layer.weight
        {fill}
        {bias}
""".strip()


def network_section(plan: Plan) -> Section:
    """Makes `network`."""
    network = plan.run.network
    shape: Shape = plan.source.input_shape
    lines: list[tuple[str, str]] = [("network = nn.Sequential(", f"{_batch(shape)} goes in")]
    told: dict[str, str] = {}
    for layer in network.layers:
        for source, out in zip(layer.pytorch_source(shape), _shapes(layer, shape), strict=True):
            lines.append((f"    {source},", _batch(out)))
        told[layer.title] = layer.help
        activation = layer.activation_entry()
        if not activation.linear:
            told[activation.title] = activation.help
        shape = layer.output_shape(shape)
    lines.append((")", ""))
    start = network.initialisation
    code = block(
        "# The first weights are random. Behind each layer stands the shape of what leaves it; B is the number of "
        f"{plan.words.examples}.",
        'torch.manual_seed(number_for("initialisation"))',
        with_comments(lines),
    )
    if not start.keeps_default:
        without = any(not getattr(layer, "bias", True) for layer in network.layers)
        bias = "if layer.bias is not None:\n            layer.bias.data.zero_()" if without else "layer.bias.data.zero_()"
        code += "\n" + _INITIALISE.format(help=f"{start.title}. {start.help}", fill=start.pytorch_source(), bias=bias)
    if plan.channels_last:
        code += "\nnetwork.to(memory_format=torch.channels_last)  # a layout in memory in which convolutions are faster"
    words = "The layers one after another; what leaves one goes into the next.\n\n" + "\n".join(
        f"- **{title}**: {text}" for title, text in told.items()
    )
    words += f"\n\nThe weights begin as random numbers. {start.title}: {start.help}"
    return Section("The network", words, code)


def _batch(shape: Shape) -> str:
    return f"(B, {', '.join(str(length) for length in shape)})"


def _shapes(layer: LayerEntry, shape: Shape) -> list[Shape]:
    """The shape behind each of the layer's modules, found by sending two images of nothing through them."""
    with torch.device("meta"):
        values = torch.empty(2, *shape)
        shapes = []
        for module in layer.modules(shape):
            values = module(values)
            shapes.append(tuple(values.shape[1:]))
    return shapes


def augmentation_section(plan: Plan) -> Section | None:
    """Defines `augment`, and `augment_2` and so on for those that come later; None when images are never changed."""
    versions = augmentation_versions(plan)
    entries = [entry for version in versions for entry in version]
    if not entries:
        return None
    helpers = list(dict.fromkeys(entry.pytorch_helper() for entry in entries))
    shared = [text for name, text in PYTORCH_HELPERS.items() if any(re.search(rf"\b{name}\(", helper) for helper in helpers)]
    functions = [_augment(name, version) for version, name in versions.items() if version]
    code = "\n\n\n".join(text.strip() for text in (*shared, *helpers, *functions))
    if not plan.run.training.augmentation:
        code += "\n\n\naugment = None  # at first, nothing is changed"
    listed = "\n".join(f"- **{entry.title}**: {entry.help}" for entry in dict.fromkeys(entries))
    words = (
        "Every time that an image is learned from, it is changed a little, at random. So the network never sees quite the same "
        f"image twice, and learns what does not matter.\n\n{listed}\n\nMoves and turns are matrices: multiplied with each other "
        "they become one change, so that each image is redrawn only once."
    )
    return Section("Small random changes", words, code)


def augmentation_versions(plan: Plan) -> dict[tuple[AugmentationEntry, ...], str]:
    """Each set of augmentations that is in force at some time, with the name of its function; "None" for the empty one."""
    versions: dict[tuple[AugmentationEntry, ...], str] = {}
    for run in (plan.run, *(change.run for change in plan.changes)):
        entries = run.training.augmentation
        number = len(versions) + 1
        versions.setdefault(entries, ("augment" if number == 1 else f"augment_{number}") if entries else "None")
    return versions


def _augment(name: str, entries: tuple[AugmentationEntry, ...]) -> str:
    geometric = [entry.pytorch_source() for entry in entries if entry.geometric]
    others = [entry.pytorch_source() for entry in entries if not entry.geometric]
    lines = [
        f"def {name}(images, draws):",
        '    """Changes each image in its own way. (B, channels, height, width) with pixels from 0 to 1, in and out."""',
    ]
    if geometric:
        lines += [f"    matrices = {geometric[0]}", *(f"    matrices = matrices @ {source}" for source in geometric[1:])]
        lines += [
            "    # For each pixel of the new image: the place in the old one where its grey is found.",
            "    places = F.affine_grid(matrices[:, :2], images.shape, align_corners=False)",
            "    images = F.grid_sample(images, places, align_corners=False)",
        ]
    lines += [f"    images = {source}" for source in others]
    return "\n".join([*lines, "    return images"])
