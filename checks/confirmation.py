"""What the server must not take for a handed-in video, and what a confirmation must not harm: asked over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import takewhile

import media
from checks.video_store import VideoStore
from clients.errors import NotCheckable, SiteError
from clients.moodle.assignments import save_submission
from clients.moodle.client import MoodleClient
from clients.moodle.model import Assignment
from clients.plugin.api import (
    CONFIRMED,
    PROMISE,
    Video,
    begin_upload,
    confirm_upload,
    playback_url,
    request_upload,
    send,
)
from clients.plugin.video_list import listed
from clients.steps import made_up
from clients.words import answered


def expect_absent_refused(site: MoodleClient, assignment: Assignment, clip: media.Clip) -> str:
    """An upload that is begun, of which nothing is sent, is not confirmed; returns the plugin's words."""
    promised = begin_upload(site, assignment, clip)
    answer = confirm_upload(site, promised["s3_key"], promised["submission_id"])
    if answer.succeeded:
        raise AssertionError("expected a video that never reached S3 to be refused, seen it confirmed")
    return answer.seen


def expect_unknown_refused(site: MoodleClient, submitted: Video) -> str:
    """The owner of a video does not get a key confirmed that nobody has asked for; returns the plugin's words."""
    folder, _, name = submitted.key.rpartition("/")
    unknown = f"{folder}0/{name}"
    made_up(unknown)
    answer = confirm_upload(site, unknown, submitted.id)
    if answer.succeeded:
        raise AssertionError("expected a key that the plugin never gave to be refused, seen it confirmed")
    return answer.seen


def expect_form_not_believed(site: MoodleClient, submitted: Video) -> str:
    """Another upload is begun by the owner of a video, nothing is sent, and the form is saved as if it were ready.

    No address to play it is given; returns what the site says instead.
    """
    clip, assignment = submitted.clip, submitted.assignment
    promised = begin_upload(site, assignment, clip)
    never_sent = replace(submitted, id=int(promised["submission_id"]), key=str(promised["s3_key"]))
    said = ""
    try:
        save_submission(site, assignment, never_sent.key, clip.bytes, clip.mime)
    except SiteError as reason:
        said = str(reason)
    answer = playback_url(site, never_sent)
    if answer.succeeded:
        raise AssertionError(
            "expected the server to check that S3 has what a form hands in, seen that it takes the form's word, and "
            "gives an address to play a video that never reached S3"
        )
    return said or answer.seen


def expect_true_size(site: MoodleClient, assignment: Assignment, clip: media.Clip, verify: bool | str) -> str:
    """A video that is said to be larger than what is sent is refused, or has the size that S3 holds; returns which."""
    declared = clip.bytes * 2
    asked = request_upload(site, assignment.id, clip.path.name, declared, clip.mime)
    if not asked.succeeded:
        raise NotCheckable(f"the plugin gave no upload URL: {asked.seen}")
    promised = asked.given(PROMISE)
    send(promised, clip, verify)
    answer = confirm_upload(site, promised["s3_key"], promised["submission_id"])
    if not answer.succeeded:
        return f"refused: {answer.seen}"
    if (told := int(answer.given(CONFIRMED)["file_size"])) != clip.bytes:
        raise AssertionError(
            f"expected the size that S3 holds, {clip.bytes} bytes, seen it confirmed with {told} bytes"
        )
    return f"confirmed with the {told} bytes that S3 holds"


def expect_owners_alone(
    owner: MoodleClient,
    others: Mapping[str, MoodleClient],
    admin: MoodleClient,
    assignment: Assignment,
    clip: media.Clip,
    verify: bool | str,
) -> dict[str, str]:
    """What its owner has sent to S3, and not confirmed yet, none of the `others` confirms; returns what they are told.

    In the list of videos, as `admin` sees it, it stays what it was.
    """
    promised = begin_upload(owner, assignment, clip)
    send(promised, clip, verify)

    def status() -> str:
        """What the list's row says behind the key; it holds the date as well."""
        row = listed(admin, courseid=assignment.course.id).get(promised["s3_key"], "")
        return row.partition(promised["s3_key"])[2].strip() or "not listed"

    before, told = status(), dict[str, str]()
    for who, site in others.items():
        answer = confirm_upload(site, promised["s3_key"], promised["submission_id"])
        if answer.succeeded:
            raise AssertionError(f"expected {who} to be refused, seen them confirm another student's upload")
        if (after := status()) != before:
            raise AssertionError(
                "expected no harm to the upload of another student, seen the owner's upload shown as "
                f"“{_new(after, before)}” in the list of videos after the confirmation of {who} was refused with "
                f"{answered(answer.status)}, and before as “{_new(before, after)}”"
            )
        told[who] = answer.seen
    return told


def _new(text: str, other: str) -> str:
    """The first words of a row that another one does not have: the status, without the date that follows in both."""
    words = list(takewhile(lambda word: word not in other.split(), text.split()))
    return " ".join(words) or text


def confirm_again(site: MoodleClient, video: Video) -> str:
    """Confirm an upload that has been confirmed before; returns what the plugin says to that."""
    return confirm_upload(site, video.key, video.id).seen


def expect_apart(first: Video, second: Video) -> None:
    """Two videos of one person and one name are two objects on S3."""
    if first.key == second.key:
        raise AssertionError(
            f"expected a key of its own for each of two videos named {first.clip.path.name}, seen {first.key} for both"
        )


def expect_unharmed(site: MoodleClient, video: Video, video_store: VideoStore, after: str) -> None:
    """The video plays for its owner, of whom `site` is a session, and S3 holds it; `after` says what came between."""
    answer = playback_url(site, video)
    if not answer.succeeded:
        raise AssertionError(f"expected the handed-in video to play after {after}, seen: {answer.seen}")
    video_store.expect_stored(video.key, video.clip.bytes, video.clip.mime, video.clip.sha256)


def expect_closed(site: MoodleClient, closed: Assignment, open_: Assignment, clip: media.Clip) -> str:
    """Where nothing is taken any more no upload URL is given, and it is where the assignment is `open_`.

    Returns the plugin's words. Raises NotCheckable where it is given for neither.
    """
    asked = request_upload(site, open_.id, clip.path.name, clip.bytes, clip.mime)
    if not asked.succeeded:
        raise NotCheckable(f"the plugin gives no upload URL for an open assignment either: {asked.seen}")
    asked = request_upload(site, closed.id, clip.path.name, clip.bytes, clip.mime)
    if asked.succeeded:
        raise AssertionError("expected no upload URL after the cut-off date, seen that the server gave one")
    return asked.seen
