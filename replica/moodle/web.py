"""The web framework's side of a Moodle page: session, parameters, permissions, answers, error pages."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Never
from urllib.parse import urlencode

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup
from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from replica.moodle import access, language, login_interrupts, texts
from replica.moodle.errors import MoodleError, Moved, UnderMaintenance, no_permission
from replica.moodle.records import Assignment, Course, User
from replica.moodle.session import Session
from replica.moodle.site import Site
from replica.moodle.state import State
from replica.versions import Moodle

CACHED = "private, pre-check=0, post-check=0, max-age=0, no-transform"
UNCACHED = "no-store, no-cache, must-revalidate, no-transform"
"""What Moodle says of a page that a browser may show again on the way back, and of others."""
PAGE = {"cache-control": CACHED, "x-frame-options": "sameorigin"}
LOGIN = "page-login-index"
NOT_KEPT = (LOGIN, "page-mod-assign-mod")
SCRIPT = "no-store, no-cache, must-revalidate"
"""Of what has no page's header: the plugin's scripts, and redirects."""

Handler = Callable[["Web"], Response]
PAGES: dict[str, Handler] = {}


@cache
def _templates(moodle: Moodle) -> Environment:
    templates = Environment(
        loader=FunctionLoader(moodle.template),
        autoescape=True,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        extensions=[language.Labels],
    )
    templates.filters |= {"size": texts.size, "date": texts.date, "duration": texts.duration, "tr": language.tr}
    return templates


def page(*paths: str) -> Callable[[Handler], Handler]:
    """Register a handler for the given paths; without a registered handler a path is 404."""

    def register(handler: Handler) -> Handler:
        PAGES.update(dict.fromkeys(paths, handler))
        return handler

    return register


@dataclass
class Web:
    """One request to one page."""

    site: Site
    request: Request
    session: Session
    form: ImmutableMultiDict[str, Any]
    pending_session: Session | None = None

    @property
    def state(self) -> State:
        return self.site.state

    @property
    def user(self) -> User:
        """Who is logged in; ends with the login redirect when nobody is."""
        if self.session.user is None:
            self.ask_to_log_in()
        assert self.session.user is not None
        return self.session.user

    @property
    def client(self) -> str:
        """The address of the machine that asks."""
        return self.request.client.host if self.request.client else ""

    @property
    def posted(self) -> bool:
        return self.request.method == "POST"

    def param(self, name: str, default: str | None = None) -> str:
        """A form or query parameter, the last one given as in PHP. MoodleError when required and missing."""
        for source in (self.form, self.request.query_params):
            if values := source.getlist(name):
                return str(values[-1])
        if default is None:
            raise MoodleError(f"A required parameter ({name}) was missing", "missingparam")
        return default

    def number(self, name: str, default: int | None = None) -> int:
        """An integer parameter; what begins with no number counts as 0, as in PHP."""
        found = re.match(r"\s*(-?[0-9]+)", self.param(name, None if default is None else str(default)))
        return int(found[1]) if found else 0

    def many(self, name: str) -> list[str]:
        return [str(value) for value in self.form.getlist(name)]

    def has(self, name: str) -> bool:
        return name in self.form or name in self.request.query_params

    def ask_to_log_in(self) -> Never:
        if "/ajax/" not in self.address:
            self.session.wantsurl = self.address
        raise Moved("/login/index.php")

    @property
    def language(self) -> str:
        """The language of this page: the one asked for in an address before, the person's, the site's."""
        installed = [code for code, _ in self.site.languages]
        if (wanted := self.request.query_params.get("lang", "")) in installed:
            self.session.lang = wanted
        person = self.session.user.lang if self.session.user else ""
        return next((code for code in (self.session.lang, person) if code in installed), self.site.language)

    @property
    def address(self) -> str:
        query = self.request.url.query
        return self.request.url.path + (f"?{query}" if query else "")

    def require_sesskey(self) -> None:
        if self.param("sesskey", "") != self.session.sesskey:
            raise MoodleError(self.site.moodle.session_over, "invalidsesskey")

    def require_login(self, course: Course | None = None) -> User:
        """Somebody logged in and, for a course, allowed into it; else a redirect to log in or to the enrolment page."""
        self.expect_no_maintenance()
        if course is None and self.session.guest:
            return self.site.guest
        if self.session.user is None and not (self.session.guest and course):
            self.ask_to_log_in()
        user = self.session.user
        interrupt = login_interrupts.first(self.site.profiles, self.session, user) if user else ""
        if interrupt:
            if "/ajax/" not in self.address:
                self.session.wantsurl = self.address
            raise Moved(interrupt)
        if course is not None and (user is None or not access.may_enter(self.state, user, course)):
            self.session.wantsurl = self.address
            raise Moved(f"/enrol/index.php?id={course.id}")
        return user or self.site.guest

    def expect_no_maintenance(self) -> None:
        """Ends a page of who is no administrator while the site is maintained."""
        user, faults = self.session.user, self.site.faults
        shut = self.state.maintenance or (self.state.maintained and faults.on("maintenance-never-over"))
        if faults.on("maintenance-lets-people-in") or (user and user.admin):
            return
        if faults.on("upload-url-in-maintenance") and "/ajax/" in self.address:
            return
        if shut:
            raise UnderMaintenance

    def require_admin(self, refusal: MoodleError | str = "Change site configuration") -> User:
        """An administrator; others get `refusal`, or the error of who has no permission for that."""
        user = self.require_login()
        if not user.admin:
            raise no_permission(refusal) if isinstance(refusal, str) else refusal
        return user

    def course(self, course_id: int) -> Course:
        course = self.state.home if course_id == self.state.home.id else self.state.courses.get(course_id)
        if course is None:
            raise MoodleError("Can't find data record in database.", "invalidrecord")
        return course

    def assignment(self, cmid: int) -> Assignment:
        assignment = self.state.assignment_of_cm(cmid)
        if assignment is None:
            raise MoodleError("Invalid course module ID", "invalidcoursemodule")
        return assignment

    def notify(self, message: str, kind: str = "success") -> None:
        """A notice on this page or, after a redirect, on the next."""
        self.session.notices.append((kind, message))

    def template(self, name: str) -> Template:
        """A template as the site's version of Moodle has it."""
        return _templates(self.site.moodle).get_template(name)

    def render(self, template: str, title: str, http_status: int = 200, **values: Any) -> Response:
        """A page from a template; `body_id` and `layout` default from the address."""
        notices, self.session.notices = self.session.notices, []
        values = {"layout": "standard", "course": None, "assignment": None, "scripts": [], "tour": None} | values
        values.setdefault("body_id", self._body_id())
        values.setdefault("heading", title)
        body = self.template(template).render(
            web=self,
            site=self.site,
            session=self.session,
            me=self.session.user,
            title=title,
            notices=notices,
            config=self.config(values["course"], values["assignment"]),
            faults=self.site.faults,
            **values,
        )
        if self.state.string_ids and self.param("strings", "") == "1":
            body = texts.with_origins(body, self.site.faults.on("form-text-in-code"))
        kept = values["body_id"] not in NOT_KEPT or (values["body_id"] == LOGIN and self.site.moodle.login_kept)
        unlike = {} if kept else {"cache-control": UNCACHED + self.site.moodle.uncached}
        return HTMLResponse(body, http_status, PAGE | unlike)

    def _body_id(self) -> str:
        path, action = self.request.url.path, self.param("action", "")
        if path == "/mod/assign/view.php" and action in ("editsubmission", "grading", "grader"):
            return f"page-mod-assign-{action}"
        if path == "/admin/settings.php":
            return f"page-admin-setting-{self.param('section', '')}"
        return body_id(path)

    def config(self, course: Course | None, assignment: Assignment | None) -> Markup:
        """The page's M.cfg, as JSON that is safe in a script element."""
        me = self.session.user
        category = self.state.categories.get(self.number("categoryid", 0))
        place = assignment or course or category
        values = {
            "wwwroot": self.site.base_url,
            "sesskey": self.session.sesskey,
            "theme": "boost",
            "language": self.language,
            "courseId": course.id if course else 1,
            "contextid": place.context if place else 1,
            "contextInstanceId": assignment.cmid if assignment else course.id if course else 0,
            "dataPrefix": self.site.moodle.data_prefix,
            "faults": sorted(self.site.faults.active),
        }
        if self.site.moodle.names_person:
            values |= {"siteId": 1, "userId": me.id if me else 0}
        return Markup(json.dumps(values).replace("<", "\\u003c"))

    def error_page(self, error: MoodleError) -> Response:
        plugin = self.request.url.path.startswith("/mod/assign/submission/s3video/")
        place = {"body_id": "page-site-index"} if plugin else {}  # it fails before it says which page it is
        return self.render("error.html", "Error", http_status=404, error=error, **place)

    def error_json(self, error: MoodleError) -> Response:
        nothing = dict.fromkeys(("stacktrace", "debuginfo", "reproductionlink"))
        headers = {
            "content-type": "application/json; charset=utf-8",
            "cache-control": f"{SCRIPT}, post-check=0, pre-check=0",
        }
        return JSONResponse({"error": error.message, "errorcode": error.code} | nothing, headers=headers)


def body_id(path: str) -> str:
    """Moodle's body id of an address: /mod/assign/view.php gives page-mod-assign-view."""
    return "page-" + (path.strip("/").removesuffix(".php").replace("/", "-") or "site-index")


def url(path: str, **parameters: Any) -> str:
    """An address with its query."""
    return f"{path}?{urlencode(parameters)}" if parameters else path


def redirect(target: str) -> Response:
    return RedirectResponse(target, 303, {"cache-control": SCRIPT, "content-type": "text/html; charset=utf-8"})
