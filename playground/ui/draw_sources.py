"""Where the picture comes from: drawn, uploaded, or a test image."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from playground import data, settings
from playground.errors import PlaygroundError
from playground.figures.reading import picture
from playground.ink import Invert
from playground.spec import RunSpec
from playground.ui.datasets import FALLBACK
from playground.ui.plain_canvas import plain_canvas
from playground.uploads import SHOWN_FORMATS, read_image

Pixels = NDArray[np.uint8]

DRAW, UPLOAD, TEST = "Draw", "Upload", "Test image"

CANVAS = 320  # pixels a side: as large as a telephone's page allows
BRUSHES = (8, 24, 48)  # least, usual, most; MNIST's strokes are about an eighth of the digit's height
_UPLOAD_TYPES = ["png", "jpg", "jpeg", "gif", "bmp", "webp"]


@dataclass(frozen=True, eq=False)
class Subject:
    """What is to be read.

    Attributes:
        pixels: a picture to be prepared, uint8 (h, w) or (h, w, 4); or None.
        image: an image that needs no preparation, uint8 (28, 28); or None. Without either there is nothing to read.
        invert: as in `Preparation`.
        truth: the right class, if it is known.
        hint: what to do when there is nothing to read; otherwise a remark.
    """

    pixels: Pixels | None = None
    image: Pixels | None = None
    invert: Invert = "auto"
    truth: int | None = None
    hint: str = ""


@dataclass
class Drawing:
    """The drawing, kept apart from the canvas' own state, which is lost when another page is visited."""

    strokes: dict[str, Any] = field(default_factory=lambda: {"objects": []})  # as the canvas last told
    start: dict[str, Any] = field(default_factory=lambda: {"objects": []})  # what the canvas was last told to show
    pixels: Pixels | None = None
    revision: int = 0
    outdated: list[Any] | None = None  # the strokes before an undo, which the canvas still tells until it has caught up


def subject(run: RunSpec) -> Subject:
    """The chosen source with its controls, and what it gives; `run` is the reading network's."""
    chosen = st.segmented_control(
        "Picture",
        [DRAW, UPLOAD, TEST],
        default=DRAW,
        required=True,
        key="draw_source",
        persist_state="session",
        label_visibility="collapsed",
        width="stretch",
    )
    if chosen == UPLOAD:
        return _uploaded()
    if chosen == TEST:
        return _test_image(run)
    return canvas_subject(run)


def canvas_subject(run: RunSpec) -> Subject:
    # Here, because it can be imported only where Streamlit is running.
    from streamlit_drawable_canvas import st_canvas

    drawing: Drawing = st.session_state.setdefault("drawing", Drawing())
    if "canvas" not in st.session_state:
        _restart(drawing, drawing.strokes)  # the canvas is new on the page, and is given what was drawn before
    with st.container(key="draw_canvas"):
        result = st_canvas(
            stroke_width=int(st.session_state.get("brush", BRUSHES[1])),
            stroke_color="#FFFFFF",
            background_color="#000000",
            initial_drawing=drawing.start,
            update_streamlit=True,
            return_image_data=True,
            height=CANVAS,
            width=CANVAS,
            key="canvas",
        )
        plain_canvas()
    told = (result.json_data or {}).get("objects", [])
    if result.image_data is not None and told != drawing.outdated:
        drawing.strokes, drawing.pixels, drawing.outdated = {"objects": told}, result.image_data, None
    empty = not drawing.strokes["objects"]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall", key="draw_controls"):
        st.slider("Brush", BRUSHES[0], BRUSHES[2], BRUSHES[1], key="brush", persist_state="session", width=110)
        st.button(
            "Undo",
            icon=":material/undo:",
            key="undo",
            on_click=_undo,
            args=(drawing,),
            disabled=empty,
            help="Takes the last stroke back.",
        )
        st.button(
            "Clear",
            icon=":material/delete:",
            key="clear",
            on_click=_clear,
            args=(drawing,),
            disabled=empty,
            help="Empties the field.",
        )
    source = data.source(run.dataset)
    names = source.class_names
    if run.dataset.one_class is not None:
        hint = f"Draw something in the black field. The question is: {source.title.rpartition(': ')[2]}"
    elif _are_digits(names):
        hint = "Draw a digit from 0 to 9 in the black field."
    else:
        hint = f"Draw in the black field: {', '.join(names[:3])} … {names[-1]}."
    return Subject(pixels=None if empty else drawing.pixels, invert=False, hint=hint)


def _undo(drawing: Drawing) -> None:
    drawing.outdated = drawing.strokes["objects"]
    _restart(drawing, {"objects": drawing.strokes["objects"][:-1]})


def _clear(drawing: Drawing) -> None:
    drawing.outdated = drawing.strokes["objects"]
    _restart(drawing, {"objects": []})


def _restart(drawing: Drawing, strokes: dict[str, Any]) -> None:
    """Has the canvas show these strokes. It looks only when it is told something new, hence the number."""
    drawing.revision += 1
    drawing.strokes = strokes
    drawing.start = {**strokes, "revision": drawing.revision}


def _uploaded() -> Subject:
    hint = "Choose a picture of one digit: any size, dark on light or light on dark."
    file = st.file_uploader(
        f"One digit: {SHOWN_FORMATS}",
        type=_UPLOAD_TYPES,
        max_upload_size=settings.number("max_upload_mb"),
        key="upload",
    )
    if file is None:
        return Subject(hint=hint)
    try:
        pixels = read_image(file.getvalue())
    except PlaygroundError as problem:
        st.error(" ".join(filter(None, (problem.what, problem.expected, problem.mend))), icon=":material/broken_image:")
        return Subject(hint=hint)
    st.image(pixels, caption=f"{pixels.shape[1]} x {pixels.shape[0]} pixels", width=180)
    return Subject(pixels=pixels, hint=hint)


def _test_image(run: RunSpec) -> Subject:
    """An image of the network's own test set, of which it has never seen one."""
    name = run.dataset.name
    if not data.is_available(name):
        name = FALLBACK.get(name, name)
    try:
        dataset = data.load(run.dataset.model_copy(update={"name": name}))
    except PlaygroundError as problem:
        st.info(str(problem), icon=":material/cloud_off:")
        return Subject(hint="There is no test image here.")
    count = len(dataset.x_test)
    index = int(st.session_state.setdefault("test_image", random.randrange(count))) % count
    image: Pixels = dataset.x_test[index, 0].numpy()
    truth = int(dataset.y_test[index])
    st.html(f'<div class="chosen-image">{picture(image, f"Test image {index}")}</div>')
    with st.container(horizontal=True, vertical_alignment="center"):
        thing = "digit" if name.startswith("mnist") else "image"
        st.button(f"Another {thing}", icon=":material/shuffle:", type="primary", key="another", on_click=_another, args=(count,))
        st.caption(f"No. {index:,} of {count:,}, {dataset.title}", width="content")
    if name == run.dataset.name:
        hint = "It is one of the test images: the network never learned from it."
    else:
        hint = f"{data.source(run.dataset).title} is not here. This is from its sample; the network may have learned from it."
    return Subject(image=image, truth=truth, hint=hint)


def _another(count: int) -> None:
    st.session_state["test_image"] = random.randrange(count)


def _are_digits(names: tuple[str, ...]) -> bool:
    return names == tuple("0123456789")
