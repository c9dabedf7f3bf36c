"""One run at a time on a site: the lock is a course, because Moodle refuses a second one of its short name."""

from __future__ import annotations

import getpass
import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime, timedelta

from clients.errors import SiteError, Unreachable
from clients.moodle.courses import Courses
from clients.moodle.model import Course
from runner.configuration.naming import LOCK_NAME

LEASE = timedelta(minutes=20)
"""For how long a run holds a site at a time; no clock that S3 accepts lets one last for three of them."""

SUMMARY = re.compile(
    r"Held by (?P<holder>.{1,300}, run (?P<run>[\w-]{1,40})) until (?P<until>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"
)


def notes(courses: Courses, category: int) -> list[str]:
    """What the locks in the category say that somebody must undo."""
    locks = [course for course, name in courses.within(category).items() if name == LOCK_NAME]
    return [note for course in locks if (note := courses.idnumber(course))]


def _user() -> str:
    """Who runs this: a name, or the number of a user whom the machine has no name for, as in a container."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


class Locked(Exception):
    """Another run holds the site; `until` is when its lease ends unless it is renewed."""

    def __init__(self, base_url: str, holder: str, until: datetime) -> None:
        super().__init__(
            f"{base_url} is in use by {holder} until {until:%Y-%m-%d %H:%M} UTC at least. "
            f"Wait for that; a run that is dead then, the next one or pytest --restore clears up after. The course "
            f"{LOCK_NAME} must stay until then: it says what that run has changed."
        )
        self.holder = holder
        self.until = until


class Lock:
    """The lock on a site, held from construction until `release`. Raises Locked when another run has it.

    A lock that has expired is taken over, and so is that of a run of which `is_dead` is true; `undo` is told first
    what its note says. The note stands in the course's ID number: a change of the site that somebody must undo.
    """

    def __init__(
        self,
        courses: Courses,
        category: int,
        run_id: str,
        *,
        is_dead: Callable[[str], bool],
        undo: Callable[[str], None],
    ) -> None:
        self.courses = courses
        self.category = category
        self.holder = f"{_user()}@{socket.gethostname()}, run {run_id}"
        self._is_dead = is_dead
        self._undo = undo
        self._until = datetime.min.replace(tzinfo=UTC)
        self._trouble: Exception | None = None
        self._course = self._take()

    @property
    def course(self) -> int:
        """Id of the course that is the lock."""
        return self._course.id

    @contextmanager
    def kept(self, courses: Courses, guard: Callable[[], AbstractContextManager[object]]) -> Iterator[None]:
        """Renews the lease in a thread, with a session of its own, while the context lasts.

        `guard` keeps others of the run from writing to the course at the same time.
        """
        over = threading.Event()

        def keep() -> None:
            while not over.wait(LEASE.total_seconds() / 4):
                try:
                    with guard():
                        self._renew(courses)
                except Exception as trouble:
                    self._trouble = trouble
                    return

        keeper = threading.Thread(target=keep, name="lease", daemon=True)
        keeper.start()
        try:
            yield
        finally:
            over.set()
            keeper.join()

    def _renew(self, courses: Courses) -> None:
        """What fails is tried once more, in a new session: the old one may have been what was wrong."""
        try:
            courses.site.log_in_again()
            courses.write_summary(self.course, self._summary())
        except (SiteError, Unreachable):
            courses.site.log_in_anew()
            courses.write_summary(self.course, self._summary())

    def expect_kept(self) -> None:
        """Raises what kept the lease from being renewed."""
        if self._trouble is not None:
            raise self._trouble

    def release(self) -> None:
        """Where the site leaves the deletion to a task, the lock says until then that nobody holds it."""
        self.courses.delete(self.course)
        if self.course in self._locks():
            with suppress(SiteError):
                self.courses.write_summary(self.course, self._summary(timedelta()))
            self.courses.still_open([self.course])

    def _summary(self, lease: timedelta = LEASE) -> str:
        self._until = datetime.now(UTC) + lease
        return (
            f"Held by {self.holder} until {self._until:%Y-%m-%dT%H:%M:%SZ}. "
            "An acceptance run removes this course when it ends."
        )

    def _take(self) -> Course:
        while True:
            try:
                course = self.courses.create(self.category, LOCK_NAME, LOCK_NAME, self._summary())
            except SiteError as error:
                if "shortname" not in error.refused:
                    raise
                self._clear_expired()
            else:
                self._yield_to_an_earlier_one(course)
                return course

    def _locks(self) -> list[int]:
        return sorted(course for course, name in self.courses.within(self.category).items() if name == LOCK_NAME)

    def _locked(self, course: int) -> Locked | None:
        """Who holds the site by this course; None when its lease is over or its run is dead."""
        found = SUMMARY.search(self.courses.summary(course))
        holder, until = ("", None) if found is None else (found["holder"], _time(found["until"]))
        if until is None or until > datetime.now(UTC) + 3 * LEASE:
            raise SiteError(
                f"The summary of the course {LOCK_NAME} on {self.courses.site.base_url} says no longer who holds the "
                "site. If no run is on it, write there: Held by nobody, run dead until 2020-01-01T00:00:00Z. "
                "The next run then puts back what the course's ID number notes."
            )
        over = until <= datetime.now(UTC) or (found is not None and self._is_dead(found["run"]))
        return None if over else Locked(self.courses.site.base_url, holder, until)

    def _clear_expired(self) -> None:
        locks = self._locks()
        if not locks:
            raise SiteError(
                f"A course with the short name {LOCK_NAME} exists outside the category of the acceptance suite "
                f"on {self.courses.site.base_url}. Move it back into that category: it may say what a run has changed. "
                "If no run made it, rename it."
            )
        for course in locks:
            if locked := self._locked(course):
                raise locked
            if note := self.courses.idnumber(course):
                self._undo(note)
            try:
                self.courses.delete(course)
            except SiteError:
                if course in self._locks():
                    raise
                # Another run was faster; which of the two gets the lock, creating it decides.
            self.courses.still_open([course])

    def _yield_to_an_earlier_one(self, own: Course) -> None:
        # Moodle looks for the short name before it writes, so two at once can both succeed.
        for course in self._locks():
            try:
                if course < own.id and (locked := self._locked(course)):
                    raise locked
            except (Locked, SiteError):
                self.courses.delete(own.id)
                raise
