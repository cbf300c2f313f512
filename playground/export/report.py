"""A run as one page of HTML that needs nothing else: to read, to print on A4, to hand in."""

from __future__ import annotations

import datetime
import html

from playground.data import source
from playground.export.report_answers import answers
from playground.export.report_curves import curves_svg
from playground.export.report_style import STYLE
from playground.export.report_tables import layers_table, settings_table, spec_text
from playground.export.value import ExportedRun
from playground.export.words import Words, words_for
from playground.network import trace
from playground.training.events import EpochEnded

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
    """The page as UTF-8: settings, layers, curves, figures, confusion matrix and mistakes or errors, and how to repeat it all.

    What cannot be told (a run without weights, a data set that is not here) is said in its place.
    """
    name = html.escape(exported.name)
    chosen = source(exported.run.dataset)
    words = words_for(chosen, exported.run.training.loss)
    today = datetime.date.today()
    sections = [
        ("How it learned", _course(exported, words)),
        ("How well it reads" if chosen.is_images else "How well it tells", answers(exported, words)),
        ("The network", layers_table(exported.run)),
        ("All settings", settings_table(exported.run)),
        ("How to repeat it", _repeat(exported)),
    ]
    body = "".join(f"<section><h2>{title}</h2>{content}</section>" for title, content in sections)
    page = (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{name}: report</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{STYLE}</style></head><body><main>'
        f"<header><p class='kicker'>Neural network report · {html.escape(chosen.title)} · {today.day} {today:%B %Y}</p>"
        f"<h1>{name}</h1>"
        f"{_note(exported)}{_key_figures(exported, words)}</header>{body}</main></body></html>"
    )
    return page.encode()


def _note(exported: ExportedRun) -> str:
    if not exported.note:
        return ""
    return "".join(f"<p class='note'>{html.escape(line)}</p>" for line in exported.note.splitlines() if line.strip())


def _key_figures(exported: ExportedRun, words: Words) -> str:
    """The numbers that one looks for first."""
    history, run = exported.history, exported.run
    last, finished = (history.epochs[-1] if history.epochs else None), history.finished
    shape = source(run.dataset).input_shape
    parameters = sum(report.num_parameters for report in trace(run.network, shape))
    figures = []
    if finished:
        figures += [(f"Test {words.score}", words.score_text(finished.test_accuracy)), ("Test loss", f"{finished.test_loss:.4f}")]
    chosen = history.final_epoch
    if chosen and chosen.validation_accuracy is not None:
        figures.append((f"Validation {words.score}", words.score_text(chosen.validation_accuracy)))
    if chosen:
        figures.append((f"Training {words.score}", words.score_text(chosen.train_accuracy)))
    figures += [
        ("Parameters", f"{parameters:,}"),
        ("Epochs", f"{last.epoch if last else 0:,} of {run.training.epochs:,}"),
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


def _course(exported: ExportedRun, words: Words) -> str:
    """The curves, the epochs as numbers, and what happened on the way."""
    history = exported.history
    drawn = curves_svg(history, words.score)
    if not drawn:
        return "<p>Nothing has been learned yet, so there are no curves.</p>"
    said = []
    if history.finished and history.finished.best_epoch:
        split = "training" if not history.epochs or history.epochs[-1].validation_loss is None else "validation"
        why = f"It stopped early: the {split} loss no longer fell." if history.finished.stopped_early else ""
        best = f"the best on the {split} {words.examples}"
        said.append(f"{why} The weights of epoch {history.finished.best_epoch}, {best}, were kept.")
    if history.failed:
        said.append(f"It could not go on. {history.failed.what} {history.failed.mend}")
    said += [f"At epoch {change.epoch:.2f} somebody changed: {change.text}" for change in history.changes]
    if exported.origin.parent:
        said.append("It did not start from scratch: it went on from the weights of another run.")
    notes = "".join(f"<li>{html.escape(line.strip())}</li>" for line in said)
    return f"{drawn}{f'<ul>{notes}</ul>' if notes else ''}{_epochs(exported, words)}"


def _epochs(exported: ExportedRun, words: Words) -> str:
    """The epochs as numbers: all that were told of, or of many the first and the last ones."""
    epochs = exported.history.epochs
    if not epochs:
        return ""
    watched = any(epoch.test_loss is not None for epoch in epochs)
    splits = ["train", *(["validation"] if epochs[-1].validation_loss is not None or not watched else [])]
    splits += ["test"] if watched else []
    titles = {"train": "Training"}
    head = [
        "Epoch",
        *(f"{titles.get(split, split.capitalize())} {figure}" for split in splits for figure in ("loss", words.score)),
    ]
    shown = [*epochs[:6], None, *epochs[-6:]] if len(epochs) > 14 else list(epochs)
    rows = []
    for epoch in shown:
        cells = ["…", *[""] * (2 * len(splits) + 1)]
        if epoch is not None:
            figures = [text for split in splits for text in _figures(epoch, split, words)]
            cells = [f"{epoch.epoch:,}", *figures, f"{epoch.learning_rate:.3g}"]
        rows.append(f"<tr>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>")
    titled = "".join(f"<th>{title}</th>" for title in (*head, "Learning rate"))
    return f'<table class="epochs"><thead><tr>{titled}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def _figures(epoch: EpochEnded, split: str, words: Words) -> tuple[str, str]:
    """Loss and score of "train", "validation" or "test" in an epoch."""
    loss, score = getattr(epoch, f"{split}_loss"), getattr(epoch, f"{split}_accuracy")
    return "–" if loss is None else f"{loss:.4f}", "–" if score is None else words.score_text(score)


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
