"""Noise of the host: what Moodle, its themes and blocks bring to any page, whether the plugin is there or not."""

from __future__ import annotations

import re

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

PLUGIN = re.compile(r"s3video", re.I)


def is_of_host(error: str) -> bool:
    """Whether an error is on that list; none is in which the plugin's name stands."""
    return not PLUGIN.search(error) and any(pattern.search(error) for pattern in HOST)
