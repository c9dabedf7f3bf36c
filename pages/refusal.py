from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Self

from playwright.sync_api import expect

from pages.base import UNTRANSLATED, MoodlePage
from pages.video import PLUGIN, SIGNED

REFUSALS = ".errormessage, #notice, #login"
"""Where Moodle says no: its error page, the page on how to enrol, the log-in form."""

VIDEOS = "video[src], video source[src], .s3video-player-container, .s3video-watch-link"
"""A video with something to play, the plugin's player, and its link to a video."""

PLAIN = re.compile(r"permission|log(ged)? ?in|access|allowed|enrol", re.I)
TECHNICAL = re.compile(rf"{UNTRANSLATED.pattern}|\berror/\w|exception|stack trace|database|\.php\b", re.I)


def expect_words(message: str, url: str) -> str:
    """`message`, with which the page at `url` says no, in one line.

    A person can tell from the plugin's words that something is not theirs to see; Moodle's own are not judged.
    """
    message = " ".join(message.split())[:300]
    if not message or (PLUGIN in url and (not PLAIN.search(message) or TECHNICAL.search(message))):
        raise AssertionError(f"expected a refusal that a person understands, seen {message!r}")
    return message


class Refusal(MoodlePage):
    """What answers somebody at an address that is not for them."""

    def knock(self, path: str, parameters: Mapping[str, object]) -> Self:
        """Go to the address and wait for what comes, which must not be a server error."""
        answer = self.go(path, parameters)
        if answer is None or answer.status >= 500:
            raise AssertionError(f"expected an answer at {path}, seen status {answer and answer.status}")
        self.idle()
        return self

    def expect_denied(self) -> str:
        """The page says no in words, and has no video; returns the words."""
        refusal, video = self.page.locator(REFUSALS).first, self.page.locator(VIDEOS)
        expect(refusal.or_(video).first, "a refusal").to_be_attached()
        if video.count() or SIGNED.search(self.page.content()):
            raise AssertionError(f"expected a refusal, seen a video or its signed URL at {self.page.url}")
        return expect_words(refusal.inner_text(), self.page.url)
