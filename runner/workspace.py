"""What a run creates on a site, and its removal."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from runner.clean_up import Cleaner, CleanUp
from runner.connect import new_bucket, new_site
from runner.environment import Environment
from runner.journal import Journal
from runner.lock import Lock, Locked
from runner.ours import CATEGORY, COURSE_NAME, POOL
from runner.people_pool import PeoplePool
from services.errors import ConfigurationError, LoginRefused
from services.moodle.accounts import Accounts
from services.moodle.assignments import create_assignment
from services.moodle.courses import Courses
from services.moodle.model import Account, Assignment, Course, Person
from services.moodle.plugin import plugin

DUE = timedelta(days=30)


class Workspace:
    """One run's place on a site. The controller opens and closes it; workers attach to it.

    Where the environment gives accounts, those play the parts and no person is created.
    """

    def __init__(self, environment: Environment, run_id: str, worker: str, pool: tuple[str, ...] = POOL) -> None:
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
        self.courses = Courses(self.site)
        self.accounts = Accounts(self.site, self.courses)
        self.log_in()
        category = self.courses.category(CATEGORY)
        if category is None:
            raise ConfigurationError(
                f"{environment.base_url} is not marked as a test site: it has no course category with the ID number "
                f"{CATEGORY}. Create one under Site administration > Courses, on a site where tests may write."
            )
        self.category = category
        self.course: Course
        self.dead_runs = CleanUp()
        self.cleaner = Cleaner(
            self.courses,
            self.accounts,
            self.bucket,
            category,
            pool,
            lambda username, password: new_site(environment).login(username, password),
        )
        self._pool = pool
        self._known: list[Account] = []
        self._lock: Lock | None = None

    @classmethod
    def open(cls, environment: Environment, run_id: str, pool: tuple[str, ...] = POOL) -> Workspace:
        """Takes the site's lock, removes what dead runs left (`dead_runs`), creates the run's course.

        Raises ConfigurationError, Locked, Unreachable, or SiteError.
        """
        workspace = cls._locked(environment, run_id, pool)
        try:
            journals = Journal.left_behind(environment.base_url, run_id)
            workspace.dead_runs = workspace.cleaner.clean_up(journals, workspace.journal)
            workspace._lend_from(workspace.accounts.find(pool))
            workspace.course = workspace.new_course()
        except BaseException:
            workspace.close()
            raise
        return workspace

    @classmethod
    def restore(cls, environment: Environment) -> CleanUp:
        """Puts back and removes what dead runs left, and nothing else; raises as `open` does."""
        return cls._locked(environment, f"restore-{secrets.token_hex(3)}").close()

    @classmethod
    def _locked(cls, environment: Environment, run_id: str, pool: tuple[str, ...] = POOL) -> Workspace:
        workspace = cls(environment, run_id, "main", pool)
        found = plugin(workspace.site)
        if found is None or not found.enabled:
            raise ConfigurationError(
                f"The S3 Video plugin is {'disabled' if found else 'not installed'} on {environment.base_url}. "
                "See Site administration > Plugins > Assignment > Manage assignment submission plugins (step 2.6)."
            )
        workspace.bucket.check()
        workspace.journal.live()
        try:
            workspace._lock = Lock(
                workspace.courses,
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
        known = [asdict(account) for account in self._known]
        return {"run_id": self.run_id, "course": asdict(self.course), "known": known, "pool": self._pool}

    @classmethod
    def attach(cls, environment: Environment, state: dict[str, Any], worker: str) -> Workspace:
        """A worker's hold on the workspace that the controller opened; `worker` goes into every name."""
        workspace = cls(environment, state["run_id"], worker, tuple(state["pool"]))
        workspace.course = Course(**state["course"])
        workspace._lend_from([Account(**account) for account in state["known"]])
        return workspace

    def _lend_from(self, known: list[Account]) -> None:
        self._known = known
        self.people = PeoplePool(
            self.environment, self.accounts, self.journal, known, self._pool, f"{self.run_id} {self.worker}"
        )

    def refresh(self) -> None:
        """Keeps the site's lock; call it often while the run lasts, from the controller."""
        if self._lock is not None:
            self._lock.refresh()

    def log_in(self) -> None:
        """Begins a new session of the administrator. Raises ConfigurationError when the site refuses the account."""
        admin = self.environment.accounts.admin
        try:
            self.site.login(admin.username, admin.password.get_secret_value())
        except LoginRefused as refused:
            raise ConfigurationError(f"{refused} ({self.environment.file}: accounts.admin)") from refused

    # -- what tests need --------------------------------------------------------------------------

    def course_name(self) -> tuple[str, str]:
        """A name and a short name by which clean-up knows a course as ours, whoever creates it."""
        mark = f"{self.run_id} {self.worker} {secrets.token_hex(3)}"
        return f"{COURSE_NAME} {mark}", f"s3va-{mark.replace(' ', '-')}"

    def new_course(self) -> Course:
        return self.courses.create(self.category, *self.course_name())

    def new_assignment(self, course: Course | None = None) -> Assignment:
        name = f"Test Video Upload {self.run_id} {self.worker} {secrets.token_hex(3)}"
        with self.journal.lock():  # Moodle loses a section's list of activities when two requests write it at once
            return create_assignment(self.site, course or self.course, name, datetime.now() + DUE)

    def new_student(self, course: Course | None = None, part: str = "student") -> Person:
        """A student of `course`, the run's own by default; `part` as in `[accounts.given]`."""
        return self._enrolled(part, "student", course)

    def new_teacher(self, course: Course | None = None, part: str = "teacher") -> Person:
        return self._enrolled(part, "editingteacher", course)

    def new_manager(self) -> Person:
        """A manager of the suite's category only."""
        person = self.new_person("manager")
        if not self.people.is_given:
            self.accounts.assign_role(self.category, person, "manager")
        return person

    def _enrolled(self, part: str, role: str, course: Course | None) -> Person:
        person = self.new_person(part)
        self.accounts.enrol(course or self.course, person, role)
        return person

    def new_person(self, part: str = "student") -> Person:
        """Somebody with an account and no part in any course."""
        person = self.people.person(part)
        prefix = f"videos/{person.id}/"
        self.journal.record("prefix", prefix=prefix, before=self.bucket.keys(prefix))
        return person

    # -- the end ----------------------------------------------------------------------------------

    def close(self, *, keep: bool = False) -> CleanUp:
        """Removes what the run created, looks whether it is gone, and gives the site back.

        With `keep` what was created stays until the next run; settings are put back, and the lock goes.
        """
        report = CleanUp()
        with report.attempt():
            self.log_in()
            if keep:
                self.cleaner.restore_settings([self.journal], report)
            else:
                journals = Journal.left_behind(self.environment.base_url, self.run_id)
                report = self.cleaner.clean_up([*journals, self.journal], self.journal)
        with report.attempt():
            if self._lock is not None:
                self._lock.release()
                self._lock = None
                self.cleaner.empty_recycle_bin(report)
        if not keep and not report.problems:
            self.journal.remove()
        return report
