"""Chapter X, beyond the checklist, X.1: ways of assigning that universities use, without a browser."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

import media
from checks import assigning
from checks.access import VideoAccess
from checks.assigning import assignment_page, expect_shown
from clients.addresses import ASSIGNMENT
from clients.errors import SiteError
from clients.http_result import HttpResult
from clients.moodle import assignments
from clients.moodle.client import MoodleClient
from clients.moodle.groups import create_group
from clients.moodle.model import Assignment, Person
from clients.plugin.api import (
    WATCH,
    Video,
    begin_upload,
    grading_table,
    playback_url,
    request_upload,
    send_and_confirm,
)
from clients.plugin.api import grader as grader_panel
from clients.steps import step
from fixtures.visitors import SubmissionWithoutBrowser
from runner.configuration.environment import Environment
from runner.pytest_plugin.lines import Lines
from runner.reservation.workspace import Workspace

POINTS = 73

PAST, EXTENSION = timedelta(hours=1), timedelta(days=31)

Submit = Callable[..., SubmissionWithoutBrowser]
Visit = Callable[..., MoodleClient]


@pytest.mark.lines("X.1.1", "X.1.2")
def test_groups(
    workspace: Workspace, submit_without_browser: Submit, visit: Visit, video_access: VideoAccess, line: Lines
) -> None:
    """A group hands in one video: each member sees, plays and replaces it, and nobody of another group does."""
    course = workspace.new_course()
    first, second, outsider = (workspace.student(course) for _ in range(3))
    step(
        "the administrator",
        "Create two groups, two students in one, and an assignment in which students submit in groups.",
    )
    create_group(workspace.site, course, "Group A", [first, second])
    create_group(workspace.site, course, "Group B", [outsider])
    assignment = workspace.assignment_with(course, teamsubmission="1")
    video = submit_without_browser(assignment, first)
    member = visit(second, "second member of the group")
    with line("X.1.1", "A member of the group finds the video that another member handed in", blocks=True):
        expect_shown(assignment_page(member, assignment), [video.key], "on the member's page")
    theirs = _as_shown(member, video)
    with line("X.1.1", "A member of the group plays the video that another member handed in"):
        video_access.expect_allowed("playback URL", playback_url(member, theirs), theirs, second.id)
    other = visit(outsider, "student of another group")
    with line("X.1.2", "The page of a student of another group shows no video"):
        expect_shown(assignment_page(other, assignment), [], "on the page of a student of another group")
    for way, ask in WATCH.items():
        with line("X.1.2", f"A student of another group gets no video by the {way}"):
            video_access.expect_denied(ask(other, theirs), theirs)
    with line("X.1.1", "What a member hands in by requests takes the place of the group's video"):
        replacement = submit_without_browser(assignment, second, part="second member of the group")
        for who in (video.site, replacement.site):
            expect_shown(assignment_page(who, assignment), [replacement.key], "on each member's page")


def _as_shown(site: MoodleClient, video: Video) -> Video:
    """The video in the submission in which somebody's page shows it."""
    number = assigning.submission_of(assignment_page(site, video.assignment), video.key)
    return Video(
        person=video.person, assignment=video.assignment, clip=video.clip, id=number or video.id, key=video.key
    )


@pytest.mark.lines("X.1.3")
def test_separate_groups(
    workspace: Workspace, submit_without_browser: Submit, visit: Visit, video_access: VideoAccess, line: Lines
) -> None:
    """A teacher without the right to all groups gets at the videos of their own group alone."""
    course = workspace.new_course()
    mine, others = workspace.student(course), workspace.student(course)
    grader = workspace.teacher_of_groups(course)
    step(
        "the administrator",
        "Create two groups with a student each, a teacher without editing rights in one, and an assignment with "
        "separate groups.",
    )
    create_group(workspace.site, course, "Group A", [mine, grader])
    create_group(workspace.site, course, "Group B", [others])
    assignment = workspace.assignment_with(course, groupmode="1")
    own, foreign = (
        submit_without_browser(assignment, mine),
        submit_without_browser(assignment, others, part="student of the other group"),
    )
    site = visit(grader, "teacher of one group")
    with line("X.1.3", "A teacher of separate groups plays the video of a student of their own group"):
        video_access.expect_allowed("playback URL", playback_url(site, own), own, grader.id)
    for way, ask in WATCH.items():
        with line("X.1.3", f"A teacher of separate groups gets no video of another group by the {way}"):
            video_access.expect_denied(ask(site, foreign), foreign)


@pytest.mark.lines("X.1.13")
def test_visible_groups(
    workspace: Workspace, submit_without_browser: Submit, visit: Visit, video_access: VideoAccess, line: Lines
) -> None:
    """Where groups are visible to each other, a teacher without the right to all groups marks all of them."""
    course = workspace.new_course()
    student, grader = workspace.student(course), workspace.teacher_of_groups(course)
    step(
        "the administrator",
        "Create two groups, a teacher without editing rights in one, a student in the other, and an assignment with "
        "visible groups.",
    )
    create_group(workspace.site, course, "Group A", [grader])
    create_group(workspace.site, course, "Group B", [student])
    video = submit_without_browser(workspace.assignment_with(course, groupmode="2"), student)
    site = visit(grader, "teacher of one group")
    step("the teacher of one group", "Choose “All participants” in the table of submissions.")
    site.get(ASSIGNMENT, id=video.assignment.cmid, action="grading", group=0)
    with line("X.1.13", "A teacher of visible groups finds the video of another group in the table"):
        row = assigning.row_of(grading_table(site, video).page, student)
        expect_shown(row, [video.key], "in the student's row of the table")
    for way, ask in {**WATCH, "grader": grader_panel}.items():
        with line("X.1.13", f"A teacher of visible groups gets the video of another group by the {way}"):
            video_access.expect_allowed(way, ask(site, video), video, grader.id)


@pytest.mark.lines("X.1.4")
def test_anonymous(workspace: Workspace, submit_without_browser: Submit, visit: Visit, line: Lines) -> None:
    """A marker of anonymous submissions learns of nobody whose video it is."""
    course = workspace.new_course()
    step("the administrator", "Create an assignment with anonymous submissions.")
    video = submit_without_browser(workspace.assignment_with(course, blindmarking="1"))
    marker = visit(workspace.teacher(course), "teacher")
    with line("X.1.4", "With anonymous submissions no page on a marker's way names the student") as evidence:
        evidence["looked at"] = assigning.expect_unknown(marker, video)
    # The document has the owner's number in each key, and 2.9 asks for it: more than advice this cannot be.
    with line("X.1.4", "With anonymous submissions a video's address does not hold its owner's number", advice=True):
        assigning.expect_nobodys(video.key, video.person)


@pytest.mark.lines("X.1.5")
def test_attempts(
    workspace: Workspace, submit_without_browser: Submit, visit: Visit, video_access: VideoAccess, line: Lines
) -> None:
    """A teacher reopens a submission: the new attempt has its own video, and the old one still plays."""
    course = workspace.new_course()
    assignment = workspace.assignment_with(course, maxattempts="-1", attemptreopenmethod="manual")
    first = submit_without_browser(assignment)
    teacher = visit(workspace.teacher(course), "teacher")
    assignments.allow_attempt(teacher, assignment, first.person)
    with line("X.1.5", "A student hands in another video in a new attempt", blocks=True):
        second = _again(submit_without_browser, assignment, first.person)
    with line("X.1.5", "The new attempt shows the new video to the teacher"):
        row = assigning.row_of(grading_table(teacher, second).page, first.person)
        expect_shown(row, [second.key], "in the student's row of the table")
    for who, site in (("student", first.site), ("teacher", teacher)):
        with line("X.1.5", f"The {who} plays the video of the earlier attempt"):
            video_access.expect_allowed("playback URL", playback_url(site, first), first, first.person.id)


def _again(submit: Submit, assignment: Assignment, person: Person) -> SubmissionWithoutBrowser:
    try:
        return submit(assignment, person, form_first=True)
    except SiteError as refused:
        raise AssertionError(f"expected the student to hand in another video, seen {refused}") from refused


def _first(submit: Submit, assignment: Assignment) -> SubmissionWithoutBrowser:
    try:
        return submit(assignment)
    except SiteError as refused:
        raise AssertionError(f"expected the student to save a video as a draft, seen {refused}") from refused


@pytest.mark.lines("X.1.10")
def test_again_after_grading(workspace: Workspace, submit_without_browser: Submit, visit: Visit, line: Lines) -> None:
    """A student whose video was graded hands in another one."""
    first = submit_without_browser(workspace.new_assignment())
    teacher = visit(workspace.teacher(first.assignment.course), "teacher")
    assignments.give_grade(teacher, first.assignment, first.person, grader_panel(teacher, first).page, POINTS)
    with line("X.1.10", "A video that is handed in after grading takes the place of the graded one", blocks=True):
        second = _again(submit_without_browser, first.assignment, first.person)
        row = assigning.row_of(grading_table(teacher, second).page, second.person)
        expect_shown(row, [second.key], "in the student's row of the table")
    with line("X.1.10", "The grade stays where another video is handed in after grading"):
        assigning.expect_points(assignment_page(second.site, second.assignment), POINTS)


@pytest.mark.lines("X.1.6")
def test_drafts(workspace: Workspace, submit_without_browser: Submit, line: Lines) -> None:
    """A video is a draft until its student submits it for grading; then no other one is taken."""
    step("the administrator", "Create an assignment in which students press a button to submit.")
    assignment = workspace.assignment_with(submissiondrafts="1")
    with line("X.1.6", "A student saves a video in an assignment with drafts", blocks=True):
        video = _first(submit_without_browser, assignment)
    student = video.site
    with line("X.1.6", "A saved video is a draft until its student submits it"):
        assigning.expect_status(assignment_page(student, assignment), "draft", "a draft")
    assignments.submit_for_grading(student, assignment)
    with line("X.1.6", "A draft that its student submits is handed in, with its video"):
        page = assignment_page(student, assignment)
        assigning.expect_status(page, "submitted", "a submission")
        expect_shown(page, [video.key], "on the student's page")
    with line("X.1.6", "What was submitted for grading takes no other video"):
        _expect_no_upload(student, assignment)
        expect_shown(assignment_page(student, assignment), [video.key], "on the student's page")


def _expect_no_upload(site: MoodleClient, assignment: Assignment) -> None:
    clip = media.MP4
    answer = request_upload(site, assignment.id, clip.path.name, clip.bytes, clip.mime)
    if answer.succeeded or answer.status >= 500:
        raise AssertionError(f"expected no upload URL, seen {'one' if answer.succeeded else answer.seen}")


@pytest.mark.lines("X.1.7", "X.1.8", "X.1.9")
def test_late_videos(
    workspace: Workspace,
    submit_without_browser: Submit,
    visit: Visit,
    environment: Environment,
    line: Lines,
) -> None:
    """The cut-off date passes while a video is on its way: that one is not lost, and only an extension lets more in."""
    course, clip = workspace.new_course(), media.MP4
    assignment = workspace.new_assignment(course)
    late, early, favoured = (workspace.student(course) for _ in range(3))
    teacher, student = visit(workspace.teacher(course), "teacher"), visit(early)
    step("the student", "Begin an upload.")
    promised = begin_upload(student, assignment, clip)
    step("the administrator", "Move due date and cut-off date into the past.")
    assignments.end_submissions(workspace.site, assignment, datetime.now() - PAST)
    with line("X.1.9", "A video that was on its way at the cut-off date is with the teacher, or the student is told"):
        confirmed = send_and_confirm(student, promised, clip, environment.verify)
        key = str(promised["s3_key"])
        video = Video(person=early, assignment=assignment, clip=clip, id=int(promised["submission_id"]), key=key)
        assigning.expect_not_lost(teacher, student, video, confirmed)
    with line("X.1.8", "Nobody gets an upload URL after the cut-off date"):
        for site in (student, visit(late, "student who is late")):
            _expect_no_upload(site, assignment)
    assignments.grant_extension(workspace.site, assignment, favoured, datetime.now() + EXTENSION)
    with line("X.1.8", "Another one's extension gives nobody an upload URL"):
        _expect_no_upload(visit(late, "student who is late"), assignment)
    with line("X.1.7", "A student with an extension hands in a video after the cut-off date"):
        extended = _again(submit_without_browser, assignment, favoured)
        expect_shown(assignment_page(extended.site, assignment), [extended.key], "on the student's page")


@pytest.mark.lines("X.1.11", "X.1.12")
def test_copies(workspace: Workspace, submit_without_browser: Submit, visit: Visit, line: Lines) -> None:
    """A teacher duplicates an assignment with a video in it, and downloads all submissions."""
    first = submit_without_browser(workspace.new_assignment())
    course = first.assignment.course
    teacher = visit(workspace.teacher(course), "teacher")
    with line("X.1.11", "A duplicated assignment holds no video of the first one", blocks=True):
        copy = assignments.duplicate(teacher, first.assignment)
        expect_shown(assignment_page(first.site, copy), [], "in the new assignment")
    with line("X.1.11", "A duplicated assignment takes a video, and the first one keeps its own"):
        second = _again(submit_without_browser, copy, first.person)
        expect_shown(assignment_page(first.site, copy), [second.key], "in the new assignment")
        expect_shown(assignment_page(first.site, first.assignment), [first.key], "in the first assignment")
    with line("X.1.12", "The button “Download all submissions” leads to a file or to words, and the table stays"):
        answer = HttpResult.of(teacher.get(ASSIGNMENT, id=first.assignment.cmid, action="downloadall"))
        assigning.expect_sound(answer, "a file, or words")
        expect_shown(grading_table(teacher, first).page, [first.key], "in the table of submissions")


@pytest.mark.lines("X.1.14")
def test_worksheet(workspace: Workspace, submit_without_browser: Submit, visit: Visit, line: Lines) -> None:
    """A teacher grades without a network: first they download the worksheet."""
    course = workspace.new_course()
    step("the administrator", "Create an assignment with an offline grading worksheet.")
    assignment = workspace.assignment_with(course, assignfeedback_offline_enabled="1")
    videos = [submit_without_browser(assignment, part=part) for part in ("student", "second student")]
    teacher = visit(workspace.teacher(course), "teacher")
    with line("X.1.14", "The offline grading worksheet has each student who has handed in a video"):
        answer = HttpResult.of(assignments.grading_worksheet(teacher, assignment))
        for video in videos:
            assigning.expect_in_worksheet(answer, video.person)
