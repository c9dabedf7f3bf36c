"""Answers of a site, visitors who get them, and who judges: for the tests of access."""

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import requests

from services.access import VideoAccess
from services.answer import Answer

OWNER_ID, OTHER_ID = 5, 6
KEY = f"videos/{OWNER_ID}/1795369446_201560ca/clip.mp4"
PLAYS = f"https://d1.cloudfront.net/{KEY}?Expires=1&Signature=s&Key-Pair-Id=K"
FILM = b"\x00\x00\x00\x18ftypmp42" + bytes(range(200))
REFUSED = "<div class=errormessage>You have no permission to see this.</div>"
SHOWN = f"<video src='{PLAYS}'>"


def response(body: object, status: int, path: str, headers: dict[str, str]) -> requests.Response:
    """HTML where `body` is a text, JSON where it is not, a file where it is bytes."""
    response = requests.Response()
    response.status_code, response.url = status, f"https://moodle.test{path}"
    if isinstance(body, bytes):
        response._content, kind = body, "video/mp4"
    elif isinstance(body, str):
        response._content, kind = body.encode(), "text/html; charset=utf-8"
    else:
        response._content, kind = json.dumps(body).encode(), "application/json"
    response.headers.update({"Content-Type": kind, **headers})
    response.encoding = "utf-8"
    return response


def answer(body: object = "", status: int = 200, path: str = "/mod/assign/view.php", **headers: str) -> Answer:
    return Answer.of(response(body, status, path, headers))


def rendered(html: str) -> Answer:
    """A refusal in words, of which a browser's scripts have made something else."""
    return replace(answer(REFUSED), rendered=html)


def led_to(url: str) -> Answer:
    """A refusal at another address, to which a script of the page led."""
    return replace(answer(REFUSED), hops=["https://moodle.test/", url])


def sent_on(location: str) -> Answer:
    """A refusal after a redirect."""
    last = response(REFUSED, 403, "/mod/assign/view.php", {})
    last.history = [response("", 302, "/mod/assign/view.php", {"Location": location})]
    return Answer.of(last)


class FakeSite:
    """Notes what it is asked for, and answers everything with one body."""

    sesskey = "abcdef1234"

    def __init__(self, user_id: int = OTHER_ID, body: object = REFUSED) -> None:
        self.user_id = user_id
        self.body = body
        self.asked: list[str] = []

    def get(self, path: str, **parameters: object) -> requests.Response:
        self.asked.append(f"{path} {parameters}")
        return response(self.body, 200, path, {})

    def post(self, path: str, data: dict[str, object]) -> requests.Response:
        return self.get(path, **data)

    def call(self, function: str, **arguments: object) -> requests.Response:
        return self.get(function, **arguments)


class FakeCDN:
    domain = "d1.cloudfront.net"

    def __init__(self) -> None:
        self.played: list[str] = []

    def expect_signed(self, url: str, key: str) -> None:
        assert key in url, "expected a URL of the key"

    def expect_ranges(self, url: str, clip: object) -> None:
        self.played.append(url)


def video_in(folder: Path) -> SimpleNamespace:
    """A video of the owner's, its file in `folder`."""
    file = folder / "clip.mp4"
    file.write_bytes(FILM)
    return SimpleNamespace(
        id=7,
        key=KEY,
        person=SimpleNamespace(id=OWNER_ID),
        clip=SimpleNamespace(path=file, bytes=len(FILM), mime="video/mp4"),
        assignment=SimpleNamespace(id=3, cmid=4, context=9),
        parameters={"id": 7, "s3key": KEY},
    )


def new_judge() -> VideoAccess:
    return VideoAccess(FakeCDN(), SimpleNamespace(url="https://acme.s3.amazonaws.com/"))


PLACE = {"success": True, "data": {"submission_id": 8, "s3_key": f"videos/{OTHER_ID}/x/clip.mp4"}}
SOURCE = {"success": True, "data": {"signed_url": PLAYS}}
