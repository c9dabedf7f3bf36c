"""Site administration > Server, as an administrator finds it: what the server runs, and whether people may come in.

The table of the page Environment is the one of admin/renderer.php, `environment_check_table`, in Moodle 4.1 to 5.0.
"""

from __future__ import annotations

import re

from bs4 import Tag

from clients.addresses import ENVIRONMENT
from clients.errors import NotCheckable
from clients.moodle.client import MoodleClient
from clients.moodle.html import text

VERSION = re.compile(r"\d+(?:\.\d+)+")

GOOD = re.compile(r"\b(?:bg|badge|text-bg)-success\b")
"""A class of the status of what is as Moodle wants it."""


class Server:
    """What the page Environment says, read once. Raises AssertionError where the page is not for who asks."""

    def __init__(self, site: MoodleClient) -> None:
        page = site.open("Reading Site administration > Server > Environment", ENVIRONMENT)
        self._rows = page.select("table.environmenttable tbody tr")
        if not self._rows:
            raise AssertionError(f"expected the table of the page {ENVIRONMENT}, seen {text(page.body)[:200]}")

    def expect_version(self, part: str, name: str, least: str) -> str:
        """The part of the server, as Moodle names it, is of that version or a later one; returns which."""
        said = text(self._row(part, "").select_one(".report, .c2"))
        found = VERSION.findall(said)
        if not found:
            raise NotCheckable(
                f"the page Environment does not say which {name} runs, seen “{said}”; look there, and sign"
            )
        if _number(found[-1]) < _number(least):
            raise AssertionError(f"expected {name} {least} or higher, seen {found[-1]}")
        return str(found[-1])

    def expect_extension(self, name: str) -> None:
        """PHP has this extension, and it is enabled."""
        status = self._row("php_extension", name).select_one(".badge")
        if status is None or not GOOD.search(" ".join(map(str, status.get_attribute_list("class")))):
            raise AssertionError(
                f"expected PHP's extension {name} to be installed, seen “{text(status) or 'no status'}”"
            )

    def _row(self, part: str, info: str) -> Tag:
        for row in self._rows:
            cells = [text(cell) for cell in row.select("td")]
            if cells[:1] == [part] and (not info or info in cells[1:2]):
                return row
        what = f"{part} {info}".strip()
        raise NotCheckable(f"the page Environment does not name {what}: ask php -v and php -m on the server, and sign")


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
