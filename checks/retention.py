"""What a clean-up makes of videos: those past their retention go, the others stay, and list and S3 agree."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Sequence

from clients.errors import NotCheckable
from clients.moodle.client import MoodleClient
from clients.plugin.video_list import of_status, standing, unlisted
from clients.s3 import Bucket
from clients.steps import step
from clients.words import counted

DAY = 86400

KEY = re.compile(r"videos/(?P<owner>\d+)/(?P<time>\d+)_[0-9a-f]{8}/")
"""The key that plugin 1.0.0 gives to a video: its owner's id, and when it was asked for, in Unix time."""

HOUR = 3600
"""Videos so near to their retention are not judged: the clocks of site and suite may differ."""


class Retention:
    """The videos on the site, as `site`, an administrator's session, sees them before a clean-up.

    `days` is the plugin's setting. Raises NotCheckable unless all videos are of the people with the ids `ours`: a
    clean-up is everybody's.
    """

    def __init__(self, site: MoodleClient, bucket: Bucket, days: str, ours: Collection[int]) -> None:
        self._site, self._bucket, self._ours = site, bucket, ours
        if not days.isdigit() or not int(days):
            raise NotCheckable(f"the retention in force is “{days}”, which is no number of days (step 2.5)")
        self.days = int(days)
        keys = {key: KEY.match(key) for key in standing(site)}
        found = {key: match for key, match in keys.items() if match and int(match["owner"]) in ours}
        if others := keys.keys() - found.keys():
            raise NotCheckable(
                f"the site has {counted(len(others), 'video')} of other people, and what the clean-up does to "
                "them is not the suite's to cause; look at it after the nightly run, and sign"
            )
        self._times = {key: int(match["time"]) for key, match in found.items()}
        limit = time.time() - self.days * DAY
        self.expired = [key for key, then in self._times.items() if then < limit - HOUR]
        self.expired.sort(key=lambda key: self._times[key])
        young = [key for key, then in self._times.items() if then > limit + HOUR]
        self.young = [key for key in young if self._is_stored(key)]  # of others the test that made them took the object

    def days_to_try(self) -> int:
        """The retention under which one of the videos has to go: that in force, or the longest shorter one.

        That in force where no video is a day old, as the plugin counts in whole days, and where a shorter one could
        cost somebody else's video: one that is on its way, or that no list shows and S3 has.
        """
        if self.expired:
            return self.days
        days = int((time.time() - HOUR - min(self._times.values(), default=time.time())) // DAY)
        return days if 0 < days < self.days and self._is_harmless() else self.days

    def days_to_keep(self) -> int:
        """The shortest retention under which all videos stay, and one has to go where hours are taken for days.

        Raises NotCheckable where none is old enough, or where that could cost somebody else's video.
        """
        age = time.time() - min(self._times.values(), default=time.time())
        days = int((age + HOUR) // DAY) + 1
        if age < days * HOUR:
            raise NotCheckable(
                f"no video on the site is older than {counted(days, 'hour')}, so hours and days cannot be told apart: "
                "run again in an hour or two"
            )
        if days < self.days and not self._is_harmless():
            raise NotCheckable("a shorter retention than that in force could take somebody else's upload")
        return days

    def _is_harmless(self) -> bool:
        """Whether a shorter retention can take nobody's video but the suite's own."""
        on_their_way = [key for status in ("pending", "uploading") for key in of_status(self._site, status)]
        if not all(map(self._is_ours, on_their_way)):
            return False
        try:
            all_listed = unlisted(self._site) <= 0
        except NotCheckable:
            all_listed = False
        # What a clean-up takes from a row that no list shows is the object.
        return all_listed or all(map(self._is_ours, self._bucket.keys("videos/")))

    def under(self, days: int) -> Retention:
        """The same site with that retention in force."""
        return Retention(self._site, self._bucket, str(days), self._ours)

    def _is_ours(self, key: str) -> bool:
        found = KEY.match(key)
        return found is not None and int(found["owner"]) in self._ours

    def lose_first(self) -> str:
        """Takes the object of the oldest expired video from S3, where another one has expired as well; returns its key.

        In the order of their age it is the task's first; the task must not end with what S3 has lost.
        """
        if len(self.expired) < 2:
            return ""
        step("", "Delete the object of the oldest of the videos past their retention from S3, without the plugin.")
        self._bucket.delete([self.expired[0]])
        return self.expired[0]

    def expect_young_kept(self) -> None:
        self._expect(self.young, listed=True, stored=True, what=f"younger than {_days(self.days)}")

    def expect_expired_gone(self) -> None:
        """Raises NotCheckable where there was none."""
        self.expect_some()
        self._expect(self.expired[::-1], listed=False, stored=False, what=f"older than {_days(self.days)}")

    def expect_some(self) -> None:
        """Raises NotCheckable where no video was past its retention."""
        if not self.expired:
            raise NotCheckable(
                f"no video on the site is older than {_days(self.days)}, and a shorter retention cannot be tried: that "
                "takes a video of the suite's own that is older than a day (where it creates people, each run leaves "
                "two: run again in 25 hours), a setting that config.php does not define, and nobody else's upload or "
                "row in the plugin's table; look at it when there is an old video, and sign"
            )

    @property
    def is_expired_stored(self) -> bool:
        """Whether S3 still has the last of the expired videos."""
        return bool(self.expired) and self._is_stored(self.expired[-1])

    def _expect(self, keys: Sequence[str], *, listed: bool, stored: bool, what: str) -> None:
        still = set(standing(self._site))
        for key in keys:
            seen = key in still, self._is_stored(key)
            if seen != (listed, stored):
                raise AssertionError(f"expected a video {what} {_told(listed, stored)}, seen {key} {_told(*seen)}")

    def _is_stored(self, key: str) -> bool:
        return self._bucket.keys(key) == [key]


def _told(listed: bool, stored: bool) -> str:
    return f"{'in the list' if listed else 'gone from the list'} and {'on S3' if stored else 'gone from S3'}"


def _days(number: int) -> str:
    return f"{number} day{'s' if number != 1 else ''}"
