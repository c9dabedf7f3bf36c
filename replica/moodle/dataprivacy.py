"""tool_dataprivacy: requests for somebody's data or deletion; and the ad hoc tasks that process them."""

import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from replica.moodle import reuse, texts
from replica.moodle.errors import MoodleError
from replica.moodle.forms import Field, Form
from replica.moodle.records import User, Video
from replica.moodle.state import State, now
from replica.moodle.storage import StorageError
from replica.moodle.web import Web, page, redirect

FOLDER = "/admin/tool/dataprivacy"
EXPORT, DELETION = 1, 2
TASK = r"\tool_dataprivacy\task\process_data_request_task"
KINDS = [("1", "Export all of my personal data"), ("2", "Delete all of my personal data")]


@dataclass
class DataRequest:
    """`status`: awaiting, approved, done. `export` is a ZIP file."""

    id: int
    kind: int
    user: User
    at: int
    status: str = "awaiting"
    export: bytes = b""


@page(f"{FOLDER}/createdatarequest.php")
def create(web: Web) -> Response:
    """The form of a new request: ?manage=1&type=1 (export) or 2 (deletion)."""
    web.require_admin("Manage data requests")
    if web.posted and not web.has("cancel"):
        web.require_sesskey()
        user = web.state.users.get(web.number("userid"))
        if user is None or user.deleted:
            raise MoodleError("Invalid user", "invaliduser")
        number = web.state.new_id("adhoc")
        web.state.data_requests[number] = DataRequest(number, web.number("type"), user, now())
        return redirect(f"{FOLDER}/datarequests.php")
    kind = Field("type", "Type", "select", web.param("type", "1"), KINDS)
    form = Form(
        f"{FOLDER}/createdatarequest.php?manage=1",
        "tool_dataprivacy_data_request_form",
        [Field("userid", "User", "select", "", []), kind, Field("comments", "Comments")],
        buttons=[("submitbutton", "Save changes", "primary"), ("cancel", "Cancel", "secondary")],
    )
    return web.render("form.html", "New data request", form=form, layout="admin")


@page(f"{FOLDER}/datarequests.php")
def listing(web: Web) -> Response:
    """All requests, the last one first."""
    web.require_admin("Manage data requests")
    requests = sorted(web.state.data_requests.values(), key=lambda one: -one.id)
    return web.render("data_requests.html", "Data requests", layout="admin", requests=requests, kinds=dict(KINDS))


def approve(web: Web, args: dict[str, Any]) -> dict[str, Any]:
    """The function behind "Approve request"."""
    web.require_admin("Manage data requests")
    web.state.data_requests[int(args["requestid"])].status = "approved"
    return {"result": True, "warnings": []}


@page("/admin/tool/task/adhoctasks.php")
def adhoc(web: Web) -> Response:
    """The ad hoc tasks of a class that wait, with their payload: ?classname=…"""
    web.require_admin("Access denied")
    task = web.param("classname", TASK)
    requests = {one.id: {"requestid": one.id} for one in web.state.data_requests.values() if one.status == "approved"}
    copies = {one.id: {"restoreid": one.restoreid} for one in web.state.copies.values()}
    waiting = {number: json.dumps(told) for number, told in (copies if task == reuse.TASK else requests).items()}
    return web.render("admin_adhoc.html", "Ad hoc tasks", layout="admin", waiting=waiting, task=task)


@page("/admin/tool/task/run_adhoctasks.php")
def run(web: Web) -> Response:
    """Runs one of them: ?id=TASK&confirm=1."""
    web.require_admin("Access denied")
    web.require_sesskey()
    if copy := web.state.copies.get(web.number("id")):
        return web.render("admin_task_output.html", reuse.TASK, layout="admin", said=reuse.make(web, copy))
    request = web.state.data_requests[web.number("id")]
    said = [f"Execute adhoc task: {TASK}", f'Adhoc task custom data: {{"requestid":{request.id}}}']
    fault = {EXPORT: "export-fails", DELETION: "deletion-fails"}[request.kind]
    if web.site.faults.on(fault):
        said.append(f"Adhoc task failed: {TASK},Call to undefined method provider::get_videos()")
        return web.render("admin_task_output.html", TASK, layout="admin", said="\n".join(said))
    if request.kind == EXPORT:
        request.export = _export(web, request.user)
    else:
        _delete(web, request.user)
    request.status = "done"
    said.append(f"Adhoc task complete: {TASK}")
    return web.render("admin_task_output.html", TASK, layout="admin", said="\n".join(said))


@page("/pluginfile.php")
def download(web: Web) -> Response:
    """An export, at /CONTEXT/tool_dataprivacy/export/REQUEST/export.zip."""
    web.require_admin("Manage data requests")
    number = int(web.request.url.path.split("/")[-2])
    return Response(web.state.data_requests[number].export, media_type="application/zip")


def _export(web: Web, user: User) -> bytes:
    faults, videos = web.site.faults, list(web.state.videos.values())
    mine = [video for video in videos if video.user == user.id or faults.on("export-of-everybody")]
    told = {"videos": [_told(video, keys_only=faults.on("export-of-keys-only")) for video in mine]}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as zipped:
        zipped.writestr("System/User/data.json", json.dumps({"username": user.username, "email": user.email}))
        if not faults.on("export-without-videos"):
            zipped.writestr("System/Course/Assignment/S3 Video/data.json", json.dumps(told).replace("/", r"\/"))
    return file.getvalue()


def _told(video: Video, *, keys_only: bool) -> dict[str, str]:
    if keys_only:
        return {"s3_key": video.s3_key}
    return {
        "s3_key": video.s3_key,
        "s3_bucket": video.bucket,
        "upload_status": video.status,
        "file_size": texts.size(video.size),
        "mime_type": video.mime_type,
        "upload_timestamp": texts.date(video.requested),
    }


def _delete(web: Web, user: User) -> None:
    faults, state, storage = web.site.faults, web.state, web.site.storage
    mine = [video for video in state.videos.values() if video.user == user.id]
    handed_in = [one for one in state.submissions.values() if one.user == user.id]
    try:
        if faults.on("deletion-keeps-copy"):
            for video in mine:
                storage.copy(video.s3_key, f"{video.s3_key}.deleted")
        if faults.on("deletion-leaves-object"):
            _forget(state, mine)
        if faults.on("deletion-leaves-upload-never-saved"):
            saved = {one.video for one in handed_in}
            _forget(state, [video for video in mine if video.s3_key not in saved])
        if faults.on("deletion-takes-classmates-videos"):
            places = {video.assignment for video in mine}
            for video in state.videos.values():
                if video.assignment in places and video.user != user.id:
                    storage.remove(video)
        storage.drop_everything_of(state, user)
    except StorageError as error:
        raise MoodleError("The video store refused.", "storage") from error
    if any(map(faults.on, ("deletion-leaves-row", "deletion-leaves-row-unlisted", "deletion-leaves-video-known"))):
        state.videos |= {video.s3_key: video for video in mine}
    if faults.on("deletion-leaves-video-known"):
        state.submissions |= {one.id: one for one in handed_in}
    user.deleted, user.username = True, f"{user.email}.{now()}"
    web.site.end_sessions(user)


def _forget(state: State, videos: list[Video]) -> None:
    for video in videos:
        state.videos.pop(video.s3_key)
