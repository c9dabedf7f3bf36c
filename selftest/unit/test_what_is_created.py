"""What a run creates is there for its people, whatever defaults a site has."""

from datetime import datetime
from typing import Any

import pytest

from clients.errors import SiteError
from clients.moodle.assignments import create_assignment
from clients.moodle.client import MoodleClient
from clients.moodle.courses import Courses
from clients.moodle.model import Course


@pytest.fixture
def submitted(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What is put into fields that a form may have."""
    seen: list[dict[str, Any]] = []

    def submit(
        self: MoodleClient, step: str, path: str, fields: object, *, if_there: dict[str, Any], **_: object
    ) -> str:
        seen.append(if_there)
        raise SiteError("enough seen")

    monkeypatch.setattr(MoodleClient, "submit", submit)
    return seen


def test_courses_and_assignments_are_shown_where_the_site_would_hide_new_ones(submitted: list[dict[str, Any]]) -> None:
    site = MoodleClient("https://moodle.test")
    with pytest.raises(SiteError, match="enough seen"):
        Courses(site).create(2, "name", "short")
    with pytest.raises(SiteError, match="enough seen"):
        create_assignment(site, Course(3, "name", "short"), "name", datetime(2026, 11, 29))
    assert [fields["visible"] for fields in submitted] == ["1", "1"]
