"""Losses: drag a score, and see the loss and its gradient."""

from __future__ import annotations

import streamlit as st

from playground.catalog import LOSSES
from playground.catalog.losses import LossEntry
from playground.figures.ingredients import Line, answers_figure, function_figure
from playground.insight.ingredients import NUM_CLASSES, SPAN, Asked, Question, loss_asked, loss_curves, questions
from playground.insight.quick import quick
from playground.insight.written import written
from playground.ui.figure_view import figure_view
from playground.ui.ingredients_card import card
from playground.ui.ingredients_look import choose

QUESTIONS: dict[Question, str] = {"classes": "Which class?", "yes or no": "Yes or no?", "number": "Which number?"}
_SYMBOLS = (
    "L is the loss; z are the network's outputs, its scores; y is the true class; t is 1 for the true class, else 0, "
    "or the true number; K is how many outputs there are. σ is the sigmoid, e = 2.718…, ln the logarithm to base e."
)
_NAMES = tuple("ABCDEFGH"[:NUM_CLASSES])
_FIRST = (0.5, 1.0, -0.25)
_SCORES_SPAN = 3.0  # for losses that want 1 for the true class, not as much as possible
_SETTLED = 1e-3


def loss_view() -> None:
    """The whole view."""
    kind = choose("loss", "Loss")
    left, right = st.columns((5, 6), gap="large")
    with left:
        loss: LossEntry = card(LOSSES[kind](), "loss", _SYMBOLS, "L = ")
        found = questions(loss)
        question: Question = found[0]
        if len(found) > 1:
            question = st.segmented_control(  # type: ignore[assignment]
                "The network is asked",
                found,
                default=found[0],
                required=True,
                format_func=QUESTIONS.__getitem__,
                key=f"ingredients.question.{kind}",
                persist_state="session",
            )
        span = SPAN if question != "number" and loss.expects != "scores" else _SCORES_SPAN
        scores, truth, moved = _scores(question, span)
    with quick():
        curves = loss_curves(loss, question, scores, truth, moved, span)
        asked = loss_asked(loss, question, scores, truth)
    name = _title(question, moved)
    slope = float(asked.gradient[moved])
    with left:
        with st.container(horizontal=True):
            st.metric("Loss", written(asked.value), width=150)
            st.metric("Gradient", written(slope), width=150, help=f"The slope of the loss along {name}, by PyTorch's autograd.")
        st.markdown(_meaning(slope, name))
        if loss.expects == "log-probabilities":
            st.caption(
                "This loss wants log-probabilities. So log-softmax is applied to your scores first, as the network's last "
                "layer would do; the gradient goes back through both."
            )
    with right:
        figure_view(
            lambda: function_figure(
                curves.x,
                [Line("", curves.values[0], curves.slopes[0], asked.value, slope)],
                scores[moved],
                titles=(name, "loss", "gradient"),
                alt=f"{loss.title} over {name}, and its gradient; here the loss is {asked.value:.4g}, the gradient {slope:.4g}.",
                height=440,
            ),
            key="ingredients.loss.graph",
            revision=(loss, question, scores, truth, moved),
            zoom_key=f"{kind} {question}",
        )
        if question != "number":
            _answers(question, asked, truth, (loss, scores, truth))


def _scores(question: Question, span: float) -> tuple[tuple[float, ...], int, int]:
    """What was dragged; the truth; and which of the numbers moves along the axis."""
    if question == "number":
        help = "Your network's number minus the true one: 0 is right."
        error = st.slider("Drag the error", -span, span, 1.0, 0.05, key="ingredients.error", persist_state="session", help=help)
        return (float(error),), 0, 0
    if question == "yes or no":
        truth = st.segmented_control(
            "The truth", [1, 0], default=1, required=True, format_func=lambda one: "yes" if one else "no",
            key="ingredients.truth.yes", persist_state="session",
        )  # fmt: skip
        help = "Above 0 the network says yes, below 0 no; far from 0 it is sure."
        score = st.slider("Drag the score", -span, span, 0.5, 0.05, key="ingredients.score", persist_state="session", help=help)
        return (float(score),), int(truth or 0), 0
    with st.container(horizontal=True):
        chosen = st.segmented_control(
            "True class", range(NUM_CLASSES), default=0, required=True, format_func=_NAMES.__getitem__,
            key="ingredients.truth", persist_state="session",
        )  # fmt: skip
        moved = st.segmented_control(
            "Along the axis", range(NUM_CLASSES), default=0, required=True, format_func=_NAMES.__getitem__,
            key="ingredients.loss.moved", persist_state="session", help="Whose score changes along the graph.",
        )  # fmt: skip
    scores = tuple(
        float(st.slider(f"Drag the score of {name}", -span, span, first, 0.05, key=f"ingredients.score.{name}.{span:g}",
                        persist_state="session"))
        for name, first in zip(_NAMES, _FIRST, strict=True)
    )  # fmt: skip
    return scores, int(chosen or 0), int(moved or 0)


def _title(question: Question, moved: int) -> str:
    return {"classes": f"the score of {_NAMES[moved]}", "yes or no": "the score", "number": "the error"}[question]


def _meaning(slope: float, name: str) -> str:
    if abs(slope) < _SETTLED:
        return f"The gradient is almost 0: training leaves {name} as it is."
    up = slope < 0
    return f"The loss falls when {name} {'grows' if up else 'shrinks'}, so training **{'raises' if up else 'lowers'}** it."


def _answers(question: Question, asked: Asked, truth: int, revision: object) -> None:
    names = list(_NAMES) if question == "classes" else ["no", "yes"]
    figure_view(
        lambda: answers_figure(names, asked.probabilities, asked.gradient, truth=truth),
        key="ingredients.answers",
        revision=(question, revision),
    )
    st.caption("Left: how the outputs are read. Right: orange scores are lowered by the next step, blue ones raised.")
