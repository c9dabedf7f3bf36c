"""Step 2.13, browser compatibility: upload, storage and playback in every browser and on every device of the run."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

import media
from checks.delivery import Delivery
from checks.video_store import VideoStore
from clients.errors import NotCheckable
from clients.moodle.model import Assignment
from clients.steps import aside
from fixtures.data import Submission
from pages.actor import Actor
from pages.upload.requests import Receipt
from runner.pytest_plugin.lines import Lines, Unchecked

UPLOAD_LINES = ("2.13.1", "2.13.2", "2.13.3", "2.13.4", "2.13.6")
"""One for each kind of target; a test settles the one that speaks of its own."""


@pytest.mark.lines(*UPLOAD_LINES, "2.13.5")
def test_upload_and_playback(
    student: Actor,
    assignment: Assignment,
    clip: media.Clip,
    video_store: VideoStore,
    delivery: Delivery,
    submit: Callable[..., Submission],
    line: Lines,
) -> None:
    """A student uploads, saves and watches a video in this browser."""
    uploads, plays = line.declared
    student.log_in_by_form()
    form = student.open(assignment).add_submission()
    with line(uploads, "The upload form fits on the screen", extra=True):
        form.widget.expect_on_screen()
    with line(uploads, "The form lets choose a video that is on the device already", extra=True):
        form.widget.expect_any_source()
    try:
        with line(uploads, "A video that is chosen by the form's button is uploaded", blocks=True) as evidence:
            upload = form.widget.choose_in_dialogue(clip.path)
            evidence["message"] = upload.expect_success()
            evidence["type"] = mime = upload.file_type()
            receipt = upload.receipt()
    except Unchecked:  # its driver takes no file, and playback needs none of the device
        key, mime = submit(assignment, student, clip).key, clip.mime
        page = student.open(assignment)
    else:
        key = receipt.key
        with line(uploads, "The progress bar is seen, and comes to 100%", extra=True) as evidence:
            evidence["percent"] = upload.expect_whole_progress(distinct=1)
        with line(uploads, "S3 holds the video byte for byte, as the type that the browser says"):
            video_store.expect_stored(key, clip.bytes, mime, clip.sha256)
        with line(uploads, "The submission is saved, and shows the video", blocks=True):
            page = form.save()
            page.expect_video(clip.bytes)
    with line(plays, "The video plays from the CDN, pauses and seeks", blocks=True) as evidence:
        player = page.watch().player
        player.expect_loaded(clip.seconds)
        player.expect_on_screen()
        delivery.expect_signed(player.source(), key)
        player.play()
        player.expect_playing()
        evidence["first frame after seconds"] = player.first_frame()
        player.pause()
        evidence["landed at"] = player.seek(clip.seconds / 2)
        evidence["seek took seconds"] = player.seek_times
    with line(plays, "The video's page tells browsers the type that was uploaded", extra=True):
        player.expect_offered_as(mime)


@pytest.mark.lines("2.13.6")
def test_grader(teacher: Actor, submission: Submission, assignment: Assignment, line: Lines) -> None:
    """A teacher watches a student's video on a phone, beside the form to grade with."""
    teacher.log_in_by_cookie()
    with line(
        "2.13.6", "The grader's player has controls on a phone, plays, pauses and seeks", blocks=True, extra=True
    ) as evidence:
        player = teacher.grade(assignment, submission.person.id).player
        player.expect_loaded(submission.clip.seconds)
        player.expect_controls()
        player.play()
        player.expect_playing()
        player.pause()
        evidence["landed at"] = player.seek(submission.clip.seconds / 2)
    with line("2.13.6", "The grader's player plays in its place on an iPhone, the form stays beside it", extra=True):
        player.expect_in_place()


@pytest.mark.lines(*UPLOAD_LINES)
def test_types(
    student: Actor, assignment: Assignment, video_store: VideoStore, h264: bool, tmp_path: Path, line: Lines
) -> None:
    """Every type of video that the plugin allows is accepted from this browser, whatever the browser calls it.

    That of a phone has the name that cameras give, in capitals.
    """
    (uploads,) = line.declared
    student.log_in_by_cookie()
    receipts: dict[str, Receipt] = {}
    for extension in ("mp4", "avi", "mkv", "webm", "mov"):
        file = media.in_container(extension)
        named = Path(shutil.copy(file.path, tmp_path / "IMG_0001.MOV")) if extension == "mov" else file.path
        with aside(), line(uploads, f"{named.name} is accepted and stored", extra=True) as evidence:
            upload = student.open(assignment).add_submission().widget.choose(named)
            evidence["type"] = upload.file_type()
            upload.expect_success()
            receipts[extension] = receipt = upload.receipt()
            video_store.expect_stored(receipt.key, file.bytes, upload.file_type() or file.mime, file.sha256)
    # The last one, which no other has replaced.
    if phone := receipts.get("mov"):
        with line(uploads, "A video as phones make them plays on its page", extra=True):
            if not h264:
                raise NotCheckable("this browser does not play H.264, which is what phones record")
            player = student.watch(phone.submission, phone.key).player
            player.expect_loaded(file.seconds)
            player.play()
            player.expect_playing()


@pytest.mark.lines(*UPLOAD_LINES, "2.13.5")
def test_from_phones(
    student: Actor, assignment: Assignment, video_store: VideoStore, decodes: dict[str, bool], line: Lines
) -> None:
    """Videos as phones send them are taken, and play where the browser decodes them, or are refused with a reason."""
    uploads, plays = line.declared
    student.log_in_by_cookie()
    for video in media.phone_videos():
        form, file, receipt = student.open(assignment).add_submission(), video.clip, None
        with line(uploads, f"{video.what} is taken and stored, or refused with a reason", extra=True):
            upload = form.widget.choose(file.path)
            if upload.expect_taken_or_refused("type", "format", "not a video", "no picture", "codec", "short"):
                receipt = upload.receipt()
                # Some browsers have no type for capitals in an extension; then it is the site that gives one.
                video_store.expect_stored(receipt.key, file.bytes, upload.file_type() or file.mime, file.sha256)
        # Where nothing moves, engines differ in what a press on it does.
        with line(plays, f"{video.what} {'plays' if video.moves else 'is in the player'}, if it was taken", extra=True):
            if receipt is None:
                raise NotCheckable("it was not taken")
            if not decodes[video.codecs]:
                raise NotCheckable(f"this browser does not play {video.codecs}")
            player = student.watch(receipt.submission, receipt.key).player
            player.expect_loaded(file.seconds)
            if video.moves:
                player.play()
                player.expect_playing()
