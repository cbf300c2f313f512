"""From the network's last numbers to probabilities, and to the loss, step by step."""

from __future__ import annotations

import streamlit as st

from playground.errors import PlaygroundError
from playground.figures.calculation_tables import TableColumn, calculation_table
from playground.figures.number_grids import tick
from playground.insight.loss_step import loss_at
from playground.insight.softmax import Column, Probabilities, from_outputs, inside_the_network
from playground.insight.written import written
from playground.ui.data_words import noun
from playground.ui.steps_subject import Subject, verdict


def softmax_view(subject: Subject) -> None:
    """Outputs to probabilities, one column after the other."""
    loss, names = subject.kept.run.training.loss, subject.network.dataset.class_names
    if loss.num_outputs(len(names)) == 1:
        st.markdown(
            f"The last layer gives one number *z*: the larger, the more speaks for “{names[-1]}”. The **sigmoid** makes a "
            f"**probability** of it; what is left of 1 goes to “{names[0]}”. It is the softmax of two numbers that lie z apart."
        )
    else:
        st.markdown(
            "The last layer gives one number for each class, of any size. **Softmax** makes **probabilities** of them: positive, "
            "and 1 in all. The larger a number, the larger its share; each +1 makes it e = 2.718… times as likely."
        )
    inside = inside_the_network(subject.steps[-1]) if subject.steps else None
    if inside is not None:
        st.markdown(f"**In the network**: it ends with its own {inside.rule}.")
        _table(subject, inside)
        if loss.expects == "logits":
            st.warning(
                f"The loss “{loss.title}” expects plain numbers and does this by itself: here it happens twice, which flattens "
                "all probabilities and slows learning.",
                icon=":material/warning:",
            )
        st.markdown(f"**How its outputs are read**, by its loss “{loss.title}”:")
    read = from_outputs(loss, subject.outputs)
    if inside is None and read.rule not in ("softmax", "sigmoid"):
        st.info(
            f"This network learned with “{loss.title}”, which knows no softmax. Its outputs are read like this: {read.rule}.",
            icon=":material/info:",
        )
    _table(subject, read)


def _table(subject: Subject, found: Probabilities) -> None:
    names = subject.network.dataset.class_names
    best = int(found.by_hand.argmax())
    st.html(calculation_table(names, [_column(one) for one in found.columns], marked=best))
    same = "PyTorch computes the same" if found.agrees else "PyTorch computes something else"
    st.html(tick(found.agrees, f"{same} (largest difference {written(found.difference, 1)})."))


def loss_view(subject: Subject) -> None:
    """The formula of the run's own loss, with the numbers put in."""
    loss, names = subject.kept.run.training.loss, subject.network.dataset.class_names
    st.markdown(
        "The **loss** says with one number how wrong an answer is. Training makes it smaller, and looks at nothing else. "
        f"This network learned with **{loss.title}**: {loss.help[:1].lower()}{loss.help[1:]}"
    )
    st.latex(f"L = {loss.formula}")
    try:
        place = loss_at(loss, subject.outputs, subject.label)
    except PlaygroundError as problem:
        st.info(str(problem), icon=":material/info:")
        return
    if isinstance(subject.label, float):
        st.caption(_standardised(subject))
    else:
        truth = names[subject.label]
        st.caption(f"Here the true class y is “{truth}”, in green. Choose another one above and see the loss change.")
    marked, heading = (0, "number") if isinstance(subject.label, float) else (subject.label, "class")
    rows = names or subject.network.output_names
    st.html(calculation_table(rows, [_column(one) for one in place.columns], heading=heading, marked=marked))
    st.markdown(f"### L = {place.worked}")
    verdict(place.result, "The run's own loss function says")
    st.caption(
        f"With the usual digits: {written(place.result.by_hand, 7)}. Of a batch, the mean over its {noun(subject.source)} counts."
    )


def _standardised(subject: Subject) -> str:
    """In which unit a regression's loss counts."""
    batches = subject.network.batches
    if batches.target_spread == 1.0 and batches.target_mean == 0.0:
        return f"z and t count in the unit of “{subject.network.dataset.target_name}”. Choose another true value above."
    return (
        f"z and t are **standardised**: the value, minus the training targets' mean ({batches.target_mean:.4g}), divided by "
        f"their spread ({batches.target_spread:.4g}). So every target learns equally well. Choose another true value above."
    )


def _column(one: Column) -> TableColumn:
    return TableColumn(one.title, one.words, one.values, one.total)
