"""A run as one page of HTML that needs nothing else: to read, to print on A4, to hand in."""

from __future__ import annotations

import datetime
import html
from collections.abc import Sequence

from playground.data import source
from playground.errors import PlaygroundError
from playground.export.report_curves import curves_svg
from playground.export.report_style import STYLE
from playground.export.report_tables import classes_table, confusion_table, layers_table, settings_table, spec_text
from playground.export.value import ExportedRun
from playground.export.weights import examined, network_of
from playground.figures.image_cards import ImageCard, image_cards
from playground.insight.evaluation import Evaluation
from playground.insight.measures import measure
from playground.insight.mistakes import most_confident_mistakes
from playground.network import trace

MISTAKES = 12
STATUS = {
    "finished": "finished",
    "stopped": "stopped before its end",
    "failed": "ended by an error",
    "interrupted": "interrupted",
    "paused": "paused",
    "running": "still running",
    "waiting": "not started",
}


def make(exported: ExportedRun) -> bytes:
    """The page as UTF-8: settings, layers, curves, figures, confusion matrix, mistakes, and how to repeat it all.

    What cannot be told (a run without weights, a data set that is not here) is said in its place.
    """
    name = html.escape(exported.name)
    data_title = source(exported.run.dataset.name).title
    today = datetime.date.today()
    sections = [
        ("How it learned", _course(exported)),
        ("How well it reads", _results(exported)),
        ("The network", layers_table(exported.run)),
        ("All settings", settings_table(exported.run)),
        ("How to repeat it", _repeat(exported)),
    ]
    body = "".join(f"<section><h2>{title}</h2>{content}</section>" for title, content in sections)
    page = (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{name}: report</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head><body><main>'
        f"<header><p class='kicker'>Neural network report · {html.escape(data_title)} · {today.day} {today:%B %Y}</p>"
        f"<h1>{name}</h1>"
        f"{_note(exported)}{_key_figures(exported)}</header>{body}</main></body></html>"
    )
    return page.encode()


def _note(exported: ExportedRun) -> str:
    if not exported.note:
        return ""
    return "".join(f"<p class='note'>{html.escape(line)}</p>" for line in exported.note.splitlines() if line.strip())


def _key_figures(exported: ExportedRun) -> str:
    """The numbers that one looks for first."""
    history, run = exported.history, exported.run
    last, finished = (history.epochs[-1] if history.epochs else None), history.finished
    shape = source(run.dataset.name).input_shape
    parameters = sum(report.num_parameters for report in trace(run.network, shape))
    figures = []
    if finished:
        figures += [("Test accuracy", f"{100 * finished.test_accuracy:.2f} %"), ("Test loss", f"{finished.test_loss:.4f}")]
    chosen = next((epoch for epoch in history.epochs if finished and epoch.epoch == finished.best_epoch), last)
    if chosen and chosen.validation_accuracy is not None:
        figures.append(("Validation accuracy", f"{100 * chosen.validation_accuracy:.2f} %"))
    if chosen:
        figures.append(("Training accuracy", f"{100 * chosen.train_accuracy:.2f} %"))
    figures += [
        ("Parameters", f"{parameters:,}"),
        ("Epochs", f"{len(history.epochs)} of {run.training.epochs}"),
        ("Time spent learning", duration(history.seconds)),
    ]
    if not finished:
        figures.append(("This run", STATUS.get(history.status, history.status)))
    cells = "".join(f"<div><dt>{title}</dt><dd>{html.escape(value)}</dd></div>" for title, value in figures)
    return f"<dl class='figures'>{cells}</dl>"


def duration(seconds: float) -> str:
    """Such as "8.3 s", "2 min 5 s" or "1 h 12 min"."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _course(exported: ExportedRun) -> str:
    """The curves, the epochs as numbers, and what happened on the way."""
    history = exported.history
    drawn = curves_svg(history)
    if not drawn:
        return "<p>Nothing has been learned yet, so there are no curves.</p>"
    said = []
    if history.finished and history.finished.best_epoch:
        why = "It stopped early: the validation loss no longer fell." if history.finished.stopped_early else ""
        said.append(f"{why} The weights of epoch {history.finished.best_epoch}, the best on the validation images, were kept.")
    if history.failed:
        said.append(f"It could not go on. {history.failed.what} {history.failed.mend}")
    said += [f"At epoch {change.epoch:.2f} somebody changed: {change.text}" for change in history.changes]
    if exported.origin.parent:
        said.append("It did not start from scratch: it went on from the weights of another run.")
    notes = "".join(f"<li>{html.escape(line.strip())}</li>" for line in said)
    return f"{drawn}{f'<ul>{notes}</ul>' if notes else ''}{_epochs(exported)}"


def _epochs(exported: ExportedRun) -> str:
    """The epochs as numbers: all of them, or of many the first and the last ones."""
    epochs = exported.history.epochs
    if not epochs:
        return ""
    shown = [*epochs[:6], None, *epochs[-6:]] if len(epochs) > 14 else list(epochs)
    rows = []
    for epoch in shown:
        if epoch is None:
            rows.append("<tr><td>…</td><td></td><td></td><td></td><td></td><td></td></tr>")
            continue
        loss = "–" if epoch.validation_loss is None else f"{epoch.validation_loss:.4f}"
        accuracy = "–" if epoch.validation_accuracy is None else f"{100 * epoch.validation_accuracy:.2f} %"
        rows.append(
            f"<tr><td>{epoch.epoch}</td><td>{epoch.train_loss:.4f}</td><td>{100 * epoch.train_accuracy:.2f} %</td>"
            f"<td>{loss}</td><td>{accuracy}</td><td>{epoch.learning_rate:.3g}</td></tr>"
        )
    head = "".join(
        f"<th>{title}</th>"
        for title in ("Epoch", "Training loss", "Training accuracy", "Validation loss", "Validation accuracy", "Learning rate")
    )
    return f'<table class="epochs"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def _results(exported: ExportedRun) -> str:
    """The test images: confusion matrix, classes, mistakes; or why they cannot be shown."""
    try:
        names: Sequence[str] = network_of(exported).dataset.class_names
        evaluation = examined(exported)
    except PlaygroundError as problem:
        return f"<p>{html.escape(str(problem))}</p>"
    measures = measure(evaluation)
    wrong = f"{measures.mistakes:,} of {len(evaluation):,} test images are read wrong"
    parts = [
        "<div class='keep'><p>The test images were never learned from. "
        f"<b>{100 * measures.accuracy:.2f} %</b> of them are read right: {wrong}. "
        "Each row holds the images of one class, each column what the network said; the grey diagonal is right.</p>",
        f"{confusion_table(measures, names)}</div>",
        classes_table(measures, names),
    ]
    if measures.mistakes:
        parts.append(f"<div class='keep'><h3>Mistakes of which it was surest</h3>{_mistakes(exported, evaluation, names)}</div>")
    return "".join(parts)


def _mistakes(exported: ExportedRun, evaluation: Evaluation, names: Sequence[str]) -> str:
    images = network_of(exported).dataset.x_test
    cards = [
        ImageCard(
            images[int(evaluation.indices[row])].numpy(),
            int(evaluation.labels[row]),
            int(evaluation.predicted[row]),
            evaluation.probabilities[row],
        )
        for row in most_confident_mistakes(evaluation, MISTAKES)
    ]
    return image_cards(cards, names)


def _repeat(exported: ExportedRun) -> str:
    """The settings as JSON, and the command that takes them."""
    started = exported.history.started
    threads = f" --threads {started.threads}" if started and started.device == "cpu" else ""
    words = (
        "<p>Save the text below as <code>run.json</code>, and train it with the playground: "
        f"<code>python -m playground train --spec run.json{threads}</code></p>"
    )
    if started:
        exact = "the same numbers" if exported.repeatable else "the same numbers, but for rounding"
        where = f"{started.threads} thread{'s' if started.threads > 1 else ''}" if threads else started.device
        words += f"<p>It ran with {html.escape(where)}. On the same computer and version that gives {exact}.</p>"
    return f"{words}<pre>{html.escape(spec_text(exported.run))}</pre>"
