"""What a clean-up makes of videos: those past their retention go, the others stay, and list and S3 agree."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Sequence

from services.bucket import Bucket
from services.errors import NotCheckable
from services.moodle.site import Site
from services.moodle.video_list import standing

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

    def __init__(self, site: Site, bucket: Bucket, days: str, ours: Collection[int]) -> None:
        self._site, self._bucket = site, bucket
        if not days.isdigit() or not int(days):
            raise NotCheckable(f"the retention in force is {days!r}, which is no number of days (step 2.5)")
        self.days = int(days)
        keys = {key: KEY.match(key) for key in standing(site)}
        found = {key: match for key, match in keys.items() if match and int(match["owner"]) in ours}
        if others := keys.keys() - found.keys():
            raise NotCheckable(
                f"the site has {len(others)} videos of other people, and what the clean-up does to them is not the "
                "suite's to cause; look at it after the nightly run, and sign"
            )
        limit = time.time() - self.days * DAY
        self.expired = [key for key, match in found.items() if int(match["time"]) < limit - HOUR]
        young = [key for key, match in found.items() if int(match["time"]) > limit + HOUR]
        self.young = [key for key in young if self._is_stored(key)]  # of others the test that made them took the object

    def expect_young_kept(self) -> None:
        self._expect(self.young, listed=True, stored=True, what=f"younger than {self.days} days")

    def expect_expired_gone(self) -> None:
        """Raises NotCheckable where there was none."""
        self.expect_some()
        self._expect(self.expired, listed=False, stored=False, what=f"older than {self.days} days")

    def expect_some(self) -> None:
        """Raises NotCheckable where no video was past its retention."""
        if not self.expired:
            raise NotCheckable(
                f"no video on the site is older than {self.days} days, and the plugin counts in whole days, so none "
                "can be made so; look at it when there is one, and sign"
            )

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
