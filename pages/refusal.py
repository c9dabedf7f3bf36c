from __future__ import annotations

from collections.abc import Mapping
from typing import Self

from playwright.sync_api import expect

from pages.base import MoodlePage
from services.access import REFUSALS, SIGNED, VIDEOS, expect_words


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
