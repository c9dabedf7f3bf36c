"""The Moodle site without its pages: what it knows, who is logged in, how it is set up at start."""

from typing import Any

from replica.faults import Faults
from replica.moodle.answers import RateLimit
from replica.moodle.records import EDITING_TEACHER, STUDENT, Mail, User
from replica.moodle.session import Session
from replica.moodle.state import State, midnight
from replica.moodle.storage import Storage
from replica.settings import BUCKET, REGION, Settings, new_password
from replica.site_profiles import SiteProfiles
from replica.versions import VERSIONS, Moodle

PLUGIN_RELEASE, PLUGIN_VERSION = "1.0.0", "2025102600"


class Site:
    """The stand-in's state and sessions. Everything is fresh at start."""

    plugin_release, plugin_version = PLUGIN_RELEASE, PLUGIN_VERSION

    def __init__(self, settings: Settings, faults: Faults, profiles: SiteProfiles) -> None:
        self.settings = settings
        self.faults = faults
        self.profiles = profiles
        self.state = State()
        self.storage = Storage(
            self.state.settings, settings.ca_file, settings.s3_endpoint, self.state.invalidations, faults
        )
        self.limits = RateLimit()
        self.sessions: dict[str, Session] = {}
        self.guest = User(1, "guest", "", "Guest user", "", "root@localhost")
        self.mail: list[Mail] = []
        self.popups: list[tuple[int, str]] = []
        """Whom Moodle has told what in its own notifications, the newest last."""
        self.lies: dict[str, Any] = {}
        """What the plugin's scripts say in place of the truth, by the place in their answers: `data.s3_key`."""
        self.crowd: list[User] = []
        self._demo: list[User] = []
        self.state.settings |= {
            "aws_access_key": settings.plugin_key.access,
            "aws_secret_key": settings.plugin_key.secret,
            "s3_bucket": BUCKET,
            "s3_region": REGION,
            "cloudfront_domain": settings.cdn_domain,
            "cloudfront_keypair_id": settings.key_pair_id,
            "cloudfront_private_key": settings.cdn_private_pem,
            "retention_days": "90",
            "max_file_size": "5368709120",
            "allowed_mime_types": "video/mp4,video/quicktime,video/x-msvideo,video/x-matroska,video/webm",
            "upload_rate_limit": "10",
            "playback_rate_limit": "30",
        }
        self.admin = self.state.add_user(
            "admin",
            settings.admin_password,
            "Admin",
            "User",
            "admin@example.invalid",
            admin=True,
            staffid="1",
            timezone="Asia/Kolkata",
        )
        self.state.add_category("Category 1")
        self.category = self.state.add_category("S3 Video acceptance", "s3video-acceptance")
        self.category.description = f"Tests may write here: {self.base_url}"
        smoke = self.state.add_category("S3 Video smoke test", "s3video-smoke")
        smoke.description, smoke.visible = f"The smoke test may write here: {self.base_url}", False

    def create_demo(self) -> None:
        """A course with an assignment, a teacher and two students, for a person who clicks through the replica."""
        course = self.state.add_course("Demo course", "demo", self.category.id, startdate=midnight())
        self.state.add_assignment(course.id, "Test Video Upload", allowfrom=midnight(), duedate=midnight(7))
        people = (("teacher", EDITING_TEACHER), ("student1", STUDENT), ("student2", STUDENT))
        for name, role in people:
            user = self.state.add_user(name, new_password(), name.capitalize(), "Demo", f"{name}@example.invalid")
            self.state.enrol(course.id, user.id, role)
            self._demo.append(user)

    @property
    def base_url(self) -> str:
        return self.settings.base_url + self.profiles.below

    @property
    def moodle(self) -> Moodle:
        """The version of Moodle whose pages these are."""
        return VERSIONS[self.profiles.moodle]

    @property
    def language(self) -> str:
        """The language of people who prefer none."""
        return "de" if self.profiles.language else "en"

    @property
    def languages(self) -> list[tuple[str, str]]:
        """Those installed: code and name."""
        return [("en", "English (en)"), ("de", "Deutsch (de)")]

    def demo_people(self) -> list[User]:
        return [self.admin, *self._demo]

    def demo_course_url(self) -> str:
        return f"{self.base_url}/course/view.php?id={max(self.state.courses)}"

    def end_sessions(self, user: User) -> None:
        """Log somebody out everywhere, as suspending and deleting does."""
        for session in [s for s in self.sessions.values() if s.user is user]:
            self.sessions.pop(session.id, None)
