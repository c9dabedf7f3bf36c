"""Groups of a course, by the forms of Moodle's page for them."""

from __future__ import annotations

from collections.abc import Sequence

from clients.errors import SiteError
from clients.moodle.client import MoodleClient
from clients.moodle.html import members, query, quote
from clients.moodle.model import Account, Course


def create_group(site: MoodleClient, course: Course, name: str, people: Sequence[Account]) -> int:
    """Creates a group with these people in it, who are enrolled in the course; returns its id. Raises SiteError."""
    step = f"Creating the group {name}"
    where = site.submit(step, "/group/group.php", {"name": name}, courseid=course.id)
    group = int(query(where)["group"])
    for person in people:
        page = site.send(step, "/group/members.php", {"add": "1", "addselect[]": person.id}, group=group)
        if person.id not in members(page):
            raise SiteError(f"{step} failed at {site.where}: {person.username} is no member. {quote(page)}")
    return group
