"""Course pages: view, create and edit, delete, categories, and the settings of an assignment."""

from typing import Any

from starlette.responses import Response

from replica.moodle import access
from replica.moodle.forms import YES_NO, Field, Form, read_date
from replica.moodle.state import Assignment, Category, Course, midnight, token
from replica.moodle.web import MoodleError, Web, no_permission, page, redirect

_BOTH = [("saveanddisplay", "Save and display", "primary"), ("cancel", "Cancel", "secondary")]
_MODULE_BUTTONS = [
    ("submitbutton2", "Save and return to course", "primary"),
    ("submitbutton", "Save and display", "primary"),
    ("cancel", "Cancel", "secondary"),
]


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
        "course.html", f"Course: {course.fullname}", course=course, items=items, editor=editor, tour=tour, layout="course",
        heading=course.fullname, body_id="page-course-view-topics",
    )  # fmt: skip


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
    if web.posted and web.has(form.marker):
        web.require_sesskey()
        _check_course(web, course, form)
        if not form.failed:
            saved = _store_course(web, course)
            return redirect(f"/course/view.php?id={saved.id}")
    return web.render("form.html", "Add a new course" if course is None else "Edit course settings", form=form, course=course)


def _course_form(web: Web, course: Course | None) -> Form:
    def given(name: str, current: Any) -> str:
        return web.param(name, str(current)) if web.posted else str(current)

    category = course.category if course else web.number("category", 0) or min(web.state.categories)
    start = read_date(web, "startdate", optional=False) if web.posted else course.startdate if course else midnight(1)
    categories = [(str(c.id), c.name) for c in web.state.categories.values()]
    return Form(
        "/course/edit.php",
        "course_edit_form",
        [
            Field("fullname", "Course full name", value=given("fullname", course.fullname if course else ""), required=True),
            Field("shortname", "Course short name", value=given("shortname", course.shortname if course else ""), required=True),
            Field("category", "Course category", "select", given("category", category), categories),
            Field("visible", "Course visibility", "select", given("visible", int(course.visible) if course else 1), [("0", "Hide"), ("1", "Show")]),
            Field("startdate", "Course start date", "date", start),
            Field("enddate", "Course end date", "date", 0, optional=True),
            Field("idnumber", "Course ID number", value=given("idnumber", course.idnumber if course else "")),
            Field("summary_editor[text]", "Course summary", "textarea", given("summary_editor[text]", course.summary if course else "")),
        ],
        hidden={"returnto": 0, "returnurl": "/course/", "id": course.id if course else "", "summary_editor[format]": 1},
        buttons=_BOTH,
    )  # fmt: skip


def _check_course(web: Web, course: Course | None, form: Form) -> None:
    fields = {f.name: f for f in form.fields}
    for name in ("fullname", "shortname"):
        if not web.param(name, "").strip():
            fields[name].error = f"Missing {'full' if name == 'fullname' else 'short'} name"
    others = [c for c in web.state.courses.values() if c is not course]
    for other in others:
        if other.shortname == web.param("shortname", "").strip():
            fields["shortname"].error = f"Short name is already used for another course ({other.fullname})"
        if other.idnumber and other.idnumber == web.param("idnumber", ""):
            fields["idnumber"].error = f"ID number is already used for another course ({other.fullname})"
    if web.number("category", 0) not in web.state.categories:
        fields["category"].error = "Choose a category"


def _store_course(web: Web, course: Course | None) -> Course:
    values: dict[str, Any] = {
        "fullname": web.param("fullname").strip(),
        "shortname": web.param("shortname").strip(),
        "category": web.number("category"),
        "idnumber": web.param("idnumber", ""),
        "visible": web.param("visible", "1") == "1",
        "summary": web.param("summary_editor[text]", ""),
        "startdate": read_date(web, "startdate", optional=False),
    }
    if course is None:
        return web.state.add_course(**values)  # type: ignore[no-any-return]
    for name, value in values.items():
        setattr(course, name, value)
    return course


@page("/course/delete.php")
def delete(web: Web) -> Response:
    """Deletes a course and its videos, after asking."""
    web.require_admin("Delete courses")
    course = web.course(web.number("id"))
    if web.posted and web.param("delete", ""):
        web.require_sesskey()
        for video in web.state.drop_course(course.id):
            web.site.storage.remove(video)
        return web.render("message.html", f"Deleting {course.shortname}", message=f"{course.shortname} has been completely deleted", link="/course/management.php")  # fmt: skip
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
    parents = [("0", "Top"), *((str(c.id), c.name) for c in web.state.categories.values() if c is not category)]
    parent = category.parent if category else web.number("parent", 0)
    form = Form(
        "/course/editcategory.php",
        "core_course_editcategory_form",
        [
            Field("parent", "Parent category", "select", str(parent), parents),
            Field("name", "Category name", value=web.param("name", category.name if category else ""), required=True),
            Field("idnumber", "Category ID number", value=web.param("idnumber", category.idnumber if category else "")),
            Field("description_editor[text]", "Description", "textarea", category.description if category else ""),
        ],
        hidden={"id": category.id if category else 0, "description_editor[format]": 1},
        buttons=[("submitbutton", "Save changes" if category else "Create category", "primary"), ("cancel", "Cancel", "secondary")],
    )  # fmt: skip
    if web.posted and web.has(form.marker):
        web.require_sesskey()
        name, idnumber = form.fields[1], form.fields[2]
        name.error = "" if name.value.strip() else "- Required"
        if idnumber.value and any(c.idnumber == idnumber.value for c in web.state.categories.values() if c is not category):
            idnumber.error = "ID number is already used for another category"
        if not form.failed:
            saved = category or web.state.add_category(name.value)
            saved.name, saved.idnumber, saved.parent = name.value.strip(), idnumber.value, web.number("parent", 0)
            saved.description = web.param("description_editor[text]", "")
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
    if web.posted and web.has(form.marker):
        web.require_sesskey()
        _check_module(web, form)
        if not form.failed:
            saved = _store_module(web, course, assignment)
            back = web.has("submitbutton2")
            return redirect(f"/course/view.php?id={course.id}" if back else f"/mod/assign/view.php?id={saved.cmid}")
    title = "New Assignment" if assignment is None else f"Updating: {assignment.name}"
    return web.render("form.html", title, form=form, course=course, body_id="page-mod-assign-mod")


def _module_form(web: Web, course: Course, item: Assignment | None) -> Form:
    def given(name: str, current: Any) -> str:
        return web.param(name, "0" if name.endswith("_enabled") else str(current)) if web.posted else str(current)

    def moment(name: str, current: int) -> int:
        return read_date(web, name) if web.posted else current

    return Form(
        "modedit.php",
        "mod_assign_mod_form",
        [
            Field("name", "Assignment name", value=given("name", item.name if item else ""), required=True),
            Field("introeditor[text]", "Description", "textarea", given("introeditor[text]", item.intro if item else "")),
            Field("allowsubmissionsfromdate", "Allow submissions from", "date", moment("allowsubmissionsfromdate", item.allowfrom if item else midnight()), optional=True),
            Field("duedate", "Due date", "date", moment("duedate", item.duedate if item else midnight(7)), optional=True),
            Field("cutoffdate", "Cut-off date", "date", moment("cutoffdate", item.cutoffdate if item else 0), optional=True),
            Field("gradingduedate", "Remind me to grade by", "date", moment("gradingduedate", item.gradingduedate if item else midnight(14)), optional=True),
            Field("assignsubmission_onlinetext_enabled", "Online text", "checkbox", given("assignsubmission_onlinetext_enabled", int(item.onlinetext) if item else 0)),
            Field("assignsubmission_file_enabled", "File submissions", "checkbox", given("assignsubmission_file_enabled", int(item.file) if item else 1)),
            Field("assignsubmission_s3video_enabled", "S3 Video Submissions", "select", given("assignsubmission_s3video_enabled", int(item.s3video) if item else 1), YES_NO,
                  note="Students may hand in one video file of up to 5 GB; it goes straight to the video store."),
            Field("submissiondrafts", "Require students to click the submit button", "select", given("submissiondrafts", int(item.submissiondrafts) if item else 0), YES_NO),
            Field("visible", "Availability", "select", given("visible", int(item.visible) if item else 1), [("1", "Show on course page"), ("0", "Hide on course page")]),
        ],
        hidden={
            "course": course.id, "coursemodule": item.cmid if item else "", "section": web.param("section", "0"),
            "module": 1, "modulename": "assign", "instance": item.id if item else "", "add": "0" if item else "assign",
            "update": item.cmid if item else 0, "return": 0, "sr": -1, "introeditor[format]": 1,
        },
        buttons=_MODULE_BUTTONS,
    )  # fmt: skip


def _check_module(web: Web, form: Form) -> None:
    fields = {f.name: f for f in form.fields}
    if not web.param("name", "").strip():
        fields["name"].error = "- Required"
    names = ("allowsubmissionsfromdate", "duedate", "cutoffdate", "gradingduedate")
    start, due, cut, grading = (fields[name].value for name in names)
    if start and due and due <= start:
        fields["duedate"].error = "Due date must be after the allow submissions from date."
    if cut and due and cut < due:
        fields["cutoffdate"].error = "Cut-off date cannot be earlier than the due date."
    if grading and due and grading < due:
        fields["gradingduedate"].error = "Remind me to grade by date cannot be earlier than the due date."


def _store_module(web: Web, course: Course, item: Assignment | None) -> Assignment:
    values: dict[str, Any] = {
        "name": web.param("name").strip(),
        "intro": web.param("introeditor[text]", ""),
        "allowfrom": read_date(web, "allowsubmissionsfromdate"),
        "duedate": read_date(web, "duedate"),
        "cutoffdate": read_date(web, "cutoffdate"),
        "gradingduedate": read_date(web, "gradingduedate"),
        "onlinetext": web.param("assignsubmission_onlinetext_enabled", "0") == "1",
        "file": web.param("assignsubmission_file_enabled", "0") == "1",
        "s3video": web.param("assignsubmission_s3video_enabled", "0") == "1",
        "submissiondrafts": web.param("submissiondrafts", "0") == "1",
        "visible": web.param("visible", "1") == "1",
    }
    if item is None:
        return web.state.add_assignment(course.id, **values)  # type: ignore[no-any-return]
    for name, value in values.items():
        setattr(item, name, value)
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
        "confirm.html", "Delete activity?", course=course, question=f"This will delete {item.name} and any user data it contains.",
        action="/course/mod.php", hidden={"delete": item.cmid, "confirm": 1, "sesskey": web.session.sesskey}, button="Delete",
        back="/course/view.php", back_hidden={"id": course.id},
    )  # fmt: skip
