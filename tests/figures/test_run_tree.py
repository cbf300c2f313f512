"""The tree of runs: order, connections and words."""

from __future__ import annotations

import base64
import re
from xml.etree import ElementTree

import pytest

from playground.figures.run_tree import ROW, WIDTH, TreeRun, in_tree_order, run_tree

TRUNK = TreeRun("a", "Run 1 · mnist · Dense 10", 4.0, accuracy=0.913)
BRANCH = TreeRun("b", "Run 2 · mnist", 6.0, parent="a", branch_epoch=2.0, accuracy=0.952, chosen=True)
TWIG = TreeRun("c", "Run 4", 8.0, parent="b", branch_epoch=5.0)
RIVAL = TreeRun("d", "Run 3", 4.0, parent="a")
FAMILY = (TRUNK, BRANCH, RIVAL, TWIG)


def order(*runs: TreeRun) -> list[tuple[str, int]]:
    return [(run.id, depth) for run, depth in in_tree_order(runs)]


def drawing(*runs: TreeRun, dark: bool = False) -> ElementTree.Element:
    found = re.search(r"base64,([\w+/=]+)", run_tree(runs, dark=dark))
    assert found
    return ElementTree.fromstring(base64.b64decode(found[1]))


def paths(*runs: TreeRun) -> list[dict[str, str]]:
    return [dict(element.attrib) for element in drawing(*runs).iter() if element.tag.endswith("path")]


def ends(*runs: TreeRun) -> list[tuple[float, float]]:
    """Where each lane ends, row by row."""
    circles = [element.attrib for element in drawing(*runs).iter() if element.tag.endswith("circle")]
    return [(float(circle["cx"]), float(circle["cy"])) for circle in circles]


def words(*runs: TreeRun) -> list[str]:
    """The list's entries without their tags."""
    return [re.sub(r"<[^>]+>", "|", entry) for entry in re.findall(r"<li[^>]*>(.*?)</li>", run_tree(runs))]


def test_a_run_stands_before_those_that_come_from_it() -> None:
    assert order(*FAMILY) == [("a", 0), ("b", 1), ("c", 2), ("d", 1)]


def test_the_order_in_which_runs_are_given_does_not_tear_branches_apart() -> None:
    assert order(TWIG, RIVAL, BRANCH, TRUNK) == [("a", 0), ("d", 1), ("b", 1), ("c", 2)]


def test_a_run_whose_parent_is_not_there_begins_a_tree_and_says_so() -> None:
    assert order(BRANCH, TWIG) == [("b", 0), ("c", 1)]
    assert "from a run that is gone, epoch 2" in words(BRANCH)[0]


def test_runs_that_descend_from_themselves_are_drawn_once_all_the_same() -> None:
    first, second = TreeRun("x", "X", 1.0, parent="y"), TreeRun("y", "Y", 1.0, parent="x")
    assert sorted(name for name, _ in order(first, second, TRUNK)) == ["a", "x", "y"]
    assert len(words(first, second)) == 2


def test_a_thousand_branches_in_a_row_are_no_trouble() -> None:
    chain = [
        TRUNK,
        *(TreeRun(f"{i}", f"Run {i}", i, parent=f"{i - 1}" if i > 1 else "a", branch_epoch=1) for i in range(1, 1000)),
    ]
    assert len(in_tree_order(chain)) == 1000


def test_every_run_is_told_in_words_with_where_it_came_from_and_how_well_it_did() -> None:
    trunk, branch, twig, rival = words(*FAMILY)
    assert "Run 1 · mnist · Dense 10" in trunk and "91.3 % validation · 4.0 epochs" in trunk and "from" not in trunk
    assert "from Run 1, epoch 2 · 95.2 % validation · 6.0 epochs" in branch
    assert "from Run 2, epoch 5 · 8.0 epochs" in twig and "validation" not in twig
    assert "against Run 1" in rival


def test_lanes_end_at_their_epochs_in_their_rows() -> None:
    found = ends(*FAMILY)
    assert [y for _, y in found] == [ROW * (row + 0.5) for row in range(4)]
    trunk, branch, twig, rival = (x for x, _ in found)
    assert trunk == rival < branch < twig
    assert twig - branch == pytest.approx(branch - trunk, abs=0.2)  # 4, 6 and 8 epochs


def test_a_branch_leaves_its_parents_lane_at_the_epoch_of_the_branch() -> None:
    half = TreeRun("b", "Run 2", 4.0, parent="a", branch_epoch=2.0)
    link = paths(TRUNK, half)[0]["d"]
    start = float(re.match(r"M([\d.]+) ([\d.]+)", link)[1])  # type: ignore[index]
    left, right = float(paths(TRUNK)[0]["d"][1:].split()[0]), ends(TRUNK, half)[0][0]
    assert start == pytest.approx((left + right) / 2, abs=0.2)
    assert "V" in link and "stroke-dasharray" not in paths(TRUNK, half)[0]


def test_a_comparison_is_dashed_and_a_branch_is_not() -> None:
    assert [bool(path.get("stroke-dasharray")) for path in paths(*FAMILY) if "stroke-width" in path][:3] == [False, False, True]


def test_the_chosen_run_is_marked_by_more_than_colour() -> None:
    assert run_tree(FAMILY).count('class="tree-run tree-chosen"') == 1
    radii = [float(element.attrib["r"]) for element in drawing(*FAMILY).iter() if element.tag.endswith("circle")]
    assert radii.index(max(radii)) == 1 and radii.count(max(radii)) == 1


def test_the_accent_is_lighter_on_a_dark_page() -> None:
    assert run_tree(FAMILY) != run_tree(FAMILY, dark=True)


def test_names_cannot_bring_markup_of_their_own() -> None:
    assert "<script>" not in run_tree([TreeRun("a", "<script>alert(1)</script>", 1.0)])


def test_nothing_is_drawn_of_no_runs() -> None:
    assert run_tree(()) == ""


@pytest.mark.parametrize("epoch", [0.0, 0.004, 1.0, 7.3, 200.0, 100_000.0])
def test_any_length_of_training_fits_into_the_picture(epoch: float) -> None:
    [(x, _)] = ends(TreeRun("a", "Run 1", epoch))
    assert 0 <= x <= WIDTH
