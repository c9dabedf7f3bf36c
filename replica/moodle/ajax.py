"""/lib/ajax/service.php: the web services that the stand-in's own pages and Moodle's clients call."""

import json
from typing import Any
from urllib.parse import parse_qsl

from starlette.responses import JSONResponse, Response

from replica.moodle import access, dataprivacy, grading
from replica.moodle.errors import MoodleError, no_permission
from replica.moodle.records import User
from replica.moodle.web import PAGE, Web, page

TOURS = {
    "dashboard": ["Welcome to your Dashboard. Here you see what is due next."],
    "mycourses": ["All your courses are listed on this page."],
    "course_student": ["Open an activity by its name to start working."],
    "course_teacher": ["This is how your course looks.", "Activities are listed in sections."],
    "assign_student": ["Here you see what you have to hand in, and until when."],
    "assign_grading": ["The new look of grading.", "Search and filter your students here."],
}
_MOST = 100
"""People in one list: the site setting maxusersperpage."""
TOUR_IDS = dict(enumerate(TOURS, 1))


@page("/lib/ajax/service.php")
def service(web: Web) -> Response:
    """POST [{index, methodname, args}] gives [{error, data | exception}], as core/ajax expects."""
    calls = json.loads(web.request.scope["state"]["body"] or b"[]")
    answers = []
    for call in calls:
        try:
            web.require_sesskey()
            if web.session.user is None:
                raise MoodleError("Course or activity not accessible. (Not logged in)", "requireloginerror")
            method = METHODS.get(call["methodname"])
            if method is None:
                raise MoodleError("Web service is not available.", "servicenotavailable")
            answers.append({"error": False, "data": method(web, call.get("args", {}))})
        except MoodleError as error:
            exception = {"message": error.message, "errorcode": error.code, "link": error.link, "moreinfourl": ""}
            answers.append({"error": True, "exception": exception})
            break
    kind = "application/json" if web.site.moodle.tells_json else "text/html"
    return JSONResponse(answers, headers=PAGE | {"content-type": f"{kind}; charset=utf-8"})


def _start_tour(web: Web, args: dict[str, Any]) -> dict[str, Any]:
    name = TOUR_IDS.get(int(args["tourid"]), "")
    if not name or name in web.user.preferences.setdefault("tours", []):
        return {}
    steps = [{"stepid": n, "title": "", "content": text, "orphan": True} for n, text in enumerate(TOURS[name], 1)]
    label = "Got it" if len(steps) == 1 else "Skip tour"
    return {"tourconfig": {"name": name, "steps": steps, "endtourlabel": label}}


def _step_shown(web: Web, args: dict[str, Any]) -> dict[str, Any]:
    return {}


def _complete_tour(web: Web, args: dict[str, Any]) -> dict[str, Any]:
    if name := TOUR_IDS.get(int(args["tourid"])):
        web.user.preferences.setdefault("tours", []).append(name)
    return {}


def _fragment(web: Web, args: dict[str, Any]) -> dict[str, Any]:
    if (args.get("component"), args.get("callback")) != ("mod_assign", "gradingpanel"):
        raise MoodleError("Web service is not available.", "servicenotavailable")
    values = {item["name"]: item["value"] for item in args["args"]}
    return {"html": grading.panel(web, int(args["contextid"]), int(values["userid"])), "javascript": ""}


def _submit_grade(web: Web, args: dict[str, Any]) -> list[dict[str, Any]]:
    sent = dict(parse_qsl(json.loads(args["jsonformdata"]), keep_blank_values=True))
    problem = grading.save_grade(
        web,
        int(args["assignmentid"]),
        int(args["userid"]),
        sent.get("grade", ""),
        sent.get("assignfeedbackcomments_editor[text]", ""),
    )
    return (
        [{"item": "grade", "itemid": args["userid"], "warningcode": "invalidgrade", "message": problem}]
        if problem
        else []
    )


def _update_preferences(web: Web, args: dict[str, Any]) -> None:
    web.require_admin("Change somebody's preferences")
    if args.get("emailstop") is not None:
        web.state.users[int(args["userid"])].preferences["emailstop"] = bool(args["emailstop"])
    for one in args.get("preferences", []):
        web.state.users[int(args["userid"])].preferences[one["type"]] = one["value"]


def _notifications(web: Web, args: dict[str, Any]) -> dict[str, Any]:
    person = web.state.users[int(args["useridto"]) or web.user.id]
    if person is not web.user:
        web.require_admin("View notifications")
    popups = enumerate([] if person.preferences.get("emailstop") else web.site.popups, start=1)
    told = [{"id": id_, "subject": text} for id_, (to, text) in popups if to == person.id]
    start, end = int(args["offset"]), int(args["offset"]) + int(args["limit"])
    return {"notifications": told[::-1][start:end], "unreadcount": len(told)}


def _person(user: User) -> dict[str, Any]:
    return {"id": user.id, "fullname": user.fullname, "username": user.username, "email": user.email}


def _potential_users(web: Web, args: dict[str, Any]) -> list[dict[str, Any]]:
    course = web.course(int(args["courseid"]))
    if not access.may_edit(web.state, web.require_login(course), course):
        raise no_permission("Enrol users")
    enrolled = {e.user for e in web.state.enrolments_of(course.id)}
    text = str(args.get("search", "")).casefold()
    found = [
        u
        for u in web.state.live_users()
        if u.id not in enrolled and text in f"{u.fullname} {u.email} {u.username}".casefold()
    ]
    size, number = int(args.get("perpage", 30)), int(args.get("page", 0))
    return [_person(u) for u in found[number * size : (number + 1) * size]]


def _search_identity(web: Web, args: dict[str, Any]) -> dict[str, Any]:
    web.require_admin("Browse list of users")
    text = str(args.get("query", "")).casefold()
    found = [u for u in web.state.live_users() if text in f"{u.fullname} {u.email} {u.username}".casefold()]
    listed = [] if len(found) > _MOST else [_person(u) | {"extrafields": []} for u in found]
    return {"list": listed, "maxusersperpage": _MOST, "overflow": len(found) > _MOST}


def _users_by_field(web: Web, args: dict[str, Any]) -> list[dict[str, Any]]:
    web.require_admin("View user details")
    wanted = {str(value) for value in args["values"]}
    found = [u for u in web.state.live_users() if str(getattr(u, str(args["field"]))) in wanted]
    return [_person(u) | {"suspended": u.suspended} for u in found]


METHODS = {
    "tool_dataprivacy_approve_data_request": dataprivacy.approve,
    "message_popup_get_popup_notifications": _notifications,
    "core_user_update_user_preferences": _update_preferences,
    "core_user_get_users_by_field": _users_by_field,
    "tool_usertours_fetch_and_start_tour": _start_tour,
    "tool_usertours_step_shown": _step_shown,
    "tool_usertours_complete_tour": _complete_tour,
    "core_get_fragment": _fragment,
    "mod_assign_submit_grading_form": _submit_grade,
    "core_enrol_get_potential_users": _potential_users,
    "core_user_search_identity": _search_identity,
}
