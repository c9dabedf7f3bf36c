"""Text that others wrote, shown to people: nothing in it moves a cursor, or is a command to the CI that shows it."""

from __future__ import annotations

import re

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)
"""Control characters but tab and line feed, what turns the direction of text, what is not seen, half characters."""

_COMMAND = re.compile(r"##(?=\w*\[)|^(\s*:)(?=:)", re.M)
"""GitHub and Azure take `##[error]` and `##vso[…]` anywhere, TeamCity `##teamcity[…]`, GitHub `::error::` at a line's
beginning, for commands."""


def visible(text: str) -> str:
    """`text` with escape sequences written out, such as `\\x1b[31m`, and commands of a CI that are none any more."""
    return _COMMAND.sub(lambda found: f"{found[0]} ", _UNSEEN.sub(_written_out, text))


def whole(text: str) -> str:
    """`text` as UTF-8 can hold it: half a surrogate pair is written out."""
    return re.sub("[\ud800-\udfff]", _written_out, text)


def _written_out(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
