"""The Moodle site as one ASGI application: finds the session, runs the page, answers."""

from pathlib import Path

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.formparsers import MultiPartException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from replica.faults import LARGE, Faults
from replica.moodle import accounts, admin, ajax, assign, courses, enrol, grading, login, modules  # noqa: F401
from replica.moodle.plugin import management, playback, uploads  # noqa: F401
from replica.moodle.plugin.answers import RateLimit
from replica.moodle.plugin.storage import Storage
from replica.moodle.state import EDITING_TEACHER, STUDENT, State, User, midnight, now
from replica.moodle.web import PAGES, Handler, MoodleError, Moved, Session, Web, redirect
from replica.settings import BUCKET, REGION, Settings, new_password

RELEASE = "4.5.6 (Build: 20250811)"
PLUGIN_RELEASE, PLUGIN_VERSION = "1.0.0", "2025102600"


class Site:
    """The stand-in's state, sessions and pages. Everything is fresh at start."""

    release = RELEASE
    plugin_release, plugin_version = PLUGIN_RELEASE, PLUGIN_VERSION

    def __init__(self, settings: Settings, faults: Faults) -> None:
        self.settings = settings
        self.faults = faults
        self.base_url = settings.base_url
        self.state = State()
        self.storage = Storage(
            self.state.settings, settings.ca_file, settings.s3_endpoint, self.state.invalidations, faults
        )
        self.limits = RateLimit()
        self.sessions: dict[str, Session] = {}
        self.guest = User(1, "guest", "", "Guest user", "", "root@localhost")
        self._demo: list[User] = []
        self.state.settings |= {
            "aws_access_key": settings.plugin_key.access,
            "aws_secret_key": settings.plugin_key.secret,
            "s3_bucket": BUCKET,
            "s3_region": REGION,
            "cloudfront_domain": settings.cdn_domain,
            "cloudfront_keypair_id": settings.key_pair_id,
            "cloudfront_private_key": settings.cdn_private_pem,
            "retention_days": "90",
            "upload_rate_limit": "10",
            "playback_rate_limit": "30",
        }
        self.admin = self.state.add_user(
            "admin", settings.admin_password, "Admin", "User", "admin@example.invalid", admin=True
        )
        self.state.add_category("Category 1")
        self.category = self.state.add_category("S3 Video acceptance", "s3video-acceptance")

    def create_demo(self) -> None:
        """A course with an assignment, a teacher and two students, for a person who clicks through the replica."""
        course = self.state.add_course("Demo course", "demo", self.category.id, startdate=midnight())
        self.state.add_assignment(course.id, "Test Video Upload", allowfrom=midnight(), duedate=midnight(7))
        people = (("teacher", EDITING_TEACHER), ("student1", STUDENT), ("student2", STUDENT))
        for name, role in people:
            user = self.state.add_user(name, new_password(), name.capitalize(), "Demo", f"{name}@example.invalid")
            self.state.enrol(course.id, user.id, role)
            self._demo.append(user)

    def demo_people(self) -> list[User]:
        return [self.admin, *self._demo]

    def demo_course_url(self) -> str:
        return f"{self.base_url}/course/view.php?id={max(self.state.courses)}"

    def app(self) -> Starlette:
        """The ASGI application."""
        static = StaticFiles(directory=Path(__file__).parent.parent / "static")
        return Starlette(
            routes=[
                Mount("/theme/replica", static),
                Route("/{path:path}", self._serve, methods=["GET", "HEAD", "POST"]),
            ]
        )

    def end_sessions(self, user: User) -> None:
        """Log somebody out everywhere, as suspending and deleting does."""
        for session in [s for s in self.sessions.values() if s.user is user]:
            self.sessions.pop(session.id, None)

    async def _serve(self, request: Request) -> Response:
        path = request.url.path
        handler = PAGES.get(path) or PAGES.get(path.rstrip("/") + "/index.php")
        if handler is None:
            return PlainTextResponse("404 Not Found: no such page on this site.\n", 404)
        if "/ajax/" not in path and self.faults.on("moodle-busy-while-uploading") and self._large_upload_has_begun():
            return PlainTextResponse("503 Service Unavailable\n", 503)
        session = self.sessions.get(request.cookies.get("MoodleSession", ""))
        if session is None:
            session = Session()
            self.sessions[session.id] = session
        async with session.lock:
            try:
                form = await request.form() if request.method == "POST" and _is_form(request) else FormData()
                body = b"" if _is_form(request) else await request.body()
            except (MultiPartException, ClientDisconnect) as error:
                return PlainTextResponse(f"400 Bad Request: {error}\n", 400)
            request.scope["state"] = {"body": body}
            web = Web(self, request, session, form)
            response = await run_in_threadpool(self._answer, handler, web)
        current = web.pending_session or session
        if request.cookies.get("MoodleSession") != current.id:
            response.set_cookie("MoodleSession", current.id, secure=True, httponly=True, samesite="none")
        return response

    def _large_upload_has_begun(self) -> bool:
        """Within the last ten seconds, and it has not ended."""
        pending = [video for video in self.state.videos.values() if video.status == "pending"]
        return any(video.declared_size > LARGE and video.requested > now() - 10 for video in pending)

    def _answer(self, handler: Handler, web: Web) -> Response:
        ajax_script = "/ajax/" in web.request.url.path
        try:
            return handler(web)
        except Moved as moved:
            if ajax_script:
                return web.error_json(MoodleError("Course or activity not accessible.", "requireloginerror"))
            return redirect(moved.url)
        except MoodleError as error:
            return web.error_json(error) if ajax_script else web.error_page(error)


def _is_form(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith(
        ("application/x-www-form-urlencoded", "multipart/form-data")
    )
