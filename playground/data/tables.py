"""The tables that scikit-learn brings along: there at once, with no download."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from playground.catalog.task import Task
from playground.data.dataset import Dataset
from playground.data.sources import Source, SourceStatus
from playground.seeds import generator

# Every fifth row of a class goes to the test set.
_TEST_STEP = 5
# The cut belongs to the table: it is the same in every run.
_CUT_SEED = 0


@dataclass(frozen=True, kw_only=True)
class TableSource(Source):
    """A table of scikit-learn's, cut into four fifths for training and one fifth for testing; always the same cut.

    Attributes:
        loader: the function of `sklearn.datasets` that reads it.
        is_flipped: scikit-learn's class 0 is class 1 here, because it is the one that is looked for.
    """

    loader: str
    is_flipped: bool = False
    example: str = "row"

    def status(self, folder: Path) -> SourceStatus:
        return SourceStatus(self.name, "ready", None, (), f"{self.title} comes with the playground.")

    def load(self, folder: Path) -> Dataset:
        columns, answers = self._read()
        train, test = _cut(answers, self.name, self.class_names)
        x = torch.from_numpy(columns.astype(np.float32))
        if self.task == "regression":
            y = torch.from_numpy(answers.astype(np.float32)).unsqueeze(1)
        else:
            y = torch.from_numpy(answers.astype(np.int64))
        return Dataset(
            name=self.name,
            title=self.title,
            task=self.task,
            x_train=x[train],
            y_train=y[train],
            x_test=x[test],
            y_test=y[test],
            class_names=self.class_names,
            feature_names=self.feature_names,
            target_name=self.target_name,
        )

    def test_rows(self) -> torch.Tensor:
        """The rows of the test set, int64 (num_test,), as scikit-learn counts them."""
        return _cut(self._read()[1], self.name, self.class_names)[1]

    def _read(self) -> tuple[np.ndarray, np.ndarray]:
        """The columns (n, d) and the classes or targets (n,), each in its own unit, in the order of the file."""
        from sklearn import datasets  # late: it takes longer to import than a table takes to learn

        # As it comes, scikit-learn's diabetes table is already standardised, on all rows, those of the test set included.
        options = {"scaled": False} if self.loader == "load_diabetes" else {}
        columns, answers = getattr(datasets, self.loader)(return_X_y=True, **options)
        return columns, 1 - answers if self.is_flipped else answers


def _cut(answers: np.ndarray, name: str, class_names: tuple[str, ...]) -> tuple[torch.Tensor, torch.Tensor]:
    """Rows for training and rows for testing, int64: of each class, or of the whole table, every fifth after a shuffle."""
    order = torch.randperm(len(answers), generator=generator(_CUT_SEED, f"cut of {name}"))
    groups = torch.from_numpy(answers).long()[order] if class_names else torch.zeros(len(answers), dtype=torch.int64)
    is_test = torch.zeros(len(answers), dtype=torch.bool)
    for group in groups.unique():
        rows = (groups == group).nonzero()[:, 0]
        is_test[rows[_TEST_STEP - 1 :: _TEST_STEP]] = True
    return order[~is_test], order[is_test]


_CELL_MEASURES = (
    "radius",
    "texture",
    "perimeter",
    "area",
    "smoothness",
    "compactness",
    "concavity",
    "concave points",
    "symmetry",
    "fractal dimension",
)


def _table(
    name: str,
    loader: str,
    title: str,
    description: str,
    counts: tuple[int, int],
    feature_names: tuple[str, ...],
    class_names: tuple[str, ...] = (),
    target_name: str = "",
    is_flipped: bool = False,
) -> TableSource:
    task: Task = "regression" if not class_names else "binary" if len(class_names) == 2 else "classification"
    return TableSource(
        name=name,
        loader=loader,
        title=title,
        description=description,
        class_names=class_names,
        num_train=counts[0],
        num_test=counts[1],
        task=task,
        input_shape=(len(feature_names),),
        feature_names=feature_names,
        target_name=target_name,
        is_flipped=is_flipped,
    )


TABLES: tuple[TableSource, ...] = (
    _table(
        "iris",
        "load_iris",
        "Iris",
        "150 iris flowers of three species: four lengths and widths, in centimetres, tell which.",
        (120, 30),
        ("sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"),
        class_names=("setosa", "versicolor", "virginica"),
    ),
    _table(
        "wine",
        "load_wine",
        "Wine",
        "178 wines from three kinds of grapevine: 13 measurements in the laboratory tell which.",
        (144, 34),
        (
            "alcohol",
            "malic acid",
            "ash",
            "alcalinity of ash",
            "magnesium",
            "total phenols",
            "flavanoids",
            "nonflavanoid phenols",
            "proanthocyanins",
            "colour intensity",
            "hue",
            "OD280/OD315 of diluted wine",
            "proline",
        ),
        class_names=("vine 1", "vine 2", "vine 3"),
    ),
    _table(
        "breast-cancer",
        "load_breast_cancer",
        "Breast cancer",
        "569 lumps seen through a microscope: 30 measurements of their cells tell malignant from benign (harmless).",
        (456, 113),
        (
            *(f"mean {measure}" for measure in _CELL_MEASURES),
            *(f"{measure} error" for measure in _CELL_MEASURES),
            *(f"worst {measure}" for measure in _CELL_MEASURES),
        ),
        class_names=("benign", "malignant"),
        is_flipped=True,
    ),
    _table(
        "diabetes",
        "load_diabetes",
        "Diabetes",
        "442 people with diabetes: ten measurements tell how far the disease has moved on a year later.",
        (354, 88),
        (
            "age (years)",
            "sex",
            "body mass index",
            "blood pressure",
            "total cholesterol",
            "LDL cholesterol",
            "HDL cholesterol",
            "total / HDL cholesterol",
            "triglycerides (log)",
            "blood sugar",
        ),
        target_name="disease progression after one year",
    ),
)
