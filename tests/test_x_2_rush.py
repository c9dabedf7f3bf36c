"""X.2, deadline rush: everybody hands in within the last minute, and a teacher watches it all."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

import media
from checks.access import VideoAccess
from checks.latency import LatencyProbe, expect_answers, expect_quick, sampled
from checks.rush import (
    expect_counted,
    expect_everybody_through,
    expect_keys_apart,
    expect_watched,
    expect_whole,
    handed_in,
    told,
)
from checks.video_store import VideoStore
from clients.moodle.client import MoodleClient
from clients.moodle.model import Assignment
from clients.rush.load import Crowd, Rush
from fixtures.people import People
from runner.configuration.connect import new_site
from runner.configuration.environment import Environment
from runner.pytest_plugin.lines import Lines
from runner.reservation.workspace import Workspace


@pytest.mark.lines("X.2.1", "X.2.2", "X.2.3", "X.2.4", "X.2.5", "X.2.6")
def test_rush(
    rush: Callable[[], AbstractContextManager[Callable[[], Rush]]],
    crowd: Crowd,
    assignment_of_rush: Assignment,
    teacher_of_rush: MoodleClient,
    people: People,
    workspace: Workspace,
    small_clip: media.Clip,
    video_store: VideoStore,
    video_access: VideoAccess,
    environment: Environment,
    line: Lines,
) -> None:
    """A crowd without browsers asks, uploads and confirms; one more student does so at a browser meanwhile."""
    student = people.student(assignment_of_rush.course)
    student.log_in_by_cookie()
    form = student.open(assignment_of_rush).add_submission()
    latency = LatencyProbe(new_site(environment))
    before = [latency() for _ in range(5)]
    began = time.time()
    with rush() as end_of_rush, sampled(latency, every=1) as during:
        with line("X.2.1", "A student at a browser uploads in the midst of a rush", extra=True) as evidence:
            evidence["message"] = form.widget.choose(small_clip.path).expect_success()
        result = end_of_rush()
    with line("X.2.1", "In a rush every student's video is taken and confirmed") as evidence:
        evidence.update(told(result))
        expect_everybody_through(result, len(crowd.students))
    with line("X.2.2", "In a rush each student gets a key of their own on S3") as evidence:
        evidence["keys"] = expect_keys_apart(result.outcomes, began)
    with line("X.2.5", "In a rush Moodle answers other people all the while") as evidence:
        evidence["before"], evidence["during"] = expect_answers(before), expect_answers(during)
    with line("X.2.5", "In a rush pages of other people open about as fast as before") as evidence:
        evidence["times as long"] = expect_quick(
            before, during, environment.budgets.moodle_ratio, environment.budgets.moodle_seconds
        )
    videos = handed_in(crowd, result)
    with line("X.2.3", "After a rush S3 holds each student's own video, byte for byte") as evidence:
        evidence["videos"] = expect_whole(videos, video_store)
    with line("X.2.4", "After a rush the plugin's list has every confirmed video as ready") as evidence:
        evidence["videos"] = expect_counted(workspace.site, assignment_of_rush.course, [one.key for one in videos])
    with line("X.2.6", "After a rush a teacher opens one video after another") as evidence:
        evidence["videos"] = expect_watched(teacher_of_rush, videos, video_access)
