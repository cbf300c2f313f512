"""A run as a Jupyter notebook: the script in small steps, each with an explanation."""

from __future__ import annotations

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from playground.export.plan import Plan, plan
from playground.export.program import about, requirements, sections
from playground.export.section import Section, imports, plain
from playground.export.value import ExportedRun

MOST_MARKED = 60  # epochs; the points of more would run into each other

_CURVES = """
try:
    import matplotlib.pyplot as plt

    numbers = range(1, len(found) + 1)
    plt.plot(numbers, [figures[0] for figures in found.values()], "{line}", label="training")
    {more}plt.xlabel("epoch")
    plt.ylabel("loss")
    plt.legend()
    plt.show()
except ModuleNotFoundError:
    print("To see the curves here: pip install matplotlib")
""".strip()


def make(exported: ExportedRun) -> bytes:
    """The notebook as JSON (nbformat 4.5), UTF-8. It needs what the script needs, and draws curves where matplotlib is.

    Raises:
        PlaygroundError: the run cannot be repeated; the message tells why, and what to take instead.
    """
    planned = plan(exported)
    steps = sections(planned, notebook=True)
    steps.insert(-1, _curves(planned))
    code = "\n".join(step.code for step in steps)
    cells = [new_markdown_cell(_head(planned)), new_code_cell(imports(code))]
    for number, step in enumerate(steps, start=1):
        cells += [new_markdown_cell(f"## {number}. {step.title}\n\n{step.words}"), new_code_cell(step.code)]
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"  # by itself nbformat draws one at random, and no file would equal another
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook = new_notebook(cells=cells, metadata={"kernelspec": kernel, "language_info": {"name": "python"}})
    nbformat.validate(notebook)
    return nbformat.writes(notebook).encode()


def _head(planned: Plan) -> str:
    does = "tell a number" if planned.words.is_regression else f"tell {planned.words.examples} apart"
    if planned.source.is_images:
        does = "read images"
    needed = requirements(planned)
    return (
        f"# {plain(planned.name)}\n\nA network that learns to {does}: {planned.source.title}.\n\n{about(planned)}\n\n"
        f"It needs {'two packages' if ' ' in needed else 'one package'}: `pip install {needed}`\n\n"
        "Run the cells from top to bottom. Then change something, and run them again: what happens?"
    )


def _curves(planned: Plan) -> Section:
    others = ["validation"] if planned.has_validation else []
    others += ["test"] if planned.watches_test else []
    line = "o-" if planned.epochs <= MOST_MARKED else "-"
    more = "".join(
        f'plt.plot(numbers, [figures[{2 * number}] for figures in found.values()], "{line}", label="{name}")\n    '
        for number, name in enumerate(others, start=1)
    )
    words = "How the loss fell."
    if others:
        words += f" When the training loss goes on falling while the {others[0]} loss rises, the network learns by heart."
    return Section("The curves", words, _CURVES.format(line=line, more=more))
