"""Rollback: the plugin is disabled for a while; nobody uploads, nothing is lost, and enabled again all is as before."""

from collections.abc import Callable

import pytest

import media
from checks.access import VideoAccess
from checks.disabled_plugin import (
    expect_no_upload,
    expect_no_upload_url,
    expect_plays_or_told,
    expect_ready,
    expect_upload,
)
from checks.installation import Installation
from checks.video_store import VideoStore
from clients.errors import NotCheckable
from clients.moodle.client import MoodleClient
from clients.moodle.model import Assignment
from clients.moodle.server import purge_caches
from clients.plugin.administration import switch_plugin
from clients.plugin.api import video_page
from fixtures.visitors import SubmissionWithoutBrowser
from runner.pytest_plugin.lines import Lines
from runner.reservation.settings_guard import SettingsGuard
from runner.reservation.workspace import Workspace

pytestmark = pytest.mark.provokes


@pytest.mark.lines("R.1.3", "R.1.4", "R.1.5", "R.1.8", "T.1.1")
def test_rollback(
    submit_without_browser: Callable[..., SubmissionWithoutBrowser],
    visit: Callable[..., MoodleClient],
    assignment: Assignment,
    workspace: Workspace,
    installation: Installation,
    settings_guard: SettingsGuard,
    video_access: VideoAccess,
    video_store: VideoStore,
    line: Lines,
) -> None:
    video = submit_without_browser(assignment)
    owner, admin, stored = video.site, workspace.site, (video.key, video.clip.bytes, video.clip.mime, video.clip.sha256)
    teacher, another = workspace.teacher(assignment.course), workspace.student(assignment.course)
    viewers = {"student": (owner, video.person.id), "teacher": (visit(teacher, "teacher"), teacher.id)}
    unenrolled_user = visit(another)
    for_texts: Assignment | None = None
    with line("R.1.3", "The page of the submission plugins shows S3 Video", blocks=True):
        installation.expect_listed()

    with settings_guard.plugin_disabled():
        with line("R.1.4", "The administrator disables the plugin", blocks=True):
            switch_plugin(admin, on=False)
        for who, student in (("has handed in", owner), ("has not handed in", unenrolled_user)):
            with line("R.1.5", f"A student who {who} finds no upload, and a page without an error") as evidence:
                evidence["page"] = expect_no_upload(student, assignment)
        with line("R.1.5", "The server gives no upload URL while the plugin is disabled") as evidence:
            evidence["answer"] = expect_no_upload_url(unenrolled_user, assignment, media.MP4)
        for who, (viewer, user) in viewers.items():
            with line("R.1.5", f"An old video plays for the {who}, or its page says why it does not") as evidence:
                evidence["video"] = expect_plays_or_told(video_access, viewer, user, video)
        with line("R.1.5", "An assignment can be made while the plugin is disabled", extra=True):
            for_texts = workspace.assignment_for_texts(assignment.course)
        with line("R.1.5", "The list of videos still has the old video"):
            expect_ready(admin, assignment.course.id, video.key)
        with line("R.1.5", "S3 still has the old video"):
            video_store.expect_stored(*stored)

    with line("R.1.8", "The administrator purges all caches") as evidence:
        evidence["said"] = purge_caches(admin)
    with line("T.1.1", "The list of submission plugins shows S3 Video once all caches are purged"):
        installation.expect_listed()
    with line("R.1.5", "The student's page shows the old video once the plugin is enabled again", extra=True):
        video_access.expect_on_own_page(owner, video)
    for who, (viewer, user) in viewers.items():
        with line("R.1.5", f"The old video plays for the {who} once the plugin is enabled again", extra=True):
            video_access.expect_allowed("video page", video_page(viewer, video), video, user)
    with line("R.1.5", "An assignment that was made without S3 Video goes on without it", extra=True):
        if for_texts is None:
            raise NotCheckable("no assignment could be made while the plugin was disabled")
        expect_no_upload(unenrolled_user, for_texts, "in an assignment that nobody made for videos")
    with line("R.1.5", "The form has the upload once the plugin is enabled again", extra=True):
        expect_upload(unenrolled_user, assignment)
    with line("R.1.5", "Another student hands in a video once the plugin is enabled again", extra=True):
        another_video = submit_without_browser(assignment)
        video_access.expect_on_own_page(another_video.site, another_video)
    with line("R.1.5", "S3 has the old video as it was once the plugin is enabled again", extra=True):
        video_store.expect_stored(*stored)
