"""What the microscope shows of the way back: the check, the chain of derivatives, and what dL/dw is the sum of."""

from __future__ import annotations

from collections.abc import Hashable

import numpy as np
import streamlit as st
from torch import nn

from playground.figures.calculation_tables import word_table
from playground.figures.microscope import gradient_norms, term_maps
from playground.figures.number_grids import tick
from playground.insight.chain import Path
from playground.insight.finite_difference import AGREES, FiniteDifference
from playground.insight.microscope import Gradient
from playground.insight.written import bracketed, written
from playground.ui.figure_view import figure_view

MOST_TERMS = 6


def check_part(check: FiniteDifference, gradient: Gradient) -> None:
    """dL/dw by trying, beside that of backpropagation."""
    derivative = gradient.derivative
    agrees = check.agrees(derivative, float(abs(gradient.terms.products).sum()))
    if check.is_kink:
        st.warning(
            f"The loss has a corner at exactly this weight: a ReLU stands at 0, or two values of a pooling window are equal. "
            f"Its slope is {written(check.left)} on the left and {written(check.right)} on the right; backpropagation must take "
            f"one, and says {written(derivative)}.",
            icon=":material/warning:",
        )
        return
    difference = check.relative_difference(derivative)
    if agrees and difference > AGREES:
        said = "both are 0 as far as one can see: rounding blurs them by more than they differ"
    else:
        said = f"relative difference {written(difference, 2)}, allowed {AGREES:g}"
    st.html(tick(agrees, f"Backpropagation and trying {'agree' if agrees else 'do not agree'}: {said}."))
    with st.expander("How the trying goes", icon=":material/science:"):
        st.markdown(
            f"Nudge the weight by h = {written(check.h, 1)} up and down, and look at the loss; nothing else is needed.\n\n"
            f"L(w + h) = {check.above:.15g}  \nL(w − h) = {check.below:.15g}  \n"
            f"(L(w + h) − L(w − h)) ÷ 2h = **{written(check.value, 8)}**; backpropagation: **{written(derivative, 8)}**"
        )
        st.caption(
            "Trying costs two passes through the network for each weight; backpropagation finds all weights' derivatives in one "
            "pass back."
        )


def forward_part(titles: dict[str, str], gradient: Gradient, path: Path | None) -> None:
    """What the weight does on the way forward, where it counts most."""
    if path is None:
        return
    first, *later = path.stops
    image = f"example {path.image + 1}, " if gradient.num_images > 1 else ""
    if gradient.weight.tensor == "bias":
        words = f"it is added to z = **{written(first.value, 5)}**"
    else:
        factors = bracketed(f"{written(gradient.value, 5)} · {written(first.local, 5)}")
        term = f"w · x = {factors} = **{written(gradient.value * first.local, 5)}**"
        words = f"it gives the term {term} of z = **{written(first.value, 5)}**"
    after = f", which goes on as {written(later[0].value, 5)} from {titles[later[0].name]}" if later else ""
    st.markdown(f"**Forward**, where it counts most ({image}{first.place} of {titles[first.name]}), {words}{after}.")


def chain_part(titles: dict[str, str], gradient: Gradient, path: Path | None) -> None:
    """The derivatives at every layer, from the loss back to the weight."""
    st.markdown("#### The chain back to it")
    st.markdown(
        "At each layer's output *y*: **dL/dy**, found backwards, says what the loss wants of it; **dy/dw**, found forwards, says "
        "how the weight moves it. The **chain rule**: multiplied and added up over all outputs, they give dL/dw, at every layer "
        "the same."
    )
    rows = [
        (
            titles[link.name],
            " × ".join(map(str, link.shape)),
            written(link.gradient_norm),
            f"{link.reached:,} of {int(np.prod(link.shape)):,}",
            written(link.total, 6),
        )
        for link in reversed(gradient.links)
    ]
    headings = ("output of", "shape", "strength ‖dL/dy‖", "moved by w", "Σ dL/dy · dy/dw")
    st.html(word_table(headings, rows, strong=4))
    if len(gradient.links) > 2:
        norms = np.array([link.gradient_norm for link in gradient.links])
        names = [titles[link.name] for link in gradient.links]
        figure_view(lambda: gradient_norms(names, norms), key="steps.norms", revision=(tuple(names), norms.tobytes()))
    if path is not None:
        _path(titles, gradient, path)


def _path(titles: dict[str, str], gradient: Gradient, path: Path) -> None:
    with st.expander("One path of many, number by number", icon=":material/route:"):
        st.markdown(
            "The weight reaches the loss on many paths. This one goes, at each layer, through the place that counts most. Each "
            "**local derivative** says how much a place grows when the one before it grows by 1."
        )
        rows = [
            (titles[stop.name], stop.place, written(stop.value), written(stop.local, 5), written(stop.arriving, 5))
            for stop in reversed(path.stops)
        ]
        st.html(word_table(("output of", "place", "value", "local derivative", "dL/d(place)"), rows, strong=3))
        shown = [path.stops[-1].arriving, *(stop.local for stop in reversed(path.stops))]
        factors = [value for value in shown if value != 1]
        ones = len(shown) - len(factors)
        product = " · ".join(f"({written(value)})" if value < 0 else written(value) for value in factors) or "1"
        st.markdown(f"{product}{f' (and {ones} times 1)' if ones else ''} = **{written(path.product, 5)}**")
        share = f", {path.product / gradient.derivative:.1%} of dL/dw" if gradient.derivative else ""
        st.caption(f"That is what this one path adds to dL/dw{share}. All paths together make {written(gradient.derivative, 6)}.")


def terms_part(module: nn.Module, gradient: Gradient, key: Hashable) -> None:
    """dL/dw as a sum over places and images."""
    st.markdown("#### What it is the sum of")
    products = gradient.terms.products
    is_bias, is_map = gradient.weight.tensor == "bias", products.ndim == 3
    what = "a bias is added as it is, so its factor is 1" if is_bias else "what the weight was multiplied with"
    many = f"the kernel uses this weight at {products[0].size:,} places of each image" if is_map else "one term for each example"
    st.markdown(f"dL/dw = Σ **dL/dz** · **dz/dw**, with dz/dw {what}: {many}.")
    largest = gradient.terms.largest(MOST_TERMS)
    rows = []
    for image, place in largest:
        where = f"example {image + 1}" if gradient.num_images > 1 else ""
        if place:
            where += (", " if where else "") + f"row {place[0] + 1}, column {place[1] + 1}"
        at = (image, *place)
        factors = (gradient.terms.arriving[at], gradient.terms.local[at])
        rows.append((where or "this one", *(written(float(one), 5) for one in factors), written(float(products[at]), 5)))
    counted = sum(float(products[(image, *place)]) for image, place in largest)
    if products.size > len(largest):
        rest = products.size - len(largest)
        rows.append((f"{'the other' if largest else 'all'} {rest:,}", "", "", written(float(products.sum()) - counted, 5)))
    rows.append(("together", "", "", written(float(products.sum()), 6)))
    st.html(word_table(("where", "dL/dz", "dz/dw", "product"), rows, strong=3))
    total = float(products.sum())
    same = abs(total - gradient.derivative) <= 1e-9 * max(1e-3, float(np.abs(products).sum()))
    st.html(tick(same, f"They add up to dL/dw = {written(gradient.derivative, 6)}."))
    if not largest:
        st.info(
            "All terms are 0: for these examples nothing depends on this weight. Either its input is 0, or the neurons behind it "
            "are off (a ReLU below 0).",
            icon=":material/info:",
        )
    elif is_map and not is_bias:
        image = largest[0][0]
        figures = term_maps(gradient.terms.arriving[image], gradient.terms.local[image])
        for number, (place_, figure) in enumerate(zip(st.columns(3), figures, strict=True)):
            with place_:
                figure_view(lambda figure=figure: figure, key=f"steps.terms.{number}", revision=(key, image))  # type: ignore[misc]
