"""A map of images in the browser: the image shows beside the pointer, and layers follow one another as an animation."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from playground import data
from playground.figures.embedding import ColourBy, MappedImages, embedding_figure, image_sheet
from playground.figures.theme import alt_text
from playground.insight.embedding import Embedding
from playground.ui.data_words import noun
from playground.ui.plotly_library import library_address, with_plotly
from playground.ui.snapshots import Snapshot

_HERE = Path(__file__).parent

_mount = st.components.v2.component(
    "playground_map_view",
    html="""<div class="map-view">
<div class="map-controls" hidden><button type="button" class="map-play">▶ Play</button>
<input type="range" class="map-slider" min="0" value="0" step="1" aria-label="Layer"><span class="map-title"></span></div>
<div class="map-figure" role="img" aria-label="Map"></div>
<div class="map-card" hidden><div class="map-digit"></div><div class="map-words"></div></div></div>""",
    css=(_HERE / "maps_figure.css").read_text(encoding="utf-8"),
    js=with_plotly(_HERE / "maps_figure.js"),
    isolate_styles=False,
)


def map_figure(kept: Snapshot, embedding: Embedding, question: Hashable, *, key: str, colour_by: ColourBy) -> None:
    """Draws the embedding's maps.

    Args:
        question: what the embedding answers; a figure of the same question and colours is not drawn again.
        key: names the figure on its page.
    """
    memory = f"_map_figure/{key}"
    revision = repr((question, colour_by))
    drawn: tuple[str, dict[str, Any]] | None = st.session_state.get(memory)
    if drawn is None or drawn[0] != revision:
        drawn = (revision, _payload(kept, embedding, revision, colour_by))
        st.session_state[memory] = drawn
    target = data.source(kept.run.dataset).target_name
    if target:
        st.caption(f"Colours and shapes: {target}, in groups of equal size, from little (orange) to much (blue).")
    _mount(key=key, data=drawn[1])


def _payload(kept: Snapshot, embedding: Embedding, revision: str, colour_by: ColourBy) -> dict[str, Any]:
    source = data.source(kept.run.dataset)
    images = MappedImages(
        embedding.labels,
        embedding.predicted,
        embedding.confidences,
        embedding.indices,
        embedding.group_names,
        noun(source),
        embedding.values,
        embedding.said,
    )
    titles = [one.title for one in embedding.maps]
    axis_titles = ("", "")
    if embedding.method == "PCA" and len(embedding.maps) == 1:
        first, second = embedding.maps[0].shares
        axis_titles = (f"first component ({first:.0%} of the differences)", f"second component ({second:.0%})")
    figure = embedding_figure(
        [one.places for one in embedding.maps], titles, images, colour_by=colour_by, axis_titles=axis_titles
    )
    sheet, columns = image_sheet(embedding.images.astype(np.uint8, copy=False)) if source.is_images else ("", 0)
    return {
        "figure": figure.to_json(remove_uids=False),
        "alt": alt_text(figure),
        "height": int(figure.layout.height),
        "revision": revision,
        "zoom": revision,
        "library": library_address(),
        "sheet": sheet,
        "columns": columns,
        "tile": list(embedding.images.shape[2:]) if source.is_images else [0, 0],
        "words": [images.words(row) for row in range(len(embedding))],
        "titles": titles,
    }
