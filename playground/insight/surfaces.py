"""Test surfaces over the plane, down which optimizers are raced. To add one is to add one `Surface` to `SURFACES`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

Doubles = npt.NDArray[np.float64]
Place = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Surface:
    """A height over every place (x, y).

    Attributes:
        kind: its name in addresses.
        help: what it teaches, in a sentence.
        formula: LaTeX.
        source: where it comes from, as markdown.
        height: (x, y) -> height, elementwise on tensors of one shape.
        start: where balls are dropped unless one says otherwise.
        minima: all its lowest places, which are equally low.
        x_range, y_range: what is shown.
        logarithmic: whether its heights differ so much that contour lines stand at equal ratios.
        rates: lane -> the learning rate that it comes with here, chosen so that one sees how it goes.
    """

    kind: str
    title: str
    help: str
    formula: str
    source: str
    height: Callable[[Tensor, Tensor], Tensor]
    start: Place
    minima: tuple[Place, ...]
    x_range: Place
    y_range: Place
    logarithmic: bool = False
    rates: Mapping[str, float] = field(default_factory=dict)

    def height_at(self, place: Place) -> float:
        return float(self.height(*torch.tensor(place, dtype=torch.float64)))

    @property
    def lowest(self) -> float:
        return self.height_at(self.minima[0])

    def grid(self, points: int = 91) -> tuple[Doubles, Doubles, Doubles]:
        """x (points,), y (points,), heights (points of y, points of x), all float64, over what is shown."""
        x = torch.linspace(*self.x_range, points, dtype=torch.float64)
        y = torch.linspace(*self.y_range, points, dtype=torch.float64)
        rows, columns = torch.meshgrid(y, x, indexing="ij")
        return x.numpy(), y.numpy(), self.height(columns, rows).numpy()


def _beale(x: Tensor, y: Tensor) -> Tensor:
    return (1.5 - x * (1 - y)) ** 2 + (2.25 - x * (1 - y**2)) ** 2 + (2.625 - x * (1 - y**3)) ** 2


_MORE = "[Moré, Garbow, Hillstrom (1981): Testing Unconstrained Optimization Software](https://doi.org/10.1145/355934.355936)"
_GOH = "[Goh (2017): Why Momentum Really Works](https://distill.pub/2017/momentum/)"

_RATES = {
    "adam": 0.2,
    "adamw": 0.2,
    "rmsprop": 0.05,
    "rmsprop+momentum": 0.005,
    "adagrad": 0.5,
    "adadelta": 5.0,
    "nadam": 0.1,
    "adamax": 0.2,
}  # of those that divide by the size of the gradients

_ALL = (
    Surface(
        kind="bowl",
        title="Bowl",
        help="Round and smooth: the way down leads straight to the middle. Whoever is slow here is slow everywhere.",
        formula=r"f(x, y) = \tfrac{1}{2}\left(x^2 + y^2\right)",
        source=f"The simplest quadratic form; see {_GOH}",
        height=lambda x, y: (x**2 + y**2) / 2,
        start=(-3.2, 2.4),
        minima=((0.0, 0.0),),
        x_range=(-4.0, 4.0),
        y_range=(-3.0, 3.0),
        rates={**_RATES, "sgd": 0.1, "sgd+momentum": 0.02},
    ),
    Surface(
        kind="ravine",
        title="Ravine",
        help="Steep across, nearly flat along. Plain steps jump from wall to wall and creep along the floor; momentum helps.",
        formula=r"f(x, y) = \tfrac{1}{2}\left(x^2 + 25\, y^2\right)",
        source=f"A quadratic form with condition number 25; see {_GOH}",
        height=lambda x, y: (x**2 + 25 * y**2) / 2,
        start=(-3.4, 1.1),
        minima=((0.0, 0.0),),
        x_range=(-4.0, 4.0),
        y_range=(-1.5, 1.5),
        rates={**_RATES, "sgd": 0.07, "sgd+momentum": 0.01},
    ),
    Surface(
        kind="saddle",
        title="Saddle",
        help="The middle is flat, yet no minimum: to both sides it goes down. Who comes along the ridge is slow to leave it.",
        formula=r"f(x, y) = \tfrac{1}{2} x^2 - \tfrac{1}{2} y^2 + \tfrac{1}{4} y^4",
        source="A double well; on saddles: Dauphin and others (2014): [Identifying and attacking the saddle point problem in "
        "high-dimensional non-convex optimization](https://arxiv.org/abs/1406.2572)",
        height=lambda x, y: x**2 / 2 - y**2 / 2 + y**4 / 4,
        start=(-1.8, 0.01),
        minima=((0.0, 1.0), (0.0, -1.0)),
        x_range=(-2.2, 2.2),
        y_range=(-1.7, 1.7),
        rates={**_RATES, "sgd": 0.2, "sgd+momentum": 0.05},
    ),
    Surface(
        kind="rosenbrock",
        title="Rosenbrock",
        help="A bent valley, like a banana. To find the valley is easy; to follow its flat floor to the end is hard.",
        formula=r"f(x, y) = (1 - x)^2 + 100\left(y - x^2\right)^2",
        source="Rosenbrock (1960): [An Automatic Method for Finding the Greatest or Least Value of a Function]"
        "(https://doi.org/10.1093/comjnl/3.3.175)",
        height=lambda x, y: (1 - x) ** 2 + 100 * (y - x**2) ** 2,
        start=(-1.2, 1.0),
        minima=((1.0, 1.0),),
        x_range=(-2.0, 2.0),
        y_range=(-1.0, 3.0),
        logarithmic=True,
        rates={**_RATES, "sgd": 0.002, "sgd+momentum": 0.001, "adam": 0.3, "adamw": 0.3, "nadam": 0.2},
    ),
    Surface(
        kind="beale",
        title="Beale",
        help="A plain, and walls a thousand times as high. Steps that suit the plain are far too large at the walls.",
        formula=r"\begin{aligned} f(x, y) = {} & (1.5 - x + xy)^2 \\ & + \left(2.25 - x + xy^2\right)^2 \\ "
        r"& + \left(2.625 - x + xy^3\right)^2 \end{aligned}",
        source=f"Beale (1958): On an Iterative Method for Finding a Local Minimum; as in {_MORE}, number 5",
        height=_beale,
        start=(1.0, 1.0),
        minima=((3.0, 0.5),),
        x_range=(-0.5, 4.5),
        y_range=(-1.5, 2.0),
        logarithmic=True,
        rates={**_RATES, "sgd": 0.01, "sgd+momentum": 0.005},
    ),
)  # fmt: skip

SURFACES: dict[str, Surface] = {surface.kind: surface for surface in _ALL}
