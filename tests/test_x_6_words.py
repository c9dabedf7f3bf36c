"""X.6, words: what the plugin gives a student to read, in whichever language and from whichever side."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from bs4 import BeautifulSoup, Tag

import media
from checks import assigning, times
from checks.message_quality import expect_no_words_of_aws, expect_translatable
from clients.addresses import DASHBOARD, ENGLISH, MANAGE_VIDEOS, OWN
from clients.errors import NotCheckable
from clients.http_result import HttpResult
from clients.moodle.client import MoodleClient
from clients.moodle.model import Assignment, Person
from clients.plugin.api import begin_upload, confirm_upload, grading_table
from clients.steps import step
from fixtures.data import Submission
from fixtures.visitors import SubmissionWithoutBrowser
from pages.actor import Actor
from pages.reading import expect_turned, turn_round, words
from runner.pytest_plugin.lines import Lines
from runner.reservation.settings_guard import SettingsGuard
from runner.reservation.workspace import Workspace

LANGUAGES = 5
"""So many are tried to find one that writes 12 hours, and one that writes 24."""

KINDS = {"12": "English (en)", "24": "German (de)"}
"""A language of each kind."""


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


@pytest.mark.lines("X.6.3")
def test_times(
    workspace: Workspace,
    submit_without_browser: Callable[..., SubmissionWithoutBrowser],
    visit: Callable[..., MoodleClient],
    line: Lines,
) -> None:
    """An administrator looks when videos came, in languages that write 12 hours and 24, as Moodle's pages do."""
    video = submit_without_browser(workspace.new_assignment())
    student = visit(unlucky := workspace.student(video.assignment.course))
    step("the student", "Ask for an upload URL, and say that the video is there, which it is not.")
    promised = begin_upload(student, video.assignment, video.clip)
    confirm_upload(student, promised["s3_key"], promised["submission_id"])
    found = _clocks(workspace, video)
    for kind in sorted({"12", "24"}.difference(clock.kind for clock in found.values())):
        with line("X.6.3", f"Times are written in {kind} hours where the language has them so"):
            raise NotCheckable(f"the site has no language that writes {kind} hours; install one, such as {KINDS[kind]}")
    for language, moodles in found.items():
        step("the administrator", f"Choose the language “{language}” for this session.")
        with _speaking(workspace.site, language):
            shown = _places(workspace.site, video, unlucky)
        for place, parts in shown.items():
            with line("X.6.3", f"The {place} writes times as Moodle does, in {moodles.kind} hours") as evidence:
                evidence["times"] = times.expect_as_moodles(parts, moodles, f"the {place}")


def _clocks(workspace: Workspace, video: SubmissionWithoutBrowser) -> dict[str, times.Clock]:
    """By languages, one of each kind, when the video was handed in, as Moodle's table of submissions writes it."""
    found: dict[str, times.Clock] = {}
    for language in workspace.accounts.languages()[:LANGUAGES]:
        with _speaking(workspace.site, language):
            row = assigning.row_of(grading_table(workspace.site, video).page, video.person)
        clock = times.first_clock(row.select("td"))
        if clock and clock.kind not in {one.kind for one in found.values()}:
            found[language] = clock
    return found


@contextmanager
def _speaking(site: MoodleClient, language: str) -> Iterator[None]:
    """Meanwhile this session has pages in another language; nobody's account is changed for that."""
    site.get(OWN, lang=language)
    try:
        yield
    finally:
        site.get(OWN, **ENGLISH)


def _places(site: MoodleClient, video: SubmissionWithoutBrowser, unlucky: Person) -> dict[str, list[Tag]]:
    """Where the plugin writes times, and what is there of this run."""
    listed = HttpResult.of(site.get(MANAGE_VIDEOS, courseid=video.assignment.course.id)).page
    question = HttpResult.of(site.get(MANAGE_VIDEOS, action="delete", s3key=video.key)).page
    dashboard = HttpResult.of(site.get(DASHBOARD)).page
    return {
        "list of videos": [row for row in listed.select("tbody tr") if video.key in row.get_text()],
        "question before a deletion": [box for box in question.select("#notice") if video.key in box.get_text()],
        "dashboard's table of uploads": _rows_of(dashboard, video.person),
        "dashboard's table of failures": _rows_of(dashboard, unlucky),
    }


def _rows_of(dashboard: BeautifulSoup, person: Person) -> list[Tag]:
    """The rows that name this person, who is in one of the tables alone."""
    return [row for row in dashboard.select("tbody tr") if person.name in row.get_text()]
