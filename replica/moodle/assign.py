"""/mod/assign/view.php: a student's page, the submission form with the upload widget, saving and removing."""

from collections.abc import Callable
from urllib.parse import urlencode

from starlette.responses import Response

from replica.faults import LARGE
from replica.moodle import access, grading, mail
from replica.moodle.errors import MoodleError, no_permission, not_permitted
from replica.moodle.forms import Field, Form
from replica.moodle.plugin import replacing
from replica.moodle.plugin.management import STATUS_NAMES
from replica.moodle.plugin.uploads import discard_unsaved, is_open
from replica.moodle.records import Assignment, Course, Submission, User, Video
from replica.moodle.state import now
from replica.moodle.storage import MAX_SIZE, StorageError
from replica.moodle.web import Web, page, redirect

HERE = "/mod/assign/view.php"
STATEMENT = "This submission is my own work, except where I have acknowledged the use of the works of other people."
STATEMENT_REQUIRED = "You are required to agree to this statement before you can submit."
Action = Callable[[Web, Assignment, Course, User], Response]


@page(HERE)
def view(web: Web) -> Response:
    """The assignment; `action` chooses what of it."""
    assignment = web.assignment(web.number("id"))
    course = web.course(assignment.course)
    user = web.require_login(course)
    if not assignment.visible and not access.may_edit(web.state, user, course):
        raise no_permission("View hidden activities")
    actions: dict[str, Action] = {
        "editsubmission": edit,
        "savesubmission": save,
        "removesubmissionconfirm": ask_to_remove,
        "removesubmission": remove,
        "gradingbatchoperation": remove_several,
        "submit": ask_to_submit,
        "confirmsubmit": submit,
        "grantextension": extend,
        "addattempt": add_attempt,
        "downloadall": download_all,
        "viewpluginpage": worksheet,
        "grading": grading.table,
        "saveoptions": grading.save_options,
        "grader": grading.grader,
    }
    return actions.get(web.param("action", ""), summary)(web, assignment, course, user)


def at(assignment: Assignment, **more: object) -> str:
    return f"{HERE}?" + urlencode({"id": assignment.cmid} | more)


def summary(web: Web, assignment: Assignment, course: Course, user: User) -> Response:
    """What a student handed in and may do; for teachers the grading summary."""
    grader = access.may_grade(web.state, user, course)
    submitter = access.may_submit(web.state, user, course)
    submission = web.state.submission_of(assignment.id, user.id)
    if web.site.faults.on("others-video-on-own-page"):
        handed_in = (s for s in web.state.submissions.values() if s.assignment == assignment.id and s.video)
        submission = next(handed_in, submission)
    if submission is None and not grader and web.site.faults.on("assignment-page-breaks-for-students"):
        raise MoodleError("Can't find data record in database.", "invalidrecord")
    if not grader and not web.state.plugin_enabled and web.site.faults.on("assignment-breaks-when-disabled"):
        raise MoodleError("Plugin 'assignsubmission_s3video' is not available.", "codingerror")
    submission = _by_fault(web, assignment, user, submission)
    shown = not grader or submission is not None
    students = web.state.students(course.id)
    submitted = [s for p in students if (s := web.state.submission_of(assignment.id, p.id)) and s.status == "submitted"]
    return web.render(
        "assign.html",
        assignment.name,
        course=course,
        assignment=assignment,
        layout="incourse",
        grader=grader,
        submits=submitter and (shown or (user.admin and web.site.moodle.administrators_submit)),
        shown=submitter and shown,
        submission=submission,
        started=submission is not None and submission.status != "new",
        open=is_open(web, assignment, user),
        now=now(),
        participants=len(students),
        submitted=len(submitted),
        ungraded=sum(s.grade is None for s in submitted),
        takes_anything=_is_enabled(web) or assignment.onlinetext,
        cell=grading.summary_of(web, submission) if web.state.plugin_enabled else None,
        tour="assign_grading" if grader else "assign_student",
    )


def _by_fault(web: Web, assignment: Assignment, user: User, submission: Submission | None) -> Submission | None:
    """The submission that a page shows, where a fault lets it show another one, or none."""
    others = [s for s in web.state.submissions.values() if s.assignment == assignment.id and s.video]
    if (
        submission
        and submission.group
        and submission.user != user.id
        and web.site.faults.on("group-video-of-its-sender")
    ):
        return None
    if assignment.teamsubmission and others and web.site.faults.on("group-video-for-all-groups"):
        return others[0]
    origin = web.state.courses[assignment.course].origin
    first = [
        s for one in web.state.assignments_of(origin) for s in web.state.submissions.values() if s.assignment == one.id
    ]
    if first and web.site.faults.on("copy-shows-first-video"):
        return first[0]
    if submission and submission.sender != web.state.sender(user.id) and web.site.faults.on("owner-known-by-address"):
        return None
    return submission


def extend(web: Web, assignment: Assignment, course: Course, user: User) -> Response:
    """Gives a student more time, ?userid=ID."""
    if not access.may_grade(web.state, user, course):
        raise no_permission("Grant extension")
    student = web.number("userid")
    until = assignment.extensions.get(student, 0)
    form = Form(
        HERE,
        "mod_assign_extension_form",
        [Field("extensionduedate", "Extension due date", "date", until, optional=True)],
        hidden={"id": assignment.cmid, "action": "grantextension", "userid": student},
        buttons=[("submitbutton", "Save changes", "primary"), ("cancel", "Cancel", "secondary")],
    )
    if form.submitted(web):
        assignment.extensions[student] = form.field("extensionduedate").value
        return redirect(at(assignment, action="grading"))
    return web.render("form.html", "Grant extension", course=course, assignment=assignment, form=form)


def add_attempt(web: Web, assignment: Assignment, course: Course, user: User) -> Response:
    """Lets a student try once more, ?userid=ID; what they handed in before stays."""
    if not access.may_grade(web.state, user, course):
        raise no_permission("Grade assignment")
    web.require_sesskey()
    last = web.state.submission_of(assignment.id, web.number("userid"))
    if last and assignment.maxattempts != 1:
        web.state.add_submission(assignment.id, last.user, last.attempt + 1).status = "reopened"
        if web.site.faults.on("attempt-drops-the-old-video"):
            for video in web.state.videos_of(last.id):
                web.site.storage.discard(web.state, video)
    return redirect(at(assignment, action="grading"))


def download_all(web: Web, assignment: Assignment, course: Course, user: User) -> Response:
    """There are no files, as videos are with S3."""
    if not access.may_grade(web.state, user, course):
        raise no_permission("Grade assignment")
    if web.site.faults.on("download-all-breaks"):
        raise MoodleError("Exception - Call to undefined method get_files()", "generalexceptionmessage")
    web.notify("There are no submissions to download.", "warning")
    return redirect(at(assignment, action="grading"))


def worksheet(web: Web, assignment: Assignment, course: Course, user: User) -> Response:
    """The file in which a teacher grades without a network."""
    if not access.may_grade(web.state, user, course):
        raise no_permission("Grade assignment")
    if not assignment.offline:
        raise MoodleError("Invalid form data", "invalidformdata")
    if web.site.faults.on("worksheet-breaks"):
        raise MoodleError("Exception - Call to a member function is_downloading() on null", "generalexceptionmessage")
    students = [one for one in web.state.students(course.id) if not web.site.faults.on("worksheet-without-videos")]
    rows = [f"Participant {one.id},{one.fullname},{one.email}" for one in students]
    return Response("\n".join(["Identifier,Full name,Email address", *rows]), media_type="text/csv")


def _stated_here(assignment: Assignment) -> bool:
    """Whether the statement stands in the submission form; that of a draft is asked for when it is handed in."""
    return assignment.requiresubmissionstatement and not assignment.submissiondrafts


def _statement(error: str = "") -> Field:
    return Field("submissionstatement", STATEMENT, "checkbox", required=True, error=error)


def edit(web: Web, assignment: Assignment, course: Course, user: User, refused: str = "") -> Response:
    """The submission form; `refused` is what is wrong with its statement."""
    if not access.may_submit(web.state, user, course):
        raise not_permitted()
    submission = web.state.submission_of(assignment.id, user.id)
    if not is_open(web, assignment, user):
        web.notify("This assignment is not accepting submissions.", "warning")
        return redirect(at(assignment))
    video = web.state.videos.get(submission.video) if submission else None
    if submission and submission.sender != web.state.sender(user.id) and web.site.faults.on("form-known-by-name"):
        video = None
    sent = web.state.videos.get(web.param("s3video_s3_key", "")) if refused else None
    if sent and submission and sent.submission == submission.id:
        video = sent
    return web.render(
        "edit_submission.html",
        f"{assignment.name}: Edit submission",
        course=course,
        assignment=assignment,
        layout="incourse",
        heading=assignment.name,
        submission=submission,
        takes_video=_takes_video(web, assignment),
        video=video,
        status=STATUS_NAMES[video.status] if video else "",
        moved=web.client != web.session.address,
        max_size=100 * 2**20 if web.site.faults.on("limit-in-force-too-low") else MAX_SIZE,
        now=now(),
        statement=_statement(refused) if _stated_here(assignment) else None,
        scripts=[] if web.site.faults.on("uploader-broken") else [_uploader(web)],
    )


def _uploader(web: Web) -> str:
    return "uploader.min.js" if web.site.faults.on("uploader-not-there") else "uploader.js"


def _takes_video(web: Web, assignment: Assignment) -> bool:
    return assignment.s3video and _is_enabled(web) and not web.site.faults.on("widget-missing")


def _is_enabled(web: Web) -> bool:
    return web.state.plugin_enabled or web.site.faults.on("widget-stays-when-disabled")


def save(web: Web, assignment: Assignment, course: Course, user: User) -> Response:
    """Stores the submission form; an empty one is refused."""
    if not access.may_submit(web.state, user, course):
        raise no_permission("Submit assignment")
    web.require_sesskey()
    submission = web.state.open_submission(assignment.id, user.id)
    if web.has("cancel"):
        _forget(web, submission)
    if web.has("cancel") or not is_open(web, assignment, user):
        return redirect(at(assignment))
    unstated = _stated_here(assignment) and not web.number("submissionstatement", 0)
    if unstated or replacing.changed_since(web, submission):
        return edit(web, assignment, course, user, STATEMENT_REQUIRED if unstated else "")
    submission.text = web.param("onlinetext_editor[text]", submission.text).strip()
    key = web.param("s3video_s3_key", "")
    video = _named(web, key)
    replacing.left_empty(web, submission, key)
    if submission.video not in ("", key) and (kept := replacing.kept(web, submission, user)):
        return redirect(at(assignment, action=kept))
    if video is not None and web.site.faults.on("foreign-key-saved"):
        video.submission = submission.id
    if video is not None and video.submission == submission.id and video.status == "ready":
        overflown = video.size > LARGE and web.site.faults.on("large-upload-not-saved")
        submission.video = "" if overflown or web.site.faults.on("save-forgets-video") else key
    elif key and key != submission.video and not replacing.believed(web, submission, key):
        web.notify("The upload of your video is not finished. Please upload it again.", "danger")
        return redirect(at(assignment, action="editsubmission"))
    forgetful = web.site.faults.on("save-forgets-video") or web.site.faults.on("large-upload-not-saved")
    begun = web.site.faults.on("begun-upload-handed-in") and web.state.videos_of(submission.id)
    if not submission.video and not submission.text and not forgetful and not begun:
        web.notify("Nothing was submitted", "danger")
        return redirect(at(assignment, action="editsubmission"))
    drafted = assignment.submissiondrafts and not web.site.faults.on("draft-submitted-at-once")
    submission.status = "draft" if drafted else "submitted"
    submission.modified, submission.sender = now(), web.state.sender(user.id)
    if video is not None:
        _spoil(web, video)
    if not web.site.faults.on("replaced-video-stays"):
        _forget(web, submission)
    if not assignment.submissiondrafts:
        mail.submitted(web.site, assignment, course, user)
    return redirect(at(assignment))


def _named(web: Web, key: str) -> Video | None:
    """The video that a form names by its key."""
    video = web.state.videos.get(key)
    if video is not None and web.param("s3video_status", "") == "ready" and web.site.faults.on("form-believed"):
        video.status, video.size = "ready", video.declared_size
    return video


def _spoil(web: Web, video: Video) -> None:
    if web.site.faults.on("saved-size-wrong"):
        video.size //= 1024
    if web.site.faults.on("saving-loses-type"):
        video.mime_type = ""
    if web.site.faults.on("saving-logs-an-error"):
        web.state.record("upload_failed", video.user, video.assignment, message="The duration is not known.")
    origin = web.state.submissions[video.submission].origin
    if origin and web.site.faults.on("copied-form-takes-the-first-video"):
        for first in web.state.videos_of(origin):
            web.site.storage.delete(first.s3_key)


def _forget(web: Web, submission: Submission) -> None:
    """Remove uploads that are not part of the submission; a store that is down now is asked again next time."""
    try:
        discard_unsaved(web, submission)
    except StorageError:
        web.state.record(
            "upload_failed", submission.user, submission.assignment, message="An old video was not removed."
        )


def ask_to_remove(web: Web, assignment: Assignment, course: Course, user: User) -> Response:
    """The question before a submission is removed."""
    _own(web, assignment, course, user)
    return web.render(
        "confirm.html",
        f"{assignment.name}: Remove submission",
        course=course,
        assignment=assignment,
        question="Are you sure you want to remove your submission?",
        action=HERE,
        hidden={
            "id": assignment.cmid,
            "action": "removesubmission",
            "userid": user.id,
            "sesskey": web.session.sesskey,
        },
        button="Continue",
        back=HERE,
        back_hidden={"id": assignment.cmid},
    )


def _own(web: Web, assignment: Assignment, course: Course, user: User) -> Submission:
    submission = web.state.submission_of(assignment.id, user.id)
    if submission is None or not access.may_submit(web.state, user, course):
        raise no_permission("Submit assignment")
    return submission


def remove(web: Web, assignment: Assignment, course: Course, user: User) -> Response:
    """Removes the own submission and its video, on S3 too."""
    web.require_sesskey()
    submission = _own(web, assignment, course, user)
    if web.number("userid", user.id) != user.id:
        raise no_permission("Remove another person's submission")
    try:
        web.site.storage.drop_submission(web.state, submission)
    except StorageError:
        web.notify("Your submission could not be removed now. Please try again later.", "danger")
    else:
        web.notify("Submission removed")
    return redirect(at(assignment))


def remove_several(web: Web, assignment: Assignment, course: Course, user: User) -> Response:
    """What a teacher does to the selected rows of the grading table; the one operation that the stand-in knows."""
    web.require_sesskey()
    if not access.may_edit(web.state, user, course) or web.param("operation") != "removesubmission":
        raise no_permission("Remove submissions")
    if web.site.moodle.batch_by_form and not web.has("_qf__mod_assign_grading_batch_operations_form"):
        return grading.table(web, assignment, course, user)
    for student in web.param("selectedusers").split(","):
        if submission := web.state.submission_of(assignment.id, int(student)):
            if web.site.faults.on("removal-keeps-object"):
                for video in web.state.videos_of(submission.id):
                    web.state.videos.pop(video.s3_key)
            if web.site.faults.on("removed-copy-takes-the-video"):
                for video in web.state.videos_of(submission.origin):
                    web.site.storage.delete(video.s3_key)
            try:
                web.site.storage.drop_submission(web.state, submission)
            except StorageError:
                web.notify("A submission could not be removed now.", "danger")
    return grading.table(web, assignment, course, user)


def ask_to_submit(web: Web, assignment: Assignment, course: Course, user: User, refused: str = "") -> Response:
    """The question before a draft is handed in; `refused` is what is wrong with its statement."""
    _own(web, assignment, course, user)
    if assignment.requiresubmissionstatement:
        form = Form(
            HERE,
            "mod_assign_confirm_submission_form",
            [_statement(refused)],
            hidden={"id": assignment.cmid, "action": "confirmsubmit"},
            buttons=[("submitbutton", "Continue", "primary"), ("cancel", "Cancel", "secondary")],
        )
        title = f"{assignment.name}: Confirm submission"
        return web.render("form.html", title, course=course, assignment=assignment, form=form)
    return web.render(
        "confirm.html",
        f"{assignment.name}: Confirm submission",
        course=course,
        assignment=assignment,
        question="Are you sure you want to submit your work for grading? You will not be able to change it any more.",
        action=HERE,
        hidden={"id": assignment.cmid, "action": "confirmsubmit", "sesskey": web.session.sesskey},
        button="Continue",
        back=HERE,
        back_hidden={"id": assignment.cmid},
    )


def submit(web: Web, assignment: Assignment, course: Course, user: User) -> Response:
    """Turns a draft into a submission."""
    web.require_sesskey()
    submission = _own(web, assignment, course, user)
    if web.has("cancel"):
        return redirect(at(assignment))
    if assignment.requiresubmissionstatement and not web.number("submissionstatement", 0):
        return ask_to_submit(web, assignment, course, user, STATEMENT_REQUIRED)
    if submission.status != "submitted":
        mail.submitted(web.site, assignment, course, user)
    if web.site.faults.on("submitting-loses-the-video"):
        submission.video = ""
    submission.status, submission.modified = "submitted", now()
    return redirect(at(assignment))
