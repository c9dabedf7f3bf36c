"""The plugin's administration: dashboard.php and videomanagement.php."""

from dataclasses import asdict, dataclass

from starlette.responses import Response

from replica.moodle import texts
from replica.moodle.plugin.playback import FOLDER
from replica.moodle.plugin.storage import StorageError
from replica.moodle.state import Assignment, Course, LogEntry, State, User, Video, now
from replica.moodle.web import Web, page, redirect, url

MANAGEMENT = f"{FOLDER}/videomanagement.php"
STATUS_NAMES = {
    "pending": "Pending", "uploading": "Uploading", "ready": "Ready", "error": "Error", "deleted": "Deleted",
}  # fmt: skip


@dataclass
class Row:
    """A video with what is shown beside it."""

    video: Video
    student: User
    assignment: Assignment
    course: Course

    @property
    def searchable(self) -> str:
        shown = (
            self.course.fullname,
            self.course.shortname,
            self.assignment.name,
            self.student.fullname,
            self.video.s3_key,
            STATUS_NAMES[self.video.status],
            texts.date(self.video.requested),
        )
        return "\n".join(shown).casefold()


def rows(state: State) -> list[Row]:
    """All videos, newest first."""
    found = []
    for video in state.videos.values():
        assignment = state.assignments[video.assignment]
        found.append(Row(video, state.users[video.user], assignment, state.courses[assignment.course]))
    return sorted(found, key=lambda row: row.video.requested, reverse=True)


@page(f"{FOLDER}/dashboard.php")
def dashboard(web: Web) -> Response:
    """Upload statistics, storage, recent uploads, playback, costs, errors of the last ?range=DAYS days."""
    web.require_admin("Change site configuration")
    days = web.number("range", 30) or 30
    since = now() - days * 86400
    log = [entry for entry in web.state.log if entry.at >= since]

    def count(event: str) -> int:
        return sum(entry.event == event for entry in log)

    everything = rows(web.state)
    ready = [row for row in everything if row.video.status == "ready"]
    stored = sum(row.video.size for row in ready)
    completed, failed = count("upload_completed"), count("upload_failed")
    views: dict[str, int] = {}
    for entry in log:
        if entry.event == "playback_accessed":
            views[entry.role] = views.get(entry.role, 0) + 1
    return web.render(
        "dashboard.html",
        "S3 Video Dashboard",
        layout="admin",
        days=days,
        requested=count("upload_requested"),
        completed=completed,
        failed=failed,
        success_rate=round(100 * completed / (completed + failed), 2) if completed + failed else 0,
        videos=len(ready),
        stored=stored,
        average=round(stored / len(ready)) if ready else 0,
        views=views,
        recent=[row for row in everything if row.video.status in ("ready", "deleted")][:10],
        failures=[_failure(web, entry) for entry in reversed(log) if entry.event == "upload_failed"][:10],
        status_names=STATUS_NAMES,
    )


def _failure(web: Web, entry: LogEntry) -> dict[str, object]:
    user = web.state.users.get(entry.user)
    assignment = web.state.assignments.get(entry.assignment)
    return {
        "at": entry.at,
        "who": user.fullname if user else "Guest user",
        "assignment": assignment.name if assignment else "",
        "message": entry.message,
    }


@dataclass(frozen=True)
class Filter:
    """The filter form and the page of the list."""

    page: int
    perpage: int
    courseid: int
    status: str
    search: str

    def admits(self, row: Row) -> bool:
        status = row.video.status == self.status if self.status else row.video.status != "deleted"
        return status and self.courseid in (0, row.course.id) and self.search.casefold() in row.searchable

    def address(self, **more: object) -> str:
        """The page's address with this filter; `more` adds parameters, or drops them with None."""
        given = asdict(self) | more
        return url(MANAGEMENT, **{name: value for name, value in given.items() if value is not None})


@page(MANAGEMENT)
def manage(web: Web) -> Response:
    """The list of videos with filter (GET courseid, status, search, perpage, page) and deletion."""
    web.require_admin("Change site configuration")
    chosen = Filter(
        page=max(web.number("page", 0), 0),
        perpage=min(max(web.number("perpage", 25), 1), 100),
        courseid=web.number("courseid", 0),
        status=web.param("status", ""),
        search=web.param("search", "").strip(),
    )
    if web.param("action", "") == "delete" and web.param("s3key", ""):
        return _delete(web, web.param("s3key"), chosen)
    everything = rows(web.state)
    shown = [row for row in everything if chosen.admits(row)]
    first = chosen.page * chosen.perpage
    return web.render(
        "videomanagement.html",
        "S3 Video Management",
        layout="admin",
        here=MANAGEMENT,
        chosen=chosen,
        rows=shown[first : first + chosen.perpage],
        pages=-(-len(shown) // chosen.perpage),
        courses=sorted({(row.course.id, row.course.fullname) for row in everything}, key=lambda c: c[1]),
        status_names=STATUS_NAMES,
    )


def _delete(web: Web, key: str, chosen: Filter) -> Response:
    row = next((r for r in rows(web.state) if r.video.s3_key == key and r.video.status != "deleted"), None)
    if row is None:
        web.notify("There is no such video.", "danger")
        return redirect(chosen.address())
    if not (web.posted and web.number("confirm", 0)):
        sent = asdict(chosen) | {"action": "delete", "s3key": key, "confirm": 1, "sesskey": web.session.sesskey}
        return web.render(
            "delete_video.html",
            "S3 Video Management",
            layout="admin",
            row=row,
            here=MANAGEMENT,
            chosen=asdict(chosen),
            hidden=sent,
        )
    web.require_sesskey()
    try:
        web.site.storage.delete(key)
    except StorageError:
        web.notify("The video could not be deleted: the video store refused. Check the plugin's settings.", "danger")
        return redirect(chosen.address())
    row.video.status, row.video.deleted = "deleted", now()
    web.notify("Video deleted successfully")
    return redirect(chosen.address())
