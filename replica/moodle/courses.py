"""Course pages: view, create and edit, delete, categories, and the settings of an assignment."""

from starlette.responses import Response

from replica.moodle import access
from replica.moodle.forms import YES_NO, Field, Form
from replica.moodle.state import Assignment, Category, Course, midnight, token
from replica.moodle.web import MoodleError, Web, no_permission, page, redirect

_BOTH = [("saveanddisplay", "Save and display", "primary"), ("cancel", "Cancel", "secondary")]
_MODULE_BUTTONS = [
    ("submitbutton2", "Save and return to course", "primary"),
    ("submitbutton", "Save and display", "primary"),
    ("cancel", "Cancel", "secondary"),
]

_AVAILABILITY = [("1", "Show on course page"), ("0", "Hide on course page")]
_NOTE = "Students may hand in one video file of up to 5 GB; it goes straight to the video store."


def _require_manager(web: Web, course: Course) -> None:
    if not access.may_edit(web.state, web.require_login(course), course):
        raise no_permission("Manage activities")


@page("/course/view.php")
def view(web: Web) -> Response:
    """A course with links to its assignments."""
    course = web.course(web.number("id"))
    user = web.require_login(course)
    editor = access.may_edit(web.state, user, course)
    items = [a for a in web.state.assignments_of(course.id) if a.visible or editor]
    tour = "course_teacher" if access.may_grade(web.state, user, course) else "course_student"
    return web.render(
        "course.html",
        f"Course: {course.fullname}",
        course=course,
        items=items,
        editor=editor,
        tour=tour,
        layout="course",
        heading=course.fullname,
        body_id="page-course-view-topics",
    )


@page("/course/edit.php")
def edit(web: Web) -> Response:
    """The course form: creates in ?category=ID, or edits ?id=ID."""
    user = web.require_login()
    course = web.course(web.number("id")) if web.number("id", 0) else None
    allowed = user.admin or (course is not None and access.may_edit(web.state, user, course))
    if not allowed:
        raise no_permission("Create courses" if course is None else "Edit course settings")
    if web.has("cancel"):
        return redirect(f"/course/view.php?id={course.id}" if course else "/course/management.php")
    form = _course_form(web, course)
    if form.submitted(web):
        _check_course(web, course, form)
        if not form.failed:
            saved = _store_course(web, course, form)
            return redirect(f"/course/view.php?id={saved.id}")
    title = "Add a new course" if course is None else "Edit course settings"
    return web.render("form.html", title, form=form, course=course)


def _course_form(web: Web, course: Course | None) -> Form:
    category = course.category if course else web.number("category", 0) or min(web.state.categories)
    item = course or Course(0, "", "", category, startdate=midnight(1))
    categories = [(str(c.id), c.name) for c in web.state.categories.values()]
    shown = [("0", "Hide"), ("1", "Show")]
    return Form(
        "/course/edit.php",
        "course_edit_form",
        [
            Field("fullname", "Course full name", value=item.fullname, required=True),
            Field("shortname", "Course short name", value=item.shortname, required=True),
            Field("category", "Course category", "select", item.category, categories),
            Field("visible", "Course visibility", "select", int(item.visible), shown),
            Field("startdate", "Course start date", "date", item.startdate),
            Field("enddate", "Course end date", "date", 0, optional=True),
            Field("idnumber", "Course ID number", value=item.idnumber),
            Field("summary_editor[text]", "Course summary", "textarea", item.summary),
        ],
        hidden={"returnto": 0, "returnurl": "/course/", "id": course.id if course else "", "summary_editor[format]": 1},
        buttons=_BOTH,
    )


def _check_course(web: Web, course: Course | None, form: Form) -> None:
    full, short, idnumber = (form.field(name) for name in ("fullname", "shortname", "idnumber"))
    full.error = "" if full.value.strip() else "Missing full name"
    short.error = "" if short.value.strip() else "Missing short name"
    for other in web.state.courses.values():
        if other is not course and other.shortname == short.value.strip():
            short.error = f"Short name is already used for another course ({other.fullname})"
        if other is not course and other.idnumber and other.idnumber == idnumber.value:
            idnumber.error = f"ID number is already used for another course ({other.fullname})"


def _store_course(web: Web, course: Course | None, form: Form) -> Course:
    item = course or web.state.add_course("", "", 0)
    item.fullname, item.shortname = form.field("fullname").value.strip(), form.field("shortname").value.strip()
    item.category, item.visible = int(form.field("category").value), form.field("visible").value == "1"
    item.idnumber, item.summary = form.field("idnumber").value, form.field("summary_editor[text]").value
    item.startdate = form.field("startdate").value
    return item


@page("/course/delete.php")
def delete(web: Web) -> Response:
    """Deletes a course and its videos, after asking."""
    web.require_admin("Delete courses")
    course = web.course(web.number("id"))
    if web.posted and web.param("delete", ""):
        web.require_sesskey()
        for video in web.state.drop_course(course.id):
            web.site.storage.remove(video)
        message = f"{course.shortname} has been completely deleted"
        return web.render("message.html", "Deleting a course", message=message, link="/course/management.php")
    return web.render(
        "confirm.html",
        f"Delete {course.shortname}",
        question="Are you absolutely sure you want to completely delete this course and all the data it contains? "
        f"{course.fullname} ({course.shortname})",
        action="/course/delete.php",
        hidden={"id": course.id, "delete": token(32), "sesskey": web.session.sesskey},
        button="Delete",
        back="/course/management.php",
        back_hidden={"categoryid": course.category},
    )


@page("/course/index.php")
def index(web: Web) -> Response:
    """The courses of all categories, or of one."""
    chosen = web.number("categoryid", 0)
    user = web.require_login()
    courses = [
        c
        for c in web.state.courses.values()
        if chosen in (0, c.category) and (c.visible or access.may_grade(web.state, user, c))
    ]
    return web.render("my.html", "Course categories", courses=courses)


@page("/course/management.php")
def management(web: Web) -> Response:
    """Categories with their ID numbers on the left, the courses of the chosen one on the right."""
    user = web.require_login()
    visible = [c for c in web.state.categories.values() if user.admin or user.id in c.managers]
    if not visible:
        raise no_permission("Manage categories")
    chosen = web.state.categories.get(web.number("categoryid", 0)) or visible[0]
    if chosen not in visible:
        raise no_permission("Manage categories")
    courses = [c for c in web.state.courses.values() if c.category == chosen.id]
    shown, number = web.number("perpage", 20) or 20, web.number("page", 0)
    return web.render(
        "management.html",
        "Manage course categories and courses",
        categories=visible,
        chosen=chosen,
        counts={c.id: sum(x.category == c.id for x in web.state.courses.values()) for c in visible},
        courses=courses[number * shown : (number + 1) * shown],
        total=len(courses),
        number=number,
        pages=-(-len(courses) // shown),
        shown=shown,
        layout="admin",
    )


@page("/course/editcategory.php")
def edit_category(web: Web) -> Response:
    """Creates (?parent=ID) or edits (?id=ID) a category."""
    web.require_admin("Manage categories")
    category: Category | None = web.state.categories.get(web.number("id", 0))
    if web.has("cancel"):
        return redirect("/course/management.php")
    item = category or Category(0, "", parent=web.number("parent", 0))
    parents = [("0", "Top"), *((str(c.id), c.name) for c in web.state.categories.values() if c is not category)]
    form = Form(
        "/course/editcategory.php",
        "core_course_editcategory_form",
        [
            Field("parent", "Parent category", "select", item.parent, parents),
            Field("name", "Category name", value=item.name, required=True),
            Field("idnumber", "Category ID number", value=item.idnumber),
            Field("description_editor[text]", "Description", "textarea", item.description),
        ],
        hidden={"id": item.id, "description_editor[format]": 1},
        buttons=[
            ("submitbutton", "Save changes" if category else "Create category", "primary"),
            ("cancel", "Cancel", "secondary"),
        ],
    )
    if form.submitted(web):
        parent, name, idnumber, description = form.fields
        name.error = "" if name.value.strip() else "- Required"
        others = [c for c in web.state.categories.values() if c is not category]
        if idnumber.value and any(c.idnumber == idnumber.value for c in others):
            idnumber.error = "ID number is already used for another category"
        if not form.failed:
            saved = category or web.state.add_category("")
            saved.name, saved.idnumber, saved.parent = name.value.strip(), idnumber.value, int(parent.value)
            saved.description = description.value
            return redirect(f"/course/management.php?categoryid={saved.id}")
    return web.render("form.html", "Add a category" if category is None else "Edit category settings", form=form)


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
        if not form.failed:
            saved = _store_module(web, course, assignment, form)
            back = web.has("submitbutton2")
            return redirect(f"/course/view.php?id={course.id}" if back else f"/mod/assign/view.php?id={saved.cmid}")
    title = "New Assignment" if assignment is None else f"Updating: {assignment.name}"
    return web.render("form.html", title, form=form, course=course, body_id="page-mod-assign-mod")


def _module_form(web: Web, course: Course, assignment: Assignment | None) -> Form:
    item = assignment or Assignment(
        0, 0, course.id, "", file=True, allowfrom=midnight(), duedate=midnight(7), gradingduedate=midnight(14)
    )
    prefix = "assignsubmission"
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
            Field(f"{prefix}_s3video_enabled", "S3 Video Submissions", "select", int(item.s3video), YES_NO, note=_NOTE),
            Field("submissiondrafts", "Students must press submit", "select", int(item.submissiondrafts), YES_NO),
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
    item.name, item.intro = values["name"].strip(), values["introeditor[text]"]
    item.allowfrom, item.duedate = values["allowsubmissionsfromdate"], values["duedate"]
    item.cutoffdate, item.gradingduedate = values["cutoffdate"], values["gradingduedate"]
    item.onlinetext = bool(values["assignsubmission_onlinetext_enabled"])
    item.file = bool(values["assignsubmission_file_enabled"])
    item.s3video = values["assignsubmission_s3video_enabled"] == "1"
    item.submissiondrafts, item.visible = values["submissiondrafts"] == "1", values["visible"] == "1"
    return item


@page("/course/mod.php")
def delete_module(web: Web) -> Response:
    """Deletes an assignment (?delete=CMID), after asking."""
    item = web.assignment(web.number("delete"))
    course = web.course(item.course)
    _require_manager(web, course)
    if web.posted and web.param("confirm", "") == "1":
        web.require_sesskey()
        for submission in [s for s in web.state.submissions.values() if s.assignment == item.id]:
            web.site.storage.drop_submission(web.state, submission)
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
