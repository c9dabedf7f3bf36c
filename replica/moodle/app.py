"""The site as one ASGI application: finds the session, runs the page, answers."""

import asyncio
import json
import time
from pathlib import Path

from markupsafe import Markup
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from replica.faults import LARGE
from replica.moodle import (  # noqa: F401
    accounts,
    admin,
    ajax,
    assign,
    courses,
    dataprivacy,
    enrol,
    first_login_pages,
    grading,
    groups,
    language,
    login,
    modules,
    reuse,
    sso,
    tasks,
    texts,
)
from replica.moodle.errors import MoodleError, Moved, UnderMaintenance
from replica.moodle.plugin import management, playback, uploads  # noqa: F401
from replica.moodle.server import MESSAGE
from replica.moodle.session import Session
from replica.moodle.site import Site
from replica.moodle.state import now
from replica.moodle.web import PAGES, Handler, Web, redirect

_YEAR = 31536000
_VERY_SLOW = 4  # seconds


class App:
    """The pages of one site, behind its sessions."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def asgi(self) -> Starlette:
        """The ASGI application."""
        static = StaticFiles(directory=Path(__file__).parent.parent / "static")
        return Starlette(
            routes=[
                Mount("/theme/replica", static),
                Route("/{path:path}", self._serve, methods=["GET", "HEAD", "POST"]),
            ]
        )

    async def _serve(self, request: Request) -> Response:
        path = request.url.path
        if self.site.profiles.firewall not in request.headers.get("user-agent", ""):
            return PlainTextResponse("403 Forbidden: you are not known here.\n", 403)
        handler = PAGES.get(path) or PAGES.get(path.rstrip("/") + "/index.php")
        script, slash, _ = path.partition(".php/")  # what PHP calls slash arguments
        handler = handler or (PAGES.get(f"{script}.php") if slash else None)
        if handler is None:
            return PlainTextResponse("404 Not Found: no such page on this site.\n", 404)
        busy = self.site.faults.on("moodle-busy-while-uploading") and self._large_upload_has_begun()
        if busy and "/ajax/" not in path:
            return PlainTextResponse("503 Service Unavailable\n", 503)
        slow = self.site.faults.on("moodle-slow-while-uploading") and self._large_upload_has_begun(within=60)
        if slow and "/ajax/" not in path:
            await asyncio.sleep(_VERY_SLOW)
        session = self._session(request)
        if session is None:
            session = Session()
            self.site.sessions[session.id] = session
        session.used = time.monotonic()
        async with session.lock:
            await asyncio.sleep(self.site.profiles.slow)
            try:
                form = await request.form() if request.method == "POST" and _is_form(request) else FormData()
                body = b"" if _is_form(request) else await request.body()
            except (MultiPartException, ClientDisconnect) as error:
                return PlainTextResponse(f"400 Bad Request: {error}\n", 400)
            request.scope["state"] = {"body": body}
            web = Web(self.site, request, session, form)
            response = await run_in_threadpool(self._answer, handler, web)
        current = web.pending_session or session
        if request.cookies.get("MoodleSession") != current.id:
            response.set_cookie(
                "MoodleSession",
                current.id,
                secure=not self.site.faults.on("cookie-not-secure"),
                httponly=True,
                samesite="lax" if self.site.faults.on("cookie-not-secure") else "none",
            )
        response.headers["strict-transport-security"] = f"max-age={_YEAR}"
        if self.site.profiles.no_full_screen:
            response.headers["permissions-policy"] = "fullscreen=()"
        return response

    def plain(self) -> Starlette:
        """What is there without TLS: the way to HTTPS."""
        return Starlette(routes=[Route("/{path:path}", self._lead)])

    async def _lead(self, request: Request) -> Response:
        if self.site.faults.on("http-served"):
            return PlainTextResponse("Log in to the site\n")
        return RedirectResponse(self.site.settings.base_url + request.url.path, 301)

    def _session(self, request: Request) -> Session | None:
        """The browser's session, unless it was left alone for too long."""
        session = self.site.sessions.get(request.cookies.get("MoodleSession", ""))
        lifetime = self.site.profiles.session_seconds
        if session and lifetime and session.user and session.used + lifetime < time.monotonic():
            self.site.sessions.pop(session.id)
            return None
        return session

    def _large_upload_has_begun(self, within: int = 10) -> bool:
        """Within the last so many seconds, and it has not ended."""
        pending = [video for video in self.site.state.videos.values() if video.status == "pending"]
        return any(video.declared_size > LARGE and video.requested > now() - within for video in pending)

    def _answer(self, handler: Handler, web: Web) -> Response:
        ajax_script = "/ajax/" in web.request.url.path
        language.speak(web.language)
        texts.look(web.session.user.ahead if web.session.user else 0, web.language)
        try:
            return self._as_told(handler(web)) if ajax_script else handler(web)
        except Moved as moved:
            if ajax_script:
                return web.error_json(MoodleError("Course or activity not accessible.", "requireloginerror"))
            return redirect(moved.url)
        except UnderMaintenance:
            message = "" if self.site.faults.on("maintenance-without-its-message") else Markup(MESSAGE)
            return web.render(
                "maintenance.html", "Maintenance", 503, body_id="page-maintenance-message", message=message
            )
        except MoodleError as error:
            return web.error_json(error) if ajax_script else web.error_page(error)

    def _as_told(self, truth: Response) -> Response:
        """A script's answer with the site's lies in it, each where there is such a place."""
        if not self.site.lies or not isinstance(truth, JSONResponse):
            return truth
        answer = json.loads(bytes(truth.body))
        for place, lie in self.site.lies.items():
            *way, last = place.split(".")
            spot = answer
            for name in way:
                spot = spot.get(name, {}) if isinstance(spot, dict) else {}
            if isinstance(spot, dict) and last in spot:
                spot[last] = lie
        told = {"cache-control": truth.headers.get("cache-control", "")}
        return Response(json.dumps(answer), truth.status_code, told, "application/json")


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith(
        ("application/x-www-form-urlencoded", "multipart/form-data")
    )
