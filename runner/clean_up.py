"""Removal of what runs created: it asks the site, not a memory of the run.

So it also finds what a killed run on another machine left: courses in the suite's category with a run's name, and
test people who are not suspended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from runner.changed_settings import restore
from runner.journal import Journal
from runner.ours import COURSE_NAME, COURSES, is_ours
from runner.people_pool import new_password
from services.bucket import Bucket, StoredObject
from services.errors import ConfigurationError, LoginRefused, SiteError, Unreachable
from services.moodle.accounts import Accounts
from services.moodle.courses import Courses
from services.moodle.model import Account
from services.moodle.site import Site


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


class Cleaner:
    """Cleans one site up; the session is an administrator's, `log_in_as` tries an account in a session of its own."""

    def __init__(
        self,
        courses: Courses,
        accounts: Accounts,
        bucket: Bucket,
        category: int,
        pool: tuple[str, ...],
        log_in_as: Callable[[str, str], None],
    ) -> None:
        self._courses = courses
        self._accounts = accounts
        self._bucket = bucket
        self._category = category
        self._pool = pool
        self._log_in_as = log_in_as

    @property
    def _site(self) -> Site:
        return self._courses.site

    def clean_up(self, journals: list[Journal], own: Journal) -> CleanUp:
        """Everything that runs have left; the journals of those that are dead go when nothing failed."""
        report = CleanUp()
        self.restore_settings(journals, report)
        with report.attempt():
            people = [one for one in self._accounts.find(self._pool) if is_ours(one, self._pool) and not one.suspended]
            before = _keys_before(journals)
            for person in people:
                before.setdefault(f"videos/{person.id}/", set())
            with report.attempt():
                report.objects = self._new_objects(before)
            self.delete_courses(report)
            with report.attempt():
                self._delete_objects(before, report)
            managers = self._accounts.role_holders(self._category, "manager") if people else set()
            for person in people:
                with report.attempt():
                    if person.id in managers:
                        self._accounts.remove_role(self._category, person, "manager")
                    self._suspend(person, report)
        if not report.problems:
            for journal in journals:
                if journal is not own:
                    journal.remove()
        return report

    def restore_settings(self, journals: list[Journal], report: CleanUp) -> None:
        for journal in journals:
            with report.attempt():
                report.settings += restore(self._site, journal)

    def delete_courses(self, report: CleanUp) -> None:
        """Removes the courses that a run created, with what was handed in there, and tells `report`."""
        for course, name in self._our_courses().items():
            with report.attempt():
                self._courses.delete(course)
                report.courses.append(name)
        self.empty_recycle_bin(report)
        report.problems += [f"The course {name} is still there." for name in self._our_courses().values()]

    def empty_recycle_bin(self, report: CleanUp) -> None:
        with report.attempt():
            self._courses.empty_recycle_bin(self._category, COURSES)

    def _new_objects(self, before: dict[str, set[str]]) -> list[str]:
        return [key for prefix, old in before.items() for key in self._bucket.keys(prefix) if key not in old]

    def _delete_objects(self, before: dict[str, set[str]], report: CleanUp) -> None:
        left = self._new_objects(before)
        report.left_by_plugin = [self._bucket.object(key) for key in left]
        self._bucket.delete(left)
        report.problems += [f"The object {key} is still on S3." for key in self._new_objects(before)]

    def _suspend(self, person: Account, report: CleanUp) -> None:
        password = new_password()
        self._accounts.change(person, "Idle", "S3 Video acceptance", password, suspended=True)
        try:
            self._log_in_as(person.username, password)
        except LoginRefused:
            report.people.append(person.username)
        else:
            report.problems.append(f"The test person {person.username} can still log in; suspend that account.")

    def _our_courses(self) -> dict[int, str]:
        courses = self._courses.within(self._category)
        return {id_: name for id_, name in courses.items() if name.startswith(COURSE_NAME) and COURSES.match(name)}


def _keys_before(journals: list[Journal]) -> dict[str, set[str]]:
    """For each prefix that a run used, the objects that were there before any run did."""
    before: dict[str, set[str]] = {}
    for journal in journals:
        for entry in journal.entries("prefix"):
            keys = set(entry["before"])
            before[entry["prefix"]] = before.get(entry["prefix"], keys) & keys
    return before
