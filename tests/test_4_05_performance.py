"""Step 4.5, performance optimization: what one person has watched, the next one gets from the CDN's cache."""

from collections.abc import Callable

import pytest

from checks.access import VideoAccess
from checks.aws.traffic import Traffic
from checks.delivery import Delivery
from clients.cdn import CDN
from clients.moodle.client import MoodleClient
from clients.moodle.model import Assignment
from fixtures.visitors import SubmissionWithoutBrowser
from runner.pytest_plugin.lines import Lines
from runner.reservation.workspace import Workspace


@pytest.mark.lines("4.5.1")
def test_cache(
    submit_without_browser: Callable[..., SubmissionWithoutBrowser],
    visit: Callable[..., MoodleClient],
    workspace: Workspace,
    assignment: Assignment,
    video_access: VideoAccess,
    cdn: CDN,
    delivery: Delivery,
    line: Lines,
) -> None:
    """The student watches, then the teacher: each by a signed URL of their own."""
    video = submit_without_browser(assignment)
    teacher = visit(workspace.teacher(assignment.course), "teacher")
    watched = video_access.signed_url(video.site, video)
    urls = [watched, video_access.signed_url(teacher, video, unlike=watched)]
    with line(
        "4.5.1", "The second GET of a video comes from the cache, for another viewer too", extra=True
    ) as evidence:
        evidence["X-Cache"] = delivery.expect_cached(urls)
        evidence["download Mbit/s"] = cdn.throughput(urls[1])


@pytest.mark.production
@pytest.mark.lines("3.9.3", "4.5.1", "4.5.3")
def test_traffic(traffic: Traffic, line: Lines) -> None:
    """Somebody looks at a week of CloudWatch's metrics."""
    with line("3.9.3", "CloudFront hardly ever answers with an error of a server") as evidence:
        evidence["percent"] = traffic.expect_cdn_errors_rare()
    with line("3.9.3", "S3 hardly ever answers with an error of a server") as evidence:
        evidence["percent"] = traffic.expect_storage_errors_rare()
    with line("4.5.1", "CloudFront's own figures show a hit ratio above 80 %") as evidence:
        evidence["percent"] = traffic.expect_hits()
    with line("4.5.3", "Videos are asked of the CDN, and less of S3") as evidence:
        evidence.update(traffic.expect_storage_spared())
