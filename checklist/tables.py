"""Tables that people write in TOML: read into models of pydantic, with all that is wrong in them told at once.

It stands in this room because the others may import it from here, and this room imports none of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

Model = TypeVar("Model", bound=BaseModel)

UNKNOWN_KEY = "extra_forbidden"


class Table(BaseModel):
    """Other keys than its own are mistakes, and what was entered is never repeated: it may be a secret."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


@dataclass(frozen=True, slots=True)
class Mistake:
    """`place` leads to the `key`, such as `targets.1.name`; lists are counted from 1.

    `kind` is pydantic's name for the mistake, and `said` its words, or those of a validator that raised a ValueError.
    """

    place: str
    key: str
    kind: str
    said: str


class Mistakes(Exception):
    """A table cannot be used; `found` is never empty."""

    def __init__(self, found: list[Mistake]) -> None:
        super().__init__("; ".join(f"{mistake.place}: {mistake.said}" for mistake in found))
        self.found = found


def validated(model: type[Model], content: object, context: object = None) -> Model:
    """The model of what a TOML file holds; validators find `context` in their info. Raises Mistakes."""
    try:
        return model.model_validate(content, context=context)
    except ValidationError as error:
        raise Mistakes(list(_mistakes(error))) from None


def _mistakes(error: ValidationError) -> Iterator[Mistake]:
    for details in error.errors(include_url=False, include_input=False):
        parts = [str(part + 1) if isinstance(part, int) else part for part in details["loc"]]
        kind = details["type"]
        said = str(details["ctx"]["error"]) if kind == "value_error" else details["msg"]
        yield Mistake(".".join(parts), parts[-1] if parts else "", kind, said)
