"""X.6, words: what the plugin gives a student to read, in whichever language and from whichever side."""

import pytest

import media
from checks.message_quality import expect_no_words_of_aws, expect_translatable
from clients.moodle.model import Assignment
from fixtures.data import Submission
from pages.actor import Actor
from pages.reading import expect_turned, turn_round, words
from runner.pytest_plugin.lines import Lines
from runner.reservation.settings_guard import SettingsGuard


@pytest.mark.lines("X.6.1")
def test_translatable(
    student: Actor, submission: Submission, assignment: Assignment, settings_guard: SettingsGuard, line: Lines
) -> None:
    """The site tells for a while where each text comes from, and two students look at what the plugin writes."""
    student.log_in_by_cookie()
    owner = submission.owner
    owner.log_in_by_cookie()
    with line("X.6.1", "Every text of form, status and video page comes from a language pack") as evidence:
        with settings_guard.string_ids():
            read = {
                "the upload form": words(student.open_form(assignment, strings=1).widget.root),
                "the submission's status": words(owner.open(assignment, strings=1).summary),
                "the video's page": words(owner.watch(submission.id, submission.key, strings=1).main),
            }
        evidence["texts"] = expect_translatable(read)


@pytest.mark.lines("X.6.2", "X.6.4")
def test_words(student: Actor, assignment: Assignment, small_clip: media.Clip, line: Lines) -> None:
    """A student hands in a video and watches it; form and page are then turned round, as in Arabic or Hebrew."""
    student.log_in_by_cookie()
    form = student.open(assignment).add_submission()
    form.widget.choose(small_clip.path).expect_success()
    read = {"the upload form": words(form.widget.root)}
    with line("X.6.2", "The upload form turns round for who reads from right to left"):
        turn_round(student.page)
        expect_turned(form.widget.root, "the upload form")
    status = form.save()
    read["the submission's status"] = words(status.summary)
    video = status.watch()
    read["the video's page"] = words(video.main)
    with line("X.6.2", "The video's page turns round for who reads from right to left"):
        turn_round(video.page)
        expect_turned(video.main, "the video's page")
    with line("X.6.4", "Form, status and video page have no word of AWS for a student") as evidence:
        evidence["texts"] = {where: len(texts) for where, texts in read.items()}
        expect_no_words_of_aws(read)
