"""What a report tells of the test examples: which classes are right and which mistakes are worst, or how far off numbers are."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np

from playground.data import Dataset
from playground.errors import PlaygroundError
from playground.export.report_axes import across_and_up, grid
from playground.export.report_tables import classes_table, confusion_table
from playground.export.value import ExportedRun
from playground.export.weights import examined, network_of
from playground.export.words import Words
from playground.figures.image_cards import ImageCard, image_cards
from playground.figures.theme import NEUTRAL, TRAINING
from playground.insight.evaluation import Evaluation, RegressionEvaluation
from playground.insight.measures import measure
from playground.insight.mistakes import most_confident_mistakes
from playground.insight.regression import largest_errors, measure_regression

MISTAKES = 12
# More columns than these would not fit on a page.
MOST_COLUMNS = 8
# More dots would hide each other.
MOST_DOTS = 400
SIDE, LEFT, BOTTOM, TOP = 340, 56, 40, 10


def answers(exported: ExportedRun, words: Words) -> str:
    """The test examples: confusion matrix, classes and mistakes, or measures and errors; or why they cannot be shown."""
    try:
        dataset = network_of(exported).dataset
        evaluation = examined(exported)
    except PlaygroundError as problem:
        return f"<p>{html.escape(str(problem))}</p>"
    if isinstance(evaluation, RegressionEvaluation):
        return _numbers(evaluation, dataset, words)
    return _classes(evaluation, dataset, words)


def _classes(evaluation: Evaluation, dataset: Dataset, words: Words) -> str:
    measures, names = measure(evaluation), dataset.class_names
    wrong = f"{measures.mistakes:,} of {len(evaluation):,} test {words.examples} are {words.told} wrong"
    parts = [
        f"<div class='keep'><p>The test {words.examples} were never learned from. "
        f"<b>{100 * measures.accuracy:.2f} %</b> of them are {words.told} right: {wrong}. "
        f"Each row holds the {words.examples} of one class, each column what the network said; the grey diagonal is right.</p>",
        f"{confusion_table(measures, names, words)}</div>",
        classes_table(measures, names, words),
    ]
    if measures.mistakes:
        rows = most_confident_mistakes(evaluation, MISTAKES)
        shown = _cards if dataset.is_images else _mistakes
        worst = shown(evaluation, dataset, words, rows.tolist())
        parts.append(f"<div class='keep'><h3>Mistakes of which it was surest</h3>{worst}</div>")
    return "".join(parts)


def _cards(evaluation: Evaluation, dataset: Dataset, words: Words, rows: Sequence[int]) -> str:
    cards = [
        ImageCard(
            dataset.x_test[int(evaluation.indices[row])].numpy(),
            int(evaluation.labels[row]),
            int(evaluation.predicted[row]),
            evaluation.probabilities[row],
        )
        for row in rows
    ]
    return image_cards(cards, dataset.class_names)


def _mistakes(evaluation: Evaluation, dataset: Dataset, words: Words, rows: Sequence[int]) -> str:
    names = dataset.class_names
    told = [
        [names[evaluation.labels[row]], names[evaluation.predicted[row]], f"{100 * evaluation.confidences[row]:.1f} %"]
        for row in rows
    ]
    return _table(["True", "Said", "How sure"], told, evaluation.indices[rows].tolist(), dataset, words)


def _numbers(evaluation: RegressionEvaluation, dataset: Dataset, words: Words) -> str:
    measures, target = measure_regression(evaluation), html.escape(dataset.target_name)
    r2 = "–" if measures.r2 is None else f"{measures.r2:.4f}"
    rows = [
        ("R²", r2, "How much of the ups and downs it explains: 1 is perfect, 0 is no better than always saying the mean."),
        ("MAE", amount(measures.mae), "Mean absolute error: how far off it is on average."),
        ("RMSE", amount(measures.rmse), "Root mean squared error: like MAE, but large errors count more."),
        ("Median error", amount(measures.median_absolute_error), "Half of its answers are off by at most this much."),
        ("Largest error", amount(measures.largest_error), "How far off its worst answer is."),
        ("Mean error", _signed(measures.mean_error), "Above 0 it says too much on the whole, below 0 too little."),
    ]
    cells = "".join(f"<tr><th scope='row'>{name}</th><td>{value}</td><td>{help_}</td></tr>" for name, value, help_ in rows)
    worst = largest_errors(evaluation, MISTAKES).tolist()
    told = [
        [amount(evaluation.targets[row]), amount(evaluation.predictions[row]), _signed(evaluation.errors[row])] for row in worst
    ]
    table = _table(["True", "Said", "Off by"], told, evaluation.indices[worst].tolist(), dataset, words)
    return (
        f"<div class='keep'><p>The {len(evaluation):,} test {words.examples} were never learned from. "
        f"The network tells: {target}. It is off by <b>{amount(measures.mae)}</b> on average; R² is <b>{r2}</b>.</p>"
        f'<table class="measures settings">{cells}</table></div>'
        f"<div class='keep'><p>One dot for each test {words.example}. On the dashed line, what it says is exactly true.</p>"
        f"{_scatter(evaluation, target)}</div>"
        f"<div class='keep'><h3>Largest errors</h3>{table}</div>"
    )


def _table(titles: Sequence[str], told: Sequence[Sequence[str]], places: Sequence[int], dataset: Dataset, words: Words) -> str:
    """Examples that are no pictures, with what the network saw of them where that fits; `places` are those in the test set."""
    features = dataset.feature_names if len(dataset.feature_names) <= MOST_COLUMNS else ()
    head = "".join(f"<th>{html.escape(name)}</th>" for name in (words.example.capitalize(), *titles, *features))
    rows = []
    for place, figures in zip(places, told, strict=True):
        seen = [amount(float(value)) for value in dataset.x_test[place]] if features else []
        rows.append("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in (f"{place:,}", *figures, *seen)) + "</tr>")
    return f'<table class="examples"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def _scatter(evaluation: RegressionEvaluation, target: str) -> str:
    """What it says over what is true, as an SVG."""
    every = -(-len(evaluation) // MOST_DOTS)
    true, said = evaluation.targets[::every], evaluation.predictions[::every]
    both = np.concatenate([true, said])
    low, high = float(both.min()), float(both.max())
    room = 0.04 * (high - low) or 1.0
    low, high = low - room, high + room
    frame = (LEFT, LEFT + SIDE, TOP + SIDE, TOP)
    across, up = across_and_up(frame, (low, high), (low, high))
    dots = "".join(
        f'<circle cx="{across(x):.1f}" cy="{up(y):.1f}" r="3.2" fill="{TRAINING}" fill-opacity="0.6"/>'
        for x, y in zip(true, said, strict=True)
    )
    line = (
        f'<line x1="{across(low):.1f}" y1="{up(low):.1f}" x2="{across(high):.1f}" y2="{up(high):.1f}" '
        f'stroke="{NEUTRAL}" stroke-width="2" stroke-dasharray="6 5"/>'
    )
    words = f"Said over true: {target}, for {len(true)} examples."
    bottom = TOP + SIDE
    return (
        f'<svg class="scatter" viewBox="0 0 {LEFT + SIDE + 14} {bottom + BOTTOM}" role="img" aria-label="{words}" '
        f'xmlns="http://www.w3.org/2000/svg">{grid(frame, (low, high), (low, high))}{line}{dots}'
        f'<text x="{LEFT + SIDE / 2}" y="{bottom + BOTTOM - 6}" text-anchor="middle">true</text>'
        f'<text x="14" y="{TOP + SIDE / 2}" text-anchor="middle" transform="rotate(-90 14 {TOP + SIDE / 2})">said</text>'
        f'<path class="axis" d="M{LEFT} {TOP} V{bottom} H{LEFT + SIDE}"/></svg>'
    )


def amount(value: float) -> str:
    """A number in its own unit, with four figures: "0.01235", "43.35", "12,346"."""
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:#.4g}".rstrip(".")


def _signed(value: float) -> str:
    return f"{'-' if value < 0 else '+'}{amount(abs(value))}"
