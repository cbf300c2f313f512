"""The code that loads what is no picture: tables, and points in the plane."""

from __future__ import annotations

import inspect

from playground.data.points import PointsSource, family_of, plane_inputs
from playground.data.points.painted import painted_class
from playground.data.sources import Source
from playground.data.tables import TableSource
from playground.export.section import block

ROW_POINTS = 4  # painted points in a line

_TABLE = """
from sklearn import datasets

columns, answers = datasets.%(loader)s(%(options)s)  # %(shape)s: a column for each measurement
x = torch.from_numpy(columns.astype("float32"))
y = %(y)s

# Of %(what)s, shuffled, every fifth row is kept for the test: the same rows in every run.
order = torch.randperm(len(x), generator=draws_for("cut of %(name)s", seed=0))
%(cut)s
train_rows, test_rows = order[~is_test], order[is_test]
x_train, y_train = x[train_rows], y[train_rows]  # %(train_shapes)s
x_test, y_test = x[test_rows], y[test_rows]  # %(test_shapes)s
""".strip()

_CUT_CLASSES = """
is_test = torch.zeros(len(x), dtype=torch.bool)
for label in range(%(classes)s):
    is_test[(y[order] == label).nonzero().flatten()[4::5]] = True
""".strip()

_CUT_ALL = "is_test = torch.arange(len(x)) % 5 == 4"

_SEE = '''
def see(points):
    """What the network sees of points: (n, 2) -> (n, %(columns)s)."""
    x1, x2 = points[:, 0], points[:, 1]
    return torch.stack([%(inputs)s], dim=1)


# Some points are learned from, the others are for the test.
order = torch.randperm(len(points), generator=draws_for("points-split", seed=%(seed)s))
train_points, test_points = order[:%(train)s], order[%(train)s:]
x_train, y_train = see(points[train_points]), y[train_points]  # %(train_shapes)s
x_test, y_test = see(points[test_points]), y[test_points]  # %(test_shapes)s
'''.strip()

_MADE = """
# %(count)s points%(classes)s; noise %(noise)s of at most 0.5.
points, y = make(%(count)s, %(noise)r, %(num_classes)s, draws_for("points", seed=%(seed)s))
""".strip()


def table_code(source: TableSource) -> str:
    """Reads a table of scikit-learn's, and cuts it as `playground.data.tables` does."""
    is_number = source.task == "regression"
    options = ["return_X_y=True", *(["scaled=False"] if source.loader == "load_diabetes" else [])]
    count, answers = source.num_train + source.num_test, "(1 - answers)" if source.is_flipped else "answers"
    y = (
        f'torch.from_numpy(answers.astype("float32")).unsqueeze(1)  # ({count}, 1): {source.target_name}'
        if is_number
        else f'torch.from_numpy({answers}.astype("int64"))  # ({count},): which of the classes {", ".join(source.class_names)}'
    )
    return _TABLE % {
        "loader": source.loader,
        "options": ", ".join(options),
        "shape": f"({count}, {source.input_shape[0]})",
        "y": y,
        "what": "all rows" if is_number else "each class's rows",
        "name": source.name,
        "cut": _CUT_ALL if is_number else _CUT_CLASSES % {"classes": source.num_classes},
        **_shapes(source),
    }


def points_code(source: PointsSource) -> str:
    """Draws the points of a family, or lists those that were painted, and cuts them as `playground.data.points` does."""
    points, family = source.points, family_of(source.name)
    inputs = ", ".join(known.source for known in plane_inputs(points.inputs))
    see = _SEE % {
        "columns": len(points.inputs),
        "inputs": inputs,
        "seed": points.seed,
        "train": source.num_train,
        **_shapes(source),
    }
    if family.make is None:
        return f"{_painted(source)}\n\n\n{see}"
    made = _MADE % {
        "count": points.num_points,
        "classes": f" of {source.num_classes} classes" if source.num_classes else "",
        "num_classes": family.num_classes(points.classes),
        "noise": points.noise,
        "seed": points.seed,
    }
    return f"{inspect.getsource(family.make).strip()}\n\n\n{made}\n\n\n{see}"


def _painted(source: PointsSource) -> str:
    is_number = source.task == "regression"
    numbers = [f"[{x1!r}, {x2!r}, {value if is_number else painted_class(value)!r}]" for x1, x2, value in source.points.painted]
    y = "painted[:, 2:]" if is_number else "painted[:, 2].long()"
    return block(
        f"# The points that were painted: x1, x2 and {'the value' if is_number else 'the class'}.",
        "painted = torch.tensor(",
        "    [",
        *(f"        {', '.join(numbers[start : start + ROW_POINTS])}," for start in range(0, len(numbers), ROW_POINTS)),
        "    ]",
        ")",
        f"points, y = painted[:, :2], {y}",
    )


def _shapes(source: Source) -> dict[str, str]:
    columns = source.input_shape[0]
    answers = "{}, 1" if source.task == "regression" else "{},"
    return {
        f"{name}_shapes": f"({count}, {columns}) and ({answers.format(count)})"
        for name, count in (("train", source.num_train), ("test", source.num_test))
    }
