"""Chapter X, beyond the checklist, X.4: what becomes of videos as terms go by, without a browser."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

import media
from checks import assigning, times, upgraded
from checks.access import VideoAccess
from checks.assigning import assignment_page, expect_shown
from checks.delivery import Delivery
from clients.errors import SiteError
from clients.moodle.assignments import assignment_at, assignments_of, delete_assignment, save_as_it_stands
from clients.moodle.client import MoodleClient
from clients.moodle.course_reuse import reset_course
from clients.plugin.administration import plugin, plugin_settings
from clients.plugin.api import WATCH, Video, grading_table, playback_url
from clients.steps import step
from fixtures.visitors import SubmissionWithoutBrowser
from runner.configuration.environment import Environment
from runner.configuration.naming import ABROAD, LEFT, RENAMED
from runner.pytest_plugin.lines import Lines
from runner.reservation.upgrade import Left, codes
from runner.reservation.workspace import Workspace

Submit = Callable[..., SubmissionWithoutBrowser]
Visit = Callable[..., MoodleClient]


@contextmanager
def _done() -> Iterator[None]:
    """What the site refuses in here fails the line."""
    try:
        yield
    except SiteError as refused:
        raise AssertionError(f"expected the site to do it, seen {refused}") from refused


@pytest.mark.lines("X.4.1")
def test_upgraded_plugin(
    left: Left,
    workspace: Workspace,
    visit: Visit,
    video_access: VideoAccess,
    environment: Environment,
    line: Lines,
) -> None:
    """The administrator has upgraded the plugin; a video waited meanwhile, with its course."""
    person = workspace.set_apart(LEFT, left.where.course)
    clip = media.MP4
    video = Video(person=person, assignment=left.where, clip=clip, id=left.submission, key=left.key)
    student, teacher = visit(person), visit(workspace.teacher(left.where.course), "teacher")
    with line("X.4.1", "After an upgrade each setting of the plugin is what it was") as evidence:
        found = plugin(workspace.site)
        evidence["plugin before"], evidence["plugin now"] = left.version, found.version if found else ""
        upgraded.expect_settings(left.settings, codes(environment, plugin_settings(workspace.site)))
    with line("X.4.1", "After an upgrade the plugin's list has the video"):
        upgraded.expect_listed(workspace.site, video)
    with line("X.4.1", "After an upgrade student and teacher are shown the video"):
        expect_shown(assignment_page(student, left.where), [video.key], "on the student's page")
        row = assigning.row_of(grading_table(teacher, video).page, person)
        expect_shown(row, [video.key], "in the student's row of the table")
    for who, site in (("student", student), ("teacher", teacher)):
        with line("X.4.1", f"After an upgrade the {who} plays the video"):
            video_access.expect_allowed("playback URL", playback_url(site, video), video, person.id)


@pytest.mark.lines("X.4.2", "X.4.3")
def test_copied_course(
    workspace: Workspace, submit_without_browser: Submit, visit: Visit, video_access: VideoAccess, line: Lines
) -> None:
    """An administrator copies a course with its people and their work, and later removes what the copy has."""
    assignment = workspace.new_assignment()
    videos = [submit_without_browser(assignment, part=part) for part in ("student", "second student")]
    first, _ = videos
    with line("X.4.2", "A course with videos can be copied with its people and their work", blocks=True), _done():
        copy = workspace.copy_of(assignment.course)
        (cmid,) = assignments_of(workspace.site, copy.id)
        copied = assignment_at(workspace.site, cmid, assignment.name, copy)
    pages = [assignment_page(video.site, copied) for video in videos]
    with line("X.4.2", "In a copied course a student's page shows nobody else's video"):
        for video, page in zip(videos, pages, strict=True):
            assigning.expect_nobody_elses(page, video.person)
    newcomers = {
        "teacher": visit(workspace.teacher(copy), "teacher of the copy alone"),
        "student": visit(workspace.student(copy), "student of the copy alone"),
    }
    for who, newcomer in newcomers.items():
        for way, ask in WATCH.items():
            with line("X.4.2", f"A {who} of the copy alone gets no video of the first course by the {way}"):
                video_access.expect_denied(ask(newcomer, first), first)
    with line("X.4.3", "In a copied course nobody is told that they have submitted while their video is not there"):
        step("the student", "Open the assignment in the copied course.")
        assigning.expect_handed_in_with_video(pages)
    with line("X.4.3", "The video that a copied course shows plays"):
        for video, page in zip(videos, pages, strict=True):
            for key in assigning.shown(page):
                there = replace(video, assignment=copied, id=assigning.submission_of(page, key), key=key)
                for way, ask in WATCH.items():
                    video_access.expect_allowed(way, ask(video.site, there), there, video.person.id)
    with line("X.4.2", "A student hands in within a copied course"), _done():
        new = submit_without_browser(copied, first.person)
        expect_shown(assignment_page(new.site, copied), [new.key], "in the copied course")
    with line("X.4.2", "The first course keeps its videos when a student hands in within its copy"):
        _expect_kept(videos, video_access)
    delete_assignment(workspace.site, copied, [video.person.id for video in videos])
    with line("X.4.2", "The first course keeps its videos when those of its copy are removed"):
        _expect_kept(videos, video_access)


def _expect_kept(videos: Sequence[SubmissionWithoutBrowser], video_access: VideoAccess) -> None:
    """Each student sees their video, and plays it."""
    for video in videos:
        expect_shown(assignment_page(video.site, video.assignment), [video.key], "on the student's page")
        video_access.expect_allowed("playback URL", playback_url(video.site, video), video, video.person.id)


@pytest.mark.lines("X.4.4")
def test_reset_course(
    workspace: Workspace, submit_without_browser: Submit, visit: Visit, video_access: VideoAccess, line: Lines
) -> None:
    """An administrator resets a course for the next term; its people stay."""
    first = submit_without_browser(workspace.new_assignment())
    teacher = visit(workspace.teacher(first.assignment.course), "teacher")
    with line("X.4.4", "A course with videos can be reset", blocks=True), _done():
        reset_course(workspace.site, first.assignment.course)
    with line("X.4.4", "After a reset no page shows a video of before", blocks=True):
        expect_shown(assignment_page(first.site, first.assignment), [], "on the student's page")
        expect_shown(grading_table(teacher, first).page, [], "in the table of submissions")
    for way, ask in WATCH.items():
        with line("X.4.4", f"After a reset nobody gets a video of before by the {way}"):
            for site in (first.site, teacher):
                video_access.expect_nothing_given(ask(site, first), first)
    with line("X.4.4", "After a reset a student hands in a new video"), _done():
        second = submit_without_browser(first.assignment, first.person)
        expect_shown(grading_table(teacher, second).page, [second.key], "in the table of submissions")


@pytest.mark.lines("X.4.5")
def test_renamed_student(
    workspace: Workspace, submit_without_browser: Submit, visit: Visit, video_access: VideoAccess, line: Lines
) -> None:
    """A student marries, or gets an address of another kind, while their video is there."""
    assignment = workspace.new_assignment()
    video = submit_without_browser(assignment, workspace.set_apart(RENAMED, assignment.course))
    renamed = workspace.rename(video.person)
    student = visit(renamed, "student")
    with line("X.4.5", "A student with another name and e-mail address sees and plays their video"):
        expect_shown(assignment_page(student, assignment), [video.key], "on the student's page")
        video_access.expect_allowed("playback URL", playback_url(student, video), video, renamed.id)
    teacher = visit(workspace.teacher(assignment.course), "teacher")
    with line("X.4.5", "The teacher finds the video in the row of a student with another name"):
        row = assigning.row_of(grading_table(teacher, replace(video, person=renamed)).page, renamed)
        expect_shown(row, [video.key], "in the student's row of the table")
    for way, ask in WATCH.items():
        with line("X.4.5", f"The teacher gets the video of a student with another name by the {way}"):
            video_access.expect_allowed(way, ask(teacher, video), video, renamed.id)
    with line("X.4.5", "The plugin's list names a student by their other name"):
        upgraded.expect_listed(workspace.site, video, renamed.name)
    with line("X.4.5", "The plugin's list finds a student by their other name"):
        new = set(renamed.name.split()).difference(video.person.name.split())  # 2.10.10 asks for the full name
        upgraded.expect_found(workspace.site, video, max(new, key=len, default=renamed.name))
    with line("X.4.5", "The dashboard names a student by their other name", extra=True):
        upgraded.expect_on_dashboard(workspace.site, video, renamed.name)
    with (
        line("X.4.5", "The form of a student with another name keeps their video when it is saved"),
        _done(),
    ):
        assigning.expect_in_form(student, video)
        save_as_it_stands(student, assignment)
        expect_shown(assignment_page(student, assignment), [video.key], "on the student's page")
    with line("X.4.5", "A student with another name hands in another video"), _done():
        second = submit_without_browser(assignment, renamed)
        expect_shown(assignment_page(second.site, assignment), [second.key], "on the student's page")


@pytest.mark.lines("X.4.6")
def test_time_zones(
    workspace: Workspace,
    submit_without_browser: Submit,
    visit: Visit,
    video_access: VideoAccess,
    delivery: Delivery,
    line: Lines,
) -> None:
    """A student, who teaches elsewhere, moves to other time zones, far apart, and to one that changes its clocks within
    a day if one does."""
    assignment, other = workspace.new_assignment(), submit_without_browser(workspace.new_assignment())
    video = submit_without_browser(assignment, workspace.set_apart(ABROAD, assignment.course))
    workspace.accounts.enrol(other.assignment.course, video.person, "editingteacher")
    zones = times.far_apart(workspace.accounts.time_zones(), datetime.now(UTC))

    def address(person: MoodleClient, one: SubmissionWithoutBrowser, way: str) -> str:
        return video_access.address(WATCH[way](person, one))

    own = {way: delivery.left(address(video.site, video, way)) for way in WATCH}
    taught = {way: delivery.left(address(video.site, other, way)) for way in WATCH}
    for zone in zones:
        workspace.accounts.set_time_zone(video.person, zone)
        person = visit(video.person)
        for way in WATCH:
            with line("X.4.6", f"In {zone} the address of the {way} is good for as long as elsewhere") as evidence:
                evidence["seconds"] = delivery.expect_as_lasting(address(person, video, way), own[way])
            with line(
                "X.4.6", f"In {zone} a teacher's address of the {way} is good for as long as elsewhere"
            ) as evidence:
                evidence["seconds"] = delivery.expect_as_lasting(address(person, other, way), taught[way])
