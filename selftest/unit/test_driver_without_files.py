"""A driver of WebDriver that takes no file: a phone's, or that of a cloud. Each stub answers as one is known to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from clients.errors import NotCheckable
from selftest.unit.environment_files import LoadSite
from selftest.unit.stub_drivers import choose_at

ELEMENT = {"element-6066-11e4-a52e-4f735466cecf": "one"}

COPIED = "/on/that/machine/clip.mp4"

ANSWERS = {
    "session": {"sessionId": "1", "capabilities": {"browserName": "Safari"}},
    "elements": [ELEMENT],
    "element": ELEMENT,
    "async": {"value": []},
    "sync": True,
    "file": COPIED,
}
"""By the end of the command."""

TEXT = "/value"
"""How the command ends that types into an element, and the one that sends a copy of a file."""
COPY = "/se/file"

Refusal = tuple[int, str, str]
"""Status, error and message."""

NO_COMMAND: Refusal = (404, "unknown command", "The requested resource could not be found, or a request was received")
NO_METHOD: Refusal = (405, "unknown method", "Method is not implemented")
NOT_SEEN: Refusal = (400, "element not interactable", "Element is not currently visible and may not be manipulated")
NO_STATE: Refusal = (400, "invalid element state", "The object is in an invalid state.")
GONE: Refusal = (404, "stale element reference", "The element is no longer attached to the DOM")
NOT_THERE: Refusal = (400, "invalid argument", "File not found : /on/another/machine.mp4")


class Stub:
    """A driver at `address` whose page has a widget, and that refuses commands that end so. `given` are paths.

    `disabled` is what the page has made of the widget's field.
    """

    def __init__(self, refused: dict[str, Refusal], disabled: bool) -> None:
        self.given: list[str] = []
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "{}")
                refusal = next((one for end, one in refused.items() if self.path.endswith(end)), None)
                status: int = 200
                value: Any = ANSWERS.get(self.path.rpartition("/")[2])
                if refusal and not (refusal is NOT_THERE and body.get("text") == COPIED):
                    status, error, message = refusal
                    value = {"error": error, "message": message, "stacktrace": ""}
                elif "return disabled;" in str(body.get("script")):
                    value = {"value": disabled}
                elif self.path.endswith(TEXT):
                    stub.given.append(body["text"])
                told = json.dumps({"value": value}).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            do_DELETE = do_POST

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)


Choose = Callable[..., Stub]


@pytest.fixture
def choose(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, load_site: LoadSite) -> Iterator[Choose]:
    """Has a file chosen at a driver that refuses commands; how the upload ends is not waited for."""
    file = tmp_path / "clip.mp4"
    file.write_bytes(b"video")
    monkeypatch.setattr("pages.webdriver.upload.UploadByWebDriver.expect_ended", lambda _: None)
    with ExitStack() as opened:

        def choose(refused: dict[str, Refusal], disabled: bool = False) -> Stub:
            stub = Stub(refused, disabled)
            choose_at(stub.server, file, opened, monkeypatch, load_site)
            return stub

        yield choose


def test_one_on_this_machine_reads_the_file_itself(choose: Choose, tmp_path: Path) -> None:
    stub = choose({})
    assert stub.given == [str(tmp_path / "clip.mp4")]


def test_a_hub_here_whose_browser_is_elsewhere_gets_a_copy(choose: Choose) -> None:
    assert choose({TEXT: NOT_THERE}).given == [COPIED]


@pytest.mark.parametrize(
    ("typed", "copied"),
    [
        (NO_COMMAND, NO_COMMAND),
        (NO_METHOD, NO_COMMAND),
        (NOT_THERE, NO_COMMAND),
        (NOT_THERE, NO_METHOD),
        (NOT_SEEN, NO_COMMAND),
        (NO_STATE, NO_COMMAND),
    ],
)
def test_one_that_takes_none_says_what_to_do_by_hand(choose: Choose, typed: Refusal, copied: Refusal) -> None:
    with pytest.raises(NotCheckable) as told:
        choose({TEXT: typed, COPY: copied})
    assert str(told.value) == (
        f"this driver takes no file from this machine (it says: {typed[2]}); hand in a video there by hand, as any "
        "student, watch it, and write [[waived]] with line, reason, owner and expires into the environment file"
    )


@pytest.mark.parametrize(
    ("typed", "disabled", "seen"), [(NOT_SEEN, True, "disabled"), (NO_STATE, True, "disabled"), (GONE, False, "gone")]
)
def test_what_the_page_has_done_to_its_field_is_no_refusal(
    choose: Choose, typed: Refusal, disabled: bool, seen: str
) -> None:
    with pytest.raises(AssertionError, match=f"the widget's file input to take a file, seen it {seen}"):
        choose({TEXT: typed, COPY: NO_COMMAND}, disabled)
