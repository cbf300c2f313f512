"""Whether tensors are the weights of a run's network: everything that does not fit, told at once."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from playground.catalog.layer import Misfit
from playground.data import source
from playground.errors import PlaygroundError
from playground.spec import RunSpec


def expected_tensors(run: RunSpec) -> dict[str, Tensor]:
    """The names, shapes and types of the state of `run`'s network, as tensors without memory (on the device "meta").

    Raises:
        PlaygroundError: there is no such data set, or the layers cannot follow one another.
    """
    shape: tuple[int, ...] = source(run.dataset).input_shape
    network = nn.Sequential()
    with torch.device("meta"):
        for index, layer in enumerate(run.network.layers):
            try:
                output = layer.output_shape(shape)
                modules = layer.modules(shape)
            except Misfit as problem:
                raise PlaygroundError(
                    f"Layer {index + 1} of its network does not fit: {problem.message}",
                    "A network that was trained was expected.",
                ) from None
            for part, module in enumerate(modules):
                network.add_module(f"{index}_{layer.kind}_{part}", module)  # type: ignore[attr-defined]
            shape = output
    return dict(network.state_dict())


def misfits(run: RunSpec, weights: Mapping[str, Tensor]) -> tuple[str, ...]:
    """What keeps `weights` (name -> tensor) from being the state of `run`'s network, one sentence without its full stop for
    each tensor that is missing, does not belong there, has another shape or type, or holds values that are no numbers.

    Raises:
        PlaygroundError: as `expected_tensors`.
    """
    expected = expected_tensors(run)
    found = []
    for name, wanted in expected.items():
        given = weights.get(name)
        if given is None:
            found.append(f"{name} is missing: a tensor {_form(wanted)} was expected")
        elif given.shape != wanted.shape or given.dtype != wanted.dtype:
            found.append(f"{name} is {_form(given)}; {_form(wanted)} was expected")
        elif given.is_floating_point() and not bool(given.isfinite().all()):
            bad = int((~given.isfinite()).sum())
            found.append(
                f"{name} holds {bad:,} value{'s' if bad > 1 else ''} that {'are' if bad > 1 else 'is'} infinite or no number"
            )
    known = set(expected)
    found += [f"{name}, {_form(given)}, belongs to no layer" for name, given in weights.items() if name not in known]
    return tuple(found)


def _form(tensor: Tensor) -> str:
    """Shape and type, such as "128 × 784 float32"."""
    shape = " × ".join(str(size) for size in tensor.shape) or "one number of"
    return f"{shape} {str(tensor.dtype).removeprefix('torch.')}"
