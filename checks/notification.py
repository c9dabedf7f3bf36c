"""Whether Moodle tells a grader of a video."""

from __future__ import annotations

from collections.abc import Collection

from clients.errors import NotCheckable
from clients.moodle.client import MoodleClient
from clients.moodle.model import Account, Assignment
from clients.moodle.notifications import is_told_of_submissions, notifications
from clients.words import some


def expect_notified(site: MoodleClient, grader: Account, assignment: Assignment, before: Collection[int]) -> str:
    """A notification of the grader that is not among those of `before` names the assignment; returns what it says.

    `site` is an administrator's session. Raises NotCheckable where the site lets nobody have such notifications.
    """
    new = [subject for id_, subject in notifications(site, grader).items() if id_ not in before]
    for subject in new:
        if assignment.name in subject:
            return subject
    if not is_told_of_submissions(site, grader):
        raise NotCheckable(
            "the site notifies nobody of submissions in Moodle itself (Site administration > General > Messaging > "
            "Notification settings); allow “Web” for “Assignment notifications”"
        )
    seen = some([f"“{subject}”" for subject in new]) if new else "none"
    raise AssertionError(f"expected a notification of the video in {assignment.name}, seen {seen}")
