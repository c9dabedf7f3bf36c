"""The plugin while it is disabled, as its people meet it over HTTP: uploads are gone, videos are not."""

from __future__ import annotations

import re

import media
from checks.access import VideoAccess
from clients.addresses import ASSIGNMENT
from clients.http_result import HttpResult
from clients.moodle.client import MoodleClient
from clients.moodle.html import complaint, text
from clients.moodle.model import Assignment
from clients.plugin.api import Video, request_upload, video_page
from clients.plugin.video_list import listed
from clients.words import answered

WIDGET = ".s3video-upload-interface"
FORM = "form:has(input[name=action][value=editsubmission])"
"""The button that leads to the form of a submission."""

WHY = re.compile(r"disabled|switched off|not available|unavailable|not enabled|administrator|later", re.I)


def expect_no_upload(student: MoodleClient, assignment: Assignment, why: str = "while the plugin is disabled") -> str:
    """The student's page, and the form where it still leads there, open without an error and without the upload.

    Returns what the last of them says.
    """
    shown = _page(student, assignment)
    if shown.page.select_one(FORM):
        shown = _page(student, assignment, action="editsubmission")
    if shown.page.select_one(WIDGET):
        raise AssertionError(f"expected no upload {why}, seen it in the student's form")
    return text(shown.page.select_one("[role=main], main"))[:300]


def expect_ready(site: MoodleClient, course: int, key: str) -> None:
    """The list of videos has the video, as one that can be watched."""
    if key not in listed(site, courseid=course, status="ready"):
        raise AssertionError(f"expected {key} in the list of videos that are ready, seen it missing there")


def expect_upload(student: MoodleClient, assignment: Assignment) -> None:
    """The student's form has the upload."""
    if not _page(student, assignment, action="editsubmission").page.select_one(WIDGET):
        raise AssertionError("expected the upload in the student's form, seen a form without it")


def expect_no_upload_url(student: MoodleClient, assignment: Assignment, clip: media.Clip) -> str:
    """The server gives no upload URL, to whoever still has the form open; returns its words."""
    asked = request_upload(student, assignment.id, clip.path.name, clip.bytes, clip.mime)
    if asked.succeeded:
        raise AssertionError("expected no upload URL while the plugin is disabled, seen that the server gave one")
    return asked.seen


def expect_plays_or_told(access: VideoAccess, viewer: MoodleClient, user: int, video: Video) -> str:
    """The video's page plays it for the user of that id, or says why it does not; returns which."""
    answer = video_page(viewer, video)
    if answer.source:
        return access.expect_allowed("video page", answer, video, user)
    said = text(answer.page.select_one("[role=main], main")) or answer.message
    if answer.status >= 500 or not WHY.search(said):
        seen = f"{answered(answer.status)} and “{said[:200]}”"
        raise AssertionError(f"expected the video to play, or its page to say why it does not, seen {seen}")
    return said[:300]


def _page(student: MoodleClient, assignment: Assignment, **more: str) -> HttpResult:
    shown = HttpResult.of(student.get(ASSIGNMENT, id=assignment.cmid, **more))
    broken = complaint(shown.page)
    if shown.status >= 400 or broken:
        said = shown.message or broken
        raise AssertionError(
            f"expected the student's page without an error, seen {answered(shown.status)}: {said[:200]}"
        )
    return shown
