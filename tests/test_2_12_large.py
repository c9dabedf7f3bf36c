"""Step 2.12, performance testing: a large video on its way from a student's disk to S3, and back on a screen."""

import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta

import pytest

import media
from checks.access import VideoAccess
from checks.delivery import Delivery
from checks.large_video import expect_large
from checks.latency import LatencyProbe, expect_answers, expect_quick, expect_quick_confirmation, sampled
from checks.server_load import ServerLoad
from checks.traffic import expect_bypassed
from checks.video_store import VideoStore
from clients.moodle.model import Assignment
from clients.plugin.api import WATCH
from fixtures.data import Submission
from network.proxy import ProxiedNetwork
from pages.actor import Actor
from pages.assignment import AssignmentPage
from runner.configuration.connect import new_site
from runner.configuration.environment import Environment
from runner.configuration.environment_tables import LARGEST_UPLOAD
from runner.pytest_plugin.lines import Lines

UPLOAD_SECONDS = 12
"""How long the upload takes at least: the network is held to the speed for that, where it is not slower by itself."""

LARGEST_STEP = 5
"""Percent by which the progress bar may move at once."""

AHEAD = 10
"""Percent that the bar may be ahead of the bytes that crossed the network: buffers hold some of them."""

REQUESTS = 20
"""Of an upload to Moodle, however large the video: for the form, for the confirmation, and some to spare.

One more a minute is Moodle's own, which looks for messages and keeps the session.
"""

SLOW = 16
"""Mbit/s: the clip takes 12 s, time enough to put the clock forward while it is on its way."""

AN_HOUR = timedelta(hours=1)
"""What 5 GB take at 12 Mbit/s; the presigned form is good for as long."""

PLAYED_SECONDS = 8

JUST_ENOUGH = 1.5
"""How many times the video's own bit rate a slow line carries on which it must still play."""

TOO_SLOW = 2
"""How many times faster a line would have to be for the video to play without waiting."""


@pytest.mark.lines("2.12.1", "2.12.2", "2.12.3", "2.12.4", "2.12.5", "2.12.6", "3.11.1", "3.11.2", "3.11.3")
def test_large_video(
    student: Actor,
    assignment: Assignment,
    large_clip: media.Clip,
    video_store: VideoStore,
    proxied_network: ProxiedNetwork,
    environment: Environment,
    suite_growth: Callable[[], int],
    server_load: ServerLoad,
    line: Lines,
) -> None:
    """A student uploads a large video past Moodle, sees how far it is, and watches it without waiting."""
    budgets = environment.budgets
    megabits = large_clip.bytes * 8 / 1_000_000
    latency = LatencyProbe(new_site(environment))
    student.log_in_by_cookie()
    form = student.open(assignment).add_submission()
    form.widget.expect_ready()
    with server_load.before():
        before = [latency() for _ in range(5)]

    with line("2.12.1", "The large video has 1 to 2 GB"):
        expect_large(large_clip.bytes)
    with (
        proxied_network.slow(megabits / UPLOAD_SECONDS),
        proxied_network.measured() as traffic,
        sampled(lambda: (time.time(), proxied_network.sent.total()), every=0.1) as sent,
        sampled(latency, every=1) as during,
        server_load.during(),
    ):
        with line("2.12.1", "The large video starts on its way to storage", blocks=True) as evidence:
            evidence["bytes"] = large_clip.bytes
            upload = form.widget.choose(large_clip.path)
            upload.expect_started()
        with line("2.12.3", "The upload of the large video completes", blocks=True) as evidence:
            upload.expect_ended_while(lambda: proxied_network.sent_to(upload.storage()), budgets.stall)
            evidence["message"] = upload.expect_success()
            evidence["milliseconds"] = times = upload.expect_success_after_confirmation()
            evidence["upload Mbit/s"] = round(megabits / times["stored"] * 1000, 1)
    after = [latency() for _ in range(5)]
    with line("2.12.2", "The bar moves from 0 to 100%, only forward, in small steps, without a stall") as evidence:
        evidence["percent"] = upload.expect_whole_progress(100 // LARGEST_STEP, LARGEST_STEP)
        evidence["longest stall in seconds"] = upload.expect_no_stall(budgets.stall)
    with line("2.12.2", "The bar shows what has really been sent") as evidence:
        crossed = [(at, total - sent[0][1]) for at, total in sent]
        evidence["points ahead"] = upload.expect_truthful(crossed, large_clip.bytes, AHEAD)
    with line("2.12.6", "The video passes by Moodle, which is asked a few times only") as evidence:
        evidence["bytes sent"] = expect_bypassed(
            traffic, environment.base_url, large_clip.bytes, round(budgets.moodle_kib * 1024)
        )
        minutes = round(times["stored"] / 60_000)
        evidence["requests of the upload to Moodle"] = upload.expect_few_requests(REQUESTS + minutes)
    with line("2.12.6", "Moodle confirms the large video without fetching it", extra=True) as evidence:
        evidence["seconds"] = expect_quick_confirmation(times, during, budgets.moodle_seconds)
    with line("2.12.6", "Moodle answers other people all the while") as evidence:
        for name, answers in (("before", before), ("during", during), ("after", after)):
            evidence[name] = expect_answers(answers)
    with line("2.12.6", "Moodle answers other people about as fast as before the upload") as evidence:
        evidence["times as long"] = expect_quick(before, during, budgets.moodle_ratio, budgets.moodle_seconds)
    judge_server(server_load, line)
    with line("2.12.3", "S3 holds all of the large video, byte for byte", blocks=True) as evidence:
        receipt = upload.receipt()
        evidence["object"] = asdict(
            video_store.expect_stored(receipt.key, large_clip.bytes, upload.file_type(), large_clip.sha256)
        )
        evidence["bytes the suite grew by"] = suite_growth()
    with line("2.12.3", "The form for storage takes larger videos as well, up to 5 GB", extra=True):
        receipt.expect_sizes(1, LARGEST_UPLOAD)
    with line("2.12.3", "The submission with the large video is saved", blocks=True):
        page = form.save()
        page.expect_video(large_clip.bytes)
    watch(page, large_clip, budgets.stalled_percent, line)


def judge_server(server_load: ServerLoad, line: Lines) -> None:
    """What the upload cost the server; step 3.11 is judged on one target."""
    with line("2.12.6", "The upload costs Moodle's server next to nothing", extra=True) as evidence:
        evidence["processors"] = server_load.expect_idle()
    if "3.11.1" not in line.declared:
        return
    with line("3.11.1", "Moodle's processors have no more to do while the large video is on its way") as evidence:
        evidence["processors"] = server_load.expect_idle()
    with line("3.11.2", "Moodle's processes take no more memory while the large video is on its way") as evidence:
        evidence["MiB"] = server_load.expect_memory()
    with line("3.11.3", "Moodle's disk has no more on it when the large video is on S3") as evidence:
        evidence["MiB"] = server_load.expect_disk()


def watch(page: AssignmentPage, clip: media.Clip, stalled_percent: float, line: Lines) -> None:
    """The student follows the link to the video, and watches parts of it."""
    with line("2.12.4", "The large video plays", blocks=True):
        player = page.watch().player
        player.expect_loaded(clip.seconds)
        player.play()
        player.expect_playing()
    with line("2.12.5", "The large video plays without buffering") as evidence:
        evidence["seconds"] = player.expect_smooth(PLAYED_SECONDS, stalled_percent)
    with line("2.12.4", "The large video can be sought near its beginning, end and middle", extra=True) as evidence:
        player.pause()
        landed = [player.seek(clip.seconds * part) for part in (0.1, 0.95, 0.5)]
        evidence |= {"landed at": landed, "seek took seconds": player.seek_times}
        player.play()
        player.expect_playing()


@pytest.mark.lines("2.12.3")
def test_slow_line(
    student: Actor, assignment: Assignment, clip: media.Clip, proxied_network: ProxiedNetwork, line: Lines
) -> None:
    """A large video takes an hour on a slow line: the clock is put forward while a small one is on its way."""
    student.log_in_by_cookie()
    student.set_clock()
    form = student.open(assignment).add_submission()
    with (
        line("2.12.3", "The page does not give up an upload that takes an hour", extra=True) as evidence,
        proxied_network.slow(SLOW),
    ):
        upload = form.widget.choose(clip.path)
        upload.expect_started()
        upload.later(AN_HOUR)
        evidence["message"] = upload.expect_success()
    with line("2.12.3", "The browser is not told to give up a transfer that takes an hour", extra=True):
        upload.expect_no_time_limit_below(AN_HOUR)


@pytest.mark.lines("2.12.4", "2.12.5")
def test_video_of_a_phone(
    phone_video: Submission,
    video_access: VideoAccess,
    delivery: Delivery,
    network: ProxiedNetwork,
    environment: Environment,
    line: Lines,
) -> None:
    """A phone writes a video's index behind its pictures; such a video plays as any other, on a slow line too."""
    student, clip = phone_video.owner, phone_video.clip
    student.log_in_by_cookie()
    with line("2.12.4", "A video with its index at the end, as phones write it, plays and can be sought", extra=True):
        player = student.watch(phone_video.id, phone_video.key).player
        player.expect_loaded(clip.seconds)
        player.play()
        player.expect_playing()
        player.pause()
        player.seek(clip.seconds * 0.8)
        player.play()
        player.expect_playing()
    site = student.site()
    for way, ask in WATCH.items():
        with line("2.12.4", f"The address that a {way} leads to lives for hours, as a long video needs", extra=True):
            delivery.expect_lasting(video_access.address(ask(site, phone_video)))
    with line("2.12.5", "A video plays without buffering on a line that is just fast enough", extra=True) as evidence:
        rate = clip.bytes * 8 / 1_000_000 / clip.seconds
        evidence["Mbit/s"] = {"video": round(rate, 1), "line": round(rate * JUST_ENOUGH, 1)}
        with network.slow_download(rate * JUST_ENOUGH):
            player = student.watch(phone_video.id, phone_video.key).player
            player.expect_loaded(clip.seconds)
            player.play()
            player.expect_playing()
            evidence["seconds"] = player.expect_smooth(PLAYED_SECONDS, environment.budgets.stalled_percent)


@pytest.mark.lines("2.12.5")
def test_line_too_slow(
    phone_video: Submission, teacher: Actor, assignment: Assignment, proxied_network: ProxiedNetwork, line: Lines
) -> None:
    """For a while the line is too slow for the video: it waits, and then goes on."""
    clip = phone_video.clip
    teacher.log_in_by_cookie()
    table = teacher.open(assignment).view_all_submissions()
    with line("2.12.5", "A video that had to wait for a slow line goes on where it stood", extra=True) as evidence:
        with proxied_network.slow_download(clip.bytes * 8 / 1_000_000 / clip.seconds / TOO_SLOW):
            player = table.grade(phone_video.person.id).player
            player.expect_loaded(clip.seconds)
            player.play()
            evidence["waited at"] = at = player.expect_to_wait()
        player.expect_to_go_on(at)
