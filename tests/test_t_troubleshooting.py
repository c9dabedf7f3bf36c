"""Troubleshooting: what the document has people look at when videos do not play, or cost much."""

from collections.abc import Callable

import pytest

from checks.access import VideoAccess
from checks.aws.bucket import Contents
from checks.server_logs import expect_no_php_error, expect_no_sql_error, expect_no_web_error, expect_watched
from checks.video_store import VideoStore
from clients.addresses import shown
from clients.moodle.model import Assignment
from clients.server.host import Host
from fixtures.visitors import SubmissionWithoutBrowser
from runner.configuration.context import RunContext
from runner.configuration.environment_tables import LARGEST_UPLOAD
from runner.pytest_plugin.lines import Lines


@pytest.mark.lines("T.5.4", "T.5.6")
def test_video(
    submit_without_browser: Callable[..., SubmissionWithoutBrowser],
    assignment: Assignment,
    video_access: VideoAccess,
    video_store: VideoStore,
    line: Lines,
) -> None:
    """A student hands in a video; it is on S3, and its signed URL plays without the plugin's page."""
    video = submit_without_browser(assignment)
    with line("T.5.6", "S3 holds the video that was handed in"):
        video_store.expect_stored(video.key, video.clip.bytes, video.clip.mime, video.clip.sha256)
    with line(
        "T.5.4", "The signed URL gives the video, from its start and from its middle, to whoever has it"
    ) as evidence:
        evidence["address"] = shown(video_access.signed_url(video.site, video))


@pytest.mark.production
@pytest.mark.lines("T.6.2")
def test_files(contents: Contents, line: Lines) -> None:
    """An administrator looks for what makes the bucket expensive."""
    with line("T.6.2", "The bucket holds no file that is larger than a video may be, or beside the videos") as evidence:
        evidence.update(contents.expect_no_unusual_files(LARGEST_UPLOAD))


@pytest.mark.production
@pytest.mark.usefixtures("alone")
@pytest.mark.lines("2.14.2", "3.9.1", "3.9.2", "T.1.4", "T.2.4", "4.9.1")
def test_logs(host: Host, run: RunContext, line: Lines) -> None:
    """When all the others are done, somebody reads what the server wrote down meanwhile."""
    for box in ("2.14.2", "3.9.1", "T.1.4"):
        with line(box, "PHP's log has no error since the run began but what the run provoked") as evidence:
            evidence["entries"] = expect_no_php_error(host, run.started)
    with line("T.2.4", "PHP's log has no error of the database since the run began") as evidence:
        evidence["entries"] = expect_no_sql_error(host, run.started)
    with line("3.9.2", "The web server's log has no error since the run began but what it refuses") as evidence:
        evidence["entries"] = expect_no_web_error(host, run.started)
    with line("4.9.1", "The process that watches the logs runs"):
        expect_watched(host)
