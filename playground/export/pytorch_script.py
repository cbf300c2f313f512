"""A run as one standalone Python file that trains it again, and tells whether the figures came out the same."""

from __future__ import annotations

from playground.export.formats import FORMATS
from playground.export.plan import Plan, plan
from playground.export.program import about, requirements, sections
from playground.export.section import Section, imports, plain
from playground.export.value import ExportedRun

_FOLDER = """
The images are looked for in the folder "data" beside this file; another folder may be named behind the command.
"""


def make(exported: ExportedRun) -> bytes:
    """The script, UTF-8. It needs torch, and torchvision for images or scikit-learn for its tables.

    Raises:
        PlaygroundError: the run cannot be repeated by a script; the message tells why, and what to take instead.
    """
    planned = plan(exported)
    parts = [_part(number, section) for number, section in enumerate(sections(planned, notebook=False), start=1)]
    body = "\n\n\n".join(parts)
    return f"{_head(planned, FORMATS['pytorch'].file_name(exported))}\n\n{imports(body)}\n\n\n{body}\n".encode()


def _head(planned: Plan, file_name: str) -> str:
    return f'''"""{plain(planned.name)}: {planned.source.title}

{about(planned)}

    pip install {requirements(planned)}
    python {file_name}
{_FOLDER if planned.source.is_images else ""}"""'''


def _part(number: int, section: Section) -> str:
    heading = f"# {number}. {section.title} "
    return f"{heading:-<100}\n\n{section.code}"
