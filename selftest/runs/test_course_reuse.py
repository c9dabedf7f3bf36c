"""Courses that are copied: by the suite, by cron, and not at all; nothing stays of a copy that does not come."""

import pytest

from clients.errors import NotCheckable, SiteError
from clients.http import Session
from clients.moodle import course_reuse
from clients.moodle.client import MoodleClient
from runner.configuration.environment import Environment
from selftest.runs.students import Open

pytestmark = pytest.mark.usefixtures("state")


def test_a_copy_by_hand_and_by_cron(open_reservation: Open, environment: Environment) -> None:
    _, (workspace,) = open_reservation()
    course = workspace.new_course()
    session, url = Session(environment.verify, 10), environment.url("/__replica__/site")
    by_hand = workspace.copy_of(course)
    assert session.put(url, json={"no-run-now": True}).ok
    try:
        by_cron = workspace.copy_of(course)
    finally:
        assert session.put(url, json={}).ok
    assert {by_hand.id, by_cron.id} <= workspace.courses.within(workspace.category).keys()


def test_a_copy_that_nobody_makes(open_reservation: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    _, (workspace,) = open_reservation()
    course = workspace.new_course()
    before = workspace.courses.within(workspace.category)
    monkeypatch.setattr(course_reuse, "CRON", 0)
    monkeypatch.setattr(course_reuse, "run_adhoc", lambda *_: "")
    with pytest.raises(NotCheckable, match=r"the copy of a course waits: .* Run cron, and run this again"):
        workspace.copy_of(course)
    assert workspace.courses.within(workspace.category) == before


def test_a_copy_that_fails(open_reservation: Open, environment: Environment) -> None:
    _, (workspace,) = open_reservation()
    course = workspace.new_course()
    before = workspace.courses.within(workspace.category)
    session, url = Session(environment.verify, 10), environment.url("/__replica__/fault")
    assert session.put(url, json={"faults": ["course-copy-fails"]}).ok
    try:
        with pytest.raises(SiteError, match="its task is over, and there is no copy"):
            workspace.copy_of(course)
    finally:
        assert session.put(url, json={"faults": []}).ok
    assert workspace.courses.within(workspace.category) == before


def test_who_may_not_copy(open_reservation: Open, environment: Environment) -> None:
    _, (workspace,) = open_reservation()
    course = workspace.new_course()
    teacher = workspace.student(course)
    site = MoodleClient(environment.base_url, environment.verify)
    site.login(teacher.username, teacher.password)
    workspace.courses.site = site
    with pytest.raises(NotCheckable, match="does not let the suite copy a course"):
        course_reuse.copy_course(workspace.courses, course, workspace.category, "a", "b")
