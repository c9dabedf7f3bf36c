"""Step 4.2, the scheduled task that deletes what is past its retention: run now, where that is nobody else's loss."""

from collections.abc import Callable

import pytest

from fixtures.visitors import HandedIn
from runner.lines import Lines
from runner.workspace import Workspace
from services.bucket import Bucket
from services.cdn import CDN
from services.moodle.installation import Installation
from services.moodle.model import Assignment, Settings
from services.moodle.tasks import Task, expect_success
from services.retention import Retention


@pytest.mark.usefixtures("alone")
@pytest.mark.lines("4.2.1", "4.2.2", "4.2.3", "4.2.4", "4.2.5")
def test_clean_up(
    clean_up_task: Task,
    installation: Installation,
    hand_in: Callable[..., HandedIn],
    assignment: Assignment,
    workspace: Workspace,
    settings: Settings,
    bucket: Bucket,
    cdn: CDN,
    once: Lines,
) -> None:
    """The task is told to run every night at two, and does what it is for."""
    with once("4.2.1", "the task runs every night at 2 AM"):
        clean_up_task.expect_daily(2)
    with once("4.2.1", "and is enabled"):
        installation.expect_task_enabled()

    clean_up_task.expect_runnable()
    hand_in(assignment)
    videos = Retention(workspace.site, bucket, settings.get("retention_days", ""), workspace.our_people())
    cached = ""
    with once("4.2.5", "before, the CDN serves a video that is past its retention") as evidence:
        videos.expect_some()
        evidence["X-Cache"] = cached = cdn.cached(cdn.signed(videos.expired[0]))
    before = clean_up_task.last_log()

    with once("4.2.2", "the administrator runs the task, and it ends without trouble") as evidence:
        evidence["said"] = said = clean_up_task.run()
        expect_success(said)
    with once("4.2.3", "its log tells what it has cleaned up") as evidence:
        evidence["log"] = clean_up_task.expect_logged(after=before)
    with once("4.2.4", "a video within its retention stays, in the list and on S3"):
        videos.expect_young_kept()
    with once("4.2.4", "one past its retention goes, from the list and from S3"):
        videos.expect_expired_gone()
    with once("4.2.5", "the CDN serves it no more, from no cache either"):
        videos.expect_some()
        cdn.expect_withdrawn(cdn.signed(videos.expired[0]), cached)
