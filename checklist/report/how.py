"""How to do what a ticket's steps ask for, where the steps alone leave a developer to guess: the table `how.toml`."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path


@cache
def table() -> dict[str, str]:
    """What has to be explained, by a regular expression for what a ticket says."""
    return tomllib.loads(Path(__file__).with_name("how.toml").read_text(encoding="utf-8"))


def how(text: str) -> list[str]:
    """What goes with such a text, in the order of the table; what says something to be explained is explained below."""
    found: list[str] = []
    for pattern, told in table().items():
        if re.search(pattern, "\n".join([text, *found])):
            found.append(told)
    return found
