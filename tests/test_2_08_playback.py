"""Step 2.8, test playback workflow: a teacher watches what a student has submitted, and grades it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from checks.delivery import DAY, LECTURE, Delivery
from checks.traffic import expect_received_from
from clients.moodle.model import Assignment
from clients.plugin.api import PLAYBACK, playback_url
from clients.steps import aside
from fixtures.data import Submission
from network.proxy import ProxiedNetwork
from pages.actor import Actor
from runner.configuration.environment import Environment
from runner.pytest_plugin.lines import Lines

POINTS, COMMENT = 73, "Well filmed, and the sound is clear."


@pytest.mark.happy_path
@pytest.mark.lines("2.8.1", "2.8.2", "2.8.3", "2.8.4", "2.8.5", "2.8.6", "2.8.7", "2.8.9")
def test_playback(
    teacher: Actor,
    submission: Submission,
    assignment: Assignment,
    network: ProxiedNetwork,
    delivery: Delivery,
    environment: Environment,
    line: Lines,
) -> None:
    """The grader plays the video, from the CDN, with a quiet console."""
    student = submission.person.id
    with line("2.8.1", "The teacher logs in through the form", blocks=True):
        teacher.log_in_by_form()
    with line("2.8.2", "The teacher goes to the assignment", blocks=True):
        page = teacher.open(assignment)
    with line("2.8.3", "The teacher finds all submissions, the student's video among them", blocks=True):
        table = page.view_all_submissions()
        table.expect_video(student)
    with network.measured() as traffic:
        with line("2.8.4", "The teacher opens the student's submission", blocks=True):
            grader = table.grade(student)
        with line("2.8.5", "The player loads the video", blocks=True):
            player = grader.player
            player.expect_loaded(submission.clip.seconds)
        with line("2.8.6", "A click on the player plays the video", blocks=True):
            player.play()
        with line("2.8.7", "The video plays without errors") as evidence:
            player.expect_playing()
            evidence["first frame after seconds"] = player.first_frame()
            player.expect_no_error()
    with line("2.8.7", "The video is heard", extra=True):
        player.expect_sound()
    with line("2.8.7", "The bytes of the video come from the CDN", extra=True) as evidence:
        evidence["bytes received"] = expect_received_from(traffic, environment.cdn.domain, submission.clip.bytes // 2)
    with line("2.8.7", "The player has a signed URL of the CDN, which answers in ranges", extra=True):
        delivery.expect_signed(player.source(), submission.key)
        delivery.expect_ranges(player.source(), submission.clip)
    with line("2.8.7", "The player's address lives as long as the plugin tells the player", extra=True) as evidence:
        given = playback_url(teacher.site(), submission).given(PLAYBACK)
        promised = timedelta(seconds=int(given["expires_in"]))
        evidence["seconds"] = delivery.expect_lasting(given["signed_url"], promised)
    with line("2.8.5", "The video's own page plays it as well", extra=True):
        video = teacher.watch(submission.id, submission.key)
        video.player.expect_loaded(submission.clip.seconds)
        video.player.play()
        video.player.expect_playing()
    with line("2.8.5", "Every page on the way to the video is in finished texts", extra=True):
        teacher.expect_translated()
    with line("2.8.9", "The teacher's console shows no error through the whole step"):
        teacher.console.expect_clean()
    with line("2.8.9", "The teacher's console tells nobody the signed URL, with which anyone could watch", extra=True):
        teacher.console.expect_nothing_signed("the teacher's")


@pytest.mark.lines("2.8.8", "2.8.9")
def test_controls(teacher: Actor, submission: Submission, assignment: Assignment, line: Lines) -> None:
    """The grader uses the controls that the browser draws, by mouse and by keyboard."""
    teacher.log_in_by_cookie()
    with line("2.8.8", "The video plays in the grader", blocks=True, extra=True):
        player = teacher.open(assignment).view_all_submissions().grade(submission.person.id).player
        player.expect_loaded(submission.clip.seconds)
        player.play()
        player.expect_playing()
    controls = player.controls
    with line("2.8.8", "Nothing lies over the player's controls"):
        controls.expect_in_reach()
    with line("2.8.8", "The pause button pauses the video, and plays it again") as evidence:
        evidence["pressed"] = controls.pause()
    with line("2.8.8", "A click on the timeline leads there, far on and back") as evidence:
        evidence["landed at"] = controls.seek()
    with line("2.8.8", "The loudspeaker switches the sound off and on") as evidence:
        evidence["pressed"] = controls.sound()
    with line("2.8.8", "The keyboard pauses the video, plays it, and changes its volume", extra=True):
        controls.keyboard()
    with line("2.8.8", "The video stays paused", extra=True):
        player.pause()
    with line("2.8.8", "A seek lands where it was asked to, and the video plays on from there", extra=True) as evidence:
        evidence["landed at"] = [player.seek(15), player.seek(4)]
        evidence["seek took seconds"] = player.seek_times
        player.play()
        player.expect_playing()
    with line("2.8.8", "The volume and the sound stay as they were set", extra=True):
        player.set_volume(0.3)
        player.set_muted(True)
        player.set_muted(False)
    with line("2.8.9", "The teacher's console shows no error while the controls are used", extra=True):
        teacher.console.expect_clean()


@pytest.mark.lines("2.8.7")
def test_day_of_watching(teacher: Actor, submission: Submission, assignment: Assignment, line: Lines) -> None:
    """The grader leaves the video open for a day: the player renews its address once, near the end."""
    teacher.log_in_by_cookie()
    teacher.set_clock()
    player = teacher.open(assignment).view_all_submissions().grade(submission.person.id).player
    player.expect_loaded(submission.clip.seconds)
    player.seek(submission.clip.seconds / 2)
    with line("2.8.7", "The player leaves a video alone for hours that somebody watches", extra=True):
        player.expect_left_alone(LECTURE)
    with line("2.8.7", "The player renews its address before that ends, and keeps its place", extra=True):
        player.expect_renewed(DAY - LECTURE)


@pytest.mark.lines("2.8.4", "2.8.5")
def test_grading(teacher: Actor, submit: Callable[..., Submission], assignment: Assignment, line: Lines) -> None:
    """The grader sees the video of the student whose submission it is, and grades that student beside the player."""
    # A plugin that shows the first video there is, or the latest, shows a classmate's.
    _, submission, following = submit(assignment), submit(assignment), submit(assignment)
    student = submission.owner
    teacher.log_in_by_cookie()
    with line("2.8.4", "The teacher opens the submission of one student of several", blocks=True, extra=True):
        grader = teacher.open(assignment).view_all_submissions().grade(student.person.id)
    with line("2.8.5", "The picture in the grader is that of the student's own video", extra=True):
        grader.player.expect_loaded(submission.clip.seconds)
        grader.player.expect_picture_of(submission.clip)
    with line("2.8.4", "The teacher grades and comments beside the player, and saves it", extra=True):
        grader.grade(POINTS, COMMENT)
    with aside(), line("2.8.4", "The arrow to the next student keeps nobody else's video", extra=True):
        grader.expect_nobody_elses_video(grader.go_on())
    with line(
        "2.8.4", "The teacher opens another student's work from the table, and sees that student's video", extra=True
    ):
        grader = teacher.open(assignment).view_all_submissions().grade(following.person.id)
        grader.player.expect_loaded(following.clip.seconds)
        grader.player.expect_picture_of(following.clip)
    with line("2.8.4", "The student finds the grade and the comment", extra=True) as evidence:
        student.log_in_by_cookie()
        evidence["feedback"] = student.open(assignment).expect_feedback(POINTS, COMMENT)
    with line("2.8.5", "The picture on the video's own page is that of the student's own video", extra=True):
        player = teacher.watch(submission.id, submission.key).player
        player.expect_loaded(submission.clip.seconds)
        player.expect_picture_of(submission.clip)
