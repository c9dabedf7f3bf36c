"""Troubleshooting: what the document has people look at when videos do not play, or cost much."""

from collections.abc import Callable

import pytest

from checks.access import VideoAccess
from checks.aws.bucket import Contents
from checks.video_store import VideoStore
from clients.addresses import shown
from clients.moodle.model import Assignment
from fixtures.visitors import SubmissionWithoutBrowser
from runner.configuration.environment_tables import LARGEST_UPLOAD
from runner.pytest_plugin.lines import Lines


@pytest.mark.lines("T.5.4", "T.5.6")
def test_video(
    submit_without_browser: Callable[..., SubmissionWithoutBrowser],
    assignment: Assignment,
    video_access: VideoAccess,
    video_store: VideoStore,
    once: Lines,
) -> None:
    """A student hands in a video; it is on S3, and its signed URL plays without the plugin's page."""
    video = submit_without_browser(assignment)
    with once("T.5.6", "S3 holds the video that was handed in"):
        video_store.expect_stored(video.key, video.clip.bytes, video.clip.mime, video.clip.sha256)
    with once(
        "T.5.4", "The signed URL gives the video, from its start and from its middle, to whoever has it"
    ) as evidence:
        evidence["address"] = shown(video_access.signed_url(video.site, video))


@pytest.mark.production
@pytest.mark.lines("T.6.2")
def test_files(contents: Contents, once: Lines) -> None:
    """An administrator looks for what makes the bucket expensive."""
    with once("T.6.2", "The bucket holds no file that is larger than a video may be, or beside the videos") as evidence:
        evidence.update(contents.expect_no_unusual_files(LARGEST_UPLOAD))
