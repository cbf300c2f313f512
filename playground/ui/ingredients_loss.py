"""Losses: drag a score, and see the loss and its gradient."""

from __future__ import annotations

from typing import Annotated

import streamlit as st
from pydantic import Field

from playground.catalog.losses import LossEntry
from playground.figures.ingredients import Line, answers_figure, function_figure
from playground.insight.ingredients import NUM_CLASSES, SPAN, Asked, Question, loss_asked, loss_curves, questions
from playground.insight.quick import quick
from playground.insight.written import written
from playground.spec import Spec
from playground.ui.figure_view import figure_view
from playground.ui.ingredients_card import card
from playground.ui.ingredients_look import choose, keep_trial, trial, widget

QUESTIONS: dict[Question, str] = {"classes": "Which class?", "yes or no": "Yes or no?", "number": "Which number?"}
_SYMBOLS = (
    "L is the loss; z are the network's outputs, its scores; y is the true class; t is 1 for the true class, else 0, "
    "or the true number; K is how many outputs there are. σ is the sigmoid, e = 2.718…, ln the logarithm to base e."
)
_NAMES = tuple("ABCDEFGH"[:NUM_CLASSES])
_SCORES_SPAN = 3.0  # for losses that want 1 for the true class, not as much as possible
_SETTLED = 1e-3
_Dragged = Annotated[float, Field(ge=-SPAN, le=SPAN)]


class LossTrial(Spec):
    """What was dragged, and what is true: of three classes, of yes or no, of a number.

    Attributes:
        question: None for the first that a loss is asked.
        truth: the true class; `moved`: the class whose score moves along the graph.
        yes: whether yes is true; `score`: the network's, above 0 for yes.
        error: the network's number minus the true one.
    """

    question: Question | None = None
    scores: tuple[_Dragged, _Dragged, _Dragged] = (0.5, 1.0, -0.25)
    truth: int = Field(0, ge=0, lt=NUM_CLASSES)
    moved: int = Field(0, ge=0, lt=NUM_CLASSES)
    score: _Dragged = 0.5
    yes: bool = True
    error: _Dragged = 1.0


# What of it concerns a question.
_CONCERNS: dict[Question, tuple[str, ...]] = {
    "classes": ("scores", "truth", "moved"),
    "yes or no": ("score", "yes"),
    "number": ("error",),
}


def loss_view() -> None:
    """The whole view."""
    kind = choose("loss", "Loss")
    tried = trial(LossTrial)
    left, right = st.columns((5, 6), gap="large")
    with left:
        loss: LossEntry = card("loss", kind, _SYMBOLS, "L = ")
        found = questions(loss)
        question: Question = tried.question if tried.question in found else found[0]
        if len(found) > 1:
            question = st.segmented_control(  # type: ignore[assignment]
                "The network is asked",
                found,
                default=question,
                required=True,
                format_func=QUESTIONS.__getitem__,
                key=widget(f"question.{kind}"),
            )
            tried = tried.model_copy(update={"question": question})
        span = SPAN if question != "number" and loss.expects != "scores" else _SCORES_SPAN
        tried = _dragged(question, tried, span)
    keep_trial("loss", kind, loss, tried, *_CONCERNS[question], *(("question",) if question != found[0] else ()))
    scores, truth, moved = _asked(question, tried)
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


def _dragged(question: Question, tried: LossTrial, span: float) -> LossTrial:
    """With what the visitor dragged and chose."""

    def slider(label: str, value: float, name: str, help: str | None = None) -> float:
        return float(st.slider(label, -span, span, min(max(value, -span), span), 0.05, key=widget(name), help=help))

    if question == "number":
        help = "Your network's number minus the true one: 0 is right."
        return tried.model_copy(update={"error": slider("Drag the error", tried.error, "error", help)})
    if question == "yes or no":
        yes = st.segmented_control(
            "The truth", [True, False], default=tried.yes, required=True, key=widget("truth.yes"),
            format_func=lambda one: "yes" if one else "no",
        )  # fmt: skip
        help = "Above 0 the network says yes, below 0 no; far from 0 it is sure."
        return tried.model_copy(update={"yes": bool(yes), "score": slider("Drag the score", tried.score, "score", help)})
    with st.container(horizontal=True):
        truth = st.segmented_control(
            "True class", range(NUM_CLASSES), default=tried.truth, required=True, format_func=_NAMES.__getitem__,
            key=widget("truth"),
        )  # fmt: skip
        moved = st.segmented_control(
            "Along the axis", range(NUM_CLASSES), default=tried.moved, required=True, format_func=_NAMES.__getitem__,
            key=widget("loss.moved"), help="Whose score changes along the graph.",
        )  # fmt: skip
    scores = tuple(
        slider(f"Drag the score of {name}", value, f"score.{name}") for name, value in zip(_NAMES, tried.scores, strict=True)
    )
    return tried.model_copy(update={"scores": scores, "truth": int(truth or 0), "moved": int(moved or 0)})


def _asked(question: Question, tried: LossTrial) -> tuple[tuple[float, ...], int, int]:
    """The scores, the truth, and which of the scores moves along the axis."""
    if question == "number":
        return (tried.error,), 0, 0
    return ((tried.score,), int(tried.yes), 0) if question == "yes or no" else (tried.scores, tried.truth, tried.moved)


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
