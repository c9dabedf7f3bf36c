"""Steps 3.7 and 3.10, on production too: one assignment, one upload, one playback, and everything is removed."""

from collections.abc import Callable

import pytest

import media
from checks.installation import Installation
from checks.notification import expect_notified
from checks.rehearsal import Rehearsals
from checks.video_store import VideoStore
from clients.addresses import ASSIGNMENT
from clients.errors import NotCheckable
from clients.moodle.assignments import delete_assignment
from clients.moodle.notifications import notifications
from clients.steps import aside
from fixtures.people import People
from fixtures.visitors import SubmissionWithoutBrowser
from pages.actor import Actor
from pages.dashboard import Figures
from runner.pytest_plugin.lines import Lines
from runner.reservation.workspace import Workspace

ONE_MORE = {"Total Requested": 1, "Total Completed": 1}

SEVERAL = 1_000_000
"""Uploads of other people that the statistics may have grown by: at least ours has to be there."""


@pytest.mark.production
@pytest.mark.usefixtures("smoke")
@pytest.mark.lines("3.7.1", "3.7.2", "3.7.3", "3.7.4", "3.7.5", "3.7.6", "3.9.4", "3.10.2")
def test_smoke(
    admin_in_private: Actor,
    people: People,
    workspace: Workspace,
    small_clip: media.Clip,
    video_store: VideoStore,
    expect_quiet_log: Callable[[], int],
    line: Lines,
) -> None:
    """A student hands in a small video, a teacher watches it, the dashboard counts it, and nobody finds it after."""
    admin_in_private.log_in_by_cookie()
    before: Figures | None = None
    with aside(), line("3.7.4", "The dashboard opens"):
        before = admin_in_private.dashboard().figures()

    with line("3.7.1", "An assignment with S3 Video is created", blocks=True):
        assignment = workspace.new_assignment()
        student, teacher = people.student(assignment.course), people.teacher(assignment.course)
    with line("3.7.1", "A student finds the assignment, and the form for a video in it", blocks=True):
        student.log_in_by_form()
        form = student.open(assignment).add_submission()
        form.widget.expect_ready()
    with line("3.7.2", "The student uploads a small video", blocks=True):
        upload = form.widget.choose(small_clip.path)
        upload.expect_success()
        receipt = upload.receipt()
    with line("3.7.2", "The student saves the video, and S3 holds it byte for byte", blocks=True):
        form.save().expect_video(small_clip.bytes)
        video_store.expect_stored(receipt.key, small_clip.bytes, small_clip.mime, small_clip.sha256)
    with aside():
        with line("3.7.3", "The video plays for a teacher who finds it", blocks=True) as evidence:
            teacher.log_in_by_form()
            player = teacher.open(assignment).view_all_submissions().grade(student.person.id).player
            player.expect_loaded(small_clip.seconds)
            player.play()
            player.expect_playing()
            evidence["first frame after seconds"] = player.first_frame()
        with aside(), line("3.10.2", "The list of videos shows the upload from the plugin's table"):
            admin_in_private.manage_videos(search=receipt.key).expect_listed(receipt.key)
        for statistics in ("3.7.4", "3.9.4"):
            with aside(), line(statistics, "The dashboard counts one upload more"):
                if before is None:
                    raise NotCheckable("the dashboard, which counts uploads, does not open")
                admin_in_private.dashboard().figures().expect_growth(before, ONE_MORE, lambda: SEVERAL)
        with line("3.7.5", "PHP's log has no error since the run began but what the run provoked") as evidence:
            evidence["entries"] = expect_quiet_log()
        with aside(), line("3.7.5", "The plugin's log has no error of the upload", extra=True):
            if before is None:
                raise NotCheckable("the dashboard, which shows the plugin's log, does not open")
            admin_in_private.dashboard().expect_no_failure(assignment.name)
        with line("3.7.5", "The browsers' consoles have no error", extra=True):
            student.console.expect_clean()
            teacher.console.expect_clean()
    with line("3.7.6", "The administrator deletes the assignment"):
        delete_assignment(workspace.site, assignment, [student.person.id])
    with aside(), line("3.7.6", "The student no longer finds the deleted assignment", extra=True) as evidence:
        evidence["message"] = said = student.visit(ASSIGNMENT, id=assignment.cmid).message
        assert said, "expected a page that says that there is no such assignment, seen one that says nothing"
    with line("3.7.6", "S3 no longer holds the deleted assignment's video", extra=True):
        video_store.expect_gone(receipt.key)


@pytest.mark.production
@pytest.mark.lines("3.1.8", "R.2.4")
def test_rehearsal(rehearsals: Rehearsals, installation: Installation, line: Lines) -> None:
    """Somebody looks up what came of the last run on staging, and whether anybody stands for it."""
    for box in ("3.1.8", "R.2.4"):
        with line(box, "The last run on staging with this version was GO, and is signed") as evidence:
            evidence["run"] = rehearsals.expect_signed_go(installation.expect_upgraded())


@pytest.mark.lines("3.10.5")
def test_notification(
    submit_without_browser: Callable[..., SubmissionWithoutBrowser], workspace: Workspace, line: Lines
) -> None:
    """A student submits a video in an assignment that notifies its graders."""
    assignment, grader = workspace.notifying_assignment()
    with workspace.told(grader):
        before = notifications(workspace.site, grader)
        submit_without_browser(assignment)
        with line("3.10.5", "Moodle notifies the grader of a submitted video") as evidence:
            evidence["notification"] = expect_notified(workspace.site, grader, assignment, before)


@pytest.mark.production
@pytest.mark.lines("3.10.1", "3.10.6")
def test_installed(installation: Installation, line: Lines) -> None:
    """The plugin is in the list of what is installed, and its task is registered."""
    with line("3.10.1", "The overview of plugins shows the plugin, complete") as evidence:
        evidence["version"] = installation.expect_upgraded()
    with line("3.10.1", "The list of submission plugins shows the plugin, enabled", extra=True):
        installation.expect_listed()
        installation.expect_enabled()
    with line("3.10.6", "The task that cleans up is registered"):
        installation.expect_task_registered()
    with line("3.10.6", "The task that cleans up is enabled", extra=True):
        installation.expect_task_enabled()
