"""Steps 3.7 and 3.10, on production too: one assignment, one upload, one playback, and everything is removed."""

import pytest

import media
from fixtures.people import People
from pages.actor import Actor
from pages.dashboard import Figures
from runner.lines import Lines
from runner.workspace import Workspace
from services.addresses import ASSIGNMENT
from services.bucket import Bucket
from services.errors import NotCheckable
from services.moodle.assignments import delete_assignment
from services.moodle.installation import Installation

SEVERAL = 1_000_000
"""Uploads of other people that the statistics may have grown by: at least ours has to be there."""


@pytest.mark.production
@pytest.mark.usefixtures("smoke")
@pytest.mark.lines("3.7.1", "3.7.2", "3.7.3", "3.7.4", "3.7.5", "3.7.6", "3.10.2")
def test_smoke(
    admin_in_private: Actor,
    people: People,
    workspace: Workspace,
    small_clip: media.Clip,
    bucket: Bucket,
    line: Lines,
) -> None:
    """A student hands in a small video, a teacher watches it, the dashboard counts it, and nobody finds it after."""
    admin = admin_in_private
    admin.enter()
    before: Figures | None = None
    with line("3.7.4", "the dashboard opens"):
        before = admin.dashboard().figures()

    with line("3.7.1", "an assignment with S3 Video is created", blocks=True):
        assignment = workspace.new_assignment()
        student, teacher = people.student(assignment.course), people.teacher(assignment.course)
    with line("3.7.1", "a student finds it, and the form for a video in it", blocks=True):
        student.log_in()
        form = student.open(assignment).add_submission()
        form.widget.expect_ready()
    with line("3.7.2", "the student uploads a small video", blocks=True):
        upload = form.widget.choose(small_clip.path)
        upload.expect_success()
        receipt = upload.receipt()
    with line("3.7.2", "saves it, and S3 holds it byte for byte", blocks=True):
        form.save().expect_video(small_clip.bytes)
        bucket.expect_stored(receipt.key, small_clip.bytes, small_clip.mime, small_clip.sha256)
    with line("3.7.3", "a teacher finds it, and it plays", blocks=True) as evidence:
        teacher.log_in()
        player = teacher.open(assignment).view_all_submissions().grade(student.person.id).player
        player.expect_loaded(small_clip.seconds)
        player.play()
        player.expect_playing()
        evidence["first frame after seconds"] = player.first_frame()
    with line("3.10.2", "the plugin's tables are there, and the list of videos is made of them"):
        admin.manage_videos(search=receipt.key).expect_listed(receipt.key)
    if before is not None:
        with line("3.7.4", "and counts one upload more"):
            admin.dashboard().figures().expect_growth(
                before, {"Total Requested": 1, "Total Completed": 1}, lambda: SEVERAL
            )
    with line("3.7.5", "the plugin's log has no error of it"):
        if before is None:
            raise NotCheckable("the dashboard, which shows the plugin's log, does not open")
        admin.dashboard().expect_no_failure(assignment.name)
    with line("3.7.5", "nor has a browser's console"):
        student.console.expect_clean()
        teacher.console.expect_clean()
    with line("3.7.6", "the assignment is deleted"):
        delete_assignment(workspace.site, assignment, [student.person.id])
    with line("3.7.6", "and the student finds it no more") as evidence:
        evidence["message"] = said = student.visit(ASSIGNMENT, id=assignment.cmid).message
        assert said, "expected a page that says that there is no such assignment, seen one that says nothing"
    with line("3.7.6", "nor does S3 hold its video"):
        left = bucket.keys(receipt.key)
        assert not left, f"expected the video to be gone with its assignment, seen {receipt.key} on S3"


@pytest.mark.production
@pytest.mark.lines("3.10.1", "3.10.6")
def test_installed(installation: Installation, once: Lines) -> None:
    """The plugin is in the list of what is installed, and its task is registered."""
    with once("3.10.1", "the plugin is in the overview of plugins, complete") as evidence:
        evidence["version"] = installation.expect_upgraded()
    with once("3.10.1", "and in the list of submission plugins, enabled"):
        installation.expect_listed()
        installation.expect_enabled()
    with once("3.10.6", "the task that cleans up is registered"):
        installation.expect_task_registered()
    with once("3.10.6", "and enabled"):
        installation.expect_task_enabled()
