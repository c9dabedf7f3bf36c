"""Step 2.10, test admin features: the dashboard and the list of videos, measured by an upload that we know."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from checks.access import VideoAccess
from checks.confirmation import expect_absent_refused
from checks.delivery import Delivery, why_hopeless
from checks.refusals import provoke_failure
from clients.addresses import MANAGE_VIDEOS
from clients.cdn import CDN
from clients.moodle.model import Assignment
from clients.plugin.api import PLAYBACK, WATCH, confirm_upload, playback_url
from clients.plugin.object_key import made_at
from clients.plugin.video_list import of_status
from clients.s3 import Bucket
from clients.steps import aside, step
from fixtures.data import Submission
from pages.actor import Actor
from runner.configuration.context import RunContext
from runner.pytest_plugin.lines import Lines
from runner.reservation.workspace import Workspace


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
    with line("2.10.1", "The administrator logs in by the form", blocks=True):
        admin.log_in_by_form()
    with line("2.10.2", "The menus lead to the dashboard"):
        admin.administration().submission_plugins().dashboard()
    with line("2.10.3", "The dashboard opens", blocks=True):
        dashboard = admin.dashboard()
    with line("2.10.3", "The dashboard's texts are finished", extra=True):
        dashboard.expect_translated()

    before, began = dashboard.figures(), datetime.now(UTC)
    video = submit(assignment)
    after = admin.dashboard().figures()

    def others() -> int:
        """What other people have uploaded, or failed to, since the first figures."""
        videos = admin.manage_videos(perpage=100)
        since = videos.time_of(video.key) - (datetime.now(UTC) - began)
        return videos.others_since(since, run.run_id) + admin.dashboard().others_since(since, run.run_id)

    with line("2.10.4", "The upload statistics count one more requested, one more completed, and none failed"):
        after.expect_growth(before, {"Total Requested": 1, "Total Completed": 1, "Total Failed": 0}, others)
    with line("2.10.4", "The success rate fits the uploads requested and completed"):
        after.expect_success_rate()
    with line("2.10.5", "The storage usage counts one video more"):
        after.expect_growth(before, {"Total Videos": 1}, others)
    with line("2.10.5", "The storage usage grows by the video's bytes", extra=True) as evidence:
        evidence["total"] = after.card("Total Storage")
        after.expect_more_stored(before, video.clip.bytes, others)
    dashboard = admin.dashboard()
    with line("2.10.6", "The recent uploads show the new one"):
        dashboard.expect_recent_upload(video.person.name, assignment.name)
    with line("2.10.7", "An upload that went well is in no error log"):
        dashboard.expect_no_failure(video.person.name, assignment.name)
    with line("2.10.7", "No error but the run's own has come to the log since the run began", extra=True):
        site_now = admin.manage_videos(search=video.key).time_of(video.key)
        admin.dashboard().expect_no_failure_since(site_now - (began - run.started), besides=run.run_id)

    confirm_upload(video.owner.site(), video.key, video.id)
    confirmed = admin.dashboard().figures()
    with line("2.10.4", "An upload that is confirmed twice counts as one", extra=True):
        confirmed.expect_growth(after, {"Total Completed": 0}, others)

    provoke_failure(video.owner.site(), assignment)
    dashboard = admin.dashboard()
    last = dashboard.figures()
    with line("2.10.3", "The dashboard's texts are finished with an error to tell as well", extra=True):
        dashboard.expect_translated()
    with line("2.10.4", "The upload statistics count a refused upload as failed"):
        last.expect_growth(confirmed, {"Total Completed": 0, "Total Failed": 1}, others)
    with line("2.10.7", "The error log shows an upload that was refused, and why"):
        admin.dashboard().expect_failure(video.person.name, assignment.name)
    with line("2.10.4", "The upload statistics count a video that never reached S3 as failed", extra=True) as evidence:
        evidence["message"] = expect_absent_refused(video.owner.site(), assignment, video.clip)
        admin.dashboard().figures().expect_growth(last, {"Total Completed": 0, "Total Failed": 1}, others)


@pytest.mark.lines("2.10.3", "2.10.4")
def test_time_ranges(
    admin_in_private: Actor,
    submit: Callable[..., Submission],
    assignment: Assignment,
    workspace: Workspace,
    line: Lines,
) -> None:
    """The administrator looks at the figures of another time."""
    admin_in_private.log_in_by_cookie()
    with line("2.10.3", "The dashboard opens by its address", blocks=True, extra=True):
        dashboard = admin_in_private.dashboard()
    submit(assignment)
    with line("2.10.4", "Each time range that can be chosen counts the new upload", extra=True) as evidence:
        evidence["requested by days"] = dashboard.expect_ranges()
    with line(
        "2.10.4", "Each time range counts the uploads that the list of videos shows of that time", extra=True
    ) as evidence:
        made = {key: made_at(key) for key in of_status(workspace.site, "ready")}
        uploads = [datetime.fromtimestamp(then, UTC) for then in made.values() if then]
        evidence["requested by days"] = dashboard.expect_counted_in_their_time(uploads)


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
    another = submit(workspace.new_assignment(assignment.course), video.owner)
    other = begin(workspace.new_assignment(workspace.new_course()))
    admin = admin_in_private
    admin.log_in_by_cookie()
    with aside(), line("2.10.8", "The menus lead to Manage Videos"):
        admin.administration().submission_plugins().manage_videos()
    with line("2.10.8", "Manage Videos opens", blocks=True):
        videos = admin.manage_videos()
    student, course = video.person, assignment.course
    with line("2.10.9", "The list shows the upload with its course, assignment, student, key, status and date"):
        videos.expect_row(
            video.key, course=course.name, assignment=assignment.name, student=student.name, status="ready"
        )
    with line("2.10.9", "The list shows both videos of a student who has handed in two"):
        videos.expect_listed(video.key)
        videos.expect_listed(another.key)
    ours = f"{workspace.run_id} {workspace.worker}"
    with aside(), line("2.10.9", "The list shows the newest video first", extra=True):
        admin.manage_videos(search=ours, perpage=100).expect_newest_first()
    videos = admin.manage_videos()
    searches: dict[str, dict[str, Any]] = {
        "course": {"course": course.id},
        "assignment": {"text": assignment.name},
        "the student's full name": {"text": student.name},
        "part of the student's name": {"text": student.name.split(maxsplit=1)[1]},
        "key": {"text": video.key},
        "status": {"status": "ready"},
    }
    for field, wanted in searches.items():
        with aside(), line("2.10.10", f"A search by {field} finds the video, and not another one"):
            videos.search(**wanted)
            videos.expect_listed(video.key)
            if wanted.get("text", video.key).casefold() not in other.person.name.casefold():  # people may share a name
                videos.expect_not_listed(other.key)
    with aside(), line("2.10.10", "A search by status finds an upload that has not ended"):
        videos.search(status="pending")
        videos.expect_listed(other.key)
        videos.expect_not_listed(video.key)
    elsewhere: dict[str, dict[str, Any]] = {
        "another course": {"course": other.assignment.course.id},
        "another status": {"status": "error"},
    }
    for where, narrowed in elsewhere.items():
        with aside(), line("2.10.10", f"A search by key does not find the video under {where}"):
            videos.search(video.key, **narrowed)
            videos.expect_not_listed(video.key)
    with aside(), line("2.10.10", "A search for nonsense finds nothing"):
        videos.search("no video is called so").expect_nothing_listed()
    for text in ("' OR '1'='1", "%"):
        with aside(), line("2.10.10", f"A search for {text} finds only what holds that text", extra=True):
            videos.search(text).expect_filter(text)
    with line("2.10.10", "The next page of a search keeps the search", extra=True):
        first = admin.manage_videos(search=ours, perpage=1)
        shown = first.keys()
        second = first.next_page()
        second.expect_filter(ours)
        pages = f"seen {shown} and then {second.keys()}"
        assert len(shown) == len(second.keys()) == 1, f"expected one video a page, {pages}"
        assert shown != second.keys(), f"expected another video on the next page, {pages}"
    with line("2.10.10", "Reset leads back to the whole list", extra=True):
        admin.manage_videos(search=ours, status="ready", courseid=course.id).reset()
    with line("2.10.8", "The texts of Manage Videos are finished, also where a search finds nothing", extra=True):
        admin.expect_translated(MANAGE_VIDEOS)


@pytest.mark.lines("2.10.11")
def test_delete_video(
    admin_in_private: Actor,
    teacher: Actor,
    submission: Submission,
    assignment: Assignment,
    video_access: VideoAccess,
    bucket: Bucket,
    cdn: CDN,
    delivery: Delivery,
    line: Lines,
) -> None:
    """Deletion by hand asks first, removes the video everywhere, and tells student and teacher."""
    student = submission.owner
    student.log_in_by_cookie()
    teacher.log_in_by_cookie()
    admin = admin_in_private
    admin.log_in_by_cookie()
    source = teacher.watch(submission.id, submission.key).player.source()
    cached = cdn.cached(source)

    with aside():
        with line("2.10.11", "The page asks before it deletes, and names what would be lost", blocks=True):
            question = admin.manage_videos().delete(submission.key)
            question.expect_named(assignment.course.name, assignment.name, submission.person.name, submission.key)
        with line("2.10.11", "The video is still there after No"):
            question.cancel().expect_listed(submission.key)
            student.videos.expect_only(submission.key)
    said = ""
    with line("2.10.11", "The page says after Yes that the video is deleted") as evidence:
        notice = admin.manage_videos().delete(submission.key).confirm().notice()
        evidence["said"] = said = notice.text
        notice.expect_success()
    with line("2.10.11", "S3 no longer holds the deleted video"):
        student.videos.expect_empty()
    with line("2.10.11", "S3 keeps no old version of the deleted video", extra=True):
        student.videos.expect_no_version(submission.key)
    with aside(), line("2.10.11", "The CDN no longer serves the deleted video, from no cache either") as evidence:
        evidence["X-Cache before"] = cached
        hopeless = why_hopeless(said, stored=bool(bucket.keys(submission.key)))
        delivery.expect_withdrawn(source, cached, hopeless=hopeless)
    with aside(), line("2.10.11", "The list no longer shows the deleted video"):
        admin.manage_videos().expect_not_listed(submission.key)
    with aside(), line("2.10.11", "A search by key does not find the deleted video", extra=True):
        admin.manage_videos(search=submission.key).expect_not_listed(submission.key)
    with aside(), line("2.10.11", "The student's page says what became of the video") as evidence:
        evidence["student"] = student.open(assignment).expect_deleted()
    with aside(), line("2.10.11", "The teacher's table says what became of the video") as evidence:
        table = teacher.open(assignment).view_all_submissions()
        evidence["table"] = table.expect_deleted(submission.person.id)
    with aside(), line("2.10.11", "The grader says what became of the video") as evidence:
        table = teacher.open(assignment).view_all_submissions()
        evidence["grader"] = table.grade(submission.person.id).expect_deleted()
    with aside(), line("2.10.11", "The video's address says what became of it") as evidence:
        evidence["video page"] = student.watch(submission.id, submission.key).expect_deleted()
    for way in ("playback URL", "download"):
        with line(
            "2.10.11", f"The plugin gives no {way} of the deleted video, and says so in finished texts", extra=True
        ) as evidence:
            evidence["message"] = video_access.expect_gone(WATCH[way](teacher.site(), submission), submission)
    with line("2.10.11", "The question and the word on its answer are finished texts", extra=True):
        admin.expect_translated(MANAGE_VIDEOS)
    with line("2.10.11", "What student and teacher read of the deleted video is in finished texts", extra=True):
        step("", "Look at the video's pages again: as the student, and as the teacher in the table and in the grader.")
        student.expect_translated()
        teacher.expect_translated()


@pytest.mark.lines("2.10.11")
def test_delete_two_videos(
    admin_in_private: Actor,
    submit: Callable[..., Submission],
    assignment: Assignment,
    bucket: Bucket,
    cdn: CDN,
    delivery: Delivery,
    line: Lines,
) -> None:
    """The administrator deletes two videos on one day: CloudFront takes no invalidation under a name that it knows."""
    admin_in_private.log_in_by_cookie()
    videos = [submit(assignment), submit(assignment)]
    with line("2.10.11", "The CDN serves none of two videos that are deleted one after the other", extra=True):
        deleted: list[tuple[str, str, str]] = []
        for video in videos:
            source = playback_url(video.owner.site(), video).given(PLAYBACK)["signed_url"]
            cached = cdn.cached(source)
            said = admin_in_private.manage_videos().delete(video.key).confirm().notice().text
            deleted.append((source, cached, why_hopeless(said, stored=bool(bucket.keys(video.key)))))
        for source, cached, hopeless in deleted:
            delivery.expect_withdrawn(source, cached, hopeless=hopeless)
