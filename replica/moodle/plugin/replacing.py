"""What may happen to a video that was handed in, while another one is to take its place: by fault alone."""

from replica.moodle.records import Submission, User
from replica.moodle.state import now
from replica.moodle.web import Web

CHANGED = "You have existing submission data. Please leave this page and try again."

DROPPED = (
    "wrong-file-drops-saved-video",
    "sleep-drops-saved-video",
    "changed-address-drops-saved-video",
    "form-known-by-name",
)
"""Faults by which a form without a key takes the saved video out."""


def begun(web: Web, submission: Submission, key: str) -> None:
    """The upload of the object `key` has begun."""
    saved = web.state.videos.get(submission.video)
    if saved is None:
        return
    if web.site.faults.on("begun-upload-takes-the-place"):
        web.state.videos.pop(saved.s3_key)
        submission.video = key
    if web.site.faults.on("replaced-object-deleted-early"):
        web.site.storage.delete(saved.s3_key)


def confirmed(web: Web, submission: Submission, key: str) -> None:
    """The upload of the object `key` has arrived; the form is not saved yet."""
    if submission.video and web.site.faults.on("confirmed-upload-takes-the-place"):
        submission.video = key
    if submission.status != "new" and web.site.faults.on("confirmation-changes-the-submission"):
        submission.modified = now() + 1


def changed_since(web: Web, submission: Submission) -> bool:
    """The submission was changed after the form was opened that is saved now: told by a fault alone."""
    faulty = web.site.faults.on("confirmation-changes-the-submission")
    if faulty and submission.modified > web.number("lastmodified", submission.modified):
        web.notify(CHANGED, "danger")
        return True
    return False


def refused(web: Web, user: User, key: str) -> None:
    """The confirmation of the object `key`, which may be unknown by now, was refused."""
    submission = web.state.submissions.get(web.number("submissionid", 0))
    saved = web.state.videos.get(submission.video) if submission and web.state.owns(submission, user.id) else None
    if not key or saved is None:
        return
    late = key not in web.state.videos
    if web.site.faults.on("late-confirmation-harms" if late else "refused-confirmation-harms-saved"):
        saved.status = "error"


def left_empty(web: Web, submission: Submission, key: str) -> None:
    """The form is saved, without a `key` where its script has emptied it."""
    faults = web.site.faults
    if not key and any(map(faults.on, DROPPED)):
        submission.video = ""


def believed(web: Web, submission: Submission, key: str) -> bool:
    """The form names a `key` that is none; whether it is taken for the saved video's all the same."""
    saved = web.state.videos.get(submission.video)
    if saved is not None and key not in web.state.videos and web.site.faults.on("older-tab-harms"):
        saved.status = "error"
        return True
    if saved is None or not web.site.faults.on("form-key-runs-in-table"):
        return False
    saved.sent_key = key
    return True


def kept(web: Web, submission: Submission, user: User) -> str:
    """Where somebody is sent whose new video is not taken in place of the saved one; nowhere without a fault."""
    saved = web.state.videos.get(submission.video)
    if web.site.faults.on("another-video-drops-the-grade"):
        submission.grade = None
    if saved and submission.group and saved.user != user.id and web.site.faults.on("group-keeps-first-video"):
        return "view"
    if submission.grade is not None and web.site.faults.on("graded-video-stays"):
        return "view"
    if not web.site.faults.on("replacement-refused"):
        return ""
    web.notify(CHANGED, "danger")
    return "editsubmission"
