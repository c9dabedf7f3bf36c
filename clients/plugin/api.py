"""The plugin's scripts as its uploader and its player call them, over HTTP and without the checks of its widget.

As of version 1.0.0 of the plugin; a function that returns an HttpResult gives it whatever it says.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import requests
from pydantic import Field, Strict, StringConstraints, TypeAdapter
from typing_extensions import TypedDict

import media
from clients import http
from clients.addresses import ASSIGNMENT, CONFIRMATION, DOWNLOAD, MANAGE_VIDEOS, PLAYBACK_URL, UPLOAD_URL, VIDEO_PAGE
from clients.anonymous_s3 import of_working_store
from clients.errors import SiteError
from clients.http_result import HttpResult
from clients.moodle.ajax import call
from clients.moodle.client import MoodleClient
from clients.moodle.model import Assignment, Person

UPLOAD_TIMEOUT = 120
"""Seconds that storage may take for a small clip."""


Digits = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,18}$")]


class Promise(TypedDict):
    """What the plugin promises before an upload: where to send the file, by which form, and what it will be."""

    url: Annotated[str, StringConstraints(pattern=r"^https://[^\s/@]+(/|$)")]
    fields: Annotated[dict[str, str], Field(max_length=50)]
    s3_key: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f]{1,1024}$")]
    submission_id: Annotated[int, Field(gt=0), Strict()] | Digits


class Confirmed(TypedDict):
    """What the plugin says of a video that it has looked at."""

    file_size: Annotated[int, Field(ge=0), Strict()] | Digits


class Playback(TypedDict):
    """What the plugin's player gets: where the video is, and for how many seconds."""

    signed_url: str
    expires_in: Annotated[int, Field(ge=0), Strict()] | Digits


PROMISE, CONFIRMED, PLAYBACK = TypeAdapter(Promise), TypeAdapter(Confirmed), TypeAdapter(Playback)


@dataclass(frozen=True, kw_only=True)
class Video:
    """What `person` has handed in: `id` is the submission's id in Moodle, `key` the object's key on S3."""

    person: Person
    assignment: Assignment
    clip: media.Clip
    id: int
    key: str

    @property
    def parameters(self) -> dict[str, object]:
        """Of the plugin's page for this video."""
        return {"id": self.id, "s3key": self.key}


# -- requests -------------------------------------------------------------------------------------


def request_upload(
    site: MoodleClient, assignment: int, name: str, size: int, mime: str, *, submission: int = 0
) -> HttpResult:
    """Ask for an upload URL, for a file of `size` bytes; with `submission` 0 in a submission of one's own."""
    asked = {"filename": name, "filesize": size, "mimetype": mime}
    return HttpResult.of(site.post(UPLOAD_URL, {"assignmentid": assignment, "submissionid": submission, **asked}))


def confirm_upload(site: MoodleClient, key: str, submission: int | str) -> HttpResult:
    """Say that S3 has the object."""
    return HttpResult.of(site.post(CONFIRMATION, {"s3_key": key, "submissionid": submission}))


def playback_url(site: MoodleClient, video: Video, sesskey: str = "") -> HttpResult:
    """What the plugin's player asks for; with the session's own sesskey unless another is given."""
    return HttpResult.of(
        site.get(PLAYBACK_URL, submissionid=video.id, s3key=video.key, sesskey=sesskey or site.sesskey)
    )


def video_page(site: MoodleClient, video: Video) -> HttpResult:
    return HttpResult.of(site.get(VIDEO_PAGE, **video.parameters))


def download(site: MoodleClient, video: Video) -> HttpResult:
    return HttpResult.of(site.get(DOWNLOAD, **video.parameters))


def download_address(site: MoodleClient, video: Video) -> HttpResult:
    """Where a download leads, which nobody goes to."""
    asked = {name: str(value) for name, value in video.parameters.items()}
    return HttpResult.of(site.session.get(site.url(DOWNLOAD), params=asked, allow_redirects=False))


def grader(site: MoodleClient, video: Video) -> HttpResult:
    """The grader's panel on the student, which a script of the page asks for."""
    arguments = {"userid": video.person.id, "attemptnumber": -1, "jsonformdata": '""'}
    return HttpResult.of(
        call(
            site,
            "core_get_fragment",
            component="mod_assign",
            callback="gradingpanel",
            contextid=video.assignment.context,
            args=[{"name": name, "value": value} for name, value in arguments.items()],
        )
    )


def grading_table(site: MoodleClient, video: Video) -> HttpResult:
    """The page of the table with the student's row, or the last one there is; up to Moodle 4.4 it has ten rows."""
    number = 0
    while True:
        answer = HttpResult.of(
            site.get(ASSIGNMENT, id=video.assignment.cmid, action="grading", perpage=100, page=number)
        )
        number += 1
        following = answer.page.select_one(f".pagination [data-page-number='{number + 1}']")
        if following is None or answer.page.select_one(f"tr.user{video.person.id}"):
            return answer


def confirmation(site: MoodleClient, video: Video) -> HttpResult:
    return confirm_upload(site, video.key, video.id)


def upload_url(site: MoodleClient, video: Video) -> HttpResult:
    """Ask for an upload URL in the submission of `video`, whosever that is."""
    clip = video.clip
    return request_upload(site, video.assignment.id, clip.path.name, clip.bytes, clip.mime, submission=video.id)


def promised_key(text: str) -> str:
    """The object's key in an answer to the request for an upload URL; empty in a refusal."""
    try:
        return str(json.loads(text)["data"]["s3_key"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""


def tell_promises(site: MoodleClient, promise: Callable[[str], None]) -> MoodleClient:
    """From now on `promise` is told each key for which the plugin gives `site` a presigned form; returns `site`."""

    def look(response: requests.Response, *_: object, **__: object) -> None:
        if UPLOAD_URL in response.url and (key := promised_key(response.text)):
            promise(key)

    site.session.hooks["response"].append(look)
    return site


def deletion(site: MoodleClient, video: Video) -> HttpResult:
    """Answer the question before a deletion with yes, without having been asked."""
    return HttpResult.of(site.post(MANAGE_VIDEOS, {"action": "delete", "s3key": video.key, "confirm": 1}))


Way = Callable[[MoodleClient, Video], HttpResult]
WATCH: dict[str, Way] = {"video page": video_page, "playback URL": playback_url, "download": download}
GRADE: dict[str, Way] = {"grader": grader, "grading table": grading_table}
WRITE: dict[str, Way] = {"confirmation": confirmation, "upload URL": upload_url}
DELETE: dict[str, Way] = {"deletion": deletion}
WAYS = WATCH | GRADE | DELETE | WRITE
"""In this order: an owner who asks for an upload URL may lose the video by that."""


# -- what the widget does, as one step ------------------------------------------------------------


def begin_upload(site: MoodleClient, assignment: Assignment, clip: media.Clip) -> Promise:
    """What the plugin promises before an upload: url, fields, s3_key, submission_id. Raises SiteError."""
    asked = request_upload(site, assignment.id, clip.path.name, clip.bytes, clip.mime)
    if not asked.succeeded:
        raise SiteError(f"Uploading over HTTP: the plugin gave no upload URL: {asked.seen}")
    return asked.given(PROMISE)


def upload(site: MoodleClient, assignment: Assignment, clip: media.Clip, verify: bool | str) -> tuple[int, str]:
    """Upload and confirm; returns the submission's id and the object's key. Raises SiteError."""
    promised = begin_upload(site, assignment, clip)
    confirmed = send_and_confirm(site, promised, clip, verify)
    if not confirmed.succeeded:
        raise SiteError(f"Uploading over HTTP: the plugin did not confirm the upload: {confirmed.seen}")
    return int(promised["submission_id"]), str(promised["s3_key"])


def send_and_confirm(site: MoodleClient, promised: Promise, clip: media.Clip, verify: bool | str) -> HttpResult:
    """What the plugin says of a file that S3 has, whatever that is. Raises SiteError before that."""
    send(promised, clip, verify)
    return confirm_upload(site, promised["s3_key"], promised["submission_id"])


def send(promised: Promise, clip: media.Clip, verify: bool | str) -> None:
    """Send a file to S3 by what the plugin promised. Raises SiteError."""
    with clip.path.open("rb") as file:
        stored = http.request(
            "POST",
            promised["url"],
            data=promised["fields"],
            files={"file": (clip.path.name, file, clip.mime)},
            verify=verify,
            timeout=UPLOAD_TIMEOUT,
        )
    of_working_store(stored)
    if stored.status_code not in (200, 201, 204):
        raise SiteError(f"Uploading over HTTP: storage answered {stored.status_code} to the presigned POST.")
