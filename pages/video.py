from __future__ import annotations

from clients.addresses import VIDEO_PAGE
from pages.base import MoodlePage
from pages.deleted import expect_deleted
from pages.player import Player


class VideoPage(MoodlePage):
    """The plugin's page for one video at `view_video.php?id=SUBMISSION&s3key=KEY`."""

    path = VIDEO_PAGE

    @property
    def player(self) -> Player:
        return Player(self.page.locator("video").first, self.moodle)

    def expect_deleted(self) -> str:
        """Where the video was, a word says that it was deleted; returns it."""
        return expect_deleted(self.page.locator("body"), self.page.locator("body"))
