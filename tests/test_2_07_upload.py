"""Step 2.7, test upload workflow: a teacher's assignment, a student's video, and what S3 holds afterwards."""

import shutil
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

import pytest

import media
from checks.assigning import told_which_stays
from checks.confirmation import (
    confirm_again,
    expect_absent_refused,
    expect_apart,
    expect_closed,
    expect_form_not_believed,
    expect_true_size,
    expect_unharmed,
    expect_unknown_refused,
)
from checks.traffic import expect_bypassed
from checks.video_store import VideoStore
from checks.xss import NAME
from clients.moodle.model import Assignment
from clients.steps import aside
from fixtures.data import Submission
from fixtures.people import People
from network.proxy import ProxiedNetwork
from pages.actor import Actor
from pages.upload.requests import Receipt
from runner.configuration.environment import Environment
from runner.pytest_plugin.lines import Lines
from runner.reservation.workspace import Workspace

ENOUGH_TO_SEE = 10
"""Distinct values of progress that make a moving bar."""

FIVE_GIB = 5368709120

TYPES = {
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".avi": "video/x-msvideo",
    ".mkv": "video/x-matroska",
    ".webm": "video/webm",
}
"""What 2.5.15 allows, by how such files end."""

FORM_LIFETIME = timedelta(hours=1)
"""How long a presigned form may be of use: the plugin's DEVELOPER_GUIDE.md says 3600 s."""


@pytest.mark.happy_path
@pytest.mark.lines("2.7.1", "2.7.2", "2.7.3", "2.7.4", "2.7.6", "2.7.7")
def test_set_up(admin: Actor, people: People, workspace: Workspace, line: Lines) -> None:
    """The administrator prepares course, assignment and enrolment through the pages."""
    admin.log_in_by_cookie()
    unenrolled_user = people.unenrolled_user()

    with line("2.7.1", "The administrator creates a test course", blocks=True):
        course = admin.create_course(workspace.category, *workspace.course_name())
    with line("2.7.3", "The form of a new assignment takes the name Test Video Upload", blocks=True):
        settings = course.new_assignment()
        settings.set_name("Test Video Upload")
    with line("2.7.4", "The form of a new assignment enables the submission type S3 Video"):
        settings.enable_s3video()
    with line("2.7.4", "The form of a new assignment names the submission type S3 Video", extra=True):
        settings.expect_named()
    with line("2.7.6", "The form of a new assignment takes a due date in the future"):
        settings.set_due_in(days=30)
    with line("2.7.2", "The administrator saves the new assignment, and it opens again", blocks=True):
        settings.save()
        settings.reopen()
    with line("2.7.3", "The saved assignment keeps its name"):
        settings.expect_name("Test Video Upload")
    with line("2.7.4", "The saved assignment keeps the submission type S3 Video"):
        settings.expect_s3video()
    with line("2.7.6", "The saved assignment keeps its due date"):
        settings.expect_due_in(days=30)
    with line("2.7.7", "The administrator enrols a student"):
        participants = course.participants()
        participants.enrol(unenrolled_user.person.id, unenrolled_user.person.email)
        participants.expect_student(unenrolled_user.person.id)


@pytest.mark.lines("2.7.6")
def test_cut_off(
    student: Actor, assignment: Assignment, workspace: Workspace, small_clip: media.Clip, line: Lines
) -> None:
    """An assignment's time is over: nobody gets an upload URL for it."""
    closed = workspace.closed_assignment(assignment.course)
    with line("2.7.6", "The server gives no upload URL after the cut-off date", extra=True) as evidence:
        evidence["message"] = expect_closed(student.site(), closed, assignment, small_clip)


@pytest.mark.happy_path
@pytest.mark.lines(
    "2.7.5", "2.7.8", "2.7.9", "2.7.10", "2.7.11", "2.7.12", "2.7.13", "2.7.14", "2.7.15", "2.7.16", "2.7.17",
    "2.7.18", "2.7.19",
)  # fmt: skip
def test_upload(
    student: Actor,
    assignment: Assignment,
    clip: media.Clip,
    text_file: Path,
    video_store: VideoStore,
    network: ProxiedNetwork,
    environment: Environment,
    line: Lines,
) -> None:
    """A student uploads a small video, sees it move, saves it, and finds it again; S3 holds it, byte for byte."""
    with line("2.7.8", "The student logs in", blocks=True):
        student.log_in_by_form()
    with line("2.7.9", "The student opens the assignment", blocks=True):
        page = student.open(assignment)
    with line("2.7.10", "Add submission leads to a form whose upload widget works", blocks=True):
        form = page.add_submission()
        form.widget.expect_ready()
    with line("2.7.5", "The limit in force is 5 GB, and the form says so"):
        form.widget.expect_limit(FIVE_GIB)

    with line("2.7.13", "The form refuses a text file, says why, and sends nothing of it") as evidence:
        refused = form.widget.choose(text_file)
        evidence["message"] = refused.expect_refused("type", "video", "format")
        refused.expect_nothing_sent()
        student.videos.expect_empty()

    with network.slow(environment.budgets.upload_link_mbit), network.measured() as traffic:
        with line("2.7.12", "The student can choose a video file", blocks=True):
            form.widget.expect_offered({clip.path.suffix: clip.mime})
            upload = form.widget.choose(clip.path)
        with line("2.7.14", "The upload starts", blocks=True) as evidence:
            evidence["started by"] = upload.expect_started()
        with line("2.7.15", "A progress bar appears while the video is on its way"):
            upload.expect_progress()
        with line("2.7.16", "The upload comes to an end, and storage has taken it", blocks=True):
            upload.expect_ended()
            upload.expect_stored()
    with line("2.7.13", "The form and the server accept a good video", blocks=True):
        receipt = upload.receipt()
    with line(
        "2.7.17", "A success message appears once S3 has the video and Moodle has noted it", blocks=True
    ) as evidence:
        evidence["message"] = upload.expect_success()
        evidence["milliseconds"] = upload.expect_success_after_confirmation()
    with (
        line("2.7.15", "The progress bar moves forward only, up to 100%", extra=True) as evidence,
        network.requires_proxy(),
    ):
        evidence["percent"] = upload.expect_whole_progress(distinct=ENOUGH_TO_SEE)
    expect_on_s3(line, student, receipt, clip, video_store)
    with line("2.7.11", "The video goes to S3 and not through Moodle", extra=True) as evidence:
        evidence["bytes sent"] = expect_bypassed(traffic, environment.base_url, clip.bytes)

    with line("2.7.18", "Save changes leads back to the assignment", blocks=True):
        page = form.save()
    with line("2.7.19", "The assignment's page shows the submission as saved, with the video and its size"):
        page.expect_submitted()
        page.expect_video(clip.bytes, receipt.key)
    with line("2.7.19", "The submission is still there when the page is loaded again"):
        student.open(assignment).expect_video(clip.bytes)
    with line("2.7.19", "Every page of the upload has finished texts", extra=True):
        student.expect_translated()
    with line("2.7.19", "The submission is still there after a new log-in, on S3 as well"):
        student.log_in_anew()
        student.open(assignment).expect_video(clip.bytes)
        video_store.expect_stored(receipt.key, clip.bytes, clip.mime, clip.sha256)


@pytest.mark.lines("2.7.12", "2.7.13")
def test_files_to_choose(
    student: Actor, assignment: Assignment, small_clip: media.Clip, text_file: Path, tmp_path: Path, line: Lines
) -> None:
    """A student looks through files of every type, with names that are markup, and the form runs none of them."""
    student.log_in_by_cookie()
    form = student.open(assignment).add_submission()
    with line("2.7.13", "The form does not run the name of a text file that it refuses", extra=True):
        refused = form.widget.choose(renamed(text_file, tmp_path))
        refused.expect_ended()
        refused.expect_name_not_run("when it was refused")
    form = student.open(assignment).add_submission()
    with line("2.7.12", "The dialogue for files shows every type of video that the checklist allows", extra=True):
        form.widget.expect_offered(TYPES)
    upload = form.widget.choose(renamed(small_clip.path, tmp_path))
    upload.expect_ended()
    with line("2.7.12", "The form does not run the name of a video that is chosen and uploaded", extra=True):
        upload.expect_name_not_run("when it was chosen, on its way, or uploaded")
    in_capitals = shutil.copy(small_clip.path, tmp_path / f"IMG_0001{small_clip.path.suffix.upper()}")
    upload = student.open(assignment).add_submission().widget.choose(Path(in_capitals))
    upload.expect_ended()
    with line("2.7.13", "The form takes a video whose extension is in capitals, as cameras write it", extra=True):
        upload.expect_started()


def renamed(file: Path, folder: Path) -> Path:
    """A copy of the file, whose name is markup."""
    return Path(shutil.copy(file, folder / f"{NAME}{file.suffix}"))


def expect_on_s3(line: Lines, student: Actor, receipt: Receipt, clip: media.Clip, video_store: VideoStore) -> None:
    """What S3 holds of an upload, and who gets at it by what the plugin gave out."""
    with line("2.7.11", "S3 holds the small video, byte for byte, and nothing else of it") as evidence:
        evidence["object"] = asdict(video_store.expect_stored(receipt.key, clip.bytes, clip.mime, clip.sha256))
        student.videos.expect_only(receipt.key)
    with line("2.7.11", "Nobody gets the video from S3 without a signature", extra=True):
        video_store.expect_private(receipt.key)
    with line("2.7.11", "The presigned form is valid for one hour at most", extra=True) as evidence:
        evidence["seconds"] = receipt.expect_lifetime(FORM_LIFETIME)


@pytest.mark.lines("2.7.17", "2.7.19")
def test_confirmations(
    student: Actor,
    assignment: Assignment,
    small_clip: media.Clip,
    submit: Callable[..., Submission],
    video_store: VideoStore,
    environment: Environment,
    line: Lines,
) -> None:
    """The server takes nobody's word for what S3 holds, and a confirmation too many harms no video."""
    site = student.site()
    with line("2.7.17", "The server does not believe the size that a browser declares", extra=True) as evidence:
        evidence["answer"] = expect_true_size(site, assignment, small_clip, environment.verify)
    with aside():
        first = submit(assignment, student)
        with line("2.7.19", "A video that is confirmed twice stays handed in", extra=True) as evidence:
            evidence["answer"] = confirm_again(site, first)
            expect_unharmed(site, first, video_store, "a second confirmation")
        second = submit(assignment, student)
        with line(
            "2.7.19", "A late confirmation of a replaced video does not harm the new one", extra=True
        ) as evidence:
            evidence["answer"] = confirm_again(site, first)
            expect_unharmed(site, second, video_store, "a late confirmation of the video that it replaced")
    third = submit(assignment, student)
    with line("2.7.17", "The server does not confirm a video that never reached S3", extra=True) as evidence:
        evidence["message"] = expect_absent_refused(site, assignment, small_clip)
    with line("2.7.17", "The server does not confirm a key that it never gave", extra=True) as evidence:
        evidence["message"] = expect_unknown_refused(site, third)
    with aside():
        student.moodle.step("By requests: get an upload URL, send nothing, and confirm its key.")
        student.moodle.step("By requests: confirm its key changed into one that nobody was given.")
        with line("2.7.19", "A refused confirmation does not harm the video handed in before", extra=True):
            expect_unharmed(site, third, video_store, "a refused confirmation of another upload")
    with line("2.7.19", "The form's word alone does not hand in a video that never reached S3", extra=True) as evidence:
        evidence["message"] = expect_form_not_believed(site, third)


@pytest.mark.lines("2.7.19")
def test_same_name(
    submit: Callable[..., Submission],
    assignment: Assignment,
    workspace: Workspace,
    small_clip: media.Clip,
    tmp_path: Path,
    video_store: VideoStore,
    line: Lines,
) -> None:
    """A student's camera gives two videos one name, and each goes to an assignment of its own."""
    one, other = (
        media.named(media.padded(small_clip, small_clip.bytes + more, tmp_path), "video", tmp_path)
        for more in (1024, 2048)
    )
    first = submit(assignment, clip=one)
    with line("2.7.19", "A file of the same name in another assignment takes a key of its own on S3", extra=True):
        second = submit(workspace.new_assignment(assignment.course), first.owner, other)
        expect_apart(first, second)
    with line("2.7.19", "A file of the same name in another assignment leaves the first video as it was", extra=True):
        expect_unharmed(first.owner.site(), first, video_store, "an upload of the same name to another assignment")


@pytest.mark.lines("2.7.19")
def test_replacement(
    submission: Submission,
    people: People,
    assignment: Assignment,
    small_clip: media.Clip,
    line: Lines,
) -> None:
    """A student thinks better of it: another video takes the place of the first."""
    student = submission.owner
    student.log_in_by_cookie()
    with line("2.7.19", "The form of a saved submission opens again", blocks=True, extra=True):
        form = student.open(assignment).edit_submission()
    with line("2.7.19", "The form of a saved submission has finished texts", extra=True):
        student.expect_translated()
    with line("2.7.19", "Another video can be saved in place of the first", blocks=True, extra=True):
        upload = form.widget.choose(small_clip.path)
        upload.expect_success()
        receipt = upload.receipt()
        which = {submission.key: "the first video", receipt.key: "the new video"}
        teacher = people.teacher(assignment.course)
        with told_which_stays(student.site(), teacher.site(), submission, which):
            form.save().expect_video(small_clip.bytes)
    with line("2.7.19", "S3 holds nothing but the new video", extra=True):
        student.videos.expect_only(receipt.key)
