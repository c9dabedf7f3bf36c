"""Which lines leave a picture when they pass: the table `gallery.toml` beside this file."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from checklist.tables import Table, validated

PICTURE = "picture"
"""The evidence that is a picture of what people saw: its `path`, relative to the run's folder, and a `caption`."""


class Picture(Table):
    """A row of `gallery.toml`, whose head tells what its keys mean."""

    line: str
    caption: str
    every: bool = False
    percent: int = 0


@cache
def pictures() -> dict[str, Picture]:
    """The rows by line. Raises Mistakes where the table is wrong."""
    content = tomllib.loads(Path(__file__).with_name("gallery.toml").read_text(encoding="utf-8"))
    rows = [validated(Picture, row) for row in content["pictures"]]
    return {row.line: row for row in rows}
