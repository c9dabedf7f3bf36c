"""Troubleshooting: what the document has people look at when videos do not play, tried with a video of our own."""

from collections.abc import Callable

import pytest

from checks.access import VideoAccess
from checks.video_store import VideoStore
from clients.addresses import shown
from clients.moodle.model import Assignment
from fixtures.visitors import SubmissionWithoutBrowser
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
