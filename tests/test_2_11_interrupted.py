"""Step 2.11, test error handling: an upload that breaks off can be tried again, and harms no video before it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

import media
from checks.message_quality import expect_advice, expect_plain
from checks.video_store import VideoStore
from clients.addresses import endpoint
from clients.moodle.model import Assignment
from fixtures.data import Submission
from network.proxy import ProxiedNetwork
from pages.actor import Actor
from pages.assignment import SubmissionForm
from runner.pytest_plugin.lines import Lines

pytestmark = pytest.mark.provokes

SLOW = 16
"""Mbit/s: the clip takes 12 s, time enough to break something while it is on its way."""


@pytest.mark.lines("2.11.6", "2.11.7")
def test_broken_connection(
    student: Actor,
    assignment: Assignment,
    clip: media.Clip,
    video_store: VideoStore,
    proxied_network: ProxiedNetwork,
    line: Lines,
) -> None:
    """The connection breaks while a video is on its way; when it is back, another try succeeds."""
    student.log_in_by_cookie()
    form = student.open(assignment).add_submission()
    with (
        proxied_network.slow(SLOW),
        line("2.11.6", "The form tells of a connection that breaks", blocks=True, extra=True),
    ):
        upload = form.widget.choose(clip.path)
        upload.expect_started()
        upload.expect_under_way()
        with proxied_network.cut(endpoint(upload.storage())):
            upload.expect_refused()
    with line("2.11.7", "The message after a broken connection names it, and what to do", extra=True) as evidence:
        evidence["message"] = form.widget.said()
        upload.expect_refused(
            "connection",
            "network",
            "internet",
            "interrupted",
            so_that_it="tells the student of the broken connection",
        )
        expect_plain(form.widget.said())
        expect_advice(form.widget.said())
    with line("2.11.6", "After a broken connection another try succeeds", blocks=True, extra=True) as evidence:
        again = form.widget.try_again(clip.path)
        evidence["tried again by"] = again.started_by
        again.expect_success()
    with line("2.11.6", "After a broken connection S3 has one whole video", extra=True):
        key = again.receipt().key
        student.videos.expect_only(key)
        video_store.expect_stored(key, clip.bytes, clip.mime, clip.sha256)


@pytest.mark.lines("2.11.6", "2.11.7")
def test_session_over(
    student: Actor,
    assignment: Assignment,
    clip: media.Clip,
    proxied_network: ProxiedNetwork,
    line: Lines,
) -> None:
    """The student's session ends while the video is on its way; after a new log-in, another try succeeds."""
    student.log_in_by_cookie()
    form = student.open(assignment).add_submission()
    with line("2.11.6", "The form tells of a session that ends during an upload", blocks=True, extra=True):
        with proxied_network.slow(SLOW):
            upload = form.widget.choose(clip.path)
            upload.expect_started()
            student.lose_session()
        upload.expect_refused()
    with line("2.11.7", "The message after the session's end says to log in again", extra=True) as evidence:
        evidence["message"] = form.widget.said()
        upload.expect_refused(
            "log in", "logged in", "login", "session", "sign in", so_that_it="tells the student to log in again"
        )
        expect_plain(form.widget.said())
        expect_advice(form.widget.said())
    with line("2.11.6", "After a new log-in another try succeeds", blocks=True, extra=True):
        student.log_in_by_cookie()
        form = student.open(assignment).add_submission()
        again = form.widget.choose(clip.path)
        again.expect_success()
    with line("2.11.6", "After a new log-in S3 has one video, and no orphan", extra=True):
        page = form.save()
        student.videos.expect_only(page.expect_video(clip.bytes))


@pytest.mark.lines("2.11.6", "2.11.7")
def test_confirmation_fails(
    student: Actor,
    assignment: Assignment,
    small_clip: media.Clip,
    line: Lines,
) -> None:
    """S3 has the video, but Moodle fails to take note; when it is well again, another try succeeds."""
    student.log_in_by_cookie()
    form = student.open(assignment).add_submission()
    with (
        line("2.11.6", "The form tells of a failed confirmation", blocks=True, extra=True),
        form.widget.confirmation_fails(),
    ):
        upload = form.widget.choose(small_clip.path)
        upload.expect_refused()
    with line("2.11.7", "The message after a failed confirmation says what to do", extra=True) as evidence:
        evidence["message"] = form.widget.said()
        expect_plain(form.widget.said())
        expect_advice(form.widget.said())
    with line("2.11.6", "After a failed confirmation another try succeeds", blocks=True, extra=True) as evidence:
        again = form.widget.try_again(small_clip.path)
        evidence["tried again by"] = again.started_by
        again.expect_success()
    with line("2.11.6", "After a failed confirmation S3 has one video, and no orphan", extra=True):
        page = form.save()
        student.videos.expect_only(page.expect_video(small_clip.bytes))


@pytest.mark.lines("2.11.6")
def test_upload_never_ended(begin: Callable[[Assignment], Submission], assignment: Assignment, line: Lines) -> None:
    """An upload was begun and failed; the student saves the form all the same, and is not told that it is handed in."""
    student = begin(assignment).owner
    student.log_in_by_cookie()
    with line("2.11.6", "After an upload that failed the form opens again", blocks=True, extra=True):
        form = student.open(assignment).edit_submission()
        form.widget.expect_ready()
    with line("2.11.6", "A form that is saved without a video hands nothing in", extra=True):
        form.send()
        student.open(assignment).expect_not_submitted()


@dataclass(frozen=True)
class Replacement:
    """A student at the form of what they have handed in, about to choose another video: `clip`."""

    student: Actor
    form: SubmissionForm
    clip: media.Clip
    text_file: Path
    network: ProxiedNetwork

    def wrong_file(self) -> None:
        self.form.widget.choose(self.text_file).expect_refused()
        self.form.save()

    def storage_refuses(self) -> None:
        self.form.widget.storage_refuses()
        self.form.widget.choose(self.clip.path).expect_refused()

    def connection_breaks(self) -> None:
        with self.network.requires_proxy(), self.network.slow(SLOW):
            upload = self.form.widget.choose(self.clip.path)
            upload.expect_started()
            upload.expect_under_way()
            with self.network.cut(endpoint(upload.storage())):
                upload.expect_refused()

    def session_ends(self) -> None:
        with self.network.requires_proxy(), self.network.slow(SLOW):
            upload = self.form.widget.choose(self.clip.path)
            upload.expect_started()
            self.student.lose_session()
        upload.expect_refused()
        self.student.log_in_by_cookie()

    def confirmation_fails(self) -> None:
        with self.form.widget.confirmation_fails():
            self.form.widget.choose(self.clip.path).expect_refused()

    def tab_is_closed(self) -> None:
        with self.network.requires_proxy(), self.network.slow(SLOW):
            upload = self.form.widget.choose(self.clip.path)
            upload.expect_started()
            upload.expect_under_way()
            self.student.close_tab()

    def cancelled(self) -> None:
        self.form.widget.choose(self.clip.path).expect_success()
        self.form.cancel()


FAILURES = {
    "a wrong file was chosen": Replacement.wrong_file,
    "S3 refused another one": Replacement.storage_refuses,
    "the connection broke": Replacement.connection_breaks,
    "the session ended": Replacement.session_ends,
    "the confirmation failed": Replacement.confirmation_fails,
    "the tab was closed": Replacement.tab_is_closed,
    "Cancel was pressed": Replacement.cancelled,
}
"""How the upload of another video comes to nothing, in each way that step 2.11 knows, and by the form's own button."""


@pytest.mark.lines("2.7.19")
@pytest.mark.parametrize("failure", FAILURES)
def test_failed_replacement(
    failure: str,
    submission: Submission,
    teacher: Actor,
    assignment: Assignment,
    clip: media.Clip,
    text_file: Path,
    video_store: VideoStore,
    network: ProxiedNetwork,
    line: Lines,
) -> None:
    """A student has handed in a video, chooses another one, and that fails: the first one stays handed in."""
    student, first = submission.owner, submission.clip
    student.log_in_by_cookie()
    form = student.open(assignment).edit_submission()
    with line("2.7.19", f"The upload of another video fails: {failure}", extra=True):
        FAILURES[failure](Replacement(student, form, clip, text_file, network))
    with line("2.7.19", f"The student still has the video handed in, and can play it, after {failure}", extra=True):
        student.open(assignment).expect_still(submission.key)
        player = student.watch(submission.id, submission.key).player
        player.expect_loaded(first.seconds)
        player.play()
        player.expect_playing()
    with line("2.7.19", f"The teacher still has the video in table and grader after {failure}", extra=True):
        teacher.log_in_by_cookie()
        table = teacher.open(assignment).view_all_submissions()
        table.expect_still(student.person.id, submission.key)
        table.grade(student.person.id).player.expect_loaded(first.seconds)
    with line("2.7.19", f"S3 still holds the video handed in after {failure}", extra=True):
        video_store.expect_stored(submission.key, first.bytes, first.mime, first.sha256)
