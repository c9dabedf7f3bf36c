"""What the Moodle stand-in remembers, in memory: people, courses, enrolments, submissions, videos, the plugin's log."""

import secrets
import time
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from replica.moodle.records import (
    STUDENT,
    Assignment,
    Category,
    Course,
    Enrolment,
    Group,
    LogEntry,
    Submission,
    User,
    Video,
)


class State:
    """All tables, with the look-ups the pages need. Ids are never used twice."""

    def __init__(self) -> None:
        self.ids: dict[str, count[int]] = defaultdict(lambda: count(2))
        self.users: dict[int, User] = {}
        self.categories: dict[int, Category] = {}
        self.home = Course(1, "Moodle", "site", 0)
        self.courses: dict[int, Course] = {}
        self.enrolments: dict[int, Enrolment] = {}
        self.assignments: dict[int, Assignment] = {}
        self.groups: dict[int, Group] = {}
        self.submissions: dict[int, Submission] = {}
        self.videos: dict[str, Video] = {}
        self.log: list[LogEntry] = []
        self.invalidations: list[dict[str, Any]] = []
        self.settings: dict[str, str] = {}
        self.behind: dict[str, str] = {}
        """What settings hold of which a fault showed something else, while somebody has saved a third value."""
        self.plugin_enabled = True
        self.upgraded = 0
        """When somebody has upgraded the plugin, in Unix seconds."""
        self.maintenance = self.maintained = self.purged = self.string_ids = False
        self.data_requests: dict[int, Any] = {}
        self.copies: dict[int, Any] = {}
        self.task_log: list[str] = []

    def new_id(self, table: str) -> int:
        return next(self.ids[table])

    def add_user(self, username: str, password: str, firstname: str, lastname: str, email: str, **more: Any) -> User:
        user = User(self.new_id("user"), username, password, firstname, lastname, email, **more)
        self.users[user.id] = user
        return user

    def add_category(self, name: str, idnumber: str = "", parent: int = 0) -> Category:
        category = Category(self.new_id("category"), name, idnumber, parent)
        self.categories[category.id] = category
        return category

    def add_course(self, fullname: str, shortname: str, category: int, **more: Any) -> Course:
        course = Course(self.new_id("course"), fullname, shortname, category, **more)
        self.courses[course.id] = course
        return course

    def add_assignment(self, course: int, name: str, **more: Any) -> Assignment:
        assignment = Assignment(self.new_id("assign"), self.new_id("cm") + 10, course, name, **more)
        self.assignments[assignment.id] = assignment
        return assignment

    def enrol(self, course: int, user: int, role: int) -> Enrolment:
        """Enrol somebody actively; a role of 0 gives none. Enrolling again adds the role and reactivates."""
        enrolment = self.enrolment(course, user)
        if enrolment is None:
            enrolment = Enrolment(self.new_id("ue"), course, user, set())
            self.enrolments[enrolment.id] = enrolment
        enrolment.roles |= {role} if role else set()
        enrolment.status = 0
        return enrolment

    def live_users(self) -> list[User]:
        return sorted(
            (user for user in self.users.values() if not user.deleted), key=lambda u: (u.lastname, u.firstname, u.id)
        )

    def user_named(self, username: str) -> User | None:
        return next((user for user in self.live_users() if user.username == username), None)

    def category_of_context(self, context: int) -> Category | None:
        return next((c for c in self.categories.values() if c.context == context), None)

    def assignment_of_cm(self, cmid: int) -> Assignment | None:
        return next((a for a in self.assignments.values() if a.cmid == cmid), None)

    def assignments_of(self, course: int) -> list[Assignment]:
        return [a for a in self.assignments.values() if a.course == course]

    def enrolment(self, course: int, user: int) -> Enrolment | None:
        return next((e for e in self.enrolments.values() if (e.course, e.user) == (course, user)), None)

    def enrolments_of(self, course: int) -> list[Enrolment]:
        return [e for e in self.enrolments.values() if e.course == course]

    def students(self, course: int, suspended: bool = False) -> list[User]:
        """Students of a course, active ones only unless asked."""
        ids = {e.user for e in self.enrolments_of(course) if STUDENT in e.roles and (suspended or not e.status)}
        return [user for user in self.live_users() if user.id in ids]

    def group_of(self, course: int, user: int) -> Group | None:
        return next((g for g in self.groups.values() if g.course == course and user in g.members), None)

    def _team(self, assignment: int, user: int) -> int:
        """The group that somebody hands in with; 0 where that is nobody."""
        item = self.assignments.get(assignment)
        group = self.group_of(item.course, user) if item and item.teamsubmission else None
        return group.id if group else 0

    def submission_of(self, assignment: int, user: int) -> Submission | None:
        """The latest try, of the person or of their group."""
        group = self._team(assignment, user)
        mine = [
            s
            for s in self.submissions.values()
            if s.assignment == assignment and (s.group == group if group else s.user == user)
        ]
        return max(mine, key=lambda submission: submission.attempt, default=None)

    def owns(self, submission: Submission, user: int) -> bool:
        """Whether a submission is somebody's, or their group's."""
        group = self.groups.get(submission.group)
        return user in group.members if group else submission.user == user

    def add_submission(self, assignment: int, user: int, attempt: int = 0) -> Submission:
        submission = Submission(self.new_id("submission"), assignment, user, modified=now(), attempt=attempt)
        submission.group = self._team(assignment, user)
        self.submissions[submission.id] = submission
        return submission

    def open_submission(self, assignment: int, user: int) -> Submission:
        """The user's submission, begun now when there is none."""
        return self.submission_of(assignment, user) or self.add_submission(assignment, user)

    def videos_of(self, submission: int) -> list[Video]:
        return [video for video in self.videos.values() if video.submission == submission]

    def has_handed_in(self, user: int) -> bool:
        return any(one.user == user and one.video for one in self.submissions.values())

    def sender(self, user: int) -> str:
        """Name and e-mail address, as somebody has them now."""
        person = self.users[user]
        return f"{person.fullname} <{person.email}>"

    def outlived(self, video: Video) -> bool:
        """Whether the video is older than the last upgrade."""
        return video.requested <= self.upgraded

    def drop_course(self, course: int) -> list[Video]:
        """Forget a course and all that hangs on it; returns its videos, whose objects the caller removes."""
        gone = {a.id for a in self.assignments_of(course)}
        videos = [v for v in self.videos.values() if v.assignment in gone]
        _drop(self.videos, (v.s3_key for v in videos))
        _drop(self.submissions, [s.id for s in self.submissions.values() if s.assignment in gone])
        _drop(self.assignments, gone)
        _drop(self.enrolments, [e.id for e in self.enrolments_of(course)])
        _drop(self.courses, [course])
        return videos

    def record(self, event: str, user: int, assignment: int, **more: Any) -> None:
        self.log.append(LogEntry(event, user, assignment, now(), **more))


def _drop(table: dict[Any, Any], keys: Iterable[Any]) -> None:
    for key in list(keys):
        table.pop(key, None)


def now() -> int:
    return int(time.time())


def midnight(days: int = 0) -> int:
    """Unix time of today's (or a later day's) midnight, UTC, which is the site's time zone."""
    day = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return int((day + timedelta(days=days)).timestamp())


def token(length: int = 10) -> str:
    """A random string such as Moodle's sesskey."""
    return secrets.token_hex(length)[:length]
