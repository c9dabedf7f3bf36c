"""The plugin's scripts for uploads: what they take, from whom, and what they say to the rest."""

from __future__ import annotations

import media
from clients.addresses import CONFIRMATION, PLAYBACK_URL, UPLOAD_URL, VIDEO_PAGE
from clients.errors import SiteError
from clients.http_result import HttpResult
from clients.moodle.assignments import save_submission
from clients.plugin.api import Video, begin_upload, confirm_upload
from selftest.fidelity.administration import row_of
from selftest.fidelity.asked import ADMIN, NOBODY, OTHER, OWNER, STRANGER, TEACHER, Asked

FILES: dict[str, dict[str, object]] = {
    "a WebM": {"filename": "clip.webm", "mimetype": "video/webm"},
    "of 5 GB": {"filesize": 5 * 1024**3},
    "a byte over 5 GB": {"filesize": 5 * 1024**3 + 1},
    "of no size": {"filesize": 0},
    "of a negative size": {"filesize": -1},
    "of a size in words": {"filesize": "large"},
    "of the type text/plain": {"mimetype": "text/plain"},
    "of no type": {"mimetype": ""},
    "named notes.txt": {"filename": "notes.txt"},
    "without a name": {"filename": ""},
    "with a name of 300 letters": {"filename": "v" * 296 + ".mp4"},
    "with markup in its name": {"filename": 'clip"><img src=x>.mp4'},
    "with a path in its name": {"filename": "../../clip.mp4"},
    "with umlauts in its name": {"filename": "Präsentation ä.mp4"},
}
"""By their words what is different of a file from a good MP4."""

ODD: dict[str, dict[str, object]] = {
    "the wrong sesskey": {"sesskey": "wrong"},
    "no sesskey": {"sesskey": ""},
    "no file name at all": {"filename": None},
    "no such assignment": {"assignmentid": 999999},
}

A_FEW = 6
"""Upload URLs of one person in one assignment: fewer than any limit."""


def upload_urls(asked: Asked) -> None:
    book, owner = asked.book, asked.owner
    files = list(FILES.items())
    for begin in range(0, len(files), A_FEW):
        assignment = asked.another_assignment()
        for words, different in files[begin : begin + A_FEW]:
            what = f"upload URL, a file {words}"
            answer = asked.request_upload(owner, assignment.id, **different)
            book.script(what, answer)
            if answer.succeeded:
                book.note(what, "key", answer.data["data"]["s3_key"])
    assignment = asked.another_assignment()
    for who, site in asked.sites.items():
        answer = asked.request_upload(site, assignment.id)
        book.script(f"upload URL, {who}", answer)
        if answer.succeeded and who == OWNER:
            book.presigned(f"upload URL, {who}", answer.data["data"])
    for words, different in ODD.items():
        book.script(f"upload URL, {words}", asked.request_upload(owner, assignment.id, **different))
    book.script("upload URL, by GET", HttpResult.of(owner.get(UPLOAD_URL)))


def confirmations(asked: Asked) -> None:
    """In an assignment of their own: version 1.0.0 spoils the submission of which it refuses a confirmation."""
    book, assignment = asked.book, asked.another_assignment()
    promised = begin_upload(asked.owner, assignment, media.MP4)
    right = {"s3_key": promised["s3_key"], "submissionid": promised["submission_id"]}
    cases: dict[str, dict[str, object]] = {
        "nothing on S3": {},
        "another key": {"s3_key": f"{right['s3_key']}.mp4"},
        "no such submission": {"submissionid": 999999},
        "the wrong sesskey": {"sesskey": "wrong"},
    }
    for words, different in cases.items():
        book.script(f"confirmation, {words}", HttpResult.of(asked.owner.post(CONFIRMATION, right | different)))
    for who, site in asked.as_(OTHER, TEACHER, STRANGER, ADMIN, NOBODY).items():
        book.script(f"confirmation, {who}", HttpResult.of(site.post(CONFIRMATION, right)))
    promised = begin_upload(asked.owner, assignment, media.MP4)
    asked.send(promised)
    for words in ("the upload is there", "a second time"):
        answer = confirm_upload(asked.owner, promised["s3_key"], promised["submission_id"])
        book.script(f"confirmation, {words}", answer)
        for name, value in answer.data.get("data", {}).items() if answer.succeeded else ():
            book.note(f"confirmation, {words}", name, value)


def submit(asked: Asked) -> Video:
    """The owner hands in a video; what is told before S3 has it, too. Raises SiteError."""
    book, owner = asked.book, asked.owner
    promised = begin_upload(owner, asked.first, media.MP4)
    video = asked.video(promised)
    row_of(asked, "uploading", video.key)
    book.page("video's page, uploading", HttpResult.of(owner.get(VIDEO_PAGE, **video.parameters)))
    place = {"submissionid": video.id, "s3key": video.key, "sesskey": owner.sesskey}
    book.script("playback URL, uploading", HttpResult.of(owner.get(PLAYBACK_URL, **place)))
    asked.send(promised)
    if not confirm_upload(owner, video.key, video.id).succeeded:
        raise SiteError("The plugin did not confirm a good upload.")
    save_submission(owner, asked.first, video.key, media.MP4.bytes, media.MP4.mime)
    return video
