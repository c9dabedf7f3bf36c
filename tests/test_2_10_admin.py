"""Step 2.10, test admin features: the dashboard and the list of videos, measured by an upload that we know."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from fixtures.data import Submission
from pages.actor import Actor
from runner.context import RunContext
from runner.lines import Lines
from runner.workspace import Workspace
from services.cdn import CDN
from services.errors import NotCheckable
from services.moodle.model import Assignment
from services.plugin_api import provoke_failure


@pytest.mark.usefixtures("alone")
@pytest.mark.lines("2.10.1", "2.10.2", "2.10.3", "2.10.4", "2.10.5", "2.10.6", "2.10.7")
def test_dashboard(
    admin_in_private: Actor,
    submit: Callable[..., Submission],
    assignment: Assignment,
    run: RunContext,
    line: Lines,
) -> None:
    """The administrator finds the dashboard; it counts one upload and one error, and nothing else of ours."""
    admin = admin_in_private
    with line("2.10.1", "the administrator logs in", blocks=True):
        admin.log_in()
    with line("2.10.2", "goes through the menus to the dashboard"):
        admin.administration().submission_plugins().dashboard()
    with line("2.10.3", "the dashboard opens", blocks=True):
        dashboard = admin.dashboard()
    with line("2.10.3", "in finished texts"):
        dashboard.expect_translated()

    before, began = dashboard.figures(), datetime.now(UTC)
    video = submit(assignment)
    after = admin.dashboard().figures()

    def others() -> int:
        """What other people have uploaded, or failed to, since the first figures."""
        videos = admin.manage_videos(perpage=100)
        since = videos.time_of(video.key) - (datetime.now(UTC) - began)
        return videos.others_since(since, run.run_id) + admin.dashboard().others_since(since, run.run_id)

    with line("2.10.4", "upload statistics: one more was requested and completed, none failed"):
        after.expect_growth(before, {"Total Requested": 1, "Total Completed": 1, "Total Failed": 0}, others)
        after.expect_success_rate()
    with line("2.10.5", "storage usage: one video more"):
        after.expect_growth(before, {"Total Videos": 1}, others)
    with line("2.10.5", "and its bytes") as evidence:
        evidence["total"] = after.card("Total Storage")
        if after.stored.precision > video.clip.bytes:
            raise NotCheckable(f"{evidence['total']} is too rough a number to show {video.clip.bytes} bytes more")
        after.expect_more_stored(before, video.clip.bytes, others)
    dashboard = admin.dashboard()
    with line("2.10.6", "recent uploads show it"):
        dashboard.expect_recent_upload(video.person.name, assignment.name)
    with line("2.10.7", "an upload that went well leaves no error"):
        dashboard.expect_no_failure(video.person.name, assignment.name)

    provoke_failure(video.owner.site(), assignment)
    dashboard = admin.dashboard()
    last = dashboard.figures()
    with line("2.10.3", "in finished texts, with an error to tell as well"):
        dashboard.expect_translated()
    with line("2.10.4", "a failed upload is counted as failed"):
        last.expect_growth(after, {"Total Completed": 0, "Total Failed": 1}, others)
    dashboard = admin.dashboard()
    with line("2.10.7", "an error that we provoke appears"):
        dashboard.expect_failure(video.person.name, assignment.name)
    with line("2.10.7", "and there is no other since the run began but what the run provoked"):
        dashboard.expect_no_failure_before(
            video.person.name, assignment.name, within=datetime.now(UTC) - run.started, besides=run.run_id
        )


@pytest.mark.lines("2.10.8", "2.10.9", "2.10.10")
def test_manage_videos(
    admin_in_private: Actor,
    submit: Callable[..., Submission],
    begin: Callable[[Assignment], Submission],
    assignment: Assignment,
    workspace: Workspace,
    line: Lines,
) -> None:
    """The list of videos shows what was handed in, and finds it by every field."""
    video = submit(assignment)
    other = begin(workspace.new_assignment(workspace.new_course()))
    admin = admin_in_private
    admin.enter()
    with line("2.10.8", "goes through the menus to Manage Videos"):
        admin.administration().submission_plugins().manage_videos()
    with line("2.10.8", "Manage Videos opens", blocks=True):
        videos = admin.manage_videos()
    with line("2.10.8", "in finished texts"):
        videos.expect_translated()

    student, course = video.person, assignment.course
    with line("2.10.9", "the list shows the upload, with course, assignment, student, key, status and date"):
        videos.expect_row(
            video.key, course=course.name, assignment=assignment.name, student=student.name, status="ready"
        )
    searches: dict[str, dict[str, Any]] = {
        "course": {"course": course.id},
        "assignment": {"text": assignment.name},
        "student": {"text": student.name},
        "part of the student's name": {"text": student.name.split(maxsplit=1)[1]},
        "key": {"text": video.key},
        "status": {"status": "ready"},
    }
    for field, wanted in searches.items():
        with line("2.10.10", f"search by {field} finds it, and not another video"):
            videos.search(**wanted)
            videos.expect_listed(video.key)
            if wanted.get("text", video.key).casefold() not in other.person.name.casefold():  # people may share a name
                videos.expect_not_listed(other.key)
    with line("2.10.10", "an upload that has not ended is found by its status"):
        videos.search(status="pending")
        videos.expect_listed(other.key)
        videos.expect_not_listed(video.key)
    with line("2.10.10", "search for nonsense finds nothing"):
        videos.search("no video is called so").expect_nothing_listed()
    for text in ("' OR '1'='1", "%"):
        with line("2.10.10", f"search for {text} finds what holds that text, and nothing else"):
            videos.search(text).expect_filter(text)
    with line("2.10.10", "the next page keeps the search"):
        ours = f"{workspace.run_id} {workspace.worker}"
        first = admin.manage_videos(search=ours, perpage=1)
        shown = first.keys()
        second = first.next_page()
        second.expect_filter(ours)
        pages = f"seen {shown} and then {second.keys()}"
        assert len(shown) == len(second.keys()) == 1, f"expected one video a page, {pages}"
        assert shown != second.keys(), f"expected another video on the next page, {pages}"


@pytest.mark.lines("2.10.11")
def test_delete_video(
    admin_in_private: Actor,
    teacher: Actor,
    submission: Submission,
    assignment: Assignment,
    cdn: CDN,
    line: Lines,
) -> None:
    """Deletion by hand asks first, removes the video everywhere, and tells student and teacher."""
    student = submission.owner
    student.enter()
    teacher.enter()
    admin = admin_in_private
    admin.enter()
    source = teacher.watch(submission.id, submission.key).player.source()
    cached = cdn.cached(source)

    with line("2.10.11", "it asks first, and names what would be lost", blocks=True):
        question = admin.manage_videos().delete(submission.key)
        question.expect_named(assignment.course.name, assignment.name, submission.person.name, submission.key)
    with line("2.10.11", "in finished texts"):
        question.expect_translated()
    with line("2.10.11", "after No, the video is still there"):
        question.cancel().expect_listed(submission.key)
        student.videos.expect_only(submission.key)
    with line("2.10.11", "after Yes, it says that the video is deleted"):
        admin.manage_videos().delete(submission.key).confirm().expect_deleted()
    with line("2.10.11", "S3 holds it no more"):
        student.videos.expect_empty()
    with line("2.10.11", "nor an old version of it"):
        student.videos.expect_no_version(submission.key)
    with line("2.10.11", "the CDN serves it no more, from no cache either") as evidence:
        evidence["X-Cache before"] = cached
        cdn.expect_withdrawn(source, cached)
    with line("2.10.11", "the list shows it no more"):
        admin.manage_videos().expect_not_listed(submission.key)
    with line("2.10.11", "the student's page says so") as evidence:
        evidence["student"] = student.open(assignment).expect_deleted()
    with line("2.10.11", "the teacher's table says so") as evidence:
        table = teacher.open(assignment).view_all_submissions()
        evidence["table"] = table.expect_deleted(submission.person.id)
    with line("2.10.11", "the grader says so") as evidence:
        table = teacher.open(assignment).view_all_submissions()
        evidence["grader"] = table.grade(submission.person.id).expect_deleted()
    with line("2.10.11", "the video's address says so") as evidence:
        evidence["video page"] = student.watch(submission.id, submission.key).expect_deleted()
