"""Groups of a course: creating one, and who is in it."""

from starlette.responses import Response

from replica.moodle import access
from replica.moodle.accounts import filtered
from replica.moodle.errors import MoodleError, no_permission
from replica.moodle.forms import Field, Form
from replica.moodle.records import Course, Group
from replica.moodle.web import Web, page, redirect


def _require(web: Web, course: Course) -> None:
    if not access.may_edit(web.state, web.require_login(course), course):
        raise no_permission("Manage groups")


@page("/group/group.php")
def create(web: Web) -> Response:
    """A new group of ?courseid=ID."""
    course = web.course(web.number("courseid"))
    _require(web, course)
    form = Form("/group/group.php", "group_form", [Field("name", "Group name")], hidden={"courseid": course.id})
    if form.submitted(web):
        group = Group(web.state.new_id("group"), course.id, form.field("name").value)
        web.state.groups[group.id] = group
        return redirect(f"/group/index.php?id={course.id}&group={group.id}")
    return web.render("form.html", "Create group", course=course, form=form)


@page("/group/members.php")
def members(web: Web) -> Response:
    """Who is in ?group=ID, and who could be."""
    group = web.state.groups.get(web.number("group"))
    if group is None:
        raise MoodleError("Can't find data record in database.", "invalidrecord")
    course = web.course(group.course)
    _require(web, course)
    if web.posted:
        web.require_sesskey()
        if web.has("add"):
            group.members |= {int(value) for value in web.many("addselect[]")}
        if web.has("remove"):
            group.members -= {int(value) for value in web.many("removeselect[]")}
    enrolled = {e.user for e in web.state.enrolments_of(course.id)}
    people = [user for user in web.state.live_users() if user.id in enrolled]
    return web.render(
        "two_lists.html",
        f"Add/remove users: {group.name}",
        course=course,
        action=f"/group/members.php?group={group.id}",
        current=filtered(web, [u for u in people if u.id in group.members], "removeselect"),
        potential=filtered(web, [u for u in people if u.id not in group.members], "addselect"),
        roles=None,
        search=web.param("addselect_searchtext", ""),
    )
