"""What site profiles and faults change beyond pages: categories, people, objects and their versions."""

import secrets
import time

from replica import bucket
from replica.moodle.records import LogEntry, Video
from replica.moodle.site import Site
from replica.settings import BUCKET
from replica.workplace import Workplace

_TO_A_FACULTY = 12
_DAY = 86400
_MONTH = 30 * _DAY
_OF_LAST_TERM, _DOMAIN = "s3va-240", "s3video-acceptance.example.invalid"
_NEIGHBOUR = "https://another.example.invalid"
_KEPT = 2
"""Videos that a run leaves for a later one."""
_IDS = 20
"""Foreign videos lie under so many of the next people's ids, in turn."""


class Seeding:
    """Makes the stack agree with the site profiles; what was made for a site profile goes when it does."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.categories: list[int] = []
        self.objects: list[str] = []
        self.versioned = False
        self.workplace = Workplace(site.settings, site.faults)

    def apply(self) -> None:
        """Call it when S3 answers, and after each change of site profiles or faults."""
        profiles, faults = self.site.profiles, self.site.faults
        self.workplace.apply()
        origins: tuple[str, ...] = ("*",) if faults.on("cors-any-origin") else (self.site.settings.base_url,)
        if profiles.cors_two_sites:
            origins += (_NEIGHBOUR,)
        bucket.take_uploads_from(self.site.settings, origins, "Date" if faults.on("etag-hidden-from-pages") else "ETag")
        if len(self.categories) != profiles.many_categories:
            self._categories(profiles.many_categories)
        if len(self.site.crowd) != profiles.many_people:
            self._people(profiles.many_people)
        if len(self.objects) != profiles.foreign_objects:
            self._objects(profiles.foreign_objects)
        if profiles.expired_video:
            self._expired_videos()
        if self.versioned != profiles.versioned:
            self._versions(profiles.versioned)

    def _categories(self, count: int) -> None:
        state = self.site.state
        for gone in self.categories:
            state.categories.pop(gone)
        self.categories, faculty = [], 0
        for number in range(count):
            place, institute = divmod(number, _TO_A_FACULTY)
            name = f"Institute {place + 1}.{institute}" if institute else f"Faculty {place + 1}"
            category = state.add_category(name, f"F{place + 1}-{institute}", faculty if institute else 0)
            faculty = faculty if institute else category.id
            self.categories.append(category.id)
        self.site.category.parent = faculty

    def _people(self, count: int) -> None:
        state = self.site.state
        for one in self.site.crowd:
            self.site.storage.drop_everything_of(state, one)
            state.users.pop(one.id)
        self.site.crowd = [
            state.add_user(f"crowd{n}", "", f"Robin{n}", "Aarden", f"crowd{n}@example.invalid", auth="nologin")
            for n in range(1, count + 1)
        ]

    def _objects(self, count: int) -> None:
        store = bucket.client(self.site.settings, self.site.settings.root_key)
        for key in self.objects:
            store.delete_object(Bucket=BUCKET, Key=key)
        first, then = max(self.site.state.users) + 1, int(time.time()) - _MONTH
        self.objects = [
            f"videos/{first + n % _IDS}/{then + n}_{secrets.token_hex(4)}/lecture{n}.mp4" for n in range(count)
        ]
        for key in self.objects:
            store.put_object(Bucket=BUCKET, Key=key, Body=b"another site's", ContentType="video/mp4")

    def _expired_videos(self) -> None:
        state, then = self.site.state, int(time.time()) - 2 * _DAY
        old = [one for one in state.videos.values() if one.status == "ready" and one.requested <= then + _DAY // 2]
        for number in range(_KEPT - len(old)):
            self._video_of_last_term(then + number)

    def _video_of_last_term(self, then: int) -> None:
        state = self.site.state
        owner = next((one for one in state.users.values() if one.username == _OF_LAST_TERM), None)
        owner = owner or state.add_user(
            _OF_LAST_TERM, "", "Idle", "S3 Video acceptance", f"{_OF_LAST_TERM}@{_DOMAIN}", suspended=True
        )
        course = state.add_course("Last term", f"last-term-{owner.id}", min(state.categories))
        assignment = state.add_assignment(course.id, "A video of last term")
        submission = state.open_submission(assignment.id, owner.id)
        key = f"videos/{owner.id}/{then}_{secrets.token_hex(4)}/term.mp4"
        store = bucket.client(self.site.settings, self.site.settings.root_key)
        store.put_object(Bucket=BUCKET, Key=key, Body=b"a video of last term" * 100, ContentType="video/mp4")
        state.videos[key] = Video(
            key, assignment.id, submission.id, owner.id, BUCKET, "video/mp4", 2000, then, status="ready", size=2000
        )
        submission.video, submission.status = key, "submitted"
        for event in ("upload_requested", "upload_completed"):
            state.log.append(LogEntry(event, owner.id, assignment.id, then, s3_key=key, size=2000))

    def _versions(self, kept: bool) -> None:
        store = bucket.client(self.site.settings, self.site.settings.root_key)
        state = "Enabled" if kept else "Suspended"
        store.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": state})
        self.versioned = kept
