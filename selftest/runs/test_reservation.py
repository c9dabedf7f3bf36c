"""A run's hold on a site: what it makes and removes, and where it must not begin."""

import re

import pytest
import requests
from pydantic import SecretStr

from clients.addresses import NOTIFICATION_PREFERENCES
from clients.errors import ConfigurationError, LoginRefused, NotCheckable, SiteError
from clients.moodle.accounts import Accounts
from clients.moodle.assignments import save_submission
from clients.moodle.client import MoodleClient
from clients.moodle.courses import Courses
from clients.moodle.model import Account, Person
from clients.moodle.notifications import notifications
from clients.plugin.administration import plugin_settings, save_plugin_settings, switch_plugin
from clients.plugin.api import begin_upload, send
from media import MP4
from runner.configuration.connect import new_bucket
from runner.configuration.environment import Environment
from runner.configuration.naming import CATEGORY, COURSE_NAME, LOCK_NAME
from runner.reservation.changed_settings import Change
from runner.reservation.clean_up import SETTING, Cleaner, CleanUp
from runner.reservation.journal import folder
from runner.reservation.lock import Locked
from runner.reservation.people_pool import PER_WORKER
from runner.reservation.reservation import SiteReservation
from runner.reservation.seal import Seal
from runner.reservation.workspace import Workspace
from selftest.runs.students import VIDEO, Open, own_session, session_of, upload

pytestmark = pytest.mark.usefixtures("state")


def test_a_run_leaves_nothing(
    environment: Environment, site: MoodleClient, category: int, open_reservation: Open
) -> None:
    bucket = new_bucket(environment)
    reservation, workers = open_reservation(workers=2)
    assignment = workers[0].assignment()
    students = [workers[0].student(assignment.course), workers[1].student(workers[1].assignment().course)]
    teacher = workers[0].teacher(workers[0].new_course())
    manager = workers[1].manager()
    people = [*students, teacher, manager]
    assert len({person.id for person in people}) == len(people)
    assert all(re.search(rf"{reservation.run_id} gw[01]$", person.name) for person in people)
    assert all(person.email.endswith(".example.invalid") for person in people)

    key = upload(own_session(workers[0], students[0], environment), assignment, environment)
    assert key.startswith(f"videos/{students[0].id}/")

    with pytest.raises(Locked, match=f"run {reservation.run_id}"):
        SiteReservation(environment, "another")
    reservation.expect_kept()

    report = reservation.close()
    assert report.problems == []
    assert report.left_by_plugin == [], "expected the plugin to remove the video with its submission"
    assert report.rows_left == 0
    assert len(report.courses) == 3
    assert sorted(report.people) == sorted(person.username for person in people)

    assert bucket.keys(f"videos/{students[0].id}/") == []
    assert not [name for name in Courses(site).within(category).values() if name.startswith((COURSE_NAME, LOCK_NAME))]
    assert manager.id not in Accounts(site, Courses(site)).role_holders(category, "manager")
    for person in people:
        with pytest.raises(LoginRefused):
            session_of(person, environment)
    assert list(folder(environment.base_url).iterdir()) == []


def test_what_s3_was_still_writing_when_clean_up_looked_goes_too(
    environment: Environment, open_reservation: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of an upload had been sent when the run was told to stop, and S3 has it moments later."""
    reservation, (workspace,) = open_reservation()
    assignment = workspace.assignment()
    student = workspace.student(assignment.course)
    promised = begin_upload(own_session(workspace, student, environment), assignment, MP4)
    suspend = Cleaner._suspend

    def late(cleaner: Cleaner, person: Account, report: CleanUp) -> None:
        send(promised, MP4, environment.verify)
        suspend(cleaner, person, report)

    monkeypatch.setattr(Cleaner, "_suspend", late)
    report = reservation.close()
    assert report.problems == []
    assert [stored.key for stored in report.left_by_plugin] == [promised["s3_key"]]
    assert new_bucket(environment).keys(f"videos/{student.id}/") == []


def test_the_next_run_meets_the_same_people(
    environment: Environment, site: MoodleClient, open_reservation: Open
) -> None:
    names = []
    for _ in range(2):
        reservation, (workspace,) = open_reservation()
        names.append(workspace.unenrolled_user().username)
        assert reservation.close().problems == []
    assert names[0] == names[1]


def test_people_go_back_with_nothing_in_their_hands(
    environment: Environment, site: MoodleClient, category: int, open_reservation: Open
) -> None:
    bucket = new_bucket(environment)
    _, (workspace,) = open_reservation()
    assignment = workspace.assignment()
    student, manager = workspace.student(assignment.course), workspace.manager()
    key = upload(own_session(workspace, student, environment), assignment, environment)
    assert bucket.keys(key) == [key]
    for person in (student, manager):
        workspace.release(person)
    assert bucket.keys(key) == []
    assert manager.id not in Accounts(site, Courses(site)).role_holders(category, "manager")
    assert workspace.student(assignment.course).id not in (student.id,)


def test_as_many_tests_as_one_likes_make_do_with_twelve_people(
    environment: Environment, open_reservation: Open
) -> None:
    """Seven students a test, as the table of who may what; each in a course where they never were."""
    _, (workspace,) = open_reservation()
    courses: dict[int, set[int]] = {}
    for _ in range(4):
        course = workspace.assignment().course
        people = [workspace.student(course) for _ in range(7)]
        assert not courses.setdefault(course.id, set()) & {person.id for person in people}
        courses[course.id] |= {person.id for person in people}
        for person in people:
            workspace.release(person)
    assert len(courses) > 1
    acquired = [workspace.unenrolled_user() for _ in range(PER_WORKER)]
    assert len({person.id for person in acquired}) == PER_WORKER
    with pytest.raises(NotCheckable, match="one more student than this run has"):
        workspace.unenrolled_user()


def test_moodle_tells_one_grader_and_only_meanwhile(environment: Environment, open_reservation: Open) -> None:
    def is_told(workspace: Workspace, grader: Person) -> bool:
        page = workspace.site.open("Reading the preferences", NOTIFICATION_PREFERENCES, userid=grader.id)
        return page.select_one("input[disabled]") is None

    reservation, (workspace,) = open_reservation()
    _, grader = workspace.notifying_assignment()
    with workspace.told(grader):
        assert is_told(workspace, grader)
    assert not is_told(workspace, grader)
    workspace.accounts.tell_of_submissions(grader)  # and the run dies
    assert is_told(workspace, grader)
    assert reservation.close().problems == []
    _, (workspace,) = open_reservation()
    assert not is_told(workspace, grader)


def test_nobody_is_mailed_of_what_is_submitted(environment: Environment, open_reservation: Open) -> None:
    _, (workspace,) = open_reservation()
    assignment, grader = workspace.notifying_assignment()
    with workspace.told(grader):
        site = own_session(workspace, workspace.student(assignment.course), environment)
        save_submission(site, assignment, upload(site, assignment, environment), len(VIDEO), "video/mp4")
        assert any(assignment.name in subject for subject in notifications(workspace.site, grader).values())
    mails = requests.get(f"{environment.base_url}/__replica__/mail", verify=environment.verify, timeout=10).json()
    assert not [mail for mail in mails if assignment.name in mail["subject"]]


def test_keep_leaves_everything_to_the_next_run(
    environment: Environment, site: MoodleClient, category: int, open_reservation: Open
) -> None:
    reservation, (workspace,) = open_reservation()
    course = workspace.assignment().course
    student = workspace.student(course)
    assert reservation.close(keep=True).problems == []
    assert course.id in Courses(site).within(category)
    session_of(student, environment)

    reservation.journal._life.release()  # as the end of its process does
    later, _ = open_reservation()
    assert later.found.people == [student.username]
    assert later.close().problems == []


def test_what_cannot_be_removed_is_named(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, open_reservation: Open
) -> None:
    reservation, (workspace,) = open_reservation()
    course = workspace.assignment().course
    student = workspace.student(course)
    delete = Courses.delete
    monkeypatch.setattr(Courses, "delete", lambda own, id: None if id == course.id else delete(own, id))
    monkeypatch.setattr("clients.moodle.courses.DELETING_A_COURSE", 2)
    monkeypatch.setattr(Accounts, "change", lambda *_, **__: None)
    monkeypatch.setattr(MoodleClient, "login", lambda *_: None)
    report = reservation.close()
    assert [problem for problem in report.problems if COURSE_NAME in problem and "still there" in problem]
    assert f"The test person {student.username} can still log in; suspend that account." in report.problems

    monkeypatch.undo()
    assert reservation.close().problems == []


def test_while_a_setting_cannot_be_put_back_the_lock_stays_and_says_which(
    environment: Environment, site: MoodleClient, category: int, monkeypatch: pytest.MonkeyPatch, open_reservation: Open
) -> None:
    reservation, (workspace,) = open_reservation()
    rate = plugin_settings(site)["aws_secret_key"]
    change = Change("aws_secret_key", rate)
    note = str(change.note(reservation.run_id))
    workspace.note(note)
    reservation.journal.record(SETTING, note=note)
    save_plugin_settings(site, {change.name: change.changed})
    with monkeypatch.context() as broken:
        broken.setattr(
            "runner.reservation.clean_up.undo", lambda *_: (_ for _ in ()).throw(SiteError("The site is read-only."))
        )
        assert "The site is read-only." in reservation.close().problems
    (lock,) = [course for course, name in Courses(site).within(category).items() if name == LOCK_NAME]
    assert Courses(site).idnumber(lock) == Seal(environment).sealed(note)
    assert reservation.close().settings == ["aws_secret_key"]
    assert plugin_settings(site)["aws_secret_key"] == rate


def test_nothing_is_created_where_tests_may_not_write(
    environment: Environment, site: MoodleClient, category: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Courses(site).within(category)
    with pytest.raises(ConfigurationError, match=r"not marked as a test site.*test_site = true"):
        SiteReservation(environment.model_copy(update={"test_site": False, "smoke": False}), "unmarked")
    monkeypatch.setattr("runner.configuration.environment.CATEGORY", "no-such-category")
    with pytest.raises(ConfigurationError, match="no course category with the ID number no-such-category"):
        SiteReservation(environment, "unmarked")
    assert Courses(site).within(category) == before


@pytest.mark.parametrize(
    ("description", "seen"),
    [
        ("", "names no address"),
        ("Tests may write to https://moodle.example.edu", "names https://moodle.example.edu"),
        ("Tests may write to {here}.evil.example", "names {here}.evil.example"),
    ],
)
def test_a_mark_that_came_along_with_another_site_is_none(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, description: str, seen: str
) -> None:
    here = environment.base_url
    monkeypatch.setattr(Courses, "category_settings", lambda *_: (CATEGORY, description.format(here=here)))
    with pytest.raises(ConfigurationError, match=re.escape(seen.format(here=here))) as told:
        SiteReservation(environment, "cloned")
    assert f"write {here} into that description" in str(told.value)


def test_a_start_that_fails_gives_the_site_back(
    environment: Environment, site: MoodleClient, category: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise SiteError("The disk is full.")

    monkeypatch.setattr("runner.reservation.reservation.prepare", fails)
    with pytest.raises(SiteError, match="The disk is full"):
        SiteReservation.open(environment, "fails")
    assert LOCK_NAME not in Courses(site).within(category).values()


def test_a_disabled_plugin_stops_the_run(environment: Environment, site: MoodleClient, category: int) -> None:
    switch_plugin(site, on=False)
    try:
        with pytest.raises(ConfigurationError, match="The S3 Video plugin is disabled"):
            SiteReservation.open(environment, "disabled")
    finally:
        switch_plugin(site, on=True)
    assert LOCK_NAME not in Courses(site).within(category).values()


def test_a_wrong_administrator_is_named_with_the_key_to_correct(environment: Environment) -> None:
    admin = environment.accounts.admin.model_copy(update={"password": SecretStr("wrong-password")})
    accounts = environment.accounts.model_copy(update={"admin": admin})
    with pytest.raises(ConfigurationError, match=r"Logging in as admin failed.*accounts\.admin") as refusal:
        SiteReservation(environment.model_copy(update={"accounts": accounts}), "wrong")
    assert "wrong-password" not in str(refusal.value)


def test_an_upload_that_was_begun_only_is_promised_too(
    environment: Environment, site: MoodleClient, open_reservation: Open
) -> None:
    _, (workspace,) = open_reservation()
    assignment = workspace.assignment()
    student = workspace.student(assignment.course)
    promised = begin_upload(own_session(workspace, student, environment), assignment, MP4)
    assert [entry["key"] for entry in workspace.journal.entries("promised")] == [promised["s3_key"]]
