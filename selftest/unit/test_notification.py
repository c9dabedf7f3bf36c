"""Whether Moodle has told a grader of a video."""

from typing import Any

import pytest

from checks import notification
from checks.notification import expect_told
from clients.errors import NotCheckable, SiteError
from clients.moodle.model import Assignment, Course, Person

ASSIGNMENT = Assignment(1, 2, "Test Video Upload x1", Course(3, "c", "c"), 5)

TEACHER = Person(id=7, username="t", password="secret")


def told(monkeypatch: pytest.MonkeyPatch, *subjects: str) -> str:
    monkeypatch.setattr(notification, "notifications", lambda *_: list(subjects))
    site: Any = None
    return expect_told(site, TEACHER, ASSIGNMENT)


def test_a_notification_names_the_assignment(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = f"Bo has updated their submission for assignment {ASSIGNMENT.name}."
    assert told(monkeypatch, "Welcome", subject) == subject
    with pytest.raises(AssertionError, match="of the video in Test Video Upload x1, seen 1 other"):
        told(monkeypatch, "Welcome")
    with pytest.raises(AssertionError, match="seen no other"):
        told(monkeypatch)


def test_a_site_without_notifications(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise SiteError("Web service is not available.")

    monkeypatch.setattr(notification, "notifications", refuse)
    site: Any = None
    with pytest.raises(NotCheckable, match="does not show its notifications: Web service is not available"):
        expect_told(site, TEACHER, ASSIGNMENT)
