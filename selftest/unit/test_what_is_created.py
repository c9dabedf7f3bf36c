"""What a run creates is there for its people, whatever defaults a site has."""

from datetime import datetime
from typing import Any

import pytest

from services.errors import SiteError
from services.moodle.assignments import create_assignment
from services.moodle.courses import Courses
from services.moodle.model import Course
from services.moodle.site import Site


@pytest.fixture
def submitted(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What is put into fields that a form may have."""
    seen: list[dict[str, Any]] = []

    def submit(self: Site, step: str, path: str, fields: object, *, if_there: dict[str, Any], **_: object) -> str:
        seen.append(if_there)
        raise SiteError("enough seen")

    monkeypatch.setattr(Site, "submit", submit)
    return seen


def test_courses_and_assignments_are_shown_where_the_site_would_hide_new_ones(submitted: list[dict[str, Any]]) -> None:
    site = Site("https://moodle.test")
    with pytest.raises(SiteError, match="enough seen"):
        Courses(site).create(2, "name", "short")
    with pytest.raises(SiteError, match="enough seen"):
        create_assignment(site, Course(3, "name", "short"), "name", datetime(2026, 11, 29))
    assert [fields["visible"] for fields in submitted] == ["1", "1"]
