"""What every catalogue entry is: a frozen model whose fields are its parameters.

An entry's field bounds, titles and help texts live in the field itself, so that the form, the validation, the JSON
schema, the exports and the contract test are all derived from one class.
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Union

from pydantic import BaseModel, ConfigDict, Field


class Entry(BaseModel):
    """Base of all catalogue entries; `kind` is the entry's name in JSON, unique within its family."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    title: ClassVar[str] = ""
    help: ClassVar[str] = ""
    formula: ClassVar[str] = ""  # LaTeX
    when: ClassVar[str] = ""  # when to use it
    source: ClassVar[str] = ""  # where it comes from, as markdown: authors (year), title and address

    def label(self) -> str:
        """A short name with the parameters that matter, as the diagram shows it."""
        return self.title


def family(*entries: type[Entry]) -> tuple[Any, dict[str, type[Any]]]:
    """The type of "one of these entries" (told apart by `kind`) and the table kind -> class."""
    table: dict[str, type[Any]] = {entry.model_fields["kind"].default: entry for entry in entries}
    if len(table) != len(entries):
        raise ValueError("two entries of one family share a kind")
    if len(entries) == 1:
        return entries[0], table
    return Annotated[Union[entries], Field(discriminator="kind")], table  # noqa: UP007  (built from a list)


def arguments(**values: object) -> str:
    """Keyword arguments as source text: `lr=0.01, momentum=0.9`."""
    return ", ".join(f"{name}={value!r}" for name, value in values.items())
