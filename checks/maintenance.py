"""What people meet while the site is in maintenance mode, and once it is over."""

from __future__ import annotations

import media
from clients.addresses import HOME, OWN
from clients.errors import NotCheckable, SiteError
from clients.http_result import HttpResult
from clients.moodle.client import MoodleClient
from clients.moodle.html import complaint, text
from clients.moodle.model import Assignment
from clients.moodle.server import MAINTENANCE_MODE, MAINTENANCE_PAGE, is_on, maintenance_message
from clients.plugin.api import confirm_upload, request_upload
from clients.words import answered

CLOSED = 503


def expect_shut(person: MoodleClient, *paths: str) -> str:
    """Who is no administrator gets the maintenance page at each of these addresses; returns what it says."""
    said = ""
    for path in paths or (HOME, OWN):
        answer = HttpResult.of(person.get(path))
        if answer.status != CLOSED or not answer.page.select_one(MAINTENANCE_PAGE):
            seen = answer.message or text(answer.page.title) or "a page without a title"
            raise AssertionError(f"expected the maintenance page at {path}, seen {answered(answer.status)}: {seen}")
        said = text(answer.page.select_one("#region-main, [role=main], main"))
    return said[:300]


def expect_message(admin: MoodleClient, person: MoodleClient) -> str:
    """Who is no administrator reads on the maintenance page what the site's setting says; returns that.

    Raises NotCheckable where it says nothing, as the checklist lets it.
    """
    if not (message := maintenance_message(admin)):
        raise NotCheckable(
            "the site has no maintenance message, which is optional: enter one at Site administration > Server > "
            "Maintenance mode"
        )
    shown = " ".join(text(HttpResult.of(person.get(HOME)).page.body).split())
    if message not in shown:
        raise AssertionError(f"expected the maintenance page to say “{message}”, seen “{shown[:200]}”")
    return message


def expect_no_upload_url(student: MoodleClient, assignment: Assignment, clip: media.Clip) -> str:
    """The plugin gives no upload URL while the site is maintained; returns its words."""
    asked = request_upload(student, assignment.id, clip.path.name, clip.bytes, clip.mime)
    if asked.status != CLOSED and asked.succeeded:
        raise AssertionError("expected no upload URL in maintenance mode, seen that the server gave one")
    return asked.message or f"status {asked.status}"


def expect_on(admin: MoodleClient) -> None:
    """The site's own setting says that it lets in administrators alone."""
    if not is_on(admin, MAINTENANCE_MODE):
        raise AssertionError("expected maintenance mode to be enabled, seen it disabled in the site's settings")


def expect_over(admin: MoodleClient) -> None:
    """The site's own setting says that it lets everybody in."""
    if is_on(admin, MAINTENANCE_MODE):
        raise AssertionError("expected maintenance mode to be disabled, seen it enabled in the site's settings")


def expect_let_in(person: MoodleClient) -> None:
    """Somebody who was shut out comes to the site's pages again, in the same session."""
    for path in (HOME, OWN):
        answer = HttpResult.of(person.get(path))
        if answer.status >= 400 or complaint(answer.page):
            seen = answer.message or complaint(answer.page) or text(answer.page.title)
            raise AssertionError(
                f"expected {path} to open after maintenance, seen {answered(answer.status)}: {seen[:200]}"
            )


def expect_confirmed(student: MoodleClient, key: str, submission: int) -> None:
    """An upload that reached S3 meanwhile is confirmed when the student's page asks again."""
    confirmed = confirm_upload(student, key, submission)
    if not confirmed.succeeded:
        raise AssertionError(
            f"expected the upload that was on its way to be confirmed after maintenance, seen {confirmed.seen}"
        )


def expect_opens(site: MoodleClient) -> None:
    """For anybody who comes, logged in or not, the site's first page is there."""
    try:
        site.open("Opening the site's first page", HOME)
    except SiteError as reason:
        raise AssertionError(f"expected the site's first page, seen: {reason}") from reason
