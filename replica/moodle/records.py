"""The rows of the Moodle stand-in's tables."""

from dataclasses import dataclass, field
from typing import Any

MANAGER, EDITING_TEACHER, TEACHER, STUDENT = 1, 3, 4, 5
ROLE_SHORT_NAMES = {MANAGER: "manager", EDITING_TEACHER: "editingteacher", TEACHER: "teacher", STUDENT: "student"}
ROLE_NAMES = {MANAGER: "Manager", EDITING_TEACHER: "Teacher", TEACHER: "Non-editing teacher", STUDENT: "Student"}


ZONES = {"99": 0, "Asia/Kolkata": 330, "Pacific/Kiritimati": 840, "Pacific/Pago_Pago": -660}
"""Time zones, of which 99 is the server's, by the minutes that they are ahead of it."""


@dataclass
class User:
    """An account. `preferences` holds what pages remember for it (page sizes, finished tours)."""

    id: int
    username: str
    password: str = field(repr=False)
    firstname: str
    lastname: str
    email: str
    auth: str = "manual"
    suspended: bool = False
    deleted: bool = False
    admin: bool = False
    lang: str = ""
    staffid: str = ""
    timezone: str = "99"
    renamed: bool = False
    """Since they handed something in."""
    preferences: dict[str, Any] = field(default_factory=dict)

    @property
    def ahead(self) -> int:
        """Minutes by which their clocks are ahead of the site's."""
        return ZONES[self.timezone]

    @property
    def fullname(self) -> str:
        return f"{self.firstname} {self.lastname}"


@dataclass
class Category:
    """A course category; `managers` are the people assigned the Manager role in its context."""

    id: int
    name: str
    idnumber: str = ""
    parent: int = 0
    description: str = ""
    visible: bool = True
    managers: set[int] = field(default_factory=set)

    @property
    def context(self) -> int:
        return 100 + self.id


@dataclass
class Course:
    """A course. `startdate` is a Unix time, `welcome` customint1 of its enrolment method, `costcentre` a field."""

    id: int
    fullname: str
    shortname: str
    category: int
    idnumber: str = ""
    visible: bool = True
    summary: str = ""
    startdate: int = 0
    welcome: int = 1
    costcentre: str = ""
    origin: int = 0
    """The course that this one is a copy of."""

    @property
    def enrolid(self) -> int:
        return 1000 + self.id

    @property
    def context(self) -> int:
        return 1000 + self.id


@dataclass
class Enrolment:
    """One person in one course; `status` 0 is active, 1 suspended."""

    id: int
    course: int
    user: int
    roles: set[int]
    status: int = 0


@dataclass
class Assignment:
    """An assignment: `cmid` is the id in addresses, `id` the one the plugin speaks of. Dates are Unix times or 0."""

    id: int
    cmid: int
    course: int
    name: str
    intro: str = ""
    visible: bool = True
    allowfrom: int = 0
    duedate: int = 0
    cutoffdate: int = 0
    gradingduedate: int = 0
    s3video: bool = True
    onlinetext: bool = False
    file: bool = False
    offline: bool = False
    submissiondrafts: bool = False
    requiresubmissionstatement: bool = False
    teamsubmission: bool = False
    preventsubmissionnotingroup: bool = False
    sendnotifications: bool = False
    sendlatenotifications: bool = False
    sendstudentnotifications: bool = True
    groupmode: int = 0
    blindmarking: bool = False
    maxattempts: int = 1
    attemptreopenmethod: str = "manual"
    extensions: dict[int, int] = field(default_factory=dict)
    """By student: until when they may hand in."""
    was_reset: bool = False

    @property
    def context(self) -> int:
        return 5000 + self.cmid


@dataclass
class Group:
    """Some people of a course."""

    id: int
    course: int
    name: str
    members: set[int] = field(default_factory=set)


@dataclass
class Submission:
    """A student's submission, or a group's that `user` began; `status` is new, reopened, draft or submitted.

    `video` is the S3 key that was saved with it, `attempt` the number of the try, from 0; `origin` the submission that
    this one is a copy of, and `sender` the name and e-mail address of whoever saved it.
    """

    id: int
    assignment: int
    user: int
    status: str = "new"
    modified: int = 0
    text: str = ""
    video: str = ""
    grade: float | None = None
    comment: str = ""
    group: int = 0
    attempt: int = 0
    origin: int = 0
    sender: str = ""


@dataclass
class Video:
    """One upload by its S3 key. `status`: pending, ready, error, deleted. Sizes in bytes, times in Unix seconds.

    `sent_key` is another one that a form gave, where a fault has taken it at its word; `address` that of the machine
    which asked for the upload URL.
    """

    s3_key: str
    assignment: int
    submission: int
    user: int
    bucket: str
    mime_type: str
    declared_size: int
    requested: int
    status: str = "pending"
    size: int = 0
    deleted: int = 0
    sent_key: str = ""
    address: str = ""


@dataclass
class LogEntry:
    """One line of the plugin's log; `event` is upload_requested, _completed or _failed, or playback_accessed."""

    event: str
    user: int
    assignment: int
    at: int
    s3_key: str = ""
    message: str = ""
    role: str = ""
    size: int = 0


@dataclass(frozen=True)
class Mail:
    """One message; `dropped` when Moodle would not hand it to the mail server: its address ends in .invalid."""

    to: str
    subject: str
    why: str
    dropped: bool
