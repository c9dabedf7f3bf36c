"""Step 4.5, performance optimization: what one person has watched, the next one gets from the CDN's cache."""

import pytest

from checks.access import VideoAccess
from checks.delivery import Delivery
from clients.cdn import CDN
from clients.errors import NotCheckable
from fixtures.data import Submission
from pages.actor import Actor
from runner.pytest_plugin.lines import Lines


@pytest.mark.lines("4.5.1")
def test_cache(
    submission: Submission, teacher: Actor, video_access: VideoAccess, cdn: CDN, delivery: Delivery, line: Lines
) -> None:
    """The student watches, then the teacher: each by a signed URL of their own."""
    watched = video_access.signed_url(submission.owner.site(), submission)
    urls = [watched, video_access.signed_url(teacher.site(), submission, unlike=watched)]
    with line("4.5.1", "CloudFront's own figures show a hit ratio above 80 %"):
        raise NotCheckable("the hit ratio of real viewers is in CloudFront's reports: read it there, and sign")
    with line(
        "4.5.1", "The second GET of a video comes from the cache, for another viewer too", extra=True
    ) as evidence:
        evidence["X-Cache"] = delivery.expect_cached(urls)
        evidence["download Mbit/s"] = cdn.throughput(urls[1])
