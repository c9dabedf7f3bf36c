"""Logging in and out, guest access, and the pages everybody meets first."""

import hmac
import time

from starlette.responses import PlainTextResponse, Response

from replica.moodle import access, mail, sso
from replica.moodle.errors import MoodleError, UnderMaintenance, no_permission
from replica.moodle.forms import Field, Form
from replica.moodle.plugin import rush
from replica.moodle.records import Course, User
from replica.moodle.session import Session
from replica.moodle.web import Web, page, redirect

_TOURS = {"/my/": "Dashboard", "/my/courses.php": "Courses"}


@page("/login/index.php")
def log_in(web: Web) -> Response:
    """The log in form; a failure comes back as ?loginredirect=1 with an alert."""
    if web.posted:
        return _check(web)
    if web.site.faults.on("rush-breaks-the-site") and rush.is_on(web, lately=5):
        return PlainTextResponse("503 Service Unavailable\n", 503)
    if web.site.faults.on("rush-slows-the-site") and rush.is_on(web):
        time.sleep(3)  # noqa: TID251 (the defect is the time that it takes)
    if web.session.user is not None:
        return web.render("already.html", "Log in", layout="login")
    if sso.in_front(web):
        return redirect(sso.FOREIGN)
    error, web.session.login_error = web.session.login_error, ""
    return web.render("login.html", "Log in to the site", layout="login", error=error, username=web.param("u", ""))


def _check(web: Web) -> Response:
    username = web.param("username", "").strip().lower()
    password = web.param("password", "")
    token_fits = hmac.compare_digest(web.param("logintoken", ""), web.session.logintoken)
    if token_fits and (username, password) == ("guest", "guest"):
        return _enter(web, None)
    user = web.state.user_named(username)
    if user is None or not token_fits or not _may_log_in(user, password) or _refused_by_fault(web, user):
        web.session.login_error = "Invalid login, please try again"
        return redirect(f"/login/index.php?loginredirect={int(web.site.profiles.sso != 'loginredirect')}")
    return _enter(web, user)


def _may_log_in(user: User, password: str) -> bool:
    usable = bool(user.password) and not user.suspended and user.auth != "nologin"
    return usable and hmac.compare_digest(password.encode(), user.password.encode())


def _refused_by_fault(web: Web, user: User) -> bool:
    """Refuses who comes by the form on the page: what else logs in sends no Fetch Metadata."""
    if "Sec-Fetch-Site" not in web.request.headers:
        return False
    if user.admin:
        return web.site.faults.on("admin-log-in-refused")
    teaches = any(access.may_grade(web.state, user, course) for course in web.state.courses.values())
    return web.site.faults.on("teacher-log-in-refused" if teaches else "student-log-in-refused")


def _enter(web: Web, user: User | None) -> Response:
    if user is not None and web.site.profiles.single_session:
        web.site.end_sessions(user)
    fresh = Session(user=user, guest=user is None, address=web.client)
    web.site.sessions.pop(web.session.id, None)
    web.site.sessions[fresh.id] = fresh
    web.pending_session = fresh
    if user is not None and user.preferences.get("auth_forcepasswordchange"):
        return redirect("/login/change_password.php")
    home = "/my/" if user and not web.site.profiles.no_dashboard else "/"
    return redirect(web.session.wantsurl or home)


@page("/login/logout.php")
def log_out(web: Web) -> Response:
    """Ends the session when the sesskey fits; otherwise asks."""
    if web.session.user is not None and web.param("sesskey", "") != web.session.sesskey:
        return web.render("already.html", "Log out", layout="login")
    web.site.sessions.pop(web.session.id, None)
    web.pending_session = Session()
    web.site.sessions[web.pending_session.id] = web.pending_session
    return redirect("/login/index.php")


@page("/login/change_password.php")
def change_password(web: Web) -> Response:
    """The page a person with a forced password change is sent to."""
    user = web.require_login()
    if user is web.site.guest:
        raise no_permission("Change own password")
    form = Form(
        "/login/change_password.php",
        "login_change_password_form",
        [
            Field("password", "Current password", "password", required=True),
            Field("newpassword1", "New password", "password", required=True),
            Field("newpassword2", "New password (again)", "password", required=True),
        ],
        legend="You must change your password to proceed",
    )
    if web.posted:
        web.require_sesskey()
        old, new, again = form.fields
        old.error = "" if web.param("password", "") == user.password else "Invalid login, please try again"
        new.error = password_problem(web.param("newpassword1", ""))
        again.error = "" if web.param("newpassword1", "") == web.param("newpassword2", "") else "These must be the same"
        if not form.failed:
            user.password = web.param("newpassword1")
            user.preferences.pop("auth_forcepasswordchange", None)
            web.notify("Password has been changed")
            return redirect("/my/")
    return web.render("form.html", "Change password", form=form)


def password_problem(password: str) -> str:
    """What Moodle's default password policy has against a password; empty when nothing."""
    rules = [
        (len(password) >= 8, "Passwords must be at least 8 characters long."),
        (any(c.isdigit() for c in password), "Passwords must have at least 1 digit(s)."),
        (any(c.islower() for c in password), "Passwords must have at least 1 lower case letter(s)."),
        (any(c.isupper() for c in password), "Passwords must have at least 1 upper case letter(s)."),
        (any(not c.isalnum() for c in password), "The password must have at least 1 special character(s)."),
    ]
    return " ".join(message for kept, message in rules if not kept)


@page("/", "/index.php")
def front(web: Web) -> Response:
    """The site's front page: own courses for people, all visible ones for guests."""
    web.expect_no_maintenance()
    if web.session.user is None and web.site.faults.on("first-page-stays-in-maintenance"):
        raise UnderMaintenance
    dashboard = not web.site.profiles.no_dashboard
    if dashboard and web.session.user is not None and web.param("redirect", "1") != "0":
        return redirect("/my/")
    courses = [c for c in web.state.courses.values() if c.visible]
    return web.render("my.html", "Home", courses=courses, layout="frontpage", body_id="page-site-index")


@page("/my/", "/my/index.php", "/my/courses.php")
def my(web: Web) -> Response:
    """Dashboard and course list; guests have neither."""
    user = web.require_login()
    if user is web.site.guest:
        raise no_permission("Manage own Dashboard page")
    if web.site.profiles.no_dashboard and web.request.url.path != "/my/courses.php":
        return redirect("/my/courses.php")
    title = _TOURS.get(web.request.url.path, "Dashboard")
    courses = [
        c for c in web.state.courses.values() if _takes_part(web, user, c.id) and access.may_enter(web.state, user, c)
    ]
    _show_newest_videos(web, user, courses)
    tour = {"Dashboard": "dashboard", "Courses": "mycourses"}[title]
    return web.render(
        "my.html", title, courses=courses, layout="mydashboard", tour=tour, heading=f"Hi, {user.firstname}!"
    )


def _show_newest_videos(web: Web, user: User, courses: list[Course]) -> None:
    studied = {course.id for course in courses if not access.may_grade(web.state, user, course)}
    videos = web.state.videos.values()
    owners = {video.user for video in videos if web.state.assignments[video.assignment].course in studied}
    fault = "my-page-breaks-with-video" if user.id in owners else "my-page-breaks-for-classmates"
    if owners and web.site.faults.on(fault):
        raise MoodleError("Can't find data record in database.", "invalidrecord")


def _takes_part(web: Web, user: User, course: int) -> bool:
    return web.state.enrolment(course, user.id) is not None


@page("/enrol/index.php")
def enrolment_options(web: Web) -> Response:
    """Where somebody ends who may not enter a course; says why."""
    course = web.course(web.number("id"))
    user = web.session.user
    if user is None and not web.session.guest:
        web.ask_to_log_in()
    if user is not None and access.may_enter(web.state, user, course):
        return redirect(f"/course/view.php?id={course.id}")
    reason = (
        "Guests cannot access this course. Please log in."
        if user is None
        else "You cannot enrol yourself in this course."
    )
    return web.render("enrol_options.html", "Enrolment options", target=course, reason=reason)


@page("/user/profile.php", "/user/view.php")
def profile(web: Web) -> Response:
    """A person's name and e-mail address, for that person, the administrator and teachers of a ?course=ID."""
    user = web.require_login()
    other = web.state.users.get(web.number("id", user.id))
    course = web.state.courses.get(web.number("course", 0))
    allowed = user.admin or other is user or (course is not None and access.may_grade(web.state, user, course))
    if other is None or other.deleted or not allowed:
        raise MoodleError("The details of this user are not available to you.", "usernotavailable")
    return web.render("profile.html", other.fullname, person=other)


@page("/user/preferences.php")
def preferences(web: Web) -> Response:
    """A person's preferences; guests have none."""
    user = web.require_login()
    if user is web.site.guest:
        web.ask_to_log_in()
    return web.render("message.html", "Preferences", message="Nothing can be changed here.", link="/user/profile.php")


@page("/message/notificationpreferences.php")
def notification_preferences(web: Web) -> Response:
    """In which ways a person is told of submissions."""
    user = web.require_login()
    if web.number("userid", user.id) != user.id:
        web.require_admin("Edit message profile")
        user = web.state.users[web.number("userid", user.id)]
    ways, stopped = mail.told_by(user), user.preferences.get("emailstop")
    return web.render("notification_preferences.html", "Notification preferences", ways=ways, stopped=stopped)
