"""Whether Moodle has told a grader of a video."""

from typing import Any

import pytest
from bs4 import BeautifulSoup

from checks.notification import expect_notified
from clients.errors import NotCheckable
from clients.moodle import notifications
from clients.moodle.model import Account, Assignment, Course

ASSIGNMENT = Assignment(1, 2, "Test Video Upload x1", Course(3, "c", "c"), 5)

GRADER = Account(id=7, username="g", email="", name="G", suspended=False)

ROW = """<tr data-preference-key="message_provider_mod_assign_assign_notification_enabled">{}</tr>"""
WEB = """<td data-processor-name="popup"><input type="checkbox"{}></td>"""
MAIL = """<td data-processor-name="email"><input type="checkbox" checked></td>"""
LOCKED = """<td data-processor-name="popup"><div class="dimmed_text">Disallowed</div></td>"""


class Site:
    """The session of an administrator who reads in a grader's notification preferences."""

    def __init__(self, preferences: str = WEB.format(" checked")) -> None:
        self.preferences = preferences

    def open(self, step: str, path: str, *, userid: int) -> BeautifulSoup:
        return BeautifulSoup(f"<table>{ROW.format(MAIL + self.preferences)}</table>", "lxml")


def told(monkeypatch: pytest.MonkeyPatch, *subjects: str, site: Any = None) -> str:
    found = {"notifications": [{"id": id_, "subject": subject} for id_, subject in enumerate(subjects, start=1)]}
    monkeypatch.setattr(notifications, "ajax", lambda *_, **__: found)
    site = site or Site()
    return expect_notified(site, GRADER, ASSIGNMENT, before={1})


def test_a_new_notification_names_the_assignment(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = f"Bo has updated their submission for assignment {ASSIGNMENT.name}."
    assert told(monkeypatch, "Welcome", subject) == subject
    with pytest.raises(AssertionError, match=r"of the video in Test Video Upload x1, seen “A submission\.”$"):
        told(monkeypatch, "Welcome", "A submission.")


def test_a_notification_of_before_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError, match=r"seen none$"):
        told(monkeypatch, f"Bo has updated their submission for assignment {ASSIGNMENT.name}.")


@pytest.mark.parametrize("preferences", ["", LOCKED, WEB.format("")], ids=["no such way", "locked", "off"])
def test_a_site_that_notifies_nobody_of_submissions(monkeypatch: pytest.MonkeyPatch, preferences: str) -> None:
    with pytest.raises(NotCheckable, match="the site notifies nobody of submissions in Moodle itself"):
        told(monkeypatch, "Welcome", site=Site(preferences))
