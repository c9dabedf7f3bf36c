"""Enrolment pages: methods, manual enrolment with two lists, participants, one enrolment's status."""

from starlette.responses import Response

from replica.moodle import access, mail
from replica.moodle.accounts import filtered
from replica.moodle.errors import MoodleError, no_permission
from replica.moodle.forms import Field, Form
from replica.moodle.records import ROLE_NAMES, Course, Enrolment, User
from replica.moodle.web import Web, page, redirect

_SENDERS = [
    (str(mail.NOBODY), "No"),
    (str(mail.COURSE_CONTACT), "From the course contact"),
    (str(mail.KEY_HOLDER), "From the key holder"),
    (str(mail.NO_REPLY), "From the no-reply address"),
]


def _editor(web: Web, course: Course) -> None:
    user = web.require_login(course)
    if not access.may_edit(web.state, user, course):
        raise no_permission("Enrol users")


def _course_of(web: Web, enrolid: int) -> Course:
    course = next((c for c in web.state.courses.values() if c.enrolid == enrolid), None)
    if course is None:
        raise MoodleError("Can't find data record in database.", "invalidrecord")
    return course


@page("/enrol/instances.php")
def instances(web: Web) -> Response:
    """The enrolment methods of a course: here always one, manual."""
    course = web.course(web.number("id"))
    _editor(web, course)
    count = len(web.state.enrolments_of(course.id))
    return web.render("enrol_instances.html", "Enrolment methods", course=course, count=count)


def _count_videos(web: Web, course: Course) -> None:
    there = any(web.state.assignments[video.assignment].course == course.id for video in web.state.videos.values())
    if there and web.site.faults.on("enrolment-observer-crashes"):
        raise MoodleError("Exception - Call to undefined method count_videos()", "generalexceptionmessage")


def _enrol(web: Web, course: Course, user: User, role: int) -> None:
    if web.state.enrolment(course.id, user.id) is None:
        mail.welcome(web.site, course, user)  # before the role is given, so that nobody welcomes themselves
    web.state.enrol(course.id, user.id, role)


@page("/enrol/editinstance.php")
def edit_instance(web: Web) -> Response:
    """The manual enrolment method of ?courseid=ID: who sends the welcome message."""
    course = web.course(web.number("courseid"))
    _editor(web, course)
    if web.has("cancel"):
        return redirect(f"/enrol/instances.php?id={course.id}")
    form = Form(
        "/enrol/editinstance.php",
        "enrol_instance_edit_form",
        [
            Field("customint1", "Send course welcome message", "select", course.welcome, _SENDERS),
            Field("customtext1", "Custom welcome message", "textarea", "Hi {$a->firstname}, you are enrolled."),
        ],
        hidden={"courseid": course.id, "id": course.enrolid, "type": "manual"},
        buttons=[("submitbutton", "Save changes", "primary"), ("cancel", "Cancel", "secondary")],
        legend="Manual enrolments",
    )
    if form.submitted(web):
        course.welcome = int(form.field("customint1").value)
        return redirect(f"/enrol/instances.php?id={course.id}")
    return web.render("form.html", "Manual enrolments", course=course, form=form)


@page("/enrol/manual/manage.php")
def manage(web: Web) -> Response:
    """Two lists: who is enrolled, who could be."""
    course = _course_of(web, web.number("enrolid"))
    _editor(web, course)
    if web.posted:
        web.require_sesskey()
        if web.has("add"):
            _count_videos(web, course)
            for value in web.many("addselect[]"):
                if user := web.state.users.get(int(value)):
                    _enrol(web, course, user, web.number("roleid", 5))
        if web.has("remove"):
            for value in web.many("removeselect[]"):
                if enrolment := web.state.enrolment(course.id, int(value)):
                    web.state.enrolments.pop(enrolment.id)
    enrolled = {e.user for e in web.state.enrolments_of(course.id)}
    people = web.state.live_users()
    return web.render(
        "two_lists.html",
        "Manual enrolments",
        course=course,
        action=f"/enrol/manual/manage.php?enrolid={course.enrolid}",
        current=filtered(web, [u for u in people if u.id in enrolled], "removeselect"),
        potential=filtered(web, [u for u in people if u.id not in enrolled], "addselect"),
        roles=ROLE_NAMES,
        search=web.param("addselect_searchtext", ""),
    )


@page("/user/index.php")
def participants(web: Web) -> Response:
    """The people of a course with role and status, 20 a page."""
    course = web.course(web.number("id"))
    user = web.require_login(course)
    rows = [(web.state.users[e.user], e) for e in web.state.enrolments_of(course.id)]
    rows = sorted((r for r in rows if not r[0].deleted), key=lambda r: (r[0].lastname, r[0].firstname))
    editor = access.may_edit(web.state, user, course)
    if not editor:
        rows = [r for r in rows if r[1].status == 0]
    shown = web.number("perpage", 20) or 20
    number = web.number("page", 0)
    return web.render(
        "participants.html",
        "Participants",
        course=course,
        rows=rows[number * shown : (number + 1) * shown],
        total=len(rows),
        role_names=ROLE_NAMES,
        editor=editor,
        number=number,
        pages=-(-len(rows) // shown),
        shown=shown,
    )


def _enrolment(web: Web) -> tuple[Enrolment, Course]:
    enrolment = web.state.enrolments.get(web.number("ue"))
    if enrolment is None:
        raise MoodleError("Can't find data record in database.", "invalidrecord")
    course = web.course(enrolment.course)
    _editor(web, course)
    return enrolment, course


@page("/enrol/editenrolment.php")
def edit(web: Web) -> Response:
    """One person's enrolment: active or suspended."""
    enrolment, course = _enrolment(web)
    back = f"/user/index.php?id={course.id}"
    if web.posted:
        if not web.has("cancel"):
            web.require_sesskey()
            enrolment.status = int(web.number("status", 0) == 1)
        return redirect(back)
    name = web.state.users[enrolment.user].fullname
    form = Form(
        "/enrol/editenrolment.php",
        "enrol_user_enrolment_form",
        [Field("status", "Status", "select", str(enrolment.status), [("0", "Active"), ("1", "Suspended")])],
        hidden={"ue": enrolment.id, "ifilter": ""},
        buttons=[("submitbutton", "Save changes", "primary"), ("cancel", "Cancel", "secondary")],
        legend=f"{name}'s enrolment",
    )
    return web.render("form.html", "Edit enrolment", course=course, form=form)


@page("/enrol/unenroluser.php")
def unenrol(web: Web) -> Response:
    """Takes somebody out of a course, after asking."""
    enrolment, course = _enrolment(web)
    back = f"/user/index.php?id={course.id}"
    if web.posted and web.param("confirm", "") == "1":
        web.require_sesskey()
        web.state.enrolments.pop(enrolment.id)
        return redirect(back)
    name = web.state.users[enrolment.user].fullname
    return web.render(
        "confirm.html",
        "Unenrol",
        course=course,
        question=f'Do you really want to unenrol "{name}" from the course "{course.fullname}"?',
        action="/enrol/unenroluser.php",
        hidden={"ue": enrolment.id, "confirm": 1, "sesskey": web.session.sesskey},
        button="Continue",
        back="/user/index.php",
        back_hidden={"id": course.id},
    )
