"""What the host of the plugin says by itself, Moodle and what else is installed there: noise, and no finding.

What comes from the plugin's files is never noise, whoever else is named with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from services.addresses import COMPONENT, PLUGIN

THE_PLUGINS = re.compile(rf"{PLUGIN}/|{COMPONENT}")

HOSTS = {
    r"/mathjax@?[\w.]*/": "filter_mathjaxloader has MathJax from a CDN, unless its setting httpsurl says otherwise",
    r"//([\w-]+\.)*(google-analytics|googletagmanager|doubleclick)\.(com|net)/": "counts visitors, often blocked",
    r"//fonts\.(googleapis|gstatic)\.com/": "a theme's fonts, without which its pages can be read as well",
}
"""What a browser asks for that is no part of Moodle's site, by a pattern of the address, and why it may fail."""

NAMES_A_FILE = re.compile(r"/[\w/.-]+\.php\b")


def is_noise(error: str, source: str = "", allowed: Iterable[re.Pattern[str]] = ()) -> bool:
    """Whether an error of a browser's console or network is the host's, or `allowed`; `source` is the file it is of."""
    if THE_PLUGINS.search(f"{error} {source}"):
        return False
    return any(re.search(pattern, error, re.I) for pattern in HOSTS) or any(one.search(error) for one in allowed)


def is_others_notice(said: str) -> bool:
    """Whether a debugging message or PHP notice, its backtrace included, names files, and none of the plugin's."""
    return bool(NAMES_A_FILE.search(said)) and not THE_PLUGINS.search(said)
