"""The administrator's pages about people: create, edit, list, delete; roles in a category."""

import re

from starlette.responses import Response

from replica.moodle.errors import MoodleError
from replica.moodle.forms import Field, Form
from replica.moodle.login import password_problem
from replica.moodle.records import (
    EDITING_TEACHER,
    MANAGER,
    ROLE_NAMES,
    ROLE_SHORT_NAMES,
    STUDENT,
    TEACHER,
    ZONES,
    User,
)
from replica.moodle.web import Web, page, redirect

_AUTH = [("manual", "Manual accounts"), ("nologin", "No login"), ("email", "Email-based self-registration")]


@page("/user/editadvanced.php")
def edit(web: Web) -> Response:
    """The account form: id=-1 creates somebody."""
    web.require_admin("Update user profiles")
    number = web.number("id", -1)
    user = None
    if number != -1:
        user = web.state.users.get(number)
        if user is None or user.deleted:
            raise MoodleError("Invalid user", "invaliduserid")
    if web.posted and web.has("cancel"):
        return redirect("/admin/user.php")
    form = _form(web, user)
    title = "Add a new user" if user is None else user.fullname
    if form.submitted(web):
        _validate(web, user, form)
        if not form.failed:
            _store(web, user, form)
            return redirect("/admin/user.php")
    return web.render("form.html", title, form=form)


def _form(web: Web, user: User | None) -> Form:
    item = user or User(-1, "", "", "", "", "")
    forced = int(_forced(user))
    return Form(
        "/user/editadvanced.php",
        "user_editadvanced_form",
        [
            Field("username", "Username", value=item.username, required=True),
            Field("auth", "Choose an authentication method", "select", item.auth, _AUTH),
            Field("suspended", "Suspended account", "checkbox", int(item.suspended)),
            Field("newpassword", "New password", "password"),
            Field("preference_auth_forcepasswordchange", "Force password change", "checkbox", forced),
            Field("firstname", "First name", value=item.firstname, required=True),
            Field("lastname", "Last name", value=item.lastname, required=True),
            Field("email", "Email address", value=item.email, required=True),
            Field("timezone", "Timezone", "select", item.timezone, [(zone, zone) for zone in ZONES]),
            Field("lang", "Preferred language", "select", item.lang or web.site.language, web.site.languages),
            *(
                [Field("profile_field_staffid", "Staff number", value=item.staffid)]
                if web.site.profiles.profile
                else []
            ),
        ],
        hidden={"id": item.id, "course": 1, "returnto": ""},
        buttons=[
            ("submitbutton", "Update profile" if user else "Create user", "primary"),
            ("cancel", "Cancel", "secondary"),
        ],
    )


def _forced(user: User | None) -> bool:
    return bool(user and user.preferences.get("auth_forcepasswordchange"))


def _validate(web: Web, user: User | None, form: Form) -> None:
    username, email, password = (form.field(name) for name in ("username", "email", "newpassword"))
    others = [u for u in web.state.live_users() if u is not user]
    if not re.fullmatch(r"[-._@a-z0-9]+", username.value.strip()):
        username.error = "The username can only contain lower-case letters, numbers and the characters - _ . @"
    elif username.value == "guest" or any(u.username == username.value.strip() for u in others):
        username.error = "This username already exists, choose another"
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email.value.strip()):
        email.error = "Invalid email address"
    elif any(u.email.lower() == email.value.strip().lower() for u in others):
        email.error = "This email address is already registered."
    if password.value:
        password.error = password_problem(password.value)
    elif user is None and form.field("auth").value == "manual":
        password.error = "- Required"
    for name in ("firstname", "lastname"):
        form.field(name).error = "" if form.field(name).value.strip() else "- Required"


def _store(web: Web, user: User | None, form: Form) -> None:
    values = {f.name: f.value.strip() if isinstance(f.value, str) else f.value for f in form.fields}
    user = user or web.state.add_user(values["username"], "", "", "", "")
    user.username, user.auth, user.email = values["username"], values["auth"], values["email"]
    user.renamed |= values["lastname"] != user.lastname and web.state.has_handed_in(user.id)
    user.firstname, user.lastname = values["firstname"], values["lastname"]
    user.preferences["auth_forcepasswordchange"] = bool(values["preference_auth_forcepasswordchange"])
    user.suspended, user.lang, user.timezone = bool(values["suspended"]), values["lang"], values["timezone"]
    user.staffid = values.get("profile_field_staffid", user.staffid)
    new_password = form.field("newpassword").value
    user.password = new_password or user.password
    if user.suspended or new_password:
        web.site.end_sessions(user)


@page("/admin/user.php")
def browse(web: Web) -> Response:
    """The list of accounts; a delete link asks before it acts."""
    web.require_admin("Browse list of users")
    if web.has("delete"):
        return _delete(web)
    if web.has("suspend") or web.has("unsuspend"):
        web.require_sesskey()
        user = web.state.users.get(web.number("suspend", 0) or web.number("unsuspend", 0))
        if user is not None and not user.admin:
            user.suspended = web.has("suspend")
            if user.suspended:
                web.site.end_sessions(user)
        return redirect("/admin/user.php")
    wanted = (web.param("search", "") or web.param("email", "")).lower()
    people = [u for u in web.state.live_users() if wanted in f"{u.fullname} {u.email} {u.username}".lower()]
    shown, number = 30, web.number("page", 0)
    return web.render(
        "users.html",
        "Browse list of users",
        people=people[number * shown : (number + 1) * shown],
        total=len(people),
        number=number,
        pages=-(-len(people) // shown),
        layout="admin",
    )


def _delete(web: Web) -> Response:
    user = web.state.users.get(web.number("delete"))
    web.require_sesskey()
    if user is None or user.deleted or user.admin:
        raise MoodleError("Invalid user", "invaliduserid")
    confirmation = f"delete-{user.id}"
    if web.posted and web.param("confirm", "") == confirmation:
        user.deleted = True
        web.site.end_sessions(user)
        web.site.storage.drop_everything_of(web.state, user)
        web.notify(f"Deleted user {user.fullname}")
        return redirect("/admin/user.php")
    return web.render(
        "confirm.html",
        "Delete user",
        question=f"Are you absolutely sure you want to completely delete the user '{user.fullname}'?",
        action="/admin/user.php",
        hidden={"delete": user.id, "confirm": confirmation, "sesskey": web.session.sesskey},
        button="Delete",
        back="/admin/user.php",
        back_hidden={},
    )


@page("/admin/roles/assign.php")
def assign_roles(web: Web) -> Response:
    """Who has which role in a category: the list of roles, then two lists of people."""
    web.require_admin("Assign roles to users")
    category = web.state.category_of_context(web.number("contextid"))
    if category is None:
        raise MoodleError("Invalid context id", "invalidcontext")
    if not web.has("roleid"):
        return web.render("roles.html", f"Assign roles in Category: {category.name}", category=category, role=MANAGER)
    if web.posted:
        web.require_sesskey()
        if web.has("add"):
            category.managers |= {int(value) for value in web.many("addselect[]") if int(value) in web.state.users}
        if web.has("remove"):
            category.managers -= {int(value) for value in web.many("removeselect[]")}
    people = [u for u in web.state.live_users() if not u.suspended]
    return web.render(
        "two_lists.html",
        f"Assign role 'Manager' in Category: {category.name}",
        action=f"/admin/roles/assign.php?contextid={category.context}&roleid={MANAGER}",
        current=filtered(web, [u for u in people if u.id in category.managers], "removeselect"),
        potential=filtered(web, [u for u in people if u.id not in category.managers], "addselect"),
        roles=None,
        search=web.param("addselect_searchtext", ""),
    )


@page("/admin/roles/manage.php")
def manage_roles(web: Web) -> Response:
    """The roles of the site, with their short names."""
    web.require_admin("Create and manage roles")
    return web.render("manage_roles.html", "Manage roles", short_names=ROLE_SHORT_NAMES, role_names=ROLE_NAMES)


CAPABILITIES = {
    "use": {STUDENT, EDITING_TEACHER, TEACHER},
    "view": {EDITING_TEACHER, TEACHER, MANAGER},
    "manage": {MANAGER},
}
"""Who is allowed what of the plugin, by default."""


@page("/admin/roles/define.php")
def role(web: Web) -> Response:
    """A role's permissions, as far as they are the plugin's: ?action=view&roleid=ID."""
    web.require_admin("Create and manage roles")
    number, faults = web.number("roleid"), web.site.faults
    allowed = {name: number in roles for name, roles in CAPABILITIES.items()}
    if faults.on("capability-to-manage-for-students"):
        allowed["manage"] = number in {STUDENT, MANAGER}
    if faults.on("capability-for-nobody"):
        allowed["use"] = False
    if faults.on("capability-not-defined"):
        allowed.pop("manage")
    return web.render("role.html", ROLE_NAMES[number], capabilities=allowed)


def filtered(web: Web, people: list[User], which: str) -> list[User]:
    """The people that match the search text of one list (addselect, removeselect) of the two-list form."""
    text = "" if web.has(f"{which}_clearbutton") else web.param(f"{which}_searchtext", "").lower()
    return [u for u in people if text in f"{u.fullname} {u.email} {u.username}".lower()]
