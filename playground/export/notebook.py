"""A run as a Jupyter notebook: the script in small steps, each with an explanation."""

from __future__ import annotations

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from playground.export.plan import Plan, plan
from playground.export.program import REQUIREMENTS, about, sections
from playground.export.section import Section, imports, plain
from playground.export.value import ExportedRun

_CURVES = """
try:
    import matplotlib.pyplot as plt

    numbers = range(1, len(found) + 1)
    plt.plot(numbers, [figures[0] for figures in found.values()], "o-", label="training")
    {validation}plt.xlabel("epoch")
    plt.ylabel("loss")
    plt.legend()
    plt.show()
except ModuleNotFoundError:
    print("To see the curves here: pip install matplotlib")
""".strip()


def make(exported: ExportedRun) -> bytes:
    """The notebook as JSON (nbformat 4.5), UTF-8. It needs torch and torchvision, and draws curves where matplotlib is.

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
    return (
        f"# {plain(planned.name)}\n\nA network that learns to read images: {planned.source.title}.\n\n{about(planned)}\n\n"
        f"It needs two packages: `pip install {REQUIREMENTS}`\n\n"
        "Run the cells from top to bottom. Then change something, and run them again: what happens?"
    )


def _curves(planned: Plan) -> Section:
    validation = 'plt.plot(numbers, [figures[2] for figures in found.values()], "o-", label="validation")\n    '
    words = "How the loss fell."
    if planned.has_validation:
        words += " When the training loss goes on falling while the validation loss rises, the network learns by heart."
    return Section("The curves", words, _CURVES.format(validation=validation if planned.has_validation else ""))
