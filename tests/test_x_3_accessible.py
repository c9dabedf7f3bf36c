"""Chapter X, beyond the checklist, X.3: the plugin for people who use no mouse, hear the page, or see it large."""

from pathlib import Path

import pytest

import media
from clients.moodle.model import Assignment
from clients.steps import aside
from fixtures.data import Submission
from network.proxy import ProxiedNetwork
from pages.accessible import FORM, NARROW, OWN_PAGE, PLAYERS, ZOOMED, Accessible
from pages.actor import Actor
from pages.upload.widget import named
from runner.pytest_plugin.lines import Lines

SLOW = 8
"""Mbit/s: time enough to look at an upload on its way."""

BUTTON = ".s3video-select-btn"

AGAIN = ".s3video-status-message button"

SAVE = "#id_submitbutton"


def _rules_of_form(page: Accessible, line: Lines, state: str) -> None:
    """One check for each rule that the form breaks."""
    with aside():
        for one in page.broken(FORM, state):
            with line("X.3.1", f"The upload form keeps WCAG's rule {one.rule}"):
                one.fail()


def _rules_of_player(page: Accessible, line: Lines, state: str) -> None:
    """One check for each rule that the player breaks, or what is around it."""
    with aside():
        for one in page.broken(PLAYERS, state):
            with line("X.3.2", f"The player keeps WCAG's rule {one.rule}"):
                one.fail()


@pytest.mark.lines("X.3.1", "X.3.4", "X.3.6", "X.3.7", "X.3.8", "X.3.9", "X.3.10", "X.3.11")
def test_form_for_all(
    student: Actor,
    assignment: Assignment,
    clip: media.Clip,
    text_file: Path,
    network: ProxiedNetwork,
    line: Lines,
) -> None:
    """A student uploads a video by keyboard alone; axe looks at the form in each of its states."""
    student.log_in_by_cookie()
    form = student.open(assignment).add_submission()
    widget, page = form.widget, Accessible(form)
    _rules_of_form(page, line, "the empty form")
    with aside(), line("X.3.6", "The focus is seen on the button to choose a file"):
        page.expect_focus_seen(BUTTON, "the button to choose a file")
    parts = {"the upload form": widget.root, "the button to choose a file": widget.root.locator(BUTTON)}
    with aside(), line("X.3.8", "The upload form fits into 320 pixels"):
        page.expect_fits(NARROW, parts)
    with aside(), line("X.3.10", "The upload form fits into the window at a zoom of 200 %"):
        page.expect_fits(ZOOMED, parts)
    with (
        aside(),
        line("X.3.11", "In forced colours the focus is seen on the button to choose a file"),
        page.forced_colours(),
    ):
        page.expect_focus_seen(BUTTON, "the button to choose a file")
    with aside(), line("X.3.11", "In forced colours the words of the upload form can be read"), page.forced_colours():
        page.expect_words_seen(FORM, "the upload form")
    with aside():
        widget.choose(text_file).expect_ended()
        _rules_of_form(page, line, "the form with an error")
        with line("X.3.7", "An error of the upload form is read out"):
            page.expect_live(widget.message, "the error")
    with network.slow(SLOW):
        with line(
            "X.3.4", "A student opens the dialogue for files by keyboard alone, and chooses a video", blocks=True
        ):
            page.reach(BUTTON, "the button to choose a file")
            upload = widget.watched()
            dialogue = page.dialogue(student.moodle.start)
            student.moodle.step(f"Choose {named(clip.path)}.")
            dialogue.set_files(clip.path)
            upload.expect_under_way()
        _rules_of_form(page, line, "the form with an upload on its way")
        with aside(), line("X.3.9", "The upload form stands still for people who ask for less motion"):
            page.expect_still(FORM, "an upload on its way")
        with aside(), line("X.3.11", "In forced colours an upload's progress is seen"), page.forced_colours():
            page.expect_progress_seen(FORM)
    upload.expect_ended()
    _rules_of_form(page, line, "the form after an upload")
    with line("X.3.6", "The focus is not lost when an upload ends"):
        page.expect_focus_kept("when the upload has ended")
    with (
        aside(),
        line("X.3.11", "In forced colours the message of a finished upload can be read"),
        page.forced_colours(),
    ):
        page.expect_words_seen(FORM, "the message of a finished upload")
    with line("X.3.7", "The end of an upload is read out"):
        page.expect_live(widget.message, "the message that the upload has ended")
    with line("X.3.4", "A student saves the uploaded video by keyboard alone"):
        page.reach(SAVE, "the button to save")
        student.page.keyboard.press("Enter")
        form.arrive("the submission's status after Save changes", lambda url: "action=editsubmission" not in url)
        student.open(assignment).expect_submitted()
    with line("X.3.1", "The upload form can be asked for the rules of WCAG in each of its states") as evidence:
        evidence["states"] = page.states


@pytest.mark.lines("X.3.8", "X.3.10", "X.3.11")
def test_message_for_all(student: Actor, assignment: Assignment, small_clip: media.Clip, line: Lines) -> None:
    """The site breaks down at the end of a student's upload, and the form offers another try."""
    student.log_in_by_cookie()
    form = student.open(assignment).add_submission()
    widget, page = form.widget, Accessible(form)
    with widget.confirmation_fails():
        widget.choose(small_clip.path).expect_ended()
    parts = {"the form's message": widget.message}
    with aside(), line("X.3.8", "The message of a failed upload fits into 320 pixels"):
        page.expect_fits(NARROW, parts)
    with aside(), line("X.3.10", "The message of a failed upload fits into the window at a zoom of 200 %"):
        page.expect_fits(ZOOMED, parts)
    with aside(), line("X.3.11", "In forced colours the message of a failed upload can be read"), page.forced_colours():
        page.expect_words_seen(FORM, "the message of a failed upload")
    with (
        aside(),
        line("X.3.11", "In forced colours the focus is seen on the button to try again", extra=True),
        page.forced_colours(),
    ):
        widget.expect_another_try()
        page.expect_focus_seen(AGAIN, "the button to try again")


@pytest.mark.lines("X.3.2", "X.3.5", "X.3.8", "X.3.10")
def test_player_for_all(teacher: Actor, submission: Submission, assignment: Assignment, line: Lines) -> None:
    """A teacher plays a video by keyboard alone; axe looks at the players."""
    teacher.log_in_by_cookie()
    with aside():
        grader = teacher.open(assignment).view_all_submissions().grade(submission.person.id)
        grader.player.expect_loaded(submission.clip.seconds)
        page = Accessible(grader)
        _rules_of_player(page, line, "the player in the grader")
        with aside(), line("X.3.8", "The player in the grader fits into 320 pixels"):
            page.expect_fits(NARROW, {"the player": grader.player.video})
        with aside(), line("X.3.10", "The player in the grader fits into the window at a zoom of 200 %"):
            page.expect_fits(ZOOMED, {"the player": grader.player.video})
    video = teacher.watch(submission.id, submission.key)
    video.player.expect_loaded(submission.clip.seconds)
    page = Accessible(video)
    _rules_of_player(page, line, "the video's own page")
    with line("X.3.5", "A teacher plays the video by keyboard alone"):
        page.reach("video", "the player")
        teacher.page.keyboard.press("Space")
        video.player.expect_playing()
    with aside(), line("X.3.8", "The player on the video's own page fits into 320 pixels"):
        page.expect_fits(NARROW, {"the player": video.player.video})
    with aside(), line("X.3.10", "The player on the video's own page fits into the window at a zoom of 200 %"):
        page.expect_fits(ZOOMED, {"the player": video.player.video})
    with line(
        "X.3.2", "The players in the grader and on the video's own page can be asked for the rules of WCAG"
    ) as evidence:
        evidence["states"] = page.states


@pytest.mark.lines("X.3.3")
def test_pages_for_all(admin: Actor, submission: Submission, line: Lines) -> None:
    """axe looks at the administrators' pages."""
    admin.log_in_by_cookie()
    with aside():
        with line("X.3.3", "The list of videos opens, and can be asked for the rules of WCAG", blocks=True):
            listed = Accessible(admin.manage_videos(search=submission.person.name))
            broken = [*listed.broken(OWN_PAGE, "the list of videos")]
        for one in broken:
            with line("X.3.3", f"The list of videos keeps WCAG's rule {one.rule}"):
                one.fail()
    with line("X.3.3", "The dashboard opens, and can be asked for the rules of WCAG", blocks=True):
        dashboard = Accessible(admin.dashboard())
        broken = [*dashboard.broken(OWN_PAGE, "the dashboard")]
    for one in broken:
        with line("X.3.3", f"The dashboard keeps WCAG's rule {one.rule}"):
            one.fail()
