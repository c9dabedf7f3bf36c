"""Step 4.3, GDPR: a student gets a copy of their data, with their videos; who is deleted takes their videos along."""

from collections.abc import Callable
from pathlib import Path

import pytest

import media
from checks.privacy import (
    expect_deleted,
    expect_export,
    expect_forgotten,
    expect_no_more_unlisted,
    expect_silent_on,
    expect_unlisted,
    expect_video,
)
from checks.video_store import StoredVideos, VideoStore
from clients.moodle.data_requests import DataRequests, Kind
from clients.moodle.model import Assignment
from clients.plugin.video_list import unlisted
from clients.s3 import Bucket
from fixtures.visitors import SubmissionWithoutBrowser
from runner.pytest_plugin.lines import Lines
from runner.reservation.workspace import Workspace


@pytest.mark.usefixtures("alone")
@pytest.mark.lines("4.3.1", "4.3.2", "4.3.3", "4.3.4", "4.3.5")
def test_privacy(
    data_requests: DataRequests,
    submit_without_browser: Callable[..., SubmissionWithoutBrowser],
    assignment: Assignment,
    workspace: Workspace,
    bucket: Bucket,
    video_store: VideoStore,
    tmp_path: Path,
    line: Lines,
) -> None:
    """An administrator has the data of a student exported, and then the student deleted."""
    student = workspace.disposable_user(assignment.course)
    videos = StoredVideos(bucket, f"videos/{student.id}/")
    video, other = (
        submit_without_browser(assignment, student),
        submit_without_browser(assignment, part="second student"),
    )
    never_saved = media.named(media.MP4, "never-saved", tmp_path)
    submit_without_browser(workspace.new_assignment(assignment.course), student, never_saved, saved=False)

    asked = data_requests.process(Kind.EXPORT, student)
    with line("4.3.1", "A student's data can be downloaded", blocks=True) as evidence:
        export = expect_export(data_requests, asked)
        evidence["files"] = export.files
    with line("4.3.2", "The exported data tell of the student's video"):
        expect_video(export, video.key, video.clip.mime)
    with line("4.3.2", "The exported data do not tell of another student's video", extra=True):
        expect_silent_on(export, other.key)

    before = None
    with line("4.3.5", "The dashboard tells before the deletion how many rows no list shows", extra=True) as evidence:
        evidence["in no list"] = before = unlisted(workspace.site)

    deleted = data_requests.process(Kind.DELETION, student)
    with line("4.3.3", "The student is deleted", blocks=True):
        expect_deleted(data_requests, deleted)
    with line("4.3.4", "S3 no longer holds anything of the deleted student"):
        videos.expect_empty()
    with line("4.3.4", "S3 still holds another student's video as it was", extra=True):
        video_store.expect_stored(other.key, other.clip.bytes, other.clip.mime, other.clip.sha256)
    with line("4.3.5", "The list of videos no longer has the deleted student's video"):
        expect_unlisted(workspace.site, assignment.course.id, video.key)
    with line("4.3.5", "The dashboard counts no row without its student"):
        expect_no_more_unlisted(workspace.site, before)
    with line("4.3.5", "The deleted student's video is not known at its address", extra=True):
        expect_forgotten(workspace.site, video)
