"""A file on a phone that Appium drives, against a stand-in for Appium: no real phone was tried."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from clients.errors import NotCheckable
from pages.webdriver import phone
from pages.webdriver.upload import BY_HAND
from selftest.unit.environment_files import LoadSite
from selftest.unit.stub_drivers import choose_at

KEY = "element-6066-11e4-a52e-4f735466cecf"

Screens = Mapping[str, Mapping[str, str]]

ANDROID: Screens = {
    "page": {},
    "chooser": {"Files": "recent"},
    "recent": {"Show roots": "roots"},
    "roots": {"Downloads": "downloads"},
    "downloads": {"clip.mp4": "page"},
}
IOS: Screens = {
    "page": {},
    "chooser": {"Photo Library": "photos", "Choose File": "recent"},
    "recent": {"Browse": "places", "Cancel": "page"},
    "places": {"On My iPhone": "apps", "Cancel": "page"},
    "apps": {"Keynote": "files", "Cancel": "page"},
    "files": {"clip, mp4": "page", "Cancel": "page"},
}
"""By what is on the screen, what can be touched there, and what that leads to."""

SCREENS = {"Android": ANDROID, "iOS": IOS}

APPS = {
    "com.apple.Books": {"UIFileSharingEnabled": False, "CFBundleName": "Books"},
    "com.apple.Keynote": {"UIFileSharingEnabled": True, "CFBundleDisplayName": "Keynote"},
}


class Appium:
    """A phone of that `system` at `address`; a press on the page's button opens its dialogue.

    `files` are on it, `put` says where they were put, `taken` is what the page was given. It refuses the command
    `refused`.
    """

    def __init__(self, system: str, screens: Screens, refused: str = "", apps: Mapping[str, Any] = APPS) -> None:
        self.files: dict[str, bytes] = {}
        self.put: list[str] = []
        self.taken: list[bytes] = []
        self.typed: list[str] = []
        self.screen, self.context = "page", "CHROMIUM"
        self._system, self._screens, self._refused, self._apps = system, screens, refused, apps
        appium = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "{}")
                status = 200
                try:
                    value = appium.answer(self.command, self.path.partition("/session")[2], body)
                except LookupError as error:
                    status, value = 404, {"error": "unknown command", "message": error.args[0], "stacktrace": ""}
                told = json.dumps({"value": value}).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            do_GET = do_DELETE = do_POST

            def log_message(self, *_: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    def answer(self, method: str, path: str, body: dict[str, Any]) -> Any:
        command = path.rpartition("/")[2]
        if not path:
            told = {"platformName": self._system, "appium:automationName": "UiAutomator2", "browserName": "chrome"}
            return {"sessionId": "1", "capabilities": told}
        if command == "context" and self._refused != command:
            self.context = body.get("name", self.context)
            return self.context if method == "GET" else None
        if command != self._refused and self.context != phone.NATIVE:
            return self._of_page(command, body)
        script = body.get("script", command)
        if script == self._refused:
            raise LookupError(f"{script} is not known")
        return self._of_phone(script, path, body)

    def _of_phone(self, script: str, path: str, body: dict[str, Any]) -> Any:
        given: dict[str, Any] = (body.get("args") or [{}])[0]
        match script:
            case "elements":
                wanted = re.findall('"([^"]+)"', body["value"])
                there = [name for name in self._screens[self.screen] if name in wanted]
                return [{KEY: name.replace(" ", "_")} for name in there]
            case "click":
                name = path.split("/")[-2].replace("_", " ")
                self.screen = self._screens[self.screen][name]
                self.taken += self.files.values() if name.startswith("clip") else ()
            case "back":
                self.screen = "page"
            case "mobile: getCurrentPackage":
                return "com.android.chrome" if self.screen == "page" else "com.android.documentsui"
            case "mobile: listApps":
                return self._apps
            case "mobile: pushFile":
                self.files[given["remotePath"]] = base64.b64decode(given["payload"])
                self.put.append(given["remotePath"])
            case "mobile: deleteFile":
                del self.files[given["remotePath"]]
        return None

    def _of_page(self, command: str, body: dict[str, Any]) -> Any:
        if command == "click":
            self.screen = "chooser"
        if command == "value":
            self.typed.append(body["text"])
        answers = {"elements": [{KEY: "one"}], "element": {KEY: "one"}, "async": {"value": []}, "sync": True}
        return answers.get(command)


Choose = Callable[[Appium], Appium]


@pytest.fixture
def choose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, load_site: LoadSite) -> Iterator[Choose]:
    """Has a file chosen; how the upload ends is not waited for, but that the file is there until then."""
    file = tmp_path / "clip.mp4"
    file.write_bytes(b"video")
    with ExitStack() as opened:

        def choose(appium: Appium) -> Appium:
            def ended(_: object) -> None:
                assert [*appium.files.values()] == [b"video"]

            monkeypatch.setattr("pages.webdriver.upload.UploadByWebDriver.expect_ended", ended)
            monkeypatch.setattr("pages.webdriver.phone.PICKING", 1)
            monkeypatch.setattr("pages.webdriver.phone.LOOK", 0.02)
            choose_at(appium.server, file, opened, monkeypatch, load_site)
            return appium

        yield choose


@pytest.mark.parametrize(
    ("system", "at"),
    [("Android", "/sdcard/Download/clip.mp4"), ("iOS", "@com.apple.Keynote:documents/clip.mp4")],
)
def test_a_file_is_put_on_the_phone_and_chosen_by_its_name(choose: Choose, system: str, at: str) -> None:
    appium = choose(Appium(system, SCREENS[system]))
    assert (appium.put, appium.taken) == ([at], [b"video"])
    assert appium.typed == [], "a path of this machine is none of the phone's, and its browser cannot read it"
    assert (appium.context, appium.screen, appium.files) == ("CHROMIUM", "page", {})


NOT_SHOWN = "the phone's dialogue for files shows no clip.mp4 within 1 s"


@pytest.mark.parametrize(
    ("system", "given", "why"),
    [
        (
            "Android",
            {"refused": "mobile: pushFile"},
            "Appium puts no file on this phone (mobile: pushFile is not known)",
        ),
        (
            "Android",
            {"refused": "context"},
            "Appium puts no file on this phone (context is not known)",
        ),
        (
            "iOS",
            {"apps": {}},
            "this iPhone has no app that takes files from Appium; install one, such as Apple's Keynote",
        ),
        ("Android", {"screens": {**ANDROID, "downloads": {"another.mp4": "page"}}}, NOT_SHOWN),
        ("iOS", {"screens": {**IOS, "files": {"Cancel": "page"}}}, NOT_SHOWN),
        ("Android", {"screens": {**ANDROID, "chooser": {}}}, NOT_SHOWN),
    ],
)
def test_what_does_not_work_says_what_to_do_by_hand(
    choose: Choose, system: str, given: dict[str, Any], why: str
) -> None:
    appium = Appium(system, **{"screens": SCREENS[system], **given})
    with pytest.raises(NotCheckable) as told:
        choose(appium)
    assert str(told.value) == f"{why}; {BY_HAND}"
    assert (appium.context, appium.screen, appium.files) == ("CHROMIUM", "page", {})


def test_only_what_appium_drives_has_a_dialogue(choose: Choose) -> None:
    appium = Appium("linux", ANDROID)
    with pytest.raises(AssertionError, match=r"\[\] == \[b'video'\]"):
        choose(appium)
    assert [path.rpartition("/")[2] for path in appium.typed] == ["clip.mp4"]
