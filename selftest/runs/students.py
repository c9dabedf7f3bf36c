"""People in sessions of their own, and what they upload, without a browser; how a hold is opened for them."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Protocol

import requests

from clients.moodle.client import MoodleClient
from clients.moodle.model import Assignment, Person
from clients.plugin.api import tell_promises
from runner.configuration.environment import Environment
from runner.reservation.reservation import SiteReservation
from runner.reservation.workspace import Workspace

PASSWORD = "Right-Horse-7-Battery"
VIDEO = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + b"\x00" * 1000


class Open(Protocol):
    """Opens a hold on the replica unless another environment is given, with its workers' workspaces."""

    def __call__(self, environment: Environment = ..., workers: int = 1) -> tuple[SiteReservation, list[Workspace]]: ...


def session_of(person: Person, environment: Environment) -> MoodleClient:
    site = MoodleClient(environment.base_url, environment.verify)
    site.login(person.username, person.password)
    return site


def own_session(workspace: Workspace, person: Person, environment: Environment) -> MoodleClient:
    return tell_promises(session_of(person, environment), partial(workspace.promise, person))


def upload(site: MoodleClient, assignment: Assignment, environment: Environment) -> str:
    """Uploads a video as the widget does, up to its confirmation; gives the key on S3."""
    ajax = "/mod/assign/submission/s3video/ajax"
    asked = site.post(
        f"{ajax}/get_upload_url.php",
        {
            "assignmentid": assignment.id,
            "submissionid": 0,
            "filename": "clip.mp4",
            "filesize": len(VIDEO),
            "mimetype": "video/mp4",
        },
    ).json()["data"]
    sent = requests.post(
        asked["url"],
        data=asked["fields"],
        files={"file": ("clip.mp4", VIDEO, "video/mp4")},
        verify=environment.verify,
        timeout=10,
    )
    assert sent.status_code == 204, sent.text
    confirmation = {"s3_key": asked["s3_key"], "submissionid": asked["submission_id"]}
    assert site.post(f"{ajax}/confirm_upload.php", confirmation).json()["success"]
    return str(asked["s3_key"])


def send(promised: Mapping[str, Any], verify: str) -> None:
    """Storage gets a video, and the plugin hears nothing of it."""
    form = {"data": promised["fields"], "files": {"file": ("clip.mp4", VIDEO, "video/mp4")}}
    assert requests.post(promised["url"], **form, verify=verify, timeout=10).status_code == 204
