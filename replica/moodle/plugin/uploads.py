"""ajax/get_upload_url.php and ajax/confirm_upload.php: a student sends a video straight to S3."""

import secrets
import time
from dataclasses import dataclass, replace

from starlette.responses import Response

from replica import bucket
from replica.faults import LARGE
from replica.moodle import access, answers, texts
from replica.moodle.answers import WINDOW, Refusal
from replica.moodle.errors import MoodleError
from replica.moodle.plugin import checks, replacing, rush
from replica.moodle.records import Assignment, Submission, User, Video
from replica.moodle.state import now
from replica.moodle.storage import MAX_SIZE, StorageError
from replica.moodle.web import Web, page

CONTENT_UNSEEN = ("invalid-file-accepted", "content-not-looked-into", "content-checked-in-browser-only")
"""Faults by which nobody on the server looks into a file."""

_FETCHED = 12.5e6
"""Bytes a second that a server gets from S3: 100 Mbit/s."""

AJAX = "/mod/assign/submission/s3video/ajax"


@dataclass(frozen=True)
class File:
    """What the browser says of the chosen file; size in bytes."""

    name: str
    size: int
    mime_type: str


@page(f"{AJAX}/get_upload_url.php")
def get_upload_url(web: Web) -> Response:
    """POST assignmentid, filename, filesize (bytes), mimetype, sesskey gives {url, fields, s3_key, submission_id}."""
    number, name = web.number("assignmentid"), web.param("filename")
    size, mime_type = web.number("filesize"), web.param("mimetype")
    user = web.require_login()
    web.require_sesskey()
    assignment = web.state.assignments.get(number)
    try:
        _may_upload(web, user, assignment)
        assert assignment is not None
        problem = checks.problem(name, size, mime_type, web.site.faults)
        if problem and not web.site.faults.on("invalid-file-accepted"):
            raise answers.invalid(problem)
        if size > LARGE and web.site.faults.on("large-upload-refused"):
            raise answers.invalid(f"The file is too large: the maximum is {texts.size(LARGE)}.")
        window = 3600 if web.site.faults.on("upload-limit-holds-for-an-hour") else WINDOW
        coded = web.site.faults.on("rate-limit-in-code")
        together = web.site.faults.on("upload-limit-of-the-assignment")
        session = web.session.id if web.site.faults.on("limits-of-each-log-in") else ""
        web.site.limits.count(
            "upload", user, _limit(web), number, together=together, coded=coded, window=window, session=session
        )
        rush.turn_away(web, number)
        _refuse_another(web, user, number)
        _refuse_by_fault(web, user, number)
        web.site.storage.check()
        return _prepare(web, user, assignment, File(name, size, mime_type))
    except StorageError as error:
        return _refuse(web, user, number, answers.of_storage(error, web.site.faults))
    except Refusal as refusal:
        told = f": {mime_type}" if web.site.faults.on("refused-type-runs-on-dashboard") else ""
        return _refuse(web, user, number, replace(refusal, message=refusal.message + told))


LONG = 16 * 2**20
"""Bytes of an upload that somebody may leave, because it takes its time."""


def _refuse_another(web: Web, user: User, assignment: int) -> None:
    """Raises Refusal where an upload that was left, or not saved yet, is in the way of another one."""
    submission = web.state.submission_of(assignment, user.id)
    others = web.state.videos_of(submission.id) if submission and not submission.video else []
    left = any(one.status == "pending" and one.declared_size > LONG for one in others)
    other = any(one.status == "ready" for one in others)
    if (left and web.site.faults.on("left-upload-in-the-way")) or (
        other and web.site.faults.on("other-tab-in-the-way")
    ):
        raise answers.invalid("Another upload is under way.")


def _refuse_by_fault(web: Web, user: User, assignment: int) -> None:
    """Raises Refusal for somebody who has another name than when they handed in, or has handed in to the first course
    of a copy."""
    submission = web.state.submission_of(assignment, user.id)
    if submission is None:
        return
    if (user.renamed and web.site.faults.on("renamed-student-uploads-nothing")) or (
        submission.origin and web.site.faults.on("copied-course-takes-nothing")
    ):
        raise answers.not_allowed()


def _limit(web: Web) -> str:
    limits = {"rate-limit-too-strict": "1", "rate-limit-missing": "1000000"}
    forced = [limit for fault, limit in limits.items() if web.site.faults.on(fault)]
    if web.site.faults.on("upload-limit-unread"):
        forced = ["10"]
    return forced[0] if forced else web.state.settings["upload_rate_limit"]


def _may_upload(web: Web, user: User, assignment: Assignment | None) -> None:
    course = web.state.courses.get(assignment.course) if assignment else None
    if assignment is None or course is None:
        raise answers.invalid("Invalid data provided. Please check your input and try again.")
    anybody = web.site.faults.on("upload-url-for-outsiders") and not web.session.guest
    if not anybody and not access.may_submit(web.state, user, course):
        raise answers.not_allowed()
    enabled = web.state.plugin_enabled or web.site.faults.on("upload-url-while-disabled")
    if not (enabled and assignment.s3video):
        raise answers.invalid("This assignment does not take videos.")
    if not is_open(web, assignment, user) and not _let_in(web, user, assignment):
        raise answers.invalid("This assignment does not take submissions now.")


def _let_in(web: Web, user: User, assignment: Assignment) -> bool:
    """Whether somebody may upload, by a fault, though nothing is taken any more."""
    begun = web.state.submission_of(assignment.id, user.id)
    if begun and begun.status == "submitted" and web.site.faults.on("upload-after-submitting"):
        return True
    if begun and web.site.faults.on("who-began-may-upload"):
        return True
    return web.site.faults.on("upload-url-after-cut-off")


def is_open(web: Web, assignment: Assignment, user: User) -> bool:
    """Whether somebody may hand in now: started, not past the cut-off date or an extension, not submitted for good, and
    not for groups only."""
    apart = assignment.teamsubmission and assignment.preventsubmissionnotingroup
    if apart and web.state.group_of(assignment.course, user.id) is None:
        return False
    submission = web.state.submission_of(assignment.id, user.id)
    if submission and submission.status == "submitted" and assignment.submissiondrafts:
        return False
    if submission and submission.attempt and web.site.faults.on("attempt-stays-closed"):
        return False
    if assignment.was_reset and web.site.faults.on("reset-closes-assignments"):
        return False
    extended = 0 if web.site.faults.on("extension-unread") else assignment.extensions.get(user.id, 0)
    if web.site.faults.on("extension-for-everybody"):
        extended = max(assignment.extensions.values(), default=0)
    end = max(assignment.cutoffdate, extended) if assignment.cutoffdate else 0
    return assignment.allowfrom <= now() and (not end or now() < end)


def _prepare(web: Web, user: User, assignment: Assignment, file: File) -> Response:
    submission = web.state.open_submission(assignment.id, user.id)
    if web.site.faults.on("upload-into-given-submission"):
        submission = web.state.submissions.get(web.number("submissionid", 0), submission)
    discard_unsaved(web, submission)
    folder = assignment.id + 90000 if web.site.faults.on("stored-in-foreign-prefix") else user.id
    key = f"videos/{folder}/{now()}_{secrets.token_hex(4)}/{checks.safe_name(file.name, web.site.faults)}"
    if web.site.faults.on("key-of-the-name-alone"):
        key = f"videos/{folder}/{checks.safe_name(file.name, web.site.faults)}"
    key = rush.key(web, assignment.id, key)
    stored_as = "binary/octet-stream" if web.site.faults.on("stored-content-type-lost") else file.mime_type
    if file.mime_type == "video/webm" and web.site.faults.on("webm-stored-as-mp4"):
        stored_as = "video/mp4"
    most = 2**20 if web.site.faults.on("store-refuses-video") else MAX_SIZE
    if web.site.faults.on("store-refuses-large-video"):
        most = LARGE
    if web.site.faults.on("form-size-wraps"):
        most &= 2**31 - 1
    form = web.site.storage.upload_form(key, stored_as, most)
    if file.size > LARGE and web.site.faults.on("place-held-for-large-file"):
        web.site.storage.hold(key)
    web.state.videos[key] = Video(
        key, assignment.id, submission.id, user.id, web.site.storage.bucket, file.mime_type, file.size, now()
    )
    web.state.videos[key].address = web.client
    for _ in range(2 if web.site.faults.on("requests-counted-twice") else 1):
        web.state.record("upload_requested", user.id, assignment.id, s3_key=key, size=file.size)
    replacing.begun(web, submission, key)
    address = form["url"].replace("https:", "http:") if web.site.faults.on("form-without-tls") else form["url"]
    given = {"url": address, "fields": form["fields"], "s3_key": key, "submission_id": str(submission.id)}
    if web.site.faults.on("credentials-in-json"):
        given["settings"] = web.state.settings
    return answers.success(**given)


def discard_unsaved(web: Web, submission: Submission) -> None:
    """Remove what earlier uploads of this submission left: everything that was not saved with it."""
    for video in web.state.videos_of(submission.id):
        if video.s3_key == submission.video or web.site.faults.on("retry-leaves-orphan"):
            continue
        if video.status == "ready" and web.site.faults.on("other-tab-leaves-orphan"):
            web.state.videos.pop(video.s3_key)
        else:
            web.site.storage.discard(web.state, video)


@page(f"{AJAX}/confirm_upload.php")
def confirm_upload(web: Web) -> Response:
    """POST s3_key, submissionid, sesskey after S3 took the file gives {status, file_size, ...}. Safe to repeat."""
    key, number = web.param("s3_key"), web.number("submissionid")
    user = web.require_login()
    web.require_sesskey()
    submission = web.state.submissions.get(number)
    video = web.state.videos.get(key)
    if "'" in key and web.site.faults.on("confirmed-key-injectable"):
        if " OR " not in key:
            raise MoodleError("Error reading from database", "dmlreadexception")
        video = next(iter(web.state.videos_of(number)), None)
    if video is None and web.site.faults.on("any-key-confirmed") and submission and web.state.owns(submission, user.id):
        video = next((one for one in web.state.videos_of(number) if one.status == "ready"), None)
    assignment = web.state.assignments.get(submission.assignment) if submission else None
    assignment_id = assignment.id if assignment else 0
    try:
        if submission is None or video is None or video.submission != number:
            raise answers.not_allowed()
        pending = video.status == "pending" and web.site.faults.on("pending-confirmed-by-anyone")
        if not web.state.owns(submission, user.id) and not (pending or web.site.faults.on("confirm-by-anyone")):
            raise answers.not_allowed()
        if assignment and not is_open(web, assignment, user) and web.site.faults.on("late-video-dropped"):
            web.site.storage.discard(web.state, video)
            return answers.success(status="ready", file_size=video.declared_size, content_type=video.mime_type)
        if web.client != video.address and web.site.faults.on("confirmed-from-one-address"):
            raise answers.not_allowed()
        _may_upload(web, user, assignment)
        _verify(web, video)
        replacing.confirmed(web, submission, key)
        if web.site.faults.on("draft-submitted-by-confirming"):
            submission.status = "submitted"
    except FileNotFoundError:
        if video is not None and web.site.faults.on("confirmed-without-object"):
            video.status, video.size = "ready", video.declared_size
            return answers.success(status="ready", file_size=video.size, content_type=video.mime_type)
        missing = Refusal(
            404, "s3_not_found", "Failed to verify uploaded video. Please try uploading again.",
            "The upload may have been interrupted. Try again with a stable connection.", can_retry=True,
        )  # fmt: skip
        return _refuse(web, user, assignment_id, missing, key)
    except StorageError as error:
        return _refuse(web, user, assignment_id, answers.of_storage(error, web.site.faults), key)
    except Refusal as refusal:
        return _refuse(web, user, assignment_id, refusal, key)
    return answers.success(
        status=video.status,
        file_size=video.size,
        file_size_formatted=texts.size(video.size),
        content_type=video.mime_type,
    )


def _verify(web: Web, video: Video) -> None:
    if video.status == "ready":
        if web.site.faults.on("confirmation-counted-again"):
            web.state.record("upload_completed", video.user, video.assignment, s3_key=video.s3_key, size=video.size)
        if web.site.faults.on("second-confirmation-harms"):
            video.status = "error"
        return
    size, content_type = web.site.storage.head(video.s3_key)
    if web.site.faults.on("size-as-declared"):
        size = video.declared_size
    if size > LARGE and web.site.faults.on("confirmation-fetches-the-video"):
        time.sleep(size / _FETCHED)  # noqa: TID251 (the defect is the time that it takes)
    start = web.site.storage.start_of(video.s3_key)
    good = checks.is_video(start) or any(map(web.site.faults.on, CONTENT_UNSEEN))
    if size != video.declared_size or not good:
        if not web.site.faults.on("rejected-file-stays"):
            web.site.storage.discard(web.state, video)
        raise answers.invalid(
            "This file is not a video, although its name says so."
            if size == video.declared_size
            else "The video arrived incomplete."
        )
    video.status, video.size, video.mime_type = "ready", size, content_type
    if web.site.faults.on("two-objects-per-upload"):
        web.site.storage.copy(video.s3_key, video.s3_key + ".bak")
    if web.site.faults.on("confirmed-video-removed"):
        web.site.storage.remove(video)
    if web.site.faults.on("confirmed-video-cut"):
        web.site.storage.shorten(video.s3_key, content_type)
    if web.site.faults.on("objects-public"):
        bucket.publish(web.site.settings, video.s3_key)
    cut = size > LARGE and web.site.faults.on("large-object-truncated")
    if cut or web.site.faults.on("bytes-truncated"):
        web.site.storage.shorten(video.s3_key, content_type)
    web.state.record("upload_completed", video.user, video.assignment, s3_key=video.s3_key, size=size)
    rush.confirmed(web, video)


def _refuse(web: Web, user: User, assignment: int, refusal: Refusal, key: str = "") -> Response:
    video = web.state.videos.get(key)
    if video is not None and web.site.faults.on("refused-confirm-marks-error"):
        video.status = "error"
    if key and video is None and web.site.faults.on("guessed-key-marks-error"):
        for named in web.state.videos_of(web.number("submissionid")):
            named.status = "error"
    replacing.refused(web, user, key)
    unseen = bool(key) and web.site.faults.on("failed-confirmation-not-counted")
    if refusal.type != "permission_error" and not unseen:
        web.state.record("upload_failed", user.id, assignment, s3_key=key, message=refusal.message)
    return refusal.answer()
