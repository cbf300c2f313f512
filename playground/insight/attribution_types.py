"""What a method that explains an answer is asked, gives, and is."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from playground.catalog.layer import Shape
from playground.progress import TaskProgress


@dataclass(frozen=True)
class Knob:
    """A setting of a method, a whole number or a fraction of at most `high`."""

    name: str
    title: str
    low: float
    high: float
    step: float
    default: float
    help: str


@dataclass(frozen=True, eq=False)
class Asked:
    """A question to a method.

    Attributes:
        network: from inputs to one score a class, `(n, classes)`.
        inputs: float32 (1, c, h, w), what the network sees.
        target: the class whose output is explained.
        black: float32 (1, c, h, w), what the network sees of an all-black image.
        range: from black to white, in the numbers that the network sees.
        at_once: images that may go through the network together without holding training up.
        settings: a number for each knob.
        layer: the module whose outputs Grad-CAM weighs.
    """

    network: Callable[[Tensor], Tensor]
    inputs: Tensor
    target: int
    black: Tensor
    range: float
    at_once: int
    settings: Mapping[str, float]
    layer: nn.Module | None = None


@dataclass(frozen=True, eq=False)
class Found:
    """An answer.

    Attributes:
        values: float32 (1, c, h, w), signed.
        coarse: (1, 1, h', w'), before stretching.
        difference: what the sum of the values must be.
    """

    values: Tensor
    coarse: Tensor | None = None
    difference: float | None = None


Answering = Generator[TaskProgress, None, Found]


@dataclass(frozen=True)
class Method:
    """A way to explain an answer.

    Attributes:
        slug: its name in questions.
        help: what it shows, in a line.
        reading: how to read its colours.
        paper: who found it, where.
        function: computes it.
        knobs: its settings, each a widget.
        passes: images that go through the network, for given settings and an input shape.
        needs_convolution: whether it looks at the maps of a convolution, which is then chosen.
    """

    slug: str
    title: str
    help: str
    reading: str
    paper: str
    function: Callable[[Asked], Answering]
    knobs: tuple[Knob, ...] = ()
    passes: Callable[[Mapping[str, float], Shape], int] = lambda settings, shape: 1
    needs_convolution: bool = False

    def complete(self, settings: Mapping[str, float]) -> dict[str, float]:
        """A number for every knob, within its bounds."""
        return {knob.name: min(max(settings.get(knob.name, knob.default), knob.low), knob.high) for knob in self.knobs}
