"""Removal of what runs created: it asks the site, not a memory of the run.

So it also finds what a killed run on another machine left: courses in the suite's category with a run's name, and
test people who are not suspended. Only S3 is another matter: a bucket may be shared, so no object is deleted but those
whose keys a presigned form promised to a run, which the run's journal holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields

from tenacity import Retrying, retry_if_result, stop_after_attempt, wait_fixed

from clients.errors import ConfigurationError, LoginRefused, SiteError, UnexpectedAnswer, Unreachable
from clients.moodle.accounts import Accounts
from clients.moodle.assignments import assignments_of, remove_submissions
from clients.moodle.client import MoodleClient
from clients.moodle.courses import Courses
from clients.moodle.model import Account
from clients.plugin.video_list import listed
from clients.s3 import Bucket, StoredObject
from runner.configuration.naming import COURSE_NAME, COURSES, NOTIFIED, POOL, address_of, is_ours
from runner.reservation.changed_settings import LeftAsItIs, Note, undo
from runner.reservation.journal import Entry, Journal
from runner.reservation.people_pool import new_password

PROMISED = "promised"
"""Kind of journal entry: a key for which the plugin gave a presigned form."""

WRITTEN = Retrying(
    retry=retry_if_result(bool),
    stop=stop_after_attempt(4),
    wait=wait_fixed(0.5),
    retry_error_callback=lambda state: state.outcome.result() if state.outcome else [],
)
"""Until S3 has written, and lost again, what was on its way to it when a run was told to stop."""

SETTING = "setting"
"""Kind of journal entry: the note of a changed setting."""


@dataclass
class CleanUp:
    """What was put back and removed, what the plugin had left after its courses were gone, and what failed.

    `not_promised` are keys that came to S3 under the run's people although no form of the plugin named them: they stay.
    `rows_left` counts the videos that the plugin still lists although their courses are gone.
    """

    settings: list[str] = field(default_factory=list)
    courses: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    left_by_plugin: list[StoredObject] = field(default_factory=list)
    not_promised: list[str] = field(default_factory=list)
    rows_left: int = 0
    problems: list[str] = field(default_factory=list)

    def __add__(self, other: CleanUp) -> CleanUp:
        return CleanUp(**{one.name: getattr(self, one.name) + getattr(other, one.name) for one in fields(self)})

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Lets the rest of the clean-up go on after a step that failed."""
        try:
            yield
        except (SiteError, Unreachable, ConfigurationError, UnexpectedAnswer, OSError) as problem:
            self.problems.append(str(problem))


class Cleaner:
    """Cleans one site up; the session is an administrator's, `log_in_as` tries an account in a session of its own."""

    def __init__(
        self,
        courses: Courses,
        accounts: Accounts,
        bucket: Bucket,
        category: int,
        log_in_as: Callable[[str, str], None],
        pool: Sequence[str] = POOL,
    ) -> None:
        """`pool` are the user names of the suite's own people, who are suspended."""
        self._courses = courses
        self._accounts = accounts
        self._bucket = bucket
        self._category = category
        self._log_in_as = log_in_as
        self._pool = pool

    @property
    def _site(self) -> MoodleClient:
        return self._courses.site

    def clean_up(self, journals: list[Journal], own: Journal) -> CleanUp:
        """Everything that runs have left; the journals of those that are dead go when nothing failed."""
        report = CleanUp()
        self.restore_settings(journals, report)
        self.delete_courses(report)
        with report.attempt():
            self.delete_objects(journals, report)
        with report.attempt():
            found = self._accounts.find(self._pool) if self._pool else []
            people = [one for one in found if is_ours(one) and not one.suspended]
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
        """Undoes what the journals say; whoever undoes it later finds it done."""
        for journal in journals:
            for entry in journal.entries(SETTING):
                with report.attempt():
                    if "note" not in entry:
                        raise ConfigurationError(
                            f"{journal.path} was left by an older version of the suite, which put settings back in "
                            "another way: run that version's pytest --restore."
                        )
                    try:
                        self.undo(entry["note"], report, entry)
                    except LeftAsItIs:
                        journal.settle(entry["id"])
                        raise
                    journal.settle(entry["id"])

    def undo(self, note: str, report: CleanUp, entry: Entry | None = None) -> None:
        """Undoes what the note of a lock, or of a journal's entry, says. Raises LeftAsItIs for what stays."""
        change = Note.parse(note)
        if undo(self._site, change, entry):
            report.settings.append(change.name)

    def delete_courses(self, report: CleanUp) -> None:
        """Removes the courses that a run created, with what was handed in there, and tells `report`."""
        for course, name in self._our_courses().items():
            with report.attempt():
                if people := self._accounts.participants(course):
                    for assignment in assignments_of(self._site, course):
                        remove_submissions(self._site, assignment, people)
                report.rows_left += len(listed(self._site, courseid=course))
                self._courses.delete(course)
                report.courses.append(name)
        left = self._our_courses()
        still_open = self._courses.still_open(left)
        self.empty_recycle_bin(report)
        report.problems += [f"The course {left[course]} is still there." for course in sorted(still_open)]

    def empty_recycle_bin(self, report: CleanUp) -> None:
        with report.attempt():
            self._courses.empty_recycle_bin(self._category, COURSES)

    def delete_objects(self, journals: list[Journal], report: CleanUp) -> None:
        """What forms promised to the runs of these journals, as far as S3 has it by now."""
        promised = {entry["key"] for journal in journals for entry in journal.entries(PROMISED)}
        left = stored(self._bucket, promised)
        report.left_by_plugin += [self._bucket.object(key) for key in left]
        self._bucket.delete(left)

        def late() -> list[str]:
            still = stored(self._bucket, promised)
            self._bucket.delete(still)
            return still

        for key in WRITTEN.copy()(late):
            report.problems.append(f"The object {key} is still on S3.")

    def _suspend(self, person: Account, report: CleanUp) -> None:
        if person.username == NOTIFIED:
            self._accounts.stop_mail(person)
        password = new_password()
        address = address_of(person.username)
        self._accounts.change(person, "Idle", "S3 Video acceptance", password, suspended=True, email=address)
        try:
            self._log_in_as(person.username, password)
        except LoginRefused:
            report.people.append(person.username)
        else:
            report.problems.append(f"The test person {person.username} can still log in; suspend that account.")

    def _our_courses(self) -> dict[int, str]:
        courses = self._courses.within(self._category)
        return {id_: name for id_, name in courses.items() if name.startswith(COURSE_NAME) and COURSES.match(name)}


def stored(bucket: Bucket, keys: set[str]) -> list[str]:
    """Those of `keys` that S3 holds."""
    prefixes = {f"{key.rpartition('/')[0]}/" for key in keys}
    return [key for prefix in sorted(prefixes) for key in bucket.keys(prefix) if key in keys]
