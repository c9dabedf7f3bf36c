"""Noise of the host: what Moodle, its themes, blocks and other plugins bring to any page, whether this plugin is there.

What comes from the plugin's files is never noise, whoever else is named with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol

from clients.addresses import COMPONENT

HOST: dict[re.Pattern[str], str] = {
    re.compile(r"^request (failed|refused): GET https://\S+/MathJax\.js\b"): (
        "Moodle's MathJax filter asks a public CDN for its script on every page, and a closed network refuses that"
    ),
    re.compile(r"^request (failed|refused): \w+ https://\w+\.(google-analytics|googletagmanager)\.com/"): (
        "a site counts its visitors there, and networks and blockers refuse that"
    ),
    re.compile(r"^request (failed|refused): GET https://fonts\.(googleapis|gstatic)\.com/"): (
        "themes take fonts from there, and a closed network refuses that"
    ),
}
"""Errors that are no finding anywhere, and why. What one site alone has stands in its `[[allowed_console]]`."""

THE_PLUGINS = re.compile(rf"/s3video/|{COMPONENT}")

NAMES_A_FILE = re.compile(r"/[\w/.-]+\.php\b")


class Searched(Protocol):
    """A pattern: of Python, or of a user."""

    def search(self, text: str, /) -> object: ...


def is_noise(error: str, source: str = "", allowed: Iterable[Searched] = ()) -> bool:
    """Whether an error of a browser's console or network is the host's, or `allowed`; `source` is the file it is of."""
    return not THE_PLUGINS.search(f"{error} {source}") and any(one.search(error) for one in (*HOST, *allowed))


def is_others_notice(said: str) -> bool:
    """Whether a debugging message or PHP notice, its backtrace included, names files, and none of the plugin's."""
    return bool(NAMES_A_FILE.search(said)) and not THE_PLUGINS.search(said)
