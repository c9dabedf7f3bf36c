"""The versions of Moodle that the replica speaks as: page objects and services go through 2.7 and 2.8 on each of them.

And they would notice: a locator of one version only is red on another.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count

import pytest
from playwright.sync_api import Error, Page, expect

import media
from checks.access import VIDEOS
from checks.installation import TASK
from checks.tasks import expect_success
from clients.http import Session
from clients.moodle.accounts import Accounts
from clients.moodle.assignments import assignments_of, create_assignment, remove_submissions, save_submission
from clients.moodle.client import MoodleClient
from clients.moodle.courses import Courses
from clients.moodle.model import Assignment, Person
from clients.moodle.tasks import Task
from clients.plugin import api as plugin_api
from clients.plugin.administration import release
from clients.plugin.api import Video, grading_table
from pages.assignment import AssignmentPage
from pages.base import Moodle, clear_the_way
from pages.login import LoginPage
from replica.versions import VERSIONS
from runner.configuration.environment import Environment
from runner.configuration.naming import DOMAIN
from selftest.runs.static_pages import says
from selftest.runs.students import PASSWORD, VIDEO, session_of, upload

NUMBERS = count(1)
Speak = Callable[..., None]
AtBrowser = Callable[[Person], Page]


@dataclass(frozen=True)
class School:
    """An assignment with a teacher and a student, as the suite's services set them up on the version at hand."""

    assignment: Assignment
    teacher: Person
    student: Person


@pytest.fixture
def speak(environment: Environment) -> Iterator[Speak]:
    """The replica speaks as a version, until the end of the test."""
    session = Session(environment.verify, 30)

    def speak(version: str, **profiles: object) -> None:
        wanted = {"moodle": version} | {name.replace("_", "-"): value for name, value in profiles.items()}
        assert session.put(environment.url("/__replica__/site"), json=wanted).ok

    yield speak
    session.put(environment.url("/__replica__/site"), json={})


@pytest.fixture
def school(site: MoodleClient, category: int) -> Iterator[Callable[[], School]]:
    courses, made = Courses(site), []

    def school() -> School:
        number = next(NUMBERS)
        course = courses.create(category, f"Of test_versions {number}", f"of-test-versions-{number}")
        made.append(course)
        accounts = Accounts(site, courses)
        people = []
        for role in ("editingteacher", "student"):
            name = f"{role}-of-versions-{number}"
            people.append(accounts.create(name, f"{name}@{DOMAIN}", "Ann", f"Zz {name}", PASSWORD))
            accounts.enrol(course, people[-1], role)
        due = datetime.now() + timedelta(days=3)
        return School(create_assignment(site, course, "A video", due), *people)

    yield school
    for course in made:
        courses.delete(course.id)


@pytest.fixture
def at_browser(tab: Page, moodle: Moodle) -> Iterator[AtBrowser]:
    """Logs somebody in in a window of their own, at the second attempt: the first password is wrong."""
    browser = tab.context.browser
    assert browser
    windows = []

    def at_browser(person: Person) -> Page:
        windows.append(browser.new_context(ignore_https_errors=True))
        page = windows[-1].new_page()
        page.set_default_timeout(moodle.page * 1000)
        clear_the_way(page)
        with says("to be logged in, seen the log-in page again: Invalid login"):
            LoginPage(page, moodle).open().log_in(person.username, "a-wrong-password")
        LoginPage(page, moodle).open().log_in(person.username, person.password)
        return page

    yield at_browser
    for window in windows:
        window.close()


@pytest.fixture
def moodle(environment: Environment) -> Iterator[Moodle]:
    expect.set_options(timeout=5000)
    yield Moodle(environment.base_url, page=5, upload=5, play=1)
    expect.set_options(timeout=5000)


@pytest.mark.parametrize(
    "version",
    [pytest.param(one, marks=[pytest.mark.nightly] if one != "4.5" else []) for one in VERSIONS],
)
def test_a_students_way_and_a_teachers(
    version: str, speak: Speak, school: Callable[[], School], at_browser: AtBrowser, moodle: Moodle,
    site: MoodleClient, environment: Environment,
) -> None:  # fmt: skip
    speak(version)
    assert release(site).startswith(version)
    here = school()
    cmid = here.assignment.cmid

    page = at_browser(here.student)
    form = AssignmentPage(page, moodle).open(id=cmid).add_submission()
    form.widget.expect_ready()
    theirs = session_of(here.student, environment)
    key = upload(theirs, here.assignment, environment)
    save_submission(theirs, here.assignment, key, len(VIDEO), "video/mp4")
    submitted = AssignmentPage(page, moodle).open(id=cmid)
    submitted.expect_submitted()
    submitted.expect_video(len(VIDEO), key)

    table = AssignmentPage(at_browser(here.teacher), moodle).open(id=cmid).view_all_submissions()
    table.expect_video(here.student.id)
    grader = table.grade(here.student.id)
    expect(grader.page.locator(VIDEOS).first, "the student's video").to_be_attached()

    video = Video(person=here.student, assignment=here.assignment, clip=media.WEBM, id=0, key=key)
    assert plugin_api.grader(session_of(here.teacher, environment), video).page.select(VIDEOS)
    assert assignments_of(site, here.assignment.course.id) == [cmid]
    remove_submissions(site, cmid, [here.student.id])
    AssignmentPage(page, moodle).open(id=cmid).expect_no_video()


WAY, MENU, REFUSED = "pages.assignment.ALL_SUBMISSIONS", "pages.grading.MENU_TOGGLE", "pages.login.LOGIN_REFUSED"


@pytest.mark.parametrize(
    ("version", "locator", "of_another", "told"),
    [
        ("4.1", WAY, "a:text-is('Submissions')", "the link to all submissions"),
        ("4.5", WAY, "a:text-is('View all submissions')", "the link to all submissions"),
        ("5.1", WAY, "a:text-is('View all submissions')", "the link to all submissions"),
        ("4.5", MENU, "[data-bs-toggle=dropdown]", "waiting for .*data-bs-toggle=dropdown"),
        ("5.1", MENU, "[data-toggle=dropdown]", "waiting for .*data-toggle=dropdown"),
        ("5.1", REFUSED, "#loginerrormessage.sr-only + .alert-danger", "seen the log-in page again: https"),
    ],
)
@pytest.mark.nightly
def test_a_locator_of_another_version_is_red(
    version: str, locator: str, of_another: str, told: str, speak: Speak, school: Callable[[], School],
    at_browser: AtBrowser, moodle: Moodle, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    speak(version)
    here = school()
    monkeypatch.setattr(locator, of_another)

    def to_the_grader() -> None:
        page = at_browser(here.teacher)
        page.set_default_timeout(2000)
        expect.set_options(timeout=2000)
        AssignmentPage(page, moodle).open(id=here.assignment.cmid).view_all_submissions().grade(here.student.id)

    with pytest.raises((AssertionError, Error), match=told):
        to_the_grader()


@pytest.mark.parametrize("version", VERSIONS)
def test_what_a_task_says(speak: Speak, site: MoodleClient, version: str) -> None:
    speak(version)
    expect_success(Task(site, TASK).run())


def test_ten_rows_a_page(speak: Speak, school: Callable[[], School], environment: Environment) -> None:
    """Up to Moodle 4.4 no address widens the grading table: whoever asks over HTTP looks through its pages."""
    speak("4.1", many_people=25)
    here = school()
    video = Video(person=here.student, assignment=here.assignment, clip=media.WEBM, id=0, key="")
    answer = grading_table(session_of(here.teacher, environment), video)
    assert len(answer.page.select("tr[class^=user]")) <= 10
    assert answer.page.select_one(f"tr.user{here.student.id}")
