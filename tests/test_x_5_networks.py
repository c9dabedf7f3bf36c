"""X.5, bad networks: a slow and lossy line, a machine that sleeps, two tabs, a page left in an upload."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

import media
from checks.message_quality import expect_plain
from clients.addresses import endpoint
from clients.moodle.model import Assignment
from clients.s3 import Bucket
from fixtures.data import Submission
from network.link import HOTEL_WIFI, THREE_G, Link
from network.proxy import ProxiedNetwork
from pages.actor import Actor
from runner.configuration.environment import Environment
from runner.pytest_plugin.lines import Lines

pytestmark = pytest.mark.provokes

SLOW = 16
"""Mbit/s: the clip takes 12 s, time enough to leave the page while it is on its way."""

ASLEEP = timedelta(hours=2)
"""Longer than an upload URL is good for, shorter than a session of Moodle's."""

LEAVE: dict[str, Callable[[Actor], None]] = {"reloads": Actor.reload, "goes back": Actor.go_back}


@pytest.mark.lines("X.5.1")
@pytest.mark.parametrize("link", [THREE_G, HOTEL_WIFI], ids=["3g", "hotel"])
def test_slow_and_lossy(
    link: Link,
    student: Actor,
    assignment: Assignment,
    small_clip: media.Clip,
    proxied_network: ProxiedNetwork,
    line: Lines,
) -> None:
    """A student on a bad line chooses a small video, and waits for what the form says."""
    student.log_in_by_cookie()
    form = student.open(assignment).add_submission()
    with (
        line("X.5.1", f"On {link.name}, slow and lossy, an upload comes to an end that the form tells", blocks=True),
        proxied_network.like(link),
    ):
        upload = form.widget.choose(small_clip.path)
        taken = upload.expect_taken_or_refused()
    with line("X.5.1", f"On {link.name}, slow and lossy, what the form told of the upload is true") as evidence:
        evidence["message"] = said = form.widget.said()
        if taken:
            student.videos.expect_only(form.save().expect_video(small_clip.bytes))
        else:
            expect_plain(said)
            student.open(assignment).expect_not_submitted()


@pytest.mark.lines("X.5.2")
def test_sleep(
    submission: Submission, assignment: Assignment, clip: media.Clip, proxied_network: ProxiedNetwork, line: Lines
) -> None:
    """A student has handed in a video, and replaces it; their machine sleeps in the upload, and wakes hours later."""
    student = submission.owner
    student.log_in_by_cookie()
    student.set_clock()
    form = student.open(assignment).edit_submission()
    with (
        line("X.5.2", "The form tells of an upload that a sleep of the machine broke off", blocks=True) as evidence,
        proxied_network.slow(SLOW),
    ):
        upload = form.widget.choose(clip.path)
        upload.later(ASLEEP)
        with proxied_network.cut(endpoint(upload.storage())):
            upload.expect_refused()
        evidence["message"] = said = form.widget.said()
    with line("X.5.2", "The message after a sleep of the machine is in plain words"):
        expect_plain(said)
    with (
        student.another_tab(),
        line("X.5.2", "A sleep of the machine in an upload leaves the video handed in before"),
    ):
        student.open(assignment).expect_still(submission.key)
    with line("X.5.2", "After a sleep of the machine another try succeeds, and leaves one video"):
        again = form.widget.try_again(clip.path)
        again.expect_success()
        key = again.receipt().key
        form.save().expect_video(clip.bytes, key)
        student.videos.expect_only(key)


@pytest.mark.lines("X.5.7")
def test_change_of_address(
    submission: Submission,
    assignment: Assignment,
    clip: media.Clip,
    environment: Environment,
    bucket: Bucket,
    proxied_network: ProxiedNetwork,
    line: Lines,
) -> None:
    """A student replaces a video while their machine goes from one network to another, and back in the next try."""
    student = submission.owner
    student.log_in_by_cookie()
    with proxied_network.changing_address(environment.base_url, bucket.url) as change:
        form = student.open(assignment).edit_submission()
        with (
            line("X.5.7", "The form tells of an upload that a change of address broke off", blocks=True) as evidence,
            proxied_network.slow(SLOW),
        ):
            upload = form.widget.choose(clip.path)
            upload.expect_under_way()
            with proxied_network.cut(endpoint(upload.storage())):
                change()
                upload.expect_refused()
            evidence["message"] = said = form.widget.said()
        with line("X.5.7", "The message after a change of address is in plain words"):
            expect_plain(said)
        with (
            student.another_tab(),
            line("X.5.7", "A change of address in an upload leaves the video handed in before"),
        ):
            student.open(assignment).expect_still(submission.key)
        with line("X.5.7", "An upload that begins from one address, and is confirmed from another, leaves one video"):
            with form.widget.confirmation_waits():
                again = form.widget.try_again(clip.path)
                again.expect_confirming()
                change()
            again.expect_success()
            key = again.receipt().key
            form.save().expect_video(clip.bytes, key)
            student.videos.expect_only(key)


@pytest.mark.lines("X.5.4")
def test_two_tabs(student: Actor, assignment: Assignment, small_clip: media.Clip, tmp_path: Path, line: Lines) -> None:
    """A student uploads in one tab, forgets that, uploads and saves in another, and then saves the first one, too."""
    student.log_in_by_cookie()
    older = student.open(assignment).add_submission()
    older.widget.choose(media.padded(small_clip, small_clip.bytes + 4096, tmp_path).path).expect_success()
    with student.another_tab(), line("X.5.4", "A video uploaded in a second tab can be saved there", blocks=True):
        form = student.open(assignment).edit_submission()
        upload = form.widget.choose(small_clip.path)
        upload.expect_success()
        key = upload.receipt().key
        form.save().expect_video(small_clip.bytes, key)
    with line("X.5.4", "The first tab, saved last, leaves the second tab's video handed in, and it plays"):
        older.send()
        page = student.open(assignment)
        page.expect_video(small_clip.bytes, key)
        player = page.watch().player
        player.expect_loaded(small_clip.seconds)
        player.play()
        player.expect_playing()
    with line("X.5.4", "After uploads in two tabs S3 holds one video"):
        student.videos.expect_only(key)


@pytest.mark.lines("X.5.5")
@pytest.mark.parametrize("how", LEAVE, ids=["reload", "back"])
def test_leaving(
    how: str,
    student: Actor,
    assignment: Assignment,
    clip: media.Clip,
    small_clip: media.Clip,
    proxied_network: ProxiedNetwork,
    line: Lines,
) -> None:
    """A student leaves the form while a video is on its way, and says yes when asked."""
    student.log_in_by_cookie()
    form = student.open(assignment).add_submission()
    with proxied_network.slow(SLOW):
        upload = form.widget.choose_in_dialogue(clip.path)
        upload.expect_under_way()
        with line("X.5.5", "Who leaves the form in an upload is asked first"):
            upload.expect_warning()
        LEAVE[how](student)
    with line("X.5.5", f"Who {how} in an upload has handed nothing in, and can upload again"):
        page = student.open(assignment)
        page.expect_not_submitted()
        form = page.edit_submission()
        form.widget.choose(small_clip.path).expect_success()
        student.videos.expect_only(form.save().expect_video(small_clip.bytes))


@pytest.mark.lines("X.5.5")
def test_leaving_at_the_end(student: Actor, assignment: Assignment, small_clip: media.Clip, line: Lines) -> None:
    """A student wants to leave the form when the video is on S3, and the site has not confirmed it."""
    student.log_in_by_cookie()
    form = student.open(assignment).add_submission()
    with form.widget.confirmation_waits(), line("X.5.5", "Who leaves the form before the confirmation is asked first"):
        upload = form.widget.choose(small_clip.path)
        upload.expect_confirming()
        upload.expect_warning()
