"""What comes of asking for the plugin's own files and pages by their address, without being who they are for."""

from __future__ import annotations

from collections.abc import Iterable

from services.addresses import DASHBOARD, DOWNLOAD, MANAGE_VIDEOS, PLUGIN, VIDEO_PAGE
from services.answer import Answer
from services.moodle.site import Site

PAGES = (DASHBOARD, MANAGE_VIDEOS)
"""For administrators."""

FILES = tuple(
    f"{PLUGIN}/{name}"
    for name in (
        "lib.php",
        "locallib.php",
        "settings.php",
        "version.php",
        "complete_installation.php",
        "db/access.php",
        "db/upgrade.php",
        "classes/logger.php",
        "classes/rate_limiter.php",
        "classes/api/s3_client.php",
        "classes/api/cloudfront_client.php",
        "classes/task/cleanup_videos.php",
        "classes/privacy/provider.php",
    )
)
"""Of the plugin as of 1.0.0: what Moodle includes, and nobody asks for."""

SHUT = (401, 403, 404)


def expect_shut(visitor: Site, paths: Iterable[str] = (*FILES, *PAGES, VIDEO_PAGE, DOWNLOAD)) -> None:
    """Who has not logged in is refused, or told nothing at all: no output of a script, no error with a path in it."""
    for path in paths:
        answer = Answer.of(visitor.get(path))
        said = " ".join(answer.page.get_text(" ").split())
        if said and answer.status not in SHUT and not answer.message:
            raise AssertionError(f"expected {path} to tell nobody anything, seen {said[:150]}")


def expect_refused(site: Site, who: str) -> list[str]:
    """The administrators' pages are not for `who`; returns what they are told."""
    answers = [Answer.of(site.get(path)) for path in PAGES]
    if open_ := [answer.url for answer in answers if not answer.message]:
        raise AssertionError(f"expected {who} to be refused, seen {', '.join(open_)} open")
    return [answer.message for answer in answers]
