"""An assignment in its course: its settings form, and deleting it."""

from starlette.responses import Response

from replica.moodle import access
from replica.moodle.errors import MoodleError, no_permission
from replica.moodle.forms import YES_NO, Field, Form
from replica.moodle.records import Assignment, Course
from replica.moodle.state import midnight
from replica.moodle.web import Web, page, redirect

_MODULE_BUTTONS = [
    ("submitbutton2", "Save and return to course", "primary"),
    ("submitbutton", "Save and display", "primary"),
    ("cancel", "Cancel", "secondary"),
]

_AVAILABILITY = [("1", "Show on course page"), ("0", "Hide on course page")]
_YES_NO = {
    "submissiondrafts": "Students must press submit",
    "requiresubmissionstatement": "Require that students accept the submission statement",
    "teamsubmission": "Students submit in groups",
    "preventsubmissionnotingroup": "Require group to make submission",
    "sendnotifications": "Notify graders about submissions",
    "sendlatenotifications": "Notify graders about late submissions",
    "sendstudentnotifications": "Default for 'Notify student'",
}
_GROUPS = [("0", "No groups"), ("1", "Separate groups"), ("2", "Visible groups")]
_ATTEMPTS = [("1", "1"), ("2", "2"), ("-1", "Unlimited")]
_REOPENING = [("manual", "Manually"), ("automatic", "Automatically"), ("untilpass", "Automatically until pass")]
_NOTE = "Students may hand in one video file of up to 5 GB; it goes straight to the video store."


def _require_manager(web: Web, course: Course) -> None:
    if not access.may_edit(web.state, web.require_login(course), course):
        raise no_permission("Manage activities")


@page("/course/modedit.php")
def module(web: Web) -> Response:
    """The settings of an assignment: ?add=assign&course=ID&section=N creates, ?update=CMID edits."""
    assignment = web.assignment(web.number("update")) if web.number("update", 0) else None
    if assignment is None and web.param("add") != "assign":
        raise MoodleError("Sorry, this activity type does not exist here", "moduledoesnotexist")
    course = web.course(assignment.course if assignment else web.number("course"))
    _require_manager(web, course)
    if web.has("cancel"):
        return redirect(f"/course/view.php?id={course.id}")
    form = _module_form(web, course, assignment)
    if form.submitted(web):
        _check_module(form)
        if web.site.faults.on("assignment-not-created"):
            raise MoodleError("Error writing to database", "dmlwriteexception")
        if not form.failed:
            saved = _store_module(web, course, assignment, form)
            back = web.has("submitbutton2")
            return redirect(f"/course/view.php?id={course.id}" if back else f"/mod/assign/view.php?id={saved.cmid}")
    title = "New Assignment" if assignment is None else f"Updating: {assignment.name}"
    return web.render("form.html", title, form=form, course=course, body_id="page-mod-assign-mod")


def _module_form(web: Web, course: Course, assignment: Assignment | None) -> Form:
    if not web.state.plugin_enabled and web.site.faults.on("settings-break-when-disabled"):
        raise MoodleError("Exception - Call to a member function is_visible() on null", "generalexceptionmessage")
    item = assignment or _new(web, course)
    locked = web.site.profiles.statement == "locked"
    prefix = "assignsubmission"
    label = "[[enabled]]" if web.site.faults.on("assignment-settings-untranslated") else "S3 Video Submissions"
    s3video = Field(f"{prefix}_s3video_enabled", label, "select", int(item.s3video), YES_NO, note=_NOTE)
    return Form(
        "modedit.php",
        "mod_assign_mod_form",
        [
            Field("name", "Assignment name", value=item.name, required=True),
            Field("introeditor[text]", "Description", "textarea", item.intro),
            Field("allowsubmissionsfromdate", "Allow submissions from", "date", item.allowfrom, optional=True),
            Field("duedate", "Due date", "date", item.duedate, optional=True),
            Field("cutoffdate", "Cut-off date", "date", item.cutoffdate, optional=True),
            Field("gradingduedate", "Remind me to grade by", "date", item.gradingduedate, optional=True),
            Field(f"{prefix}_onlinetext_enabled", "Online text", "checkbox", int(item.onlinetext)),
            Field(f"{prefix}_file_enabled", "File submissions", "checkbox", int(item.file)),
            Field("assignfeedback_offline_enabled", "Offline grading worksheet", "checkbox", int(item.offline)),
            *([s3video] if web.state.plugin_enabled and not web.site.faults.on("submission-type-missing") else []),
            *(
                Field(name, label, "static", "Yes")
                if locked and name == "requiresubmissionstatement"
                else Field(name, label, "select", int(getattr(item, name)), YES_NO)
                for name, label in _YES_NO.items()
            ),
            Field("groupmode", "Group mode", "select", item.groupmode, _GROUPS),
            Field("blindmarking", "Anonymous submissions", "select", int(item.blindmarking), YES_NO),
            Field("maxattempts", "Allowed attempts", "select", item.maxattempts, _ATTEMPTS),
            Field("attemptreopenmethod", "Grant attempts", "select", item.attemptreopenmethod, _REOPENING),
            Field("visible", "Availability", "select", int(item.visible), _AVAILABILITY),
        ],
        hidden={
            "course": course.id,
            "coursemodule": item.cmid or "",
            "section": web.param("section", "0"),
            "module": 1,
            "modulename": "assign",
            "instance": item.id or "",
            "add": "0" if item.id else "assign",
            "update": item.cmid,
            "return": 0,
            "sr": -1,
            "introeditor[format]": 1,
        },
        buttons=_MODULE_BUTTONS,
    )


def _new(web: Web, course: Course) -> Assignment:
    """What the form of a new assignment begins with: the defaults of Moodle, or the site's own."""
    profiles = web.site.profiles
    item = Assignment(
        0, 0, course.id, "", file=True, allowfrom=midnight(), duedate=midnight(7), gradingduedate=midnight(14)
    )
    item.s3video = not web.site.faults.on("off-in-new-assignments")
    item.requiresubmissionstatement, item.sendnotifications = bool(profiles.statement), profiles.notify_graders
    if profiles.cutoff_default:
        item.allowfrom, item.duedate, item.cutoffdate = midnight(3), 0, midnight()
        item.submissiondrafts = item.teamsubmission = item.preventsubmissionnotingroup = True
    return item


def _check_module(form: Form) -> None:
    name, start, due, cut, grading = (
        form.field(n) for n in ("name", "allowsubmissionsfromdate", "duedate", "cutoffdate", "gradingduedate")
    )
    name.error = "" if name.value.strip() else "- Required"
    if start.value and 0 < due.value <= start.value:
        due.error = "Due date must be after the allow submissions from date."
    if 0 < cut.value < due.value:
        cut.error = "Cut-off date cannot be earlier than the due date."
    if 0 < grading.value < due.value:
        grading.error = "Remind me to grade by date cannot be earlier than the due date."


def _store_module(web: Web, course: Course, assignment: Assignment | None, form: Form) -> Assignment:
    item = assignment or web.state.add_assignment(course.id, "")
    values = {f.name: f.value for f in form.fields}
    faults = web.site.faults
    item.name, item.intro = values["name"].strip(), values["introeditor[text]"]
    if faults.on("assignment-name-cut"):
        item.name = item.name[:10]
    item.allowfrom, item.duedate = values["allowsubmissionsfromdate"], values["duedate"]
    if faults.on("due-date-not-kept"):
        item.duedate = midnight(-3)
    if faults.on("due-date-dropped"):
        item.duedate = 0
    item.cutoffdate, item.gradingduedate = values["cutoffdate"], values["gradingduedate"]
    item.onlinetext = bool(values["assignsubmission_onlinetext_enabled"])
    item.file = bool(values["assignsubmission_file_enabled"])
    item.offline = bool(values["assignfeedback_offline_enabled"])
    chosen = values.get("assignsubmission_s3video_enabled") == "1"
    chosen |= not web.state.plugin_enabled and faults.on("no-setting-is-a-yes")
    item.s3video = chosen and not faults.on("submission-type-not-kept")
    item.visible = values["visible"] == "1" and not faults.on("new-assignments-hidden")
    for name in _YES_NO:
        setattr(item, name, str(values[name]) in ("1", "Yes"))
    item.groupmode, item.blindmarking = int(values["groupmode"]), str(values["blindmarking"]) == "1"
    item.maxattempts, item.attemptreopenmethod = int(values["maxattempts"]), values["attemptreopenmethod"]
    return item


@page("/course/mod.php")
def delete_module(web: Web) -> Response:
    """Deletes an assignment (?delete=CMID), after asking, or makes another one of it (?duplicate=CMID)."""
    if web.number("duplicate", 0):
        return _duplicate(web)
    item = web.assignment(web.number("delete"))
    course = web.course(item.course)
    _require_manager(web, course)
    if web.posted and web.param("confirm", "") == "1":
        web.require_sesskey()
        if web.site.faults.on("assignment-cannot-be-deleted"):
            raise MoodleError("Coding error detected: delete_instance() is not implemented.", "codingerror")
        for submission in [s for s in web.state.submissions.values() if s.assignment == item.id]:
            web.site.storage.drop_submission(web.state, submission)
        if not web.site.faults.on("deleted-assignment-stays"):
            web.state.assignments.pop(item.id)
        return redirect(f"/course/view.php?id={course.id}")
    return web.render(
        "confirm.html",
        "Delete activity?",
        course=course,
        question=f"This will delete {item.name} and any user data it contains.",
        action="/course/mod.php",
        hidden={"delete": item.cmid, "confirm": 1, "sesskey": web.session.sesskey},
        button="Delete",
        back="/course/view.php",
        back_hidden={"id": course.id},
    )


def _duplicate(web: Web) -> Response:
    item = web.assignment(web.number("duplicate"))
    course = web.course(item.course)
    _require_manager(web, course)
    web.require_sesskey()
    copy = web.state.add_assignment(course.id, f"{item.name} (copy)")
    kept = {"id": copy.id, "cmid": copy.cmid, "name": copy.name, "extensions": {}}
    for name, value in {**vars(item), **kept}.items():
        setattr(copy, name, value)
    if web.site.faults.on("copy-without-videos"):
        copy.s3video = False
    for submission in [s for s in web.state.submissions.values() if s.assignment == item.id]:
        if web.site.faults.on("copy-with-the-videos"):
            copied = web.state.add_submission(copy.id, submission.user)
            copied.status, copied.video = submission.status, submission.video
    return redirect(f"/course/view.php?id={course.id}")
