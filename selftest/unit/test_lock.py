"""The lock lets one run in, on a site that keeps courses as Moodle does."""

import itertools
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta

import pytest
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_fixed

from clients.errors import SiteError
from clients.moodle.client import MoodleClient
from clients.moodle.courses import Courses
from clients.moodle.model import Course
from runner.configuration.naming import LOCK_NAME
from runner.reservation.lock import LEASE, Lock, Locked, _user

CATEGORY = 2


class PatientSite(MoodleClient):
    """One whose sessions do not end."""

    def log_in_again(self) -> None:
        pass


class FakeCourses(Courses):
    """Courses with a short name that may not come twice; `checks` off stands for Moodle's race."""

    def __init__(self) -> None:
        super().__init__(PatientSite("https://moodle.test"))
        self.courses: dict[int, list[str]] = {}
        self.notes: dict[int, str] = {}
        self.elsewhere: set[str] = set()
        self.checks = True
        self.on_delete: Callable[[], None] = lambda: None
        self._ids = itertools.count(3)

    def create(self, category: int, name: str, short_name: str, summary: str = "") -> Course:
        taken = short_name in self.elsewhere or any(short == short_name for _, short, _ in self.courses.values())
        if self.checks and taken:
            raise SiteError("Creating the course failed.", {"shortname": "Short name is already used"})
        course = Course(next(self._ids), name, short_name)
        self.courses[course.id] = [name, short_name, summary]
        return course

    def delete(self, course: int) -> None:
        self.on_delete()
        if course not in self.courses:
            raise SiteError(f"There is no course {course}.")
        del self.courses[course]

    def still_open(self, courses: Iterable[int]) -> set[int]:
        return self.courses.keys() & set(courses)

    def within(self, category: int) -> dict[int, str]:
        return {course: name for course, (name, _, _) in self.courses.items()}

    def summary(self, course: int) -> str:
        return self.courses[course][2]

    def idnumber(self, course: int) -> str:
        return self.notes.get(course, "")

    def write_summary(self, course: int, summary: str) -> None:
        if course not in self.courses:
            raise SiteError(f"There is no course {course}.")
        self.courses[course][2] = summary


@pytest.fixture
def site() -> FakeCourses:
    return FakeCourses()


def take(site: FakeCourses, run: str, dead: tuple[str, ...] = (), undo: Callable[[str], None] = print) -> Lock:
    return Lock(site, CATEGORY, run, is_dead=lambda other: other in dead, undo=undo)


def expire(site: FakeCourses) -> None:
    for course in site.courses.values():
        course[2] = f"Held by somebody, run old until {datetime.now(UTC) - timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}."


def test_a_second_run_is_told_who_has_the_site_and_until_when(site: FakeCourses) -> None:
    take(site, "first")
    with pytest.raises(Locked, match=r"moodle\.test is in use by .*@.*, run first until .*UTC.*Wait") as locked:
        take(site, "second")
    assert timedelta(0) < locked.value.until - datetime.now(UTC) <= LEASE
    assert len(site.courses) == 1


def test_what_is_released_can_be_taken(site: FakeCourses) -> None:
    take(site, "first").release()
    assert not site.courses
    take(site, "second")


def test_an_expired_lock_is_taken_over(site: FakeCourses) -> None:
    take(site, "first")
    expire(site)
    take(site, "second")
    ((_, _, summary),) = site.courses.values()
    assert "run second until" in summary


def test_a_dead_run_does_not_keep_its_lock(site: FakeCourses) -> None:
    take(site, "first")
    take(site, "second", dead=("first",))
    assert len(site.courses) == 1


def test_a_lock_that_nobody_can_read_is_respected(site: FakeCourses) -> None:
    take(site, "first")
    for course in site.courses.values():
        course[2] = "changed by hand"
    with pytest.raises(
        SiteError, match=r"says no longer who holds the site.*puts back what the course's ID number notes"
    ):
        take(site, "second")


@pytest.mark.parametrize(
    "until",
    ["2026-13-45T99:99:99Z", "soon", "9999999-01-01T00:00:00Z", "9999-12-31T23:59:59Z"],
    ids=["no such day", "a word", "no such year", "for ever"],
)
def test_a_lease_that_cannot_be(site: FakeCourses, until: str) -> None:
    take(site, "first")
    for course in site.courses.values():
        course[2] = f"Held by somebody, run old until {until}."
    with pytest.raises(SiteError, match="says no longer who holds the site"):
        take(site, "second")
    assert len(site.courses) == 1


def test_a_lock_names_no_file_of_this_machine(site: FakeCourses) -> None:
    asked: list[str] = []

    def is_dead(other: str) -> bool:
        asked.append(other)
        return False

    take(site, "first")
    for course in site.courses.values():
        course[2] = "Held by x, run ../../../etc/passwd until 2099-01-01T00:00:00Z."
    with pytest.raises(SiteError):
        Lock(site, CATEGORY, "second", is_dead=is_dead, undo=print)
    assert asked == []


def test_no_message_advises_what_loses_the_note(site: FakeCourses) -> None:
    take(site, "first")
    with pytest.raises(Locked) as locked:
        take(site, "second")
    assert "delete" not in str(locked.value).casefold()
    assert f"{LOCK_NAME} must stay" in str(locked.value)


def test_a_note_that_cannot_be_undone_now_stays(site: FakeCourses) -> None:
    first = take(site, "first")
    site.notes[first.course] = "plugin:first::"

    def read_only(_: str) -> None:
        raise SiteError("The site is read-only.")

    with pytest.raises(SiteError, match="read-only"):
        take(site, "second", dead=("first",), undo=read_only)
    assert list(site.courses) == [first.course]


def test_of_two_at_once_the_earlier_wins(site: FakeCourses) -> None:
    site.checks = False
    first = take(site, "first")
    with pytest.raises(Locked, match="run first"):
        take(site, "second")
    first.release()
    assert not site.courses


def test_of_two_that_find_it_expired_one_wins(site: FakeCourses) -> None:
    take(site, "first")
    expire(site)

    def the_other_is_faster() -> None:
        site.on_delete = lambda: None
        take(site, "second")

    site.on_delete = the_other_is_faster
    with pytest.raises(Locked, match="run second"):
        take(site, "third")


def test_a_lock_outside_the_category_is_named(site: FakeCourses) -> None:
    site.elsewhere.add(LOCK_NAME)
    with pytest.raises(SiteError, match=r"outside the category.*Move it back into that category"):
        take(site, "first")


def test_another_failure_is_not_taken_for_a_held_lock(site: FakeCourses, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Course:
        raise SiteError("Creating the course failed.", {"fullname": "Required"})

    monkeypatch.setattr(site, "create", broken)
    with pytest.raises(SiteError, match="Creating the course failed"):
        take(site, "first")


@contextmanager
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Meanwhile a lease lasts for 0.2 s."""
    with monkeypatch.context() as patched:
        patched.setattr("runner.reservation.lock.LEASE", timedelta(seconds=0.2))
        yield


def test_what_a_dead_run_noted_is_undone_before_its_lock_goes(site: FakeCourses) -> None:
    first = take(site, "first")
    site.notes[first.course] = "aws_secret_key:first:1:2"
    seen: list[tuple[str, int]] = []
    take(site, "second", dead=("first",), undo=lambda note: seen.append((note, len(site.courses))))
    assert seen == [("aws_secret_key:first:1:2", 1)]


def test_the_lease_is_renewed_while_a_test_takes_its_time(site: FakeCourses, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = take(site, "first")
    (course,) = site.courses.values()
    course[2] = ""
    with impatient(monkeypatch), lock.kept(site, nullcontext):
        expect_soon(lambda: "run first until" in course[2])
    lock.expect_kept()
    assert "lease" not in {thread.name for thread in threading.enumerate()}


def test_a_renewal_that_fails_once_is_tried_again(site: FakeCourses, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = take(site, "first")
    (course,) = site.courses.values()
    course[2] = ""
    write, failures = site.write_summary, iter([SiteError("The session was over.")])

    def write_summary(course: int, summary: str) -> None:
        if failure := next(failures, None):
            raise failure
        write(course, summary)

    monkeypatch.setattr(site, "write_summary", write_summary)
    with impatient(monkeypatch), lock.kept(site, nullcontext):
        expect_soon(lambda: "run first until" in course[2])
    lock.expect_kept()


def test_losing_the_lock_is_an_error(site: FakeCourses, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = take(site, "first")
    site.courses.clear()
    with impatient(monkeypatch), lock.kept(site, nullcontext):
        expect_soon(lambda: lock._trouble is not None)
    with pytest.raises(SiteError):
        lock.expect_kept()


def expect_soon(true: Callable[[], bool]) -> None:
    Retrying(retry=retry_if_result(lambda seen: not seen), stop=stop_after_delay(5), wait=wait_fixed(0.02))(true)


def test_a_user_without_a_name_on_the_machine_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found: 1001")

    monkeypatch.setattr("getpass.getuser", nobody)
    assert _user() == f"uid {os.getuid()}"
