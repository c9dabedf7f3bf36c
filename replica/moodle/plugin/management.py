"""The plugin's administration: dashboard.php and videomanagement.php."""

from dataclasses import asdict, dataclass
from functools import partial

from starlette.responses import Response

from replica.faults import Faults
from replica.moodle import texts
from replica.moodle.errors import MoodleError, access_denied, section_error
from replica.moodle.plugin.playback import FOLDER
from replica.moodle.records import Assignment, Course, LogEntry, User, Video
from replica.moodle.state import State, midnight, now
from replica.moodle.storage import StorageError
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

    def searchable(self, faults: Faults, sender: str = "") -> str:
        """What the search of the list looks into; `sender` is what its student was called, where that counts."""
        apart = faults.on("search-misses-student")
        shown = (
            self.course.fullname,
            self.course.shortname,
            "" if faults.on("search-misses-assignment") else self.assignment.name,
            f"{self.student.firstname}\n{self.student.lastname}" if apart else sender or self.student.fullname,
            "" if faults.on("search-misses-key") else self.video.s3_key,
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


def _may_come(web: Web) -> None:
    answered = web.param("action", "") == "delete" and bool(web.number("confirm", 0))
    if answered and web.site.faults.on("deletion-by-everybody"):
        web.require_login()
    elif not web.site.faults.on("manage-videos-open-to-everybody"):
        web.require_admin("Change site configuration")


def _success_rate(requested: int, completed: int, faults: Faults) -> float:
    if faults.on("success-rate-of-nothing"):
        return 100
    completed += requested if faults.on("success-rate-over-hundred") else 0
    return round(100 * completed / requested, 2) if requested else 0


@page(f"{FOLDER}/dashboard.php")
def dashboard(web: Web) -> Response:
    """Upload statistics, storage, recent uploads, playback, costs, errors of the last ?range=DAYS days."""
    web.require_admin(access_denied())
    faults = web.site.faults
    if faults.on("log-table-missing"):
        raise MoodleError("Error reading from database", "dmlreadexception")
    if faults.on("dashboard-section-error"):
        raise section_error()
    days = web.number("range", 30) or 30
    since = now() - days * (3600 if faults.on("days-counted-as-hours") else 86400)
    whole_days = faults.on("statistics-of-yesterday") or (days == 7 and faults.on("week-ends-at-midnight"))
    until = midnight() if whole_days else now() + 1
    log = [entry for entry in web.state.log if since <= entry.at < until]

    def count(event: str) -> int:
        return sum(entry.event == event for entry in log)

    everything = rows(web.state)
    counted = "stored" if faults.on("videos-not-counted") else "ready"
    ready = [row for row in everything if row.video.status == counted]
    stored = sum(row.video.size for row in ready) * (2 if faults.on("storage-doubled") else 1)
    failures = [entry for entry in log if entry.event == "upload_failed"]
    listed = list(failures)
    if faults.on("failures-not-counted"):
        failures = [entry for entry in failures if entry.s3_key]
    if faults.on("success-logged-as-failure"):
        listed = [entry for entry in log if entry.event != "playback_accessed"]
    if faults.on("stray-errors"):
        listed.append(LogEntry("upload_failed", web.user.id, 0, now(), message="The cache is not warm."))
    completed, failed = count("upload_completed"), len(failures)
    recent = [row for row in everything if row.video.status in ("ready", "deleted")]
    if faults.on("recent-uploads-empty"):
        graded = {number for number, submission in web.state.submissions.items() if submission.grade is not None}
        recent = [row for row in recent if row.video.submission in graded]
    views: dict[str, int] = {}
    for entry in log:
        if entry.event == "playback_accessed":
            views[entry.role] = views.get(entry.role, 0) + 1
    return web.render(
        "dashboard.html",
        "[[dashboardtitle]]" if faults.on("dashboard-untranslated") else "S3 Video Dashboard",
        layout="admin",
        days=days,
        requested=count("upload_requested"),
        completed=completed,
        failed=failed,
        success_rate=_success_rate(count("upload_requested"), completed, faults),
        videos=len(ready),
        stored=stored,
        average=round(stored / len(ready)) if ready else 0,
        views=views,
        costs=_costs(stored, sum(state_size(web.state, entry) for entry in log if entry.event == "playback_accessed")),
        recent=recent[:10],
        named=lambda row: _old_name(web, row, "recent-uploads-keep-the-old-name") or row.student.fullname,
        failures=[_failure(web, entry) for entry in reversed(listed)][:10],
        status_names=STATUS_NAMES,
        moment=partial(texts.date, by_24_hours=True if faults.on("dashboard-in-24-hours") else None),
        uploaded=partial(texts.date, of_server=faults.on("recent-uploads-by-the-server-s-clock")),
    )


def state_size(state: State, entry: LogEntry) -> int:
    """Bytes of the video that an entry is about."""
    video = state.videos.get(entry.s3_key)
    return video.size if video else 0


def _costs(stored: int, watched: int) -> dict[str, float]:
    """What AWS may ask for so many bytes, in dollars."""
    storage, transfer = round(stored / 2**30 * 0.023, 2), round(watched / 2**30 * 0.085, 2)
    return {"storage": storage, "transfer": transfer, "total": round(storage + transfer, 2)}


def _failure(web: Web, entry: LogEntry) -> dict[str, object]:
    user = web.state.users.get(entry.user)
    assignment = web.state.assignments.get(entry.assignment)
    message = "error/error_no_video" if web.site.faults.on("failure-told-by-its-name") else entry.message
    return {
        "at": entry.at,
        "who": user.fullname if user else "Guest user",
        "assignment": assignment.name if assignment else "",
        "message": "" if web.site.faults.on("failure-without-message") else message,
    }


@dataclass(frozen=True)
class Filter:
    """The filter form and the page of the list."""

    page: int
    perpage: int
    courseid: int
    status: str
    search: str

    def admits(self, row: Row, faults: Faults, sender: str = "") -> bool:
        in_key = bool(self.search) and self.search.casefold() in row.video.s3_key.casefold()
        if in_key and faults.on("search-outside-of-filters"):  # the last term of an OR without brackets
            return True
        status = row.video.status == self.status if self.status else row.video.status != "deleted"
        if self.search and faults.on("search-finds-deleted"):
            status = not self.status or status
        return (
            (status or faults.on("status-filter-ignored"))
            and (self.courseid in (0, row.course.id) or faults.on("course-filter-ignored"))
            and (self._found_in(row.searchable(faults, sender), faults) or faults.on("search-ignored"))
        )

    def _found_in(self, text: str, faults: Faults) -> bool:
        injected = "'" in self.search and faults.on("search-injectable")
        wild = not self.search.strip("%_") and faults.on("search-takes-wildcards")
        return injected or wild or self.search.casefold() in text

    def address(self, **more: object) -> str:
        """The page's address with this filter; `more` adds parameters, or drops them with None."""
        given = asdict(self) | more
        return url(MANAGEMENT, **{name: value for name, value in given.items() if value is not None})


@page(MANAGEMENT)
def manage(web: Web) -> Response:
    """The list of videos with filter (GET courseid, status, search, perpage, page) and deletion."""
    _may_come(web)
    if web.site.faults.on("manage-videos-breaks"):
        raise MoodleError("Error reading from database", "dmlreadexception")
    if "'" in web.param("status", "") and web.site.faults.on("status-injectable"):
        raise MoodleError("Error reading from database", "dmlreadexception")
    injectable = web.site.faults.on("course-filter-injectable")
    chosen = Filter(
        page=max(web.number("page", 0), 0),
        perpage=min(max(web.number("perpage", 25), 1), 100),
        courseid=0 if " OR " in web.param("courseid", "") and injectable else web.number("courseid", 0),
        status=web.param("status", ""),
        search=web.param("search", "").strip(),
    )
    if web.param("action", "") == "delete" and web.param("s3key", ""):
        return _delete(web, web.param("s3key"), chosen)
    everything = rows(web.state)
    if web.site.faults.on("deletion-leaves-row-unlisted"):
        everything = [row for row in everything if not row.student.deleted]
    if web.site.faults.on("upgrade-loses-rows"):
        everything = [row for row in everything if not web.state.outlived(row.video)]
    shown = [
        row for row in everything if chosen.admits(row, web.site.faults, _old_name(web, row, "search-by-the-old-name"))
    ]
    if web.site.faults.on("list-oldest-first"):
        shown.reverse()
    if web.site.faults.on("list-of-yesterday"):
        shown = [row for row in shown if row.video.requested < midnight()]
    if web.site.faults.on("list-with-one-video-a-student"):
        shown = list({row.student.id: row for row in shown}.values())
    first = chosen.page * chosen.perpage
    return web.render(
        "videomanagement.html",
        "[[managevideos]]" if web.site.faults.on("manage-videos-untranslated") else "S3 Video Management",
        layout="admin",
        here=MANAGEMENT,
        chosen=chosen,
        rows=shown[first : first + chosen.perpage],
        named=lambda row: _named(web, row),
        moment=partial(
            texts.date,
            of_server=web.site.faults.on("list-by-the-server-s-clock"),
            by_24_hours=False if web.site.faults.on("list-in-12-hours") else None,
        ),
        pages=-(-len(shown) // chosen.perpage),
        courses=sorted({(row.course.id, row.course.fullname) for row in everything}, key=lambda c: c[1]),
        status_names=STATUS_NAMES,
    )


def _old_name(web: Web, row: Row, fault: str) -> str:
    """The name that a video's student had when they handed in, where `fault` is on; else none."""
    submission = web.state.submissions.get(row.video.submission)
    old = web.site.faults.on(fault) and submission is not None
    return submission.sender.partition(" <")[0] if old and submission else ""


def _named(web: Web, row: Row) -> str:
    """What the list calls a video's student."""
    submission = web.state.submissions.get(row.video.submission)
    if submission and submission.sender and web.site.faults.on("list-keeps-the-old-name"):
        return submission.sender.partition(" <")[0]
    return row.student.username if web.site.faults.on("list-shows-user-name") else row.student.fullname


def _delete(web: Web, key: str, chosen: Filter) -> Response:
    row = next((r for r in rows(web.state) if r.video.s3_key == key and r.video.status != "deleted"), None)
    if row is None:
        web.notify("Video not found", "danger")
        return redirect(chosen.address())
    faults = web.site.faults
    kept = asdict(chosen)
    sent = kept | {"action": "delete", "s3key": key, "sesskey": web.session.sesskey}
    if faults.on("cancel-deletes"):
        kept, answered = sent, web.has("sesskey")
    else:
        answered = web.posted and bool(web.number("confirm", 0))
    if not answered and not faults.on("delete-without-question"):
        return web.render(
            "delete_video.html",
            "S3 Video Management",
            layout="admin",
            row=row,
            moment=partial(texts.date, of_server=faults.on("question-by-the-server-s-clock")),
            here=MANAGEMENT,
            kept=kept,
            hidden=sent | {"confirm": 1},
        )
    if not faults.on("delete-without-question"):
        web.require_sesskey()
    try:
        if faults.on("delete-keeps-copy"):
            web.site.storage.copy(key, f"{key}.deleted")
        if not faults.on("delete-leaves-object"):
            web.site.storage.delete(key)
    except StorageError:
        web.notify("The video could not be deleted: the video store refused. Check the plugin's settings.", "danger")
        return redirect(chosen.address())
    if faults.on("delete-reports-failure"):
        web.notify("The video could not be deleted: the CDN was not told.", "danger")
        return redirect(chosen.address())
    if not faults.on("delete-keeps-row"):
        row.video.status, row.video.deleted = "deleted", now()
    said = "[[videodeletesuccess]]" if faults.on("deletion-notice-untranslated") else "Video deleted successfully"
    web.notify(said)
    return redirect(chosen.address())
