"""Scheduled tasks: the list, "Run now", the logs; and the plugin's nightly clean-up."""

from urllib.parse import quote

from starlette.responses import PlainTextResponse, Response

from replica.moodle import texts
from replica.moodle.errors import MoodleError
from replica.moodle.records import Video
from replica.moodle.state import now
from replica.moodle.storage import StorageError
from replica.moodle.web import Web, page

CLASS = r"assignsubmission_s3video\task\cleanup_videos"
NAME = "Clean up expired S3 videos"
DAY = 86400


@page("/admin/tool/task/scheduledtasks.php")
def tasks(web: Web) -> Response:
    """Scheduled tasks: the plugin's nightly clean-up."""
    web.require_admin("Access denied")
    return web.render("admin_tasks.html", "Scheduled tasks", layout="admin", task=CLASS)


@page("/admin/tool/task/schedule_task.php")
def run_now(web: Web) -> Response:
    """Asks, then runs a task and shows what it says: ?task=CLASS&confirm=1."""
    web.require_admin("Access denied")
    if web.param("task").lstrip("\\") != CLASS:
        raise MoodleError("Error while running task: no such task.", "cannotfindinfo")
    if web.site.profiles.no_run_now:
        raise MoodleError(
            "Cannot find the path to the PHP CLI executable so task execution aborted.", "cannotfindthepathtothecli"
        )
    if not web.number("confirm", 0):
        return web.render(
            "confirm.html",
            NAME,
            layout="admin",
            question=f"Are you sure you want to run this task '{NAME}' now?",
            action="/admin/tool/task/schedule_task.php",
            hidden={"task": CLASS, "confirm": 1, "sesskey": web.session.sesskey},
            button="Run now",
            back="/admin/tool/task/scheduledtasks.php",
            back_hidden={},
        )
    web.require_sesskey()
    said = _run(web)
    web.state.task_log.append("" if web.site.faults.on("cleanup-log-silent") else said)
    drawn = {"within": "4.1/", "plain": "plain/", "unknown": "unknown/"}.get(web.site.profiles.run_now, "")
    return web.render(f"{drawn}admin_task_output.html", NAME, layout="admin", said=said)


@page("/admin/tasklogs.php")
def logs(web: Web) -> Response:
    """What tasks have said, the last one first: ?filter=CLASS, and ?logid=N&download=1 for one of them."""
    web.require_admin("Access denied")
    if web.has("logid"):
        return PlainTextResponse(web.state.task_log[web.number("logid") - 1])
    entries = range(len(web.state.task_log), 0, -1)
    return web.render("admin_tasklogs.html", "Task logs", layout="admin", entries=entries, name=NAME, task=CLASS)


def _run(web: Web) -> str:
    lines = [f"Execute scheduled task: {NAME} ({CLASS})"]
    if web.site.faults.on("cleanup-dies"):
        return "\n".join([*lines, f"Scheduled task failed: {NAME} ({CLASS}),Class CloudFrontClient not found"])
    lines += _clean_up(web)
    return "\n".join([*lines, f"Scheduled task complete: {NAME} ({CLASS})"])


def _clean_up(web: Web) -> list[str]:
    faults, days = web.site.faults, int(web.state.settings["retention_days"])
    unit = DAY // 24 if faults.on("retention-in-hours") else DAY
    before = now() - (0 if faults.on("cleanup-takes-young") else days * unit)
    expired = [one for one in web.state.videos.values() if one.status in ("ready", "error") and one.requested <= before]
    if expired and faults.on("cleanup-takes-all-with-one"):
        expired = [one for one in web.state.videos.values() if one.status in ("ready", "error")]
    if faults.on("cleanup-stops-short"):
        expired = []
    if not expired:
        return [f"S3 Video cleanup: no video is older than {days} days."]
    if faults.on("cleanup-reports-errors"):
        return [f"S3 Video cleanup: ERROR - {len(expired)} videos could not be deleted: credentials missing"]
    told = []
    for video in expired:
        if faults.on("cleanup-ends-at-a-lost-object") and not web.site.storage.has(video.s3_key):
            told.append(f"S3 Video cleanup: {video.s3_key} not found in S3 (already deleted)")
            break
        try:
            _remove(web, video)
        except StorageError:
            told.append(f"S3 Video cleanup: ERROR - {video.s3_key} could not be deleted")
        else:
            told.append(f"S3 Video cleanup: deleted {video.s3_key} ({texts.size(video.size)})")
    return [*told, f"S3 Video cleanup: {len(expired)} videos processed"]


def _remove(web: Web, video: Video) -> None:
    faults, storage = web.site.faults, web.site.storage
    if not faults.on("cleanup-leaves-object"):
        storage.delete(video.s3_key)
    if faults.on("cleanup-forgets-cdn"):
        web.state.invalidations.pop()
    if faults.on("cleanup-invalidates-another-path"):
        web.state.invalidations[-1]["paths"] = [f"/{video.s3_key.rpartition('/')[2]}"]
    if faults.on("cleanup-encodes-slashes"):
        web.state.invalidations[-1]["paths"] = [f"/{quote(video.s3_key, safe='')}"]
    if not faults.on("cleanup-leaves-row"):
        video.status, video.deleted = "deleted", now()
