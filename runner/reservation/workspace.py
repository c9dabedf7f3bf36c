"""What one worker of a run creates on a site for its tests. Its removal is the hold's."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime, timedelta
from typing import Any

from faker import Faker

from clients.errors import ConfigurationError, NotCheckable, SiteError
from clients.moodle.accounts import Accounts
from clients.moodle.assignments import create_assignment
from clients.moodle.client import MoodleClient
from clients.moodle.course_reuse import copy_course
from clients.moodle.courses import Courses
from clients.moodle.model import Account, Assignment, Course, Person
from clients.plugin.object_key import belongs_to
from clients.steps import step
from runner.configuration.connect import new_site
from runner.configuration.environment import Environment
from runner.configuration.naming import COURSE_NAME, DOMAIN, KEPT_NAME, NOTIFIED, POOL, UPGRADE_NAME, is_ours
from runner.reservation import upgrade
from runner.reservation.administrator import Administrator
from runner.reservation.clean_up import PROMISED, stored
from runner.reservation.journal import Journal
from runner.reservation.people_pool import (
    PeoplePool,
    borrowed,
    disposable_user,
    find_given,
    given,
    let_in,
    set_apart,
    share_given,
)
from runner.reservation.seal import Seal

DUE = timedelta(days=30)


@contextmanager
def _set_up() -> Iterator[None]:
    """No line speaks of what a site refuses here: that is for whoever runs it."""
    try:
        yield
    except SiteError as refused:
        raise ConfigurationError(
            f"The site refuses what a run sets up. {refused} Mend that on the site, and run again."
        ) from refused


class Workspace:
    """`state` comes from `SiteReservation.open`; `worker` (`main`, `gw0` …) goes into every name.

    Where the environment gives accounts, those play the parts.
    """

    def __init__(self, environment: Environment, state: dict[str, Any], worker: str) -> None:
        self._environment = environment
        self._admin = Administrator(environment)
        self.run_id: str = state["run_id"]
        self._started = time.time()
        self.worker = worker
        self.journal = Journal(environment.base_url, self.run_id)
        self._seal = Seal(environment)
        self._lock: int = state["lock"]
        self._is_given = environment.accounts.given is not None
        self._people = self._pool(environment, state)
        self.crowd = [Account(**account) for account in state.get("crowd", [])]
        """The students who come to a rush."""
        self._assignment: Assignment | None = None
        self._joined: set[int] = set()
        """Courses that have let somebody in."""

    def _pool(self, environment: Environment, state: dict[str, Any]) -> PeoplePool:
        workers = state["workers"]
        # xdist replaces a worker that crashed by one with a higher number.
        number = int(self.worker.removeprefix("gw")) % workers if self.worker.startswith("gw") else 0
        if self._is_given:
            return given(share_given(find_given(environment, self.accounts), workers, number))
        people = [Account(**account) for account in state["people"][number::workers]]
        return borrowed(people, self.accounts, self.mark, lambda: new_site(environment))

    @property
    def site(self) -> MoodleClient:
        """The administrator's session."""
        return self._admin.site

    @property
    def accounts(self) -> Accounts:
        return self._admin.accounts

    @property
    def courses(self) -> Courses:
        return self._admin.courses

    @property
    def category(self) -> int:
        """Id of the suite's course category."""
        return self._admin.category

    @property
    def mark(self) -> str:
        """What stands in every name that this worker gives."""
        return f"{self.run_id} {self.worker}"

    def note(self, note: str) -> None:
        """Writes into the site's lock what must be undone by whoever takes it over; empty when nothing must."""
        with self.journal.lock():
            self._admin.courses.write_idnumber(self._lock, self._seal.sealed(note) if note else "")

    def course_name(self) -> tuple[str, str]:
        """A name and a short name by which clean-up knows a course as ours, whoever creates it."""
        mark = f"{self.mark} {secrets.token_hex(3)}"
        return f"{COURSE_NAME} {mark}", f"s3va-{mark.replace(' ', '-')}"

    @_set_up()
    def new_course(self) -> Course:
        return self._admin.courses.create(self.category, *self.course_name())

    @property
    def waiting_for_an_upgrade(self) -> dict[int, str]:
        return upgrade.waiting(self._admin)

    def remove_what_waited(self) -> None:
        """The video that waited for an upgrade, with its course."""
        upgrade.remove(self._admin, self._seal)

    def copy_of(self, course: Course) -> Course:
        """As `copy_course`. What Moodle has begun, and does not finish, goes at once: it does not bear a run's name."""
        before = self.courses.within(self.category)
        try:
            return copy_course(self.courses, course, self.category, *self.course_name())
        except (NotCheckable, SiteError):
            for id_, name in self.courses.within(self.category).items():
                if id_ not in before and not name.startswith((COURSE_NAME, KEPT_NAME, UPGRADE_NAME)):
                    self.courses.delete(id_)
            raise

    @_set_up()
    def new_assignment(self, course: Course | None = None) -> Assignment:
        """An assignment in `course`, by default in one of its own."""
        return self._new_assignment(course or self.new_course())

    def assignment_with(self, course: Course | None = None, **settings: str) -> Assignment:
        """As `new_assignment`, with these fields of its form. Raises NotCheckable where the site does not take them."""
        course = course or self.new_course()
        try:
            return self._new_assignment(course, **settings)
        except SiteError as refused:
            raise NotCheckable(f"the site does not let the suite make such an assignment: {refused}") from refused

    def _new_assignment(self, course: Course, **settings: str) -> Assignment:
        name = f"Test Video Upload {self.mark} {secrets.token_hex(3)}"
        return create_assignment(self.site, course, name, datetime.now() + DUE, settings=settings)

    def assignment_for_texts(self, course: Course) -> Assignment:
        """An assignment in `course` that takes a text, by a form that says nothing of S3 Video."""
        step("the administrator", "Create an assignment that takes a text.")
        name, texts = f"Test Text {self.mark} {secrets.token_hex(3)}", {"assignsubmission_onlinetext_enabled": "1"}
        return create_assignment(self.site, course, name, datetime.now() + DUE, s3video=False, settings=texts)

    def closed_assignment(self, course: Course) -> Assignment:
        """An assignment in `course` that has taken nothing since yesterday, its cut-off date."""
        step("the administrator", "Create an assignment whose cut-off date was yesterday.")
        name = f"Test Video Upload, closed {self.mark} {secrets.token_hex(3)}"
        return create_assignment(self.site, course, name, datetime.now() - timedelta(days=1), cut_off=True)

    def assignment(self) -> Assignment:
        """An assignment for the next test: the last one, as long as there are people who were never in its course."""
        if self._assignment is None or not self._people.has_enough_for(self._assignment.course):
            self._assignment = self.new_assignment()
        return self._assignment

    def our_people(self) -> set[int]:
        """Ids of everybody on the site whose videos are the suite's own: its people, and those it was given."""
        ours = {one.id for one in self.accounts.find(POOL) if is_ours(one)}
        if self._is_given:
            given = find_given(self._environment, self.accounts)
            ours |= {person.id for people in given.values() for person in people}
        return ours

    def student(self, course: Course) -> Person:
        return self._enrolled("student", "student", course)

    def disposable_user(self, course: Course) -> Person:
        """A student whom the test may have deleted. Raises NotCheckable where the suite creates nobody."""
        if self._is_given:
            raise NotCheckable("the suite creates nobody here ([accounts.given]), and nobody else may be deleted")
        person = disposable_user(self.accounts, self._admin.bucket, self.mark, lambda: new_site(self._environment))
        self.accounts.enrol(course, person, "student")
        return person

    def set_apart(self, username: str, course: Course, role: str = "student") -> Person:
        """Somebody whom no other test borrows. Raises NotCheckable where the suite creates nobody."""
        if self._is_given:
            raise NotCheckable("the suite creates nobody here ([accounts.given]), and this takes somebody set apart")
        person = set_apart(username, self.accounts, self.mark, lambda: new_site(self._environment))
        self.accounts.enrol(course, person, role)
        return person

    def rename(self, person: Person) -> Person:
        """Gives somebody set apart another name and e-mail address; clean-up puts the address back."""
        step("the administrator", "Give the student another name and e-mail address.")
        faker, address = Faker(), f"{person.username}.{secrets.token_hex(3)}@{DOMAIN}"
        names = faker.first_name(), f"{faker.last_name()} {self.mark}"
        return self.accounts.change(person, *names, person.password, suspended=False, email=address)

    @_set_up()
    def notifying_assignment(self) -> tuple[Assignment, Person]:
        """An assignment that notifies its graders of submissions, and the only one of them, a teacher who has no mail.

        Moodle enrols whoever creates a course, the administrator: that enrolment is suspended, as it would be told.
        Raises NotCheckable where the suite creates nobody.
        """
        course = self.new_course()
        grader = self.set_apart(NOTIFIED, course, "editingteacher")
        (admin,) = self.accounts.find([self._environment.accounts.admin.username.lower()])
        self.accounts.suspend_enrolment(course, admin)
        return self.assignment_with(course, sendnotifications="1"), grader

    @contextmanager
    def told(self, grader: Person) -> Iterator[None]:
        """Meanwhile Moodle tells `grader` of submissions. After a kill the next clean-up ends it: it asks the site."""
        self.accounts.tell_of_submissions(grader)
        try:
            yield
        finally:
            self.accounts.stop_mail(grader)

    def join(self, account: Account, course: Course) -> Person:
        """Lets one of the crowd in, and enrols them."""
        faker = Faker()
        name = faker.first_name(), f"{faker.last_name()} {self.mark}"
        person = let_in(account, self.accounts, lambda: new_site(self._environment), *name)
        self.accounts.enrol(course, person, "student")
        return person

    def teacher(self, course: Course) -> Person:
        return self._enrolled("teacher", "editingteacher", course)

    def teacher_of_groups(self, course: Course) -> Person:
        """A teacher without editing rights, whom separate groups keep to their own."""
        return self._enrolled("teacher", "teacher", course)

    @_set_up()
    def manager(self) -> Person:
        """A manager of the suite's category only."""
        person = self._people.acquire("manager")
        if not self._is_given:
            self.accounts.assign_role(self.category, person, "manager")
        return person

    def unenrolled_user(self) -> Person:
        """Somebody with an account and no part in the courses of the test."""
        return self._people.acquire("student")

    def _enrolled(self, part: str, role: str, course: Course) -> Person:
        """Raises SiteError where the course has let others in before: what came to it since, a video, is under test."""
        with _set_up():
            person = self._people.acquire(part, course)
        with nullcontext() if course.id in self._joined else _set_up():
            self.accounts.enrol(course, person, role)
        self._joined.add(course.id)
        return person

    def promise(self, person: Person, key: str) -> None:
        """The plugin has given `person` a presigned form for `key`: the object may be deleted again.

        The plugin's word is not enough: a key outside that person's folder, or older than this run, may name somebody
        else's object, and is never touched.
        """
        if belongs_to(key, person.id, since=self._started):
            self.journal.record(PROMISED, key=key, person=person.id)

    def release(self, person: Person) -> None:
        """The test is over: what this person was promised on S3 goes, and a role in the category.

        Nothing happens to somebody who is not of the pool.
        """
        if not self._people.is_in_use(person):
            return
        keys = {entry["key"] for entry in self.journal.entries(PROMISED)}
        mine = {key for key in keys if belongs_to(key, person.id)}
        self._admin.bucket.delete(stored(self._admin.bucket, mine))
        if person.id in self.accounts.managers:
            self.accounts.remove_role(self.category, person, "manager")
        self._people.release(person)
