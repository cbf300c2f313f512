"""The run on the workbench: presets, the drawn network, findings, and the forms behind it."""

from __future__ import annotations

from collections.abc import Collection

import streamlit as st

from playground import data
from playground.catalog.layer import LayerEntry
from playground.catalog.presets import PRESETS, Preset
from playground.figures.diagram import Block, diagram, short
from playground.findings import Plan
from playground.spec import RunSpec
from playground.ui.bench import WORKBENCH, Bench
from playground.ui.data_words import noun
from playground.ui.datasets import effective
from playground.ui.lesson import is_locked

_CHOSEN = "border-color: #2A8BC9; background: rgba(0, 114, 178, .18);"

_FAMILY_OF_KIND = {
    "flatten": "shape",
    "max_pool": "shape",
    "avg_pool": "shape",
    "global_avg_pool": "shape",
    "dropout": "steady",
    "batch_norm": "steady",
    "layer_norm": "steady",
}


def presets(choices: tuple[Preset, ...] = PRESETS, bench: Bench = WORKBENCH) -> None:
    """One click puts a whole experiment on the workbench.

    Buttons, not one widget with a value: a value that the browser has not yet taken back would be sent again with the
    next tick, and undo what was edited meanwhile.
    """
    if is_locked("presets"):
        return
    run = bench.run()
    with st.container(horizontal=True, gap="small", key="presets"):
        for preset in choices:
            st.button(
                preset.title,
                key=f"preset.{preset.slug}",
                help=preset.help,
                on_click=bench.replace,
                args=(preset.run,),
            )
            if preset.run == run:
                st.html(f"<style>.st-key-preset-{preset.slug} button {{{_CHOSEN}}}</style>")


def network_diagram(plan: Plan) -> None:
    """The network as blocks, its totals, and what there is to say about it."""
    source = plan.source
    worst: dict[int, str] = {}
    for finding in reversed(plan.findings):
        if finding.layer is not None:
            worst[finding.layer] = finding.severity
    name, _, kind = data.source(effective(plan.run).dataset).title.partition(", ")
    blocks = [Block(name, source.input_shape, kind or "input", family="input")]
    for report in plan.layers:
        blocks.append(
            Block(
                report.layer.label(),
                report.output_shape,
                _detail(report.layer),
                report.num_parameters,
                report.multiply_adds,
                worst.get(report.index, "ok"),
                _FAMILY_OF_KIND.get(getattr(report.layer, "kind", ""), "weights"),
            )
        )
    st.html(diagram(blocks))
    totals = plan.totals
    st.caption(
        f"**{short(totals.num_parameters)}** parameters · **{short(totals.multiply_adds)}** multiply-adds "
        f"for one {noun(plan.source, plural=False)} · {_memory(totals.memory_bytes)} to train",
        help="Parameters are the numbers that training learns. Multiply-adds tell how long one example takes.",
    )


def _memory(count: int) -> str:
    megabytes = count / 1e6
    return f"about **{megabytes:.0f} MB**" if megabytes >= 1 else "less than **1 MB**"


def findings(plan: Plan, offered: Collection[RunSpec] = (), bench: Bench = WORKBENCH) -> None:
    """All findings, each with the button that mends it.

    Args:
        offered: mended runs that the advisor offers already, with better evidence: these are not said twice.
    """
    for number, finding in enumerate(plan.findings):
        if finding.mend and effective(finding.mend.run) in offered:
            continue
        icon = ":material/error:" if finding.severity == "error" else ":material/lightbulb:"
        with st.container(horizontal=True, vertical_alignment="center", key=f"finding-{number}"):
            (st.error if finding.severity == "error" else st.warning)(finding.message, icon=icon)
            if finding.mend:
                st.button(
                    finding.mend.label,
                    key=f"mend.{number}.{bench.revision()}",
                    icon=":material/build:",
                    on_click=bench.replace,
                    args=(finding.mend.run,),
                )


def _detail(layer: LayerEntry) -> str:
    if getattr(layer, "kind", "") == "activation":
        return "activation"
    activation = layer.activation_entry()
    return "" if activation.linear else activation.title
