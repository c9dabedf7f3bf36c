"""A course in its next term: its copy, which an ad hoc task makes, and its reset."""

import secrets
from dataclasses import dataclass, replace

from starlette.responses import Response

from replica.moodle import access
from replica.moodle.errors import MoodleError, no_permission
from replica.moodle.forms import YES_NO, Field, Form
from replica.moodle.records import ROLE_NAMES, Course
from replica.moodle.web import Web, page, redirect

TASK = r"\core\task\asynchronous_copy_task"
_BUTTONS = [
    ("submitreturn", "Copy and return", "primary"),
    ("submitdisplay", "Copy and view", "primary"),
    ("cancel", "Cancel", "secondary"),
]
_SHOWN = [("0", "Hide"), ("1", "Show")]


@dataclass
class Copy:
    """A copy that waits for its task: the empty course that it becomes, and `roles` whose people come along."""

    id: int
    restoreid: str
    origin: int
    course: Course
    fullname: str
    shortname: str
    userdata: bool
    roles: set[int]


@page("/backup/copy.php")
def copy(web: Web) -> Response:
    """The form “Copy course” of ?id=ID."""
    course = _of_admin(web, "Copy courses")
    categories = [(str(c.id), c.name) for c in web.state.categories.values()]
    roles = sorted({role for one in web.state.enrolments_of(course.id) for role in one.roles})
    form = Form(
        f"/backup/copy.php?id={course.id}",
        "core_backup_output_copy_form",
        [
            Field("fullname", "Course full name", required=True),
            Field("shortname", "Course short name", required=True),
            Field("category", "Course category", "select", min(web.state.categories), categories),
            Field("visible", "Course visibility", "select", 1, _SHOWN),
            Field("userdata", "Include user data", "select", 0, YES_NO),
            *(Field(f"role_{role}", ROLE_NAMES[role], "checkbox", 0) for role in roles),
        ],
        hidden={"courseid": course.id},
        buttons=_BUTTONS,
    )
    if form.submitted(web):
        values = {one.name: one.value for one in form.fields}
        number = web.state.new_id("adhoc")
        category = int(values["category"])
        empty = web.state.add_course("Copying course", f"copy-{number}", category, origin=course.id)
        asked = Copy(
            number,
            secrets.token_hex(16),
            course.id,
            empty,
            values["fullname"],
            values["shortname"],
            values["userdata"] == "1",
            {role for role in roles if values[f"role_{role}"]},
        )
        if web.site.profiles.no_run_now:  # cron is quick here
            make(web, asked)
        else:
            web.state.copies[asked.id] = asked
        return redirect(f"/course/view.php?id={course.id}")
    return web.render("form.html", "Copy course", course=course, form=form)


@page("/backup/copyprogress.php")
def progress(web: Web) -> Response:
    """The copies of ?id=ID that are not done."""
    course = _of_admin(web, "Copy courses")
    waiting = [one for one in web.state.copies.values() if one.origin == course.id]
    return web.render("copy_progress.html", "Course copies in progress", course=course, waiting=waiting)


def make(web: Web, asked: Copy) -> str:
    """What the task does, and says. A copied submission is none: it has no video, and its student hands in anew."""
    state, faults = web.state, web.site.faults
    state.copies.pop(asked.id, None)
    if faults.on("course-copy-fails"):
        return f"Execute adhoc task: {TASK}\nAdhoc task failed: {TASK},error/restore_stepslib_missing"
    new = asked.course
    new.fullname, new.shortname = asked.fullname, asked.shortname
    for one in state.enrolments_of(asked.origin):
        for role in one.roles & asked.roles:
            state.enrol(new.id, one.user, role)
    for item in state.assignments_of(asked.origin):
        made = state.add_assignment(new.id, item.name)
        for name, value in {**vars(item), "id": made.id, "cmid": made.cmid, "course": new.id, "extensions": {}}.items():
            setattr(made, name, value)
        handed_in = [s for s in state.submissions.values() if s.assignment == item.id]
        for submission in handed_in if asked.userdata else ():
            copied = replace(submission, id=state.new_id("submission"), assignment=made.id, status="new", video="")
            copied.origin = submission.id
            if faults.on("copied-submission-without-video"):
                copied.status = submission.status
            if faults.on("copied-video-does-not-play") or faults.on("copied-videos-are-the-first-one"):
                copied.status, copied.video = submission.status, submission.video
            state.submissions[copied.id] = copied
    return f"Execute adhoc task: {TASK}\nAdhoc task complete: {TASK}"


@page("/course/reset.php")
def reset(web: Web) -> Response:
    """Takes out what was handed in to the assignments of ?id=ID."""
    course = _of_admin(web, "Reset course")
    form = Form(
        "/course/reset.php",
        "course_reset_form",
        [Field("reset_assign_submissions", "Delete all submissions", "checkbox", 0)],
        hidden={"id": course.id},
        buttons=[("submitbutton", "Reset course", "primary"), ("cancel", "Cancel", "secondary")],
    )
    if not form.submitted(web):
        return web.render("form.html", "Reset course", course=course, form=form)
    if web.site.faults.on("reset-breaks"):
        raise MoodleError("Exception - Call to undefined method delete_instance()", "generalexceptionmessage")
    if form.field("reset_assign_submissions").value:
        for item in web.state.assignments_of(course.id):
            item.was_reset = True
            for submission in [s for s in web.state.submissions.values() if s.assignment == item.id]:
                if web.site.faults.on("reset-hides-videos"):
                    submission.status, submission.video = "new", ""
                elif not web.site.faults.on("reset-leaves-videos"):
                    web.site.storage.drop_submission(web.state, submission)
    return web.render("message.html", "Reset course", message="OK", link=f"/course/view.php?id={course.id}")


def _of_admin(web: Web, what: str) -> Course:
    course = web.course(web.number("id"))
    if not access.may_manage(web.state, web.require_login(course), course):
        raise no_permission(what)
    return course
