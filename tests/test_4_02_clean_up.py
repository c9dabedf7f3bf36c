"""Step 4.2, the scheduled task that deletes what is past its retention: run now, where that is nobody else's loss."""

from collections.abc import Callable

import pytest

from checks.delivery import Delivery, why_hopeless
from checks.retention import Retention
from checks.tasks import expect_daily, expect_enabled, expect_has_run, expect_logged, expect_runnable, expect_success
from clients.cdn import CDN
from clients.moodle.model import Assignment, Settings
from clients.moodle.tasks import Task
from clients.s3 import Bucket
from fixtures.visitors import SubmissionWithoutBrowser
from runner.pytest_plugin.lines import Lines
from runner.reservation.kept_videos import KeptVideos
from runner.reservation.settings_guard import SettingsGuard
from runner.reservation.workspace import Workspace


@pytest.mark.lines("4.2.1", "4.2.2", "4.2.3", "4.2.4", "4.2.5")
def test_clean_up(
    clean_up_task: Task,
    submit_without_browser: Callable[..., SubmissionWithoutBrowser],
    kept_videos: KeptVideos,
    assignment: Assignment,
    workspace: Workspace,
    settings: Settings,
    settings_guard: SettingsGuard,
    bucket: Bucket,
    cdn: CDN,
    delivery: Delivery,
    line: Lines,
) -> None:
    """The task runs every night at two, and does what it is for, to a video that an earlier run has left."""
    with line("4.2.1", "The task has run by itself at 2 AM") as evidence:
        evidence["last run"] = expect_has_run(clean_up_task, 2)
    with line("4.2.1", "The task is scheduled for every night at 2 AM", extra=True):
        expect_daily(clean_up_task, 2)
    with line("4.2.1", "The task is enabled", extra=True):
        expect_enabled(clean_up_task)

    expect_runnable(clean_up_task)
    submit_without_browser(assignment)
    retention = Retention(workspace.site, bucket, settings.get("retention_days", ""), workspace.our_people())
    days = retention.days if "retention_days" in settings.forced else retention.days_to_try()
    with line(
        "4.2.4", "A video stays that is younger than the retention in days, and older in hours", extra=True
    ) as evidence:
        evidence["retention in days"] = longer = retention.days_to_keep()
        with settings_guard.number("retention_days", longer):
            videos = retention.under(longer)
            clean_up_task.run()
            videos.expect_young_kept()
    with settings_guard.number("retention_days", days):
        videos = retention.under(days)
        cached = said = ""
        with line("4.2.5", "The CDN serves a video that is past its retention before the task has run") as evidence:
            videos.expect_some()
            evidence["X-Cache"] = cached = cdn.cached(cdn.signed(videos.expired[-1]))
        before, lost = clean_up_task.last_log(), videos.lose_first()

        with line("4.2.2", "The task runs without trouble when the administrator starts it") as evidence:
            evidence["retention in days"] = videos.days
            evidence["said"] = said = clean_up_task.run()
            expect_success(said)
    with line("4.2.2", "The task had a video to delete when it ran"):
        videos.expect_some()
    with line("4.2.3", "The task's log tells what was cleaned up") as evidence:
        evidence["log"] = expect_logged(clean_up_task, after=before)
    with line("4.2.4", "A video past its retention is gone from the list and from S3") as evidence:
        evidence["whose object S3 had lost"] = lost
        videos.expect_expired_gone()
    with line("4.2.4", "A video within its retention stays in the list and on S3"):
        videos.expect_young_kept()
    with line("4.2.5", "The CDN no longer serves the deleted video, from no cache either"):
        videos.expect_some()
        hopeless = why_hopeless(said, stored=videos.is_expired_stored)
        delivery.expect_withdrawn(cdn.signed(videos.expired[-1]), cached, hopeless=hopeless)
    kept_videos.leave()
