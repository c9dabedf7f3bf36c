"""Step 2.11, test error handling: what must be refused is, in words for a student; what broke can be tried again."""

from collections.abc import Callable
from pathlib import Path

import pytest

import media
from checks.confirmation import expect_unharmed
from checks.message_quality import expect_advice, expect_plain
from checks.refusals import DirectUpload, expect_not_confirmed
from checks.video_store import VideoStore
from clients.moodle.model import Assignment
from clients.s3 import Bucket
from clients.steps import aside
from fixtures.data import Submission
from fixtures.people import People
from network.proxy import ProxiedNetwork
from pages.actor import Actor
from runner.configuration.environment import Environment
from runner.configuration.targets import Launch
from runner.pytest_plugin.lines import Lines
from runner.reservation.settings_guard import SettingsGuard

pytestmark = pytest.mark.provokes

FIVE_GIB = 5368709120
SIX_GIB = 6442450944

SLOW = 16
"""Mbit/s: the clip takes 12 s, time enough to break something while it is on its way."""

NAMED_AS = {
    "text": ("type", "video", "format"),
    "program": ("type", "video", "format"),
    "empty": ("empty", "size"),
    "no extension": ("type", "extension", "format"),
    "too long": ("long", "length"),
}
"""For what a browser can see to be wrong with a file: words of which a message must have one."""

LIES = {
    "a text file said to be a video": ("text.txt", 21, "video/mp4"),
    "a program said to be a video": ("program.exe", 64, "video/mp4"),
    "a video's name with a text's type": ("video.mp4", 300_000, "text/plain"),
    "a name without an extension": ("video", 300_000, "video/mp4"),
    "an empty file": ("empty.mp4", 0, "video/mp4"),
    "a name of 256 characters": (f"{'v' * 252}.mp4", 300_000, "video/mp4"),
}
"""What a browser sends whose checks were bypassed: name, bytes, type."""

WRONG_SIZES = {
    "5 GiB and one byte": FIVE_GIB + 1,
    "a negative number of bytes": -1,
    "more bytes than 64 bits hold": 2**63,
}


@pytest.mark.happy_path
@pytest.mark.lines("2.11.1", "2.11.2")
def test_wrong_files(
    student: Actor,
    people: People,
    assignment: Assignment,
    small_clip: media.Clip,
    environment: Environment,
    tmp_path: Path,
    line: Lines,
) -> None:
    """A student chooses what is no video: each is refused with its reason, and nothing is sent."""
    student.log_in_by_cookie()
    with aside():
        form = student.open(assignment).add_submission()
        with line("2.11.1", "The form to choose a file is there and works", blocks=True):
            form.widget.expect_ready()
        files = media.odd_files(small_clip)
        for kind, words in NAMED_AS.items():
            file = files[kind]
            with aside():
                with line("2.11.1", f"The form refuses {file.why} before anything is sent"):
                    refused = form.widget.choose(file.choose(tmp_path))
                    refused.expect_refused()
                    refused.expect_nothing_sent()
                with line("2.11.2", f"The message says in plain words what is wrong with {file.why}") as evidence:
                    evidence["message"] = refused.expect_refused(*words)
                    expect_plain(evidence["message"])
        renamed = files["renamed text"].written(tmp_path)
        with line("2.11.1", "A text file renamed to .mp4 is refused", extra=True):
            form.widget.choose(renamed).expect_refused()
        with line("2.11.1", "Nothing of a refused file stays on S3", extra=True):
            student.videos.expect_empty()

    mischievous = people.student(assignment.course)
    site = mischievous.site()
    direct = DirectUpload(site, assignment, small_clip)
    for why, (name, size, mime) in LIES.items():
        with line("2.11.1", f"The server refuses {why}", extra=True) as evidence:
            evidence["message"] = direct.expect_refused(name, size, mime, why)
    with line("2.11.1", "The server looks into what S3 got, and refuses a renamed text file", extra=True) as evidence:
        evidence["message"] = expect_not_confirmed(site, assignment, media.Clip(renamed), environment.verify)


@pytest.mark.lines("2.11.1")
def test_odd_names(student: Actor, assignment: Assignment, small_clip: media.Clip, tmp_path: Path, line: Lines) -> None:
    """A video may have any name that a computer can hold: it is taken, and plays."""
    student.log_in_by_cookie()
    for file in media.odd_files(small_clip).values():
        if file.refused:
            continue
        receipt = None
        with aside():
            with line("2.11.1", f"The upload of {file.why} works", extra=True) as evidence:
                form = student.open(assignment).add_submission()
                upload = form.widget.choose(file.choose(tmp_path))
                upload.expect_success(f"{file.why}, which is valid,")
                receipt = upload.receipt()
                evidence["key"] = receipt.key
            if receipt is None:
                continue
            with line("2.11.1", f"The player plays {file.why}", extra=True):
                player = student.watch(receipt.submission, receipt.key).player
                player.expect_loaded(small_clip.seconds)
                player.play()
                player.expect_playing()


@pytest.mark.lines("2.11.3", "2.11.4")
def test_too_large(
    student: Actor,
    people: People,
    assignment: Assignment,
    small_clip: media.Clip,
    video_store: VideoStore,
    network: ProxiedNetwork,
    of_size: Callable[[int], Path],
    launch: Launch,
    environment: Environment,
    line: Lines,
) -> None:
    """One byte over the limit is refused, the limit itself is not; server and storage hold the limit as well."""
    student.log_in_by_cookie()
    with aside():
        form = student.open(assignment).add_submission()
        with line("2.11.3", "The form refuses 5 GiB and one byte before a byte is sent"), network.measured() as traffic:
            refused = form.widget.choose(of_size(FIVE_GIB + 1))
            refused.expect_refused()
            refused.expect_nothing_sent()
        with line("2.11.4", "The message says that the file is too large, and the limit") as evidence:
            evidence["message"] = refused.expect_refused("large", "size", "big")
            refused.expect_refused("5 GB", "5GB", "5 GiB")
            expect_plain(evidence["message"])
            evidence["bytes sent"] = dict(traffic.sent)
        with line("2.11.4", "The message about a file of 6 GiB says the limit, too", extra=True) as evidence:
            evidence["message"] = form.widget.choose(of_size(SIX_GIB)).expect_refused("5 GB", "5GB", "5 GiB")

        with network.slow(SLOW):
            with line("2.11.3", "The form takes a file of 5 GiB", blocks=True, extra=True):
                largest = form.widget.choose(of_size(FIVE_GIB))
                largest.expect_started(within=environment.budgets.upload)
            with line("2.11.3", "A file of 5 GiB goes on its way to storage", extra=True):
                launch.expect_sends(FIVE_GIB)
                largest.expect_sending(lambda: network.sent_to(largest.storage()))
        with line("2.11.3", "The presigned form takes 1 byte to 5 GiB", extra=True) as evidence:
            receipt = largest.receipt()
            evidence["bytes"] = receipt.sizes
            receipt.expect_sizes(1, FIVE_GIB)
            evidence["status for 0 bytes"] = video_store.expect_empty_file_refused(receipt.url, receipt.fields)
        student.open(assignment)
        with line("2.11.3", "An upload that is left leaves nothing on S3", extra=True):
            student.videos.expect_empty()

    direct = DirectUpload(people.student(assignment.course).site(), assignment, small_clip)
    for why, size in WRONG_SIZES.items():
        with line("2.11.3", f"The server refuses a file of {why}", extra=True) as evidence:
            evidence["message"] = direct.expect_refused("large.mp4", size, "video/mp4", f"{why} as a file's size")


@pytest.mark.lines("2.11.5", "2.11.6", "2.11.7", "2.11.8", "2.7.19")
def test_wrong_credentials(
    admin_in_private: Actor,
    student: Actor,
    assignment: Assignment,
    small_clip: media.Clip,
    settings_guard: SettingsGuard,
    environment: Environment,
    bucket: Bucket,
    video_store: VideoStore,
    submit: Callable[..., Submission],
    line: Lines,
) -> None:
    """While one character of the credentials is wrong, a student is told so kindly; then all is as before."""
    admin_in_private.log_in_by_cookie()
    student.log_in_by_cookie()
    settings = admin_in_private.plugin_settings()
    for name, words in (("aws_secret_key", "secret"), ("aws_access_key", "key id")):
        with aside():
            before = submit(assignment, student)
            form = student.open(assignment).edit_submission()
            with settings_guard.one_character_off(name) as change:
                values = settings.values()
                with line("2.11.5", f"The administrator changes one character of the {words}", blocks=True):
                    settings.change(name, change.changed, "with one character changed")
                    change.saved()
                with line("2.11.5", f"Saving another {words} leaves the other settings as they were", extra=True):
                    settings.expect_others_kept(name, values)
                with line("2.11.6", f"With a wrong {words} an upload fails, and the student is told", blocks=True):
                    upload = form.widget.choose(small_clip.path)
                    upload.expect_refused()
                with line("2.11.7", f"With a wrong {words} the message has no word of AWS") as evidence:
                    evidence["message"] = form.widget.said()
                    storage = [bucket.name, environment.cdn.domain, environment.storage.region]
                    expect_plain(form.widget.said(), [*storage, change.original, change.changed])
                with line("2.11.7", f"With a wrong {words} the message says what to do", extra=True):
                    expect_advice(form.widget.said())
                with line("2.7.19", f"With a wrong {words} the video handed in before stays handed in", extra=True):
                    expect_unharmed(student.site(), before, video_store, "an upload that failed")
                with line("2.11.8", f"The administrator puts the {words} back"):
                    settings.change(name, change.original, "as it was")
            with line("2.11.8", f"With the right {words} the upload works, and S3 has the video") as evidence:
                again = form.widget.try_again(small_clip.path)
                evidence["tried again by"] = again.started_by
                again.expect_success()
                video_store.expect_stored(again.receipt().key, small_clip.bytes, small_clip.mime, small_clip.sha256)
