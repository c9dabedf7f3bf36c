"""A site that is asked: a course of its own on it, people of all kinds who ask, and the book of what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import media
from clients import http
from clients.addresses import UPLOAD_URL
from clients.errors import LoginRefused, SiteError
from clients.http_result import HttpResult
from clients.moodle.client import MoodleClient
from clients.moodle.model import Assignment, Person
from clients.plugin.api import UPLOAD_TIMEOUT, Video, tell_promises
from runner.configuration.connect import new_site
from runner.configuration.environment import Environment
from runner.reservation.workspace import Workspace
from selftest.fidelity.facts import Book, Normal

OWNER, OTHER, TEACHER, STRANGER = "the owner", "another student", "a teacher", "a stranger"
ADMIN, NOBODY, GUEST = "an administrator", "nobody", "a guest"


@dataclass
class Asked:
    """`sites` are sessions of everybody, by their names above; a site without guest access has no guest."""

    environment: Environment
    workspace: Workspace
    book: Book
    first: Assignment
    people: Mapping[str, Person]
    sites: dict[str, MoodleClient] = field(default_factory=dict)

    @classmethod
    def begin(cls, environment: Environment, workspace: Workspace) -> Asked:
        """Creates the course, and lets everybody in."""
        first = workspace.new_assignment()
        people = {
            OWNER: workspace.student(first.course),
            OTHER: workspace.student(first.course),
            TEACHER: workspace.teacher(first.course),
            STRANGER: workspace.unenrolled_user(),
        }
        asked = cls(environment, workspace, Book(Normal(_names_of(environment))), first, people)
        asked._let_in()
        know = asked.book.normal.know
        for name, person in people.items():
            know(person.name, f"NAME of {name}")
            know(person.email, f"MAIL of {name}")
        know(first.course.name, "COURSE")
        know(first.course.short_name, "COURSE")
        know(first.name, "ASSIGNMENT")
        for site in asked.sites.values():
            know(site.sesskey, "SESSKEY")
        return asked

    def _let_in(self) -> None:
        self.sites |= {name: self.logged_in(person) for name, person in self.people.items()}
        self.sites[ADMIN] = self.workspace.site
        self.sites[NOBODY] = new_site(self.environment)
        self.sites[NOBODY].visit()
        guest = new_site(self.environment)
        try:
            guest.login_as_guest()
            self.sites[GUEST] = guest
        except LoginRefused:
            self.book.note("log-in", "guest access", "none")

    def logged_in(self, person: Person) -> MoodleClient:
        site = new_site(self.environment)
        site.login(person.username, person.password)
        site.user_id = person.id
        return tell_promises(site, partial(self.workspace.promise, person))

    @property
    def admin(self) -> MoodleClient:
        return self.sites[ADMIN]

    @property
    def owner(self) -> MoodleClient:
        return self.sites[OWNER]

    def as_(self, *names: str) -> dict[str, MoodleClient]:
        """Those of these who are there."""
        return {name: self.sites[name] for name in names if name in self.sites}

    def another_assignment(self) -> Assignment:
        assignment = self.workspace.new_assignment(self.first.course)
        self.book.normal.know(assignment.name, "ASSIGNMENT")
        return assignment

    def request_upload(self, site: MoodleClient, assignment: int, **different: object) -> HttpResult:
        """Ask for an upload URL for a good MP4, but for what is `different`; None leaves a parameter out."""
        good = {"filename": "clip.mp4", "filesize": media.MP4.bytes, "mimetype": media.MP4.mime}
        values = {"assignmentid": assignment, "submissionid": 0, **good, **different}
        return HttpResult.of(
            site.post(UPLOAD_URL, {name: value for name, value in values.items() if value is not None})
        )

    def send(self, promised: Mapping[str, Any]) -> None:
        """The MP4, to S3. Raises SiteError."""
        clip = media.MP4
        with clip.path.open("rb") as file:
            stored = http.request(
                "POST",
                promised["url"],
                data=promised["fields"],
                files={"file": (clip.path.name, file, clip.mime)},
                verify=self.environment.verify,
                timeout=UPLOAD_TIMEOUT,
            )
        if stored.status_code not in (200, 201, 204):
            raise SiteError(f"Storage answered {stored.status_code} to the presigned POST.")

    def video(self, promised: Mapping[str, Any]) -> Video:
        """What the owner was promised a place for."""
        return Video(
            person=self.people[OWNER],
            assignment=self.first,
            clip=media.MP4,
            id=int(promised["submission_id"]),
            key=promised["s3_key"],
        )


def _names_of(environment: Environment) -> dict[str, str]:
    """What this site's answers have that is its own, and placeholders."""
    storage, cdn = environment.storage, environment.cdn
    known = {
        environment.base_url: "SITE",
        environment.base_url.partition("//")[2]: "HOST",
        f"https://{storage.bucket}.s3.amazonaws.com": "S3",
        storage.bucket: "BUCKET",
        storage.access_key.get_secret_value(): "KEY",
        cdn.domain: "CDN",
        cdn.key_pair_id or "": "KEYPAIR",
    }
    if storage.endpoint:
        known |= {f"{storage.endpoint}/{storage.bucket}": "S3", str(storage.endpoint): "S3"}
    return known
