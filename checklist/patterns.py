"""Patterns that users write, for messages. RE2 searches for them: in time that grows with the text, never without end.

It stands in this room because the others may import it from here, and this room imports none of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Self

import re2
from pydantic import BeforeValidator

LONGEST = 1000
"""Characters of a pattern."""

UNLIKE = (
    ("expected the student to be told the limit, seen nothing", "expected 403 Forbidden of S3, seen 200 OK"),
    ("Uncaught TypeError: x is null", "404 https://host/a.js"),
    ("expected 206", "Uncaught", "—"),
)
"""Messages, each some that no one pattern can be meant for."""

_QUIET = re2.Options()
_QUIET.log_errors = False


class PatternError(ValueError):
    """A pattern cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """`pattern` is its text."""

    pattern: str
    _compiled: Any = field(repr=False, compare=False)

    @classmethod
    def of(cls, text: object) -> Self:
        """Raises PatternError."""
        if not isinstance(text, str):
            raise PatternError("must be a pattern in quotes")
        if len(text) > LONGEST:
            raise PatternError(f"is longer than {LONGEST} characters; name the message by a part of it")
        try:
            pattern = cls(text, re2.compile(_readable(text), _QUIET))
        except re2.error as error:
            why = error.args[0].decode(errors="replace") if error.args else "it cannot be read"
            raise PatternError(
                f"is no regular expression of RE2: {why} (https://github.com/google/re2/wiki/Syntax)"
            ) from None
        if pattern.search("") or any(all(map(pattern.search, messages)) for messages in UNLIKE):
            raise PatternError("would match every message; make the pattern name the one it is for")
        return pattern

    def search(self, text: str) -> bool:
        """Whether it is found anywhere in `text`."""
        return self._compiled.search(_readable(text)) is not None


def _readable(text: str) -> str:
    """Half of a surrogate pair, which a page may say, is no Unicode."""
    return text.encode(errors="replace").decode()


Selective = Annotated[Pattern, BeforeValidator(Pattern.of)]
"""A pattern that cannot match every message."""
