"""What a run creates on a site, and its removal.

Clean-up asks the site, not a memory of the run, so that it also finds what a killed run on another machine
left: courses in the suite's category with a run's name, and test people who are not suspended. Deleted users
stay in Moodle as rows, so people are not deleted but lent from a pool (`s3va-01` …) and put back suspended.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from faker import Faker

from runner.changed_settings import restore
from runner.connect import new_bucket, new_site
from runner.environment import Environment
from runner.journal import Journal
from runner.lock import NAME as LOCK_NAME
from runner.lock import Lock, Locked
from services.bucket import StoredObject
from services.errors import ConfigurationError, LoginRefused, SiteError, Unreachable
from services.moodle.model import Account, Assignment, Course, Person

CATEGORY = "s3video-acceptance"

COURSE_NAME = "S3 Video acceptance run"

OURS = re.compile(rf"{COURSE_NAME} \S+|{LOCK_NAME}$")

DOMAIN = "s3video-acceptance.example.invalid"

POOL = tuple(f"s3va-{number:02}" for number in range(1, 100))

DUE = timedelta(days=30)


@dataclass
class CleanUp:
    """What was put back and removed, what the plugin had left on S3 after its courses were gone, and what failed."""

    settings: list[str] = field(default_factory=list)
    courses: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    objects: list[str] = field(default_factory=list)
    left_by_plugin: list[StoredObject] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Lets the rest of the clean-up go on after a step that failed."""
        try:
            yield
        except (SiteError, Unreachable, ConfigurationError, AssertionError, OSError) as problem:
            self.problems.append(str(problem))


class Workspace:
    """One run's place on a site. The controller opens and closes it; workers attach to it.

    Where the environment gives accounts, those play the parts and no person is created.
    """

    def __init__(self, environment: Environment, run_id: str, worker: str) -> None:
        if not environment.test_site:
            raise ConfigurationError(
                f"{environment.name} is not marked as a test site, so nothing may be changed there. "
                "Set test_site = true in its environment file if tests may write to that site."
            )
        self.environment = environment
        self.run_id = run_id
        self.worker = worker
        self.journal = Journal(environment.base_url, run_id)
        self.bucket = new_bucket(environment)
        self.site = new_site(environment)
        self.log_in()
        category = self.site.category(CATEGORY)
        if category is None:
            raise ConfigurationError(
                f"{environment.base_url} is not marked as a test site: it has no course category with the ID number "
                f"{CATEGORY}. Create one under Site administration > Courses, on a site where tests may write."
            )
        self.category = category
        self.course: Course
        self.dead_runs = CleanUp()
        self._lock: Lock | None = None
        self._pool: list[Account] = []
        self._faker = Faker()

    @classmethod
    def open(cls, environment: Environment, run_id: str) -> Workspace:
        """Takes the site's lock, removes what dead runs left (`dead_runs`), creates the run's course.

        Raises ConfigurationError, Locked, Unreachable, or SiteError.
        """
        workspace = cls._locked(environment, run_id)
        try:
            workspace.dead_runs = workspace._clean_up(Journal.left_behind(environment.base_url, run_id))
            workspace._pool = workspace.site.accounts(POOL)
            workspace.course = workspace.new_course()
        except BaseException:
            workspace.close()
            raise
        return workspace

    @classmethod
    def restore(cls, environment: Environment) -> CleanUp:
        """Puts back and removes what dead runs left, and nothing else; raises as `open` does."""
        workspace = cls._locked(environment, f"restore-{secrets.token_hex(3)}")
        return workspace.close()

    @classmethod
    def _locked(cls, environment: Environment, run_id: str) -> Workspace:
        workspace = cls(environment, run_id, "main")
        plugin = workspace.site.plugin()
        if plugin is None or not plugin.enabled:
            raise ConfigurationError(
                f"The S3 Video plugin is {'disabled' if plugin else 'not installed'} on {environment.base_url}. "
                "See Site administration > Plugins > Assignment > Manage assignment submission plugins (step 2.6)."
            )
        workspace.bucket.check()
        workspace.journal.live()
        try:
            workspace._lock = Lock(
                workspace.site,
                workspace.category,
                run_id,
                is_dead=lambda other: Journal(environment.base_url, other).is_dead(),
            )
        except Locked:
            workspace.journal.remove()
            raise
        return workspace

    @property
    def state(self) -> dict[str, Any]:
        """For `attach`: JSON types only, and no secret."""
        pool = [asdict(account) for account in self._pool]
        return {"run_id": self.run_id, "course": asdict(self.course), "pool": pool}

    @classmethod
    def attach(cls, environment: Environment, state: dict[str, Any], worker: str) -> Workspace:
        """A worker's hold on the workspace that the controller opened; `worker` goes into every name."""
        workspace = cls(environment, state["run_id"], worker)
        workspace.course = Course(**state["course"])
        workspace._pool = [Account(**account) for account in state["pool"]]
        return workspace

    def refresh(self) -> None:
        """Keeps the site's lock; call it often while the run lasts, from the controller."""
        if self._lock is not None:
            self._lock.refresh()

    # -- what tests need --------------------------------------------------------------------------

    def course_name(self) -> tuple[str, str]:
        """A name and a short name by which clean-up knows a course as ours, whoever creates it."""
        mark = f"{self.run_id} {self.worker} {secrets.token_hex(3)}"
        return f"{COURSE_NAME} {mark}", f"s3va-{mark.replace(' ', '-')}"

    def new_course(self) -> Course:
        return self.site.create_course(self.category, *self.course_name())

    def new_assignment(self, course: Course | None = None) -> Assignment:
        name = f"Test Video Upload {self.run_id} {self.worker} {secrets.token_hex(3)}"
        with self.journal.lock():  # Moodle loses a section's list of activities when two requests write it at once
            return self.site.create_assignment(course or self.course, name, datetime.now() + DUE)

    def new_student(self, course: Course | None = None, part: str = "student") -> Person:
        """A student of `course`, the run's own by default; `part` as in `[accounts.given]`."""
        return self._enrolled(part, "student", course)

    def new_teacher(self, course: Course | None = None, part: str = "teacher") -> Person:
        return self._enrolled(part, "editingteacher", course)

    def new_manager(self) -> Person:
        """A manager of the suite's category only."""
        person = self.new_person("manager")
        if self.environment.accounts.given is None:
            self.site.assign_role(self.category, person, "manager")
        return person

    def _enrolled(self, part: str, role: str, course: Course | None) -> Person:
        person = self.new_person(part)
        self.site.enrol(course or self.course, person, role)
        return person

    def new_person(self, part: str = "student") -> Person:
        """Somebody with an account and no part in any course."""
        person = self._lent() if self.environment.accounts.given is None else self._given(part)
        prefix = f"videos/{person.id}/"
        self.journal.record("prefix", prefix=prefix, before=self.bucket.keys(prefix))
        return person

    def _lent(self) -> Person:
        claimed = self._claim()
        first, last = self._faker.first_name(), f"{self._faker.last_name()} {self.run_id} {self.worker}"
        if isinstance(claimed, Account):
            return self.site.change_person(claimed, first, last, _password(), suspended=False)
        return self.site.create_person(claimed, f"{claimed}@{DOMAIN}", first, last, _password())

    def _claim(self) -> Account | str:
        """An idle account of the pool, else a user name that is still free; no other worker gets the same."""
        with self.journal.lock():
            taken = {entry["username"] for entry in self.journal.entries("account")}
            known = {account.username for account in self._pool}
            idle = [account for account in self._pool if _is_ours(account) and account.suspended]
            idle = [account for account in idle if account.username not in taken]
            free = [username for username in POOL if username not in taken | known]
            if not idle and not free:
                raise SiteError(f"All {len(POOL)} test people are in use on {self.site.base_url}.")
            claimed = idle[0] if idle else free[0]
            self.journal.record("account", username=claimed.username if isinstance(claimed, Account) else claimed)
        return claimed

    def _given(self, part: str) -> Person:
        given = getattr(self.environment.accounts.given, part)
        if given is None:
            raise ConfigurationError(
                f"{self.environment.file}: the tests need a {part.replace('_', ' ')}. Add {part} to [accounts.given]."
            )
        for account in self.site.accounts([given.username.lower()]):
            return Person(**vars(account), password=given.password.get_secret_value())
        raise ConfigurationError(
            f"{self.environment.file}: accounts.given.{part}: {self.environment.base_url} has no account "
            f"{given.username}. Create it there, or correct the name."
        )

    # -- clean-up ---------------------------------------------------------------------------------

    def close(self, *, keep: bool = False) -> CleanUp:
        """Removes what the run created, looks whether it is gone, and gives the site back.

        With `keep` what was created stays until the next run; settings are put back, and the lock goes.
        """
        report = CleanUp()
        with report.attempt():
            self.log_in()
            if keep:
                self._restore_settings([self.journal], report)
            else:
                journals = Journal.left_behind(self.environment.base_url, self.run_id)
                report = self._clean_up([*journals, self.journal])
        with report.attempt():
            if self._lock is not None:
                self._lock.release()
                self._lock = None
                self.site.empty_recycle_bin(self.category, OURS)
        if not keep and not report.problems:
            self.journal.remove()
        return report

    def _clean_up(self, journals: list[Journal]) -> CleanUp:
        report = CleanUp()
        self._restore_settings(journals, report)
        with report.attempt():
            people = [account for account in self.site.accounts(POOL) if _is_ours(account) and not account.suspended]
            before = _keys_before(journals)
            for person in people:
                before.setdefault(f"videos/{person.id}/", set())
            with report.attempt():
                report.objects = self._new_objects(before)
            self.delete_courses(report)
            with report.attempt():
                self._delete_objects(before, report)
            managers = self.site.role_holders(self.category, "manager") if people else set()
            for person in people:
                with report.attempt():
                    if person.id in managers:
                        self.site.remove_role(self.category, person, "manager")
                    self._put_back(person, report)
        if not report.problems:
            for journal in journals:
                if journal is not self.journal:
                    journal.remove()
        return report

    def _restore_settings(self, journals: list[Journal], report: CleanUp) -> None:
        for journal in journals:
            with report.attempt():
                report.settings += restore(self.site, journal)

    def _new_objects(self, before: dict[str, set[str]]) -> list[str]:
        return [key for prefix, old in before.items() for key in self.bucket.keys(prefix) if key not in old]

    def delete_courses(self, report: CleanUp) -> None:
        """Removes the courses that a run created, with what was handed in there, and tells `report`."""
        for course, name in self._our_courses().items():
            with report.attempt():
                self.site.delete_course(course)
                report.courses.append(name)
        with report.attempt():
            self.site.empty_recycle_bin(self.category, OURS)
        report.problems += [f"The course {name} is still there." for name in self._our_courses().values()]

    def _delete_objects(self, before: dict[str, set[str]], report: CleanUp) -> None:
        left = self._new_objects(before)
        report.left_by_plugin = [self.bucket.object(key) for key in left]
        self.bucket.delete(left)
        report.problems += [f"The object {key} is still on S3." for key in self._new_objects(before)]

    def _put_back(self, person: Account, report: CleanUp) -> None:
        password = _password()
        self.site.change_person(person, "Idle", "S3 Video acceptance", password, suspended=True)
        try:
            new_site(self.environment).login(person.username, password)
        except LoginRefused:
            report.people.append(person.username)
        else:
            report.problems.append(f"The test person {person.username} can still log in; suspend that account.")

    def _our_courses(self) -> dict[int, str]:
        courses = self.site.courses_in(self.category)
        return {course: name for course, name in courses.items() if name.startswith(COURSE_NAME) and OURS.match(name)}

    def log_in(self) -> None:
        """Begins a new session of the administrator. Raises ConfigurationError when the site refuses the account."""
        admin = self.environment.accounts.admin
        try:
            self.site.login(admin.username, admin.password.get_secret_value())
        except LoginRefused as refused:
            raise ConfigurationError(f"{refused} ({self.environment.file}: accounts.admin)") from refused


def _is_ours(account: Account) -> bool:
    """Nobody else's account is ever touched."""
    return account.username in POOL and account.email == f"{account.username}@{DOMAIN}"


def _keys_before(journals: list[Journal]) -> dict[str, set[str]]:
    """For each prefix that a run used, the objects that were there before any run did."""
    before: dict[str, set[str]] = {}
    for journal in journals:
        for entry in journal.entries("prefix"):
            keys = set(entry["before"])
            before[entry["prefix"]] = before.get(entry["prefix"], keys) & keys
    return before


def _password() -> str:
    """Random, and within every password policy that Moodle can be told to keep."""
    return f"{secrets.token_urlsafe(18)}-aA1"
