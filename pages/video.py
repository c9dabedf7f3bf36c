from __future__ import annotations

from pages.base import MoodlePage
from pages.player import Player


class VideoPage(MoodlePage):
    """The plugin's page for one video at `view_video.php?id=SUBMISSION&s3key=KEY`."""

    path = "/mod/assign/submission/s3video/view_video.php"

    @property
    def player(self) -> Player:
        return Player(self.page.locator("video").first, self.moodle)
