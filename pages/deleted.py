"""How the plugin's pages speak of a video that is no more."""

from __future__ import annotations

import re

from playwright.sync_api import Locator

from services.addresses import COMPONENT

SUMMARY = f"[class*=summary_{COMPONENT}]"
"""Where Moodle shows what the plugin has to say of a submission, to the student and in the grader."""

PLAYABLE = "video, .s3video-player-container, .s3video-watch-link"
GONE = re.compile(r"delet|remov|no longer|not available", re.I)


def expect_deleted(place: Locator, words: Locator) -> str:
    """`place` has no video and no link to one, and `words` say that it was deleted; returns them."""
    said = " ".join(words.inner_text().split())
    if place.locator(PLAYABLE).count():
        raise AssertionError(f"expected no video to watch after it was deleted, seen one, and the text {said!r}")
    if not GONE.search(said):
        raise AssertionError(f"expected a word on what became of the deleted video, seen {said!r}")
    return said
