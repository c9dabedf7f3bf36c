"""Course pages: view, create and edit, delete, categories."""

import threading

from starlette.responses import Response

from replica.moodle import access
from replica.moodle.errors import no_permission
from replica.moodle.forms import Field, Form
from replica.moodle.records import EDITING_TEACHER, STUDENT, Category, Course
from replica.moodle.site import Site
from replica.moodle.state import midnight, token
from replica.moodle.web import Web, page, redirect

_BOTH = [("saveanddisplay", "Save and display", "primary"), ("cancel", "Cancel", "secondary")]


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
        if not form.failed and not web.site.faults.on("course-not-created"):
            saved = _store_course(web, course, form)
            return redirect(f"/course/view.php?id={saved.id}")
    title = "Add a new course" if course is None else "Edit course settings"
    return web.render("form.html", title, form=form, course=course)


def _course_form(web: Web, course: Course | None) -> Form:
    category = course.category if course else web.number("category", 0) or min(web.state.categories)
    item = course or Course(0, "", "", category, startdate=midnight(1), visible=not web.site.profiles.hidden_courses)
    categories = [(str(c.id), c.name) for c in web.state.categories.values()]
    shown = [("0", "Hide"), ("1", "Show")]
    custom = [Field("customfield_costcentre", "Cost centre", value=item.costcentre, required=True)]
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
            *(custom if web.site.profiles.course_field else []),
        ],
        hidden={"returnto": 0, "returnurl": "/course/", "id": course.id if course else "", "summary_editor[format]": 1},
        buttons=_BOTH,
    )


def _check_course(web: Web, course: Course | None, form: Form) -> None:
    full, short, idnumber = (form.field(name) for name in ("fullname", "shortname", "idnumber"))
    full.error = "" if full.value.strip() else "Missing full name"
    short.error = "" if short.value.strip() else "Missing short name"
    if web.site.profiles.course_field and not form.field("customfield_costcentre").value.strip():
        form.field("customfield_costcentre").error = "- You must supply a value here."
    for other in web.state.courses.values():
        if other is not course and other.shortname == short.value.strip():
            short.error = f"Short name is already used for another course ({other.fullname})"
        if other is not course and other.idnumber and other.idnumber == idnumber.value:
            idnumber.error = f"ID number is already used for another course ({other.fullname})"


def _store_course(web: Web, course: Course | None, form: Form) -> Course:
    item = course or web.state.add_course("", "", 0)
    if course is None:  # course/edit.php: creatornewroleid, enroladminnewcourse
        web.state.enrol(item.id, web.user.id, EDITING_TEACHER)
        for one in web.site.crowd:
            web.state.enrol(item.id, one.id, STUDENT)
    item.fullname, item.shortname = form.field("fullname").value.strip(), form.field("shortname").value.strip()
    item.category, item.visible = int(form.field("category").value), form.field("visible").value == "1"
    item.idnumber, item.summary = form.field("idnumber").value, form.field("summary_editor[text]").value
    item.startdate = form.field("startdate").value
    if web.site.profiles.course_field:
        item.costcentre = form.field("customfield_costcentre").value.strip()
    return item


@page("/course/delete.php")
def delete(web: Web) -> Response:
    """Deletes a course and its videos, after asking."""
    web.require_admin("Delete courses")
    course = web.course(web.number("id"))
    if web.posted and web.param("delete", ""):
        web.require_sesskey()
        message = f"{course.shortname} has been completely deleted"
        if delay := web.site.profiles.async_delete:
            later = threading.Timer(delay, _drop, (web.site, course))
            later.daemon = True
            later.start()
            message = f"{course.shortname} has been scheduled for deletion"
        else:
            _drop(web.site, course)
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


def _drop(site: Site, course: Course) -> None:
    for video in site.state.drop_course(course.id):
        site.storage.remove(video)


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
        tree=_children(visible, None),
        path=_path(web, chosen),
        children=lambda category: _children(visible, category),
        chosen=chosen,
        counts={c.id: sum(x.category == c.id for x in web.state.courses.values()) for c in visible},
        courses=courses[number * shown : (number + 1) * shown],
        total=len(courses),
        number=number,
        pages=-(-len(courses) // shown),
        shown=shown,
        layout="admin",
    )


def _path(web: Web, category: Category | None) -> set[int]:
    """The ids of a category and of all above it."""
    found: set[int] = set()
    while category is not None:
        found.add(category.id)
        category = web.state.categories.get(category.parent)
    return found


def _children(visible: list[Category], above: Category | None) -> list[Category]:
    """The visible categories directly inside another; at the top also those whose parent is not visible."""
    if above is not None:
        return [c for c in visible if c.parent == above.id]
    ids = {c.id for c in visible}
    return [c for c in visible if c.parent not in ids]


@page("/course/editcategory.php")
def edit_category(web: Web) -> Response:
    """Creates (?parent=ID) or edits (?id=ID) a category."""
    web.require_admin("Manage categories")
    category = web.state.categories.get(web.number("id", 0))
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
