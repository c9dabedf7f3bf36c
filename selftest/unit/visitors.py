"""Answers of a site, visitors who get them, and who judges: for the tests of access."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import requests

from checks.access import VideoAccess
from checks.delivery import Delivery
from clients import http
from clients.cdn import CDN
from clients.http_result import HttpResult
from clients.moodle.client import MoodleClient
from clients.moodle.model import Assignment, Course, Person
from clients.plugin.api import Video
from clients.s3 import Bucket
from media import Clip

SITE = "https://moodle.test"
OWNER_ID, OTHER_ID = 5, 6
KEY = f"videos/{OWNER_ID}/1795369446_201560ca/clip.mp4"
PLAYS = f"https://d1.cloudfront.net/{KEY}?Expires=1&Signature=s&Key-Pair-Id=K"
FILM = b"\x00\x00\x00\x18ftypmp42" + bytes(range(200))
REFUSED = "<div class=errormessage>You have no permission to see this.</div>"
SHOWN = f"<video src='{PLAYS}'>"


def response(body: object, status: int, path: str, headers: dict[str, str]) -> requests.Response:
    """HTML where `body` is a text, JSON where it is not, a file where it is bytes."""
    response = requests.Response()
    response.status_code, response.url = status, f"{SITE}{path}"
    if isinstance(body, bytes):
        response._content, kind = body, "video/mp4"
    elif isinstance(body, str):
        response._content, kind = body.encode(), "text/html; charset=utf-8"
    else:
        response._content, kind = json.dumps(body).encode(), "application/json"
    response.headers.update({"Content-Type": kind, **headers})
    response.encoding = "utf-8"
    return response


def answer(body: object = "", status: int = 200, path: str = "/mod/assign/view.php", **headers: str) -> HttpResult:
    return HttpResult.of(response(body, status, path, headers))


def rendered(html: str) -> HttpResult:
    """A refusal in words, of which a browser's scripts have made something else."""
    return replace(answer(REFUSED), rendered=html)


def led_to(url: str) -> HttpResult:
    """A refusal at another address, to which a script of the page led."""
    return replace(answer(REFUSED), hops=[f"{SITE}/", url])


def sent_on(location: str) -> HttpResult:
    """A refusal after a redirect."""
    last = response(REFUSED, 403, "/mod/assign/view.php", {})
    last.history = [response("", 302, "/mod/assign/view.php", {"Location": location})]
    return HttpResult.of(last)


class FakeWire(http.Session):
    """Notes what it is asked for, and takes what it answers to a path from `answer_to`."""

    def __init__(self, answer_to: Callable[[str], requests.Response]) -> None:
        super().__init__(verify=True, timeout=1)
        self._answer_to = answer_to
        self.paths: list[str] = []
        self.sent: list[str] = []

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        path = str(url).removeprefix(SITE)
        self.paths.append(path)
        self.sent.append(f"{path} {kwargs}")
        return self._answer_to(path)


class FakeSite(MoodleClient):
    """Notes what it is asked for, and answers everything with one body."""

    def __init__(self, user_id: int = OTHER_ID, body: object = REFUSED) -> None:
        super().__init__(SITE)
        self.user_id = user_id
        self.config = {"sesskey": "abcdef1234"}
        self.session = self.wire = FakeWire(lambda path: response(body, 200, path, {}))

    @property
    def asked(self) -> list[str]:
        return self.wire.sent


class FakeDelivery(Delivery):
    """Takes every URL for signed and every video for playable; notes which it was."""

    def __init__(self) -> None:
        super().__init__(CDN("d1.cloudfront.net"))
        self.played: list[str] = []

    def expect_signed(self, url: str, key: str) -> None:
        assert key in url, "expected a URL of the key"

    def expect_ranges(self, url: str, clip: Clip) -> None:
        self.played.append(url)


def video_in(folder: Path) -> Video:
    """A video of the owner's, its file in `folder`."""
    file = folder / "clip.mp4"
    file.write_bytes(FILM)
    course = Course(2, "Films", "films")
    return Video(
        id=7,
        key=KEY,
        person=Person(id=OWNER_ID, username="owner", password="secret-of-owner"),
        clip=Clip(file),
        assignment=Assignment(id=3, cmid=4, context=9, name="A film", course=course),
    )


def new_judge(delivery: Delivery | None = None) -> VideoAccess:
    return VideoAccess(delivery or FakeDelivery(), cast(Bucket, SimpleNamespace(url="https://acme.s3.amazonaws.com/")))


PLACE: dict[str, Any] = {
    "success": True,
    "data": {
        "url": "https://s3.example.edu/b/",
        "fields": {},
        "submission_id": 8,
        "s3_key": f"videos/{OTHER_ID}/x/clip.mp4",
    },
}
SOURCE = {"success": True, "data": {"signed_url": PLAYS}}

OPEN = {
    "video page": answer(f"<video src='{PLAYS}'>"),
    "playback URL": answer(SOURCE),
    "download": answer(FILM),
    "grader": answer([{"data": {"html": f"<video src='{PLAYS}'>"}}]),
    "grading table": answer(f"<video src='{PLAYS}'>"),
    "upload URL": answer(PLACE),
}
"""What each way answers that leads to the video."""
