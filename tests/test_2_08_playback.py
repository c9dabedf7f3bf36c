"""Step 2.8, test playback workflow: a teacher watches what a student has submitted."""

import pytest

from fixtures.data import Submission
from pages.actor import Actor
from runner.environment import Environment
from runner.lines import Lines
from services.cdn import CDN
from services.moodle.model import Assignment
from services.network import Network


@pytest.mark.canary
@pytest.mark.lines("2.8.1", "2.8.2", "2.8.3", "2.8.4", "2.8.5", "2.8.6", "2.8.7", "2.8.8", "2.8.9")
def test_playback(
    teacher: Actor,
    submission: Submission,
    assignment: Assignment,
    network: Network,
    cdn: CDN,
    environment: Environment,
    line: Lines,
) -> None:
    """The grader plays the video, from the CDN, with working controls and a quiet console."""
    with line("2.8.1", "the teacher logs in", blocks=True):
        teacher.log_in()
    with line("2.8.2", "goes to the assignment", blocks=True):
        page = teacher.open(assignment)
    with line("2.8.3", "clicks View all submissions", blocks=True):
        table = page.view_all_submissions()
        table.expect_video(submission.person.id)
    with network.measured() as traffic:
        with line("2.8.4", "clicks on the student's submission", blocks=True):
            grader = table.grade(submission.person.id)
        with line("2.8.5", "the player loads the video", blocks=True):
            player = grader.player
            player.expect_loaded(submission.clip.seconds)
        with line("2.8.6", "a click plays it", blocks=True):
            player.play()
        with line("2.8.7", "it plays without errors") as evidence:
            player.expect_playing()
            evidence["first frame after seconds"] = player.first_frame()
            player.expect_no_error()
    with line("2.8.8", "pause holds"):
        player.pause()
    with line("2.8.8", "seeking lands where asked, forward and back") as evidence:
        evidence["landed at"] = [player.seek(15), player.seek(4)]
        evidence["seek took seconds"] = player.seek_times
        player.play()
        player.expect_playing()
    with line("2.8.8", "volume and mute stay as set"):
        player.set_volume(0.3)
        player.set_muted(True)
        player.set_muted(False)
    with line("2.8.7", "the bytes come from the CDN") as evidence:
        evidence["bytes received"] = traffic.expect_received_from(environment.cdn.domain, submission.clip.bytes // 2)
    with line("2.8.7", "by a signed URL, in ranges"):
        cdn.expect_signed(player.source(), submission.key)
        cdn.expect_ranges(player.source(), submission.clip)
    with line("2.8.5", "the video page plays it as well"):
        video = teacher.watch(submission.id, submission.key)
        video.player.expect_loaded(submission.clip.seconds)
        video.player.play()
        video.player.expect_playing()
    with line("2.8.5", "and every page on the way was in finished texts"):
        teacher.expect_translated()
    with line("2.8.9", "the console stayed clean through the whole step"):
        teacher.console.expect_clean()
    with line("2.8.9", "and tells nobody the signed URL, with which anyone could watch"):
        teacher.console.expect_nothing_signed()
