"""Whether somebody is told of a video in Moodle."""

from __future__ import annotations

from clients.errors import NotCheckable, SiteError
from clients.moodle.client import MoodleClient
from clients.moodle.model import Assignment, Person
from clients.moodle.notifications import notifications


def expect_told(site: MoodleClient, person: Person, assignment: Assignment) -> str:
    """One of the person's latest notifications names the assignment; returns what it says. `site` is their session.

    Raises NotCheckable where the site has no such notifications.
    """
    try:
        subjects = notifications(site, person)
    except SiteError as reason:
        raise NotCheckable(f"the site does not show its notifications: {reason}") from reason
    for subject in subjects:
        if assignment.name in subject:
            return subject
    raise AssertionError(
        f"expected a notification of the video in {assignment.name}, seen {len(subjects) or 'no'} other"
    )
