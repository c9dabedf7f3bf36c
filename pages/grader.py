from __future__ import annotations

from typing import Self

from playwright.sync_api import expect

from pages.base import MoodlePage
from pages.deleted import SUMMARY, expect_deleted
from pages.player import Player
from services.addresses import ASSIGNMENT


class Grader(MoodlePage):
    """One student's submission at `…&action=grader&userid=UID`: a page without navigation, the player at its left."""

    path = ASSIGNMENT

    def ready(self) -> Self:
        """The form to grade with has come: it is fetched, like all of this page, once the page is there."""
        super().ready()
        expect(self.page.locator(".gradeform").first, "the form to grade with").to_be_attached()
        return self

    @property
    def player(self) -> Player:
        return Player(self.page.locator(".s3video-player-container video").first, self.moodle)

    def expect_deleted(self) -> str:
        """Where the video was, a word says that it was deleted; returns it."""
        return expect_deleted(self.page.locator("body"), self.page.locator(SUMMARY))
