"""Step 2.7, test upload workflow: a teacher's assignment, a student's video, and what S3 holds afterwards."""

from dataclasses import asdict
from pathlib import Path

import pytest

import media
from fixtures.data import Submission
from fixtures.people import People
from pages.actor import Actor
from runner.environment import Environment
from runner.lines import Lines
from runner.workspace import Workspace
from services.bucket import Bucket
from services.moodle.model import Assignment
from services.network import Network

ENOUGH_TO_SEE = 10
"""Distinct values of progress that make a moving bar."""

FIVE_GIB = 5368709120


@pytest.mark.canary
@pytest.mark.lines("2.7.1", "2.7.2", "2.7.3", "2.7.4", "2.7.6", "2.7.7")
def test_set_up(admin: Actor, people: People, workspace: Workspace, line: Lines) -> None:
    """The administrator prepares course, assignment and enrolment through the pages."""
    admin.enter()
    newcomer = people.newcomer()

    with line("2.7.1", "a test course is created", blocks=True):
        course = admin.create_course(workspace.category, *workspace.course_name())
    with line("2.7.3", "a test assignment gets its name", blocks=True):
        settings = course.new_assignment()
        settings.set_name("Test Video Upload")
    with line("2.7.4", "its submission type S3 Video is enabled"):
        settings.enable_s3video()
    with line("2.7.6", "its due date is in the future"):
        settings.set_due_in(days=30)
    with line("2.7.2", "the assignment is created", blocks=True):
        settings.save()
        settings.reopen()
    with line("2.7.3", "and keeps its name"):
        settings.expect_name("Test Video Upload")
    with line("2.7.4", "its submission type"):
        settings.expect_s3video()
    with line("2.7.6", "and its due date"):
        settings.expect_due_in(days=30)
    with line("2.7.7", "a student is enrolled"):
        participants = course.participants()
        participants.enrol(newcomer.person.id, newcomer.person.email)
        participants.expect_student(newcomer.person.id)


@pytest.mark.canary
@pytest.mark.lines(
    "2.7.5", "2.7.8", "2.7.9", "2.7.10", "2.7.11", "2.7.12", "2.7.13", "2.7.14", "2.7.15", "2.7.16", "2.7.17",
    "2.7.18", "2.7.19",
)  # fmt: skip
def test_upload(
    student: Actor,
    assignment: Assignment,
    clip: media.Clip,
    text_file: Path,
    bucket: Bucket,
    network: Network,
    environment: Environment,
    line: Lines,
) -> None:
    """A student uploads a small video, sees it move, saves it, and finds it again; S3 holds it, byte for byte."""
    with line("2.7.8", "the student logs in", blocks=True):
        student.log_in()
    with line("2.7.9", "goes to the assignment", blocks=True):
        page = student.open(assignment)
    with line("2.7.10", "clicks Add submission", blocks=True):
        form = page.add_submission()
        form.widget.expect_ready()
    with line("2.7.5", "the limit in force is 5 GB, and the student is told"):
        form.widget.expect_limit(FIVE_GIB)

    with line("2.7.13", "a text file is refused, with a reason") as evidence:
        refused = form.widget.choose(text_file)
        evidence["message"] = refused.expect_refused("type", "video", "format")
        refused.expect_nothing_sent()
        student.videos.expect_empty()

    with network.slow(environment.budgets.upload_link_mbit), network.measured() as traffic:
        with line("2.7.12", "a video is chosen", blocks=True):
            form.widget.expect_offered(clip.mime)
            upload = form.widget.choose(clip.path)
        with line("2.7.14", "the upload starts", blocks=True) as evidence:
            evidence["started by"] = upload.expect_started()
        with line("2.7.15", "a progress bar appears"):
            upload.expect_progress()
        with line("2.7.16", "the upload completes", blocks=True):
            upload.expect_ended()
    with line("2.7.15", "and moves, only forward, to 100%") as evidence, network.ours():
        evidence["percent"] = upload.expect_whole_progress(distinct=ENOUGH_TO_SEE)
    with line("2.7.13", "a good video is accepted", blocks=True):
        receipt = upload.receipt()
    with line("2.7.17", "a success message, once S3 has the video and Moodle knows", blocks=True) as evidence:
        evidence["message"] = upload.expect_success()
        evidence["milliseconds"] = upload.expect_success_after_confirmation()
    with line("2.7.11", "the small video is on S3, byte for byte") as evidence:
        evidence["object"] = asdict(bucket.expect_stored(receipt.key, clip.bytes, clip.mime, clip.sha256))
        student.videos.expect_only(receipt.key)
        bucket.expect_private(receipt.key)
    with line("2.7.11", "and never passed through Moodle") as evidence:
        evidence["bytes sent"] = traffic.expect_bypassed(environment.base_url, clip.bytes)

    with line("2.7.18", "Save changes leads back to the assignment", blocks=True):
        page = form.save()
    with line("2.7.19", "the submission is saved"):
        page.expect_submitted()
        page.expect_video(clip.bytes, receipt.key)
    with line("2.7.19", "a reload still shows it, and every page so far had finished texts"):
        student.open(assignment).expect_video(clip.bytes)
        student.expect_translated()
    with line("2.7.19", "so does a new session, on S3 as well"):
        student.log_in_anew()
        student.open(assignment).expect_video(clip.bytes)
        bucket.expect_stored(receipt.key, clip.bytes, clip.mime, clip.sha256)


@pytest.mark.lines("2.7.19")
def test_replacement(
    submission: Submission,
    assignment: Assignment,
    small_clip: media.Clip,
    line: Lines,
) -> None:
    """A student thinks better of it: another video takes the place of the first."""
    student = submission.owner
    student.enter()
    with line("2.7.19", "the form opens again", blocks=True):
        form = student.open(assignment).edit_submission()
    with line("2.7.19", "in finished texts"):
        student.expect_translated()
    with line("2.7.19", "another video is saved in place of the first", blocks=True):
        upload = form.widget.choose(small_clip.path)
        upload.expect_success()
        receipt = upload.receipt()
        form.save().expect_video(small_clip.bytes)
    with line("2.7.19", "S3 holds the new one only"):
        student.videos.expect_only(receipt.key)
