"""What the plugin's pages show of a video that is no more, or that must still be there."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator

from clients.addresses import COMPONENT

SUMMARY = f"[class*=summary_{COMPONENT}]"
"""Where Moodle shows what the plugin has to say of a submission, to the student and in the grader."""

PLAYABLE = "video, .s3video-player-container, .s3video-watch-link"
GONE = re.compile(r"delet|remov|no longer|not available", re.I)


def expect_deleted(place: Locator, words: Locator) -> str:
    """`place` has no video and no link to one, and `words` say that it was deleted; returns them."""
    said = _line(words.inner_text())
    if place.locator(PLAYABLE).count():
        raise AssertionError(
            f"expected no video to watch after it was deleted, seen it there still, with the text “{said}”"
        )
    if not GONE.search(said):
        raise AssertionError(
            f"expected a word on what became of the deleted video, seen {f'“{said}”' if said else 'no text'}"
        )
    return said


def expect_still(place: Locator, words: Locator, key: str) -> None:
    """`place`, as it is now, leads to the video with this `key`; else `words` are what it says instead."""
    links = place.locator(".s3video-watch-link").evaluate_all("links => links.map(link => link.href)")
    keys = [query["s3key"][0] for link in links if "s3key" in (query := parse_qs(urlsplit(link).query))]
    if key not in keys:
        said = "; ".join(f"“{_line(text)}”" for text in words.all_inner_texts())
        seen = f"the video listed as {said}" if said else "no word of a video"
        raise AssertionError(f"expected the video that was handed in to be there still, seen {seen}")


def _line(text: str) -> str:
    """In one line, and of a row of the grading table what follows the student's name and address."""
    return re.sub(r"^Select .*?@\S+ ", "", " ".join(text.split()))
