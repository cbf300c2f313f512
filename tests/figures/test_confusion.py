"""The confusion matrix against percentages by hand and by scikit-learn."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from playground.figures.confusion import confusion_figure, confusion_shares
from playground.figures.theme import alt_text

TRUE = np.random.default_rng(0).integers(0, 4, 500)
SAID = np.where(np.random.default_rng(1).random(500) < 0.7, TRUE, np.random.default_rng(2).integers(0, 4, 500))


@pytest.mark.parametrize(("mode", "normalize"), [("row", "true"), ("column", "pred")])
def test_shares_equal_those_of_scikit_learn(mode: Literal["row", "column"], normalize: Literal["true", "pred"]) -> None:
    expected = 100 * confusion_matrix(TRUE, SAID, normalize=normalize)
    np.testing.assert_allclose(confusion_shares(confusion_matrix(TRUE, SAID), mode), expected)


def test_shares_of_two_classes_by_hand() -> None:
    matrix = [[3, 1], [2, 4]]
    np.testing.assert_allclose(confusion_shares(matrix, "counts"), matrix)
    np.testing.assert_allclose(confusion_shares(matrix, "row"), [[75, 25], [100 / 3, 200 / 3]])
    np.testing.assert_allclose(confusion_shares(matrix, "column"), [[60, 20], [40, 80]])


def test_a_class_without_images_gives_empty_cells_and_no_warning() -> None:
    with np.errstate(all="raise"):
        figure = confusion_figure([[5, 0], [0, 0]], ["a", "b"], mode="row")
    assert figure.data[0].text == (["", ""], ["", ""])
    assert figure.data[1].text == (["100.0", ""], ["", ""])


def test_every_cell_is_a_point_that_names_its_true_and_its_predicted_class() -> None:
    cells = confusion_figure([[3, 1], [2, 4]], ["cat", "dog"]).data[2]
    assert cells.customdata.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    # Predicted runs to the right, true runs down.
    assert list(zip(cells.x, cells.y, strict=True)) == [(0, 0), (1, 0), (0, 1), (1, 1)]
    assert "really cat, called dog: <b>1</b>" in cells.hovertext[1]


def test_only_mistakes_are_coloured_so_that_they_stand_out() -> None:
    mistakes, right, _ = confusion_figure([[900, 0, 1], [20, 800, 0], [0, 0, 7]], ["a", "b", "c"]).data
    nan = np.nan
    np.testing.assert_array_equal(mistakes.z, [[nan, nan, 1], [20, nan, nan], [nan, nan, nan]])
    assert mistakes.zmax == 20
    np.testing.assert_array_equal(np.isfinite(right.z), np.eye(3, dtype=bool))
    assert mistakes.text == (["", "", "1"], ["20", "", ""], ["", "", ""])
    assert right.text == (["900", "", ""], ["", "800", ""], ["", "", "7"])


def test_a_matrix_without_mistakes_or_without_images_is_drawn() -> None:
    assert confusion_figure([[5, 0], [0, 7]], ["a", "b"]).data[0].zmax == 1
    assert "0 of 0" in alt_text(confusion_figure(np.zeros((2, 2), dtype=int), ["a", "b"], mode="column"))


def test_the_words_name_the_most_frequent_mistake() -> None:
    assert alt_text(confusion_figure([[3, 1], [2, 4]], ["cat", "dog"])) == (
        "Confusion matrix: 7 of 10 images right. The most frequent mistake: dog called cat, 2 times."
    )


def test_a_matrix_that_is_not_square_or_has_too_few_names_is_refused() -> None:
    with pytest.raises(ValueError, match="square"):
        confusion_shares([[1, 2, 3], [4, 5, 6]], "row")
    with pytest.raises(ValueError, match="2 names"):
        confusion_figure([[1, 2], [3, 4]], ["only one"])
