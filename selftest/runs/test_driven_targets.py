"""Step 2.13 at addresses: by WebDriver an emulated phone, and what calls itself Edge; a browser with a debugging port.

No phone could be had here: Appium has a stand-in, which gives Chromium what a phone's dialogue would.

No Edge could be had here: a Chromium with its name shows that a script which goes by names turns 2.13.4 red.
"""

from __future__ import annotations

import base64
import http.client
import http.server
import json
import shutil
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest
from selenium.webdriver.common.utils import free_port

from checklist.results import FILE, RUN, Run
from checklist.verdicts import Verdict
from clients import http as site
from runner.configuration.environment import Environment
from selftest.proof.outcome import expectations
from selftest.runs.checkout import GO, INCOMPLETE, NO_GO, PROJECT, Checkout
from selftest.runs.listening import Binary, listening

DRIVER = shutil.which("chromedriver")

pytestmark = pytest.mark.skipif(not DRIVER, reason="on Debian: apt-get install chromium-driver")

TARGETS = """
[[targets]]
name = "phone"
engine = "chromium"
device = "Pixel 7"
webdriver = "S3V_DRIVER"
[targets.capabilities]
acceptInsecureCerts = true # the replica's authority is its own
"goog:loggingPrefs" = {{ browser = "SEVERE" }}
[targets.capabilities."goog:chromeOptions"]
binary = "{binary}"
args = {arguments}
mobileEmulation = {{ deviceName = "Pixel 7" }}

[[targets]]
name = "msedge"
engine = "chromium"
channel = "msedge"
webdriver = "S3V_DRIVER"
[targets.capabilities]
acceptInsecureCerts = true
[targets.capabilities."goog:chromeOptions"]
binary = "{binary}"
args = {arguments}
[targets.capabilities."goog:chromeOptions".mobileEmulation]
userAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36 Edg/156"
clientHints = {{ platform = "Linux", mobile = false, brands = [{{ brand = "{brand}", version = "156" }}] }}

[[targets]]
name = "elsewhere"
engine = "chromium"
cdp_endpoint = "S3V_PORT"

[[targets]]
name = "pixel"
engine = "chromium"
cdp_endpoint = "S3V_PORT"
real = "Pixel 9, Android 16"
"""

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"

STEPS = ("test_2_07_upload", "test_2_13_browsers")


@pytest.fixture
def steps(checkout: Checkout) -> None:
    """The copy has the whole checklist, and the tests of these steps."""
    shutil.copy(PROJECT / "checklist" / "checklist.toml", checkout.folder / "checklist")
    checkout.tests(**{name: (PROJECT / "tests" / f"{name}.py").read_text("utf-8") for name in STEPS})
    checkout.secrets |= {"S3V_DRIVER": "http://127.0.0.1:9", "S3V_PORT": "http://127.0.0.1:9"}


@pytest.fixture
def driver(checkout: Checkout, steps: None) -> Iterator[str]:
    """The address of a chromedriver."""
    port = free_port()
    with listening(port, str(DRIVER), f"--port={port}") as address:
        checkout.secrets["S3V_DRIVER"] = address
        yield address


def targets(binary: Binary, brand: str = "Microsoft Edge") -> str:
    return TARGETS.format(binary=binary[0], arguments=json.dumps(binary[1]), brand=brand)


def results(checkout: Checkout) -> Run:
    return RUN.validate_json(((checkout.reports / "latest").resolve() / FILE).read_bytes())


def expect_untold(checkout: Checkout, secret: str) -> None:
    folder = (checkout.reports / "latest").resolve()
    assert not any(secret in path.read_text("utf-8", "replace") for path in folder.glob("*.*"))


@pytest.mark.usefixtures("nothing_left")
def test_step_2_13_by_webdriver(checkout: Checkout, driver: str, binary: Binary) -> None:
    chosen = ("--target=phone", "--target=msedge")
    run = checkout.run(checkout.file(targets(binary)), "-k", "upload_and_playback or grader", *chosen)
    assert run.code == GO, run.text
    told = results(checkout)
    tests = {check.test for entry in told.lines for check in entry.checks if check.target == "phone"}
    assert tests == {"test_upload_and_playback[phone]", "test_grader[phone]"}
    lines = {entry.id: entry for entry in told.lines if entry.id.startswith("2.13")}
    assert "phone: passed, emulated" in lines["2.13.6"].message
    assert "msedge: passed" in lines["2.13.4"].message
    assert "phone: passed; msedge: passed" in lines["2.13.5"].message
    assert lines["2.13.1"].checks == []
    builds = {target.name: target.build for target in told.targets}
    assert builds["phone"].startswith("Pixel 7 emulated in chrome")
    consoles = next(entry for entry in told.lines if entry.id == "2.14.3")
    assert {check.target for check in consoles.checks} == {"phone", "msedge"}
    expect_untold(checkout, driver)


@pytest.mark.nightly
@pytest.mark.usefixtures("nothing_left", "driver")
def test_the_whole_of_step_2_13_on_a_phone(checkout: Checkout, binary: Binary) -> None:
    run = checkout.run(checkout.file(targets(binary)), "--target=phone", "tests/test_2_13_browsers.py")
    assert run.code == GO, run.text
    lines = {entry.id: entry for entry in results(checkout).lines if entry.checks}
    assert {*lines} == {"2.13.5", "2.13.6", "2.14.3"}
    told = {check.verdict: check.message for entry in lines.values() for check in entry.checks}
    assert {*told} <= {Verdict.PASSED, Verdict.NOT_CHECKABLE}, told
    assert "does not play" in told.get(Verdict.NOT_CHECKABLE, "does not play")  # a codec that is no defect
    tests = {check.test.partition("[")[0] for entry in lines.values() for check in entry.checks}
    assert tests == {"test_upload_and_playback", "test_grader", "test_types", "test_from_phones"}


class Relay(http.server.BaseHTTPRequestHandler):
    """Passes on what a driver is told."""

    protocol_version = "HTTP/1.1"
    driver: int

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, told = self.answer(self.command, self.path, body)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    do_GET = do_DELETE = do_POST

    def log_message(self, *_: object) -> None: ...

    def answer(self, command: str, path: str, body: bytes) -> tuple[int, bytes]:
        passed_on = http.client.HTTPConnection("127.0.0.1", self.driver, timeout=180)
        passed_on.request(command, path, body, {"Content-Type": "application/json"})
        answer = passed_on.getresponse()
        status, told = answer.status, answer.read()
        passed_on.close()
        return status, told


class WithoutFiles(Relay):
    """Refuses files as Appium does for an iPhone."""

    def answer(self, command: str, path: str, body: bytes) -> tuple[int, bytes]:
        refusal = ("", "")
        if path.endswith("/value") and b"/clip" in body:
            refusal = "element not interactable", "Element is not currently visible and may not be manipulated"
        if path.endswith("/file"):
            refusal = "unknown command", "The requested resource could not be found"
        if not any(refusal):
            return super().answer(command, path, body)
        status = 404 if refusal[0] == "unknown command" else 400
        return status, json.dumps({"value": {"error": refusal[0], "message": refusal[1], "stacktrace": ""}}).encode()


class Appium(Relay):
    """Stands in for Appium with a phone: its dialogue shows the files in `folder`, which Appium puts there.

    Who touches one of them has the page's field take it, which is typed here.
    """

    folder: Path
    context: ClassVar[dict[str, str]] = {}
    touched: list[str]

    def answer(self, command: str, path: str, body: bytes) -> tuple[int, bytes]:
        session, _, what = path.removeprefix("/session").lstrip("/").partition("/")
        given = json.loads(body or "{}")
        if what == "context":
            before = self.context.get(session, "CHROMIUM")
            self.context[session] = given.get("name", before)
            return self.told(before)
        if self.context.get(session) == "NATIVE_APP":
            return self.told(self.of_phone(what, given, path.removesuffix(what)))
        status, told = super().answer(command, path, body)
        if not session and status == HTTPStatus.OK:
            answer = json.loads(told)
            answer["value"]["capabilities"] |= {"platformName": "Android", "appium:automationName": "UiAutomator2"}
            return self.told(answer["value"])
        return status, told

    def of_phone(self, what: str, given: dict[str, Any], session: str) -> object:
        there = {file.name: file for file in self.folder.iterdir()}
        if what == "elements":
            return [{ELEMENT: name} for name in there if f'"{name}"' in given["value"]]
        if what.endswith("/click"):
            file = there[what.split("/")[1]]
            field = {"using": "css selector", "value": ".s3video-upload-interface input[type=file]"}
            _, found = super().answer("POST", f"{session}element", json.dumps(field).encode())
            (element,) = json.loads(found)["value"].values()
            typed = json.dumps({"text": str(file), "value": [*str(file)]}).encode()
            super().answer("POST", f"{session}element/{element}/value", typed)
            self.touched.append(file.name)
        arguments = (given.get("args") or [{}])[0]
        at = self.folder / Path(arguments.get("remotePath", "")).name
        if given.get("script") == "mobile: pushFile":
            at.write_bytes(base64.b64decode(arguments["payload"]))
        if given.get("script") == "mobile: deleteFile":
            at.unlink()
        return None

    @staticmethod
    def told(value: object) -> tuple[int, bytes]:
        return HTTPStatus.OK, json.dumps({"value": value}).encode()


@pytest.mark.nightly
@pytest.mark.usefixtures("nothing_left")
def test_a_phone_gets_its_file_from_appium(checkout: Checkout, driver: str, binary: Binary, tmp_path: Path) -> None:
    folder = tmp_path / "phone"
    folder.mkdir()
    touched: list[str] = []
    handler = type("Handler", (Appium,), {"driver": urlsplit(driver).port, "folder": folder, "touched": touched})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        checkout.secrets["S3V_DRIVER"] = f"http://127.0.0.1:{server.server_port}"
        file = checkout.file(targets(binary).replace('device = "Pixel 7"', 'real = "Pixel 7"'))
        run = checkout.run(file, "-k", "upload_and_playback", "--target=phone")
        server.shutdown()
    assert run.code == GO, run.text
    lines = {entry.id: entry for entry in results(checkout).lines}
    assert {check.verdict for check in lines["2.13.6"].checks} == {Verdict.PASSED}
    assert "phone: passed" in lines["2.13.6"].message
    assert (len(touched), [*folder.iterdir()]) == (1, [])


@pytest.mark.nightly
@pytest.mark.usefixtures("nothing_left")
def test_a_phone_whose_driver_takes_no_file_plays_one(checkout: Checkout, driver: str, binary: Binary) -> None:
    handler = type("Handler", (WithoutFiles,), {"driver": urlsplit(driver).port})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        checkout.secrets["S3V_DRIVER"] = f"http://127.0.0.1:{server.server_port}"
        run = checkout.run(checkout.file(targets(binary)), "-k", "upload_and_playback", "--target=phone")
        server.shutdown()
    assert run.code == GO, run.text
    lines = {entry.id: entry for entry in results(checkout).lines}
    (told,) = (check.message for check in lines["2.13.6"].checks if check.verdict is Verdict.NOT_CHECKABLE)
    assert "it says: Element is not currently visible and may not be manipulated" in told
    assert "phone: passed" in lines["2.13.5"].message
    assert {check.verdict for check in lines["2.13.5"].checks} == {Verdict.PASSED}


@pytest.fixture
def port(checkout: Checkout, steps: None, binary: Binary, tmp_path: Path) -> Iterator[str]:
    """The address of a browser's debugging port."""
    port = free_port()
    profile = (f"--remote-debugging-port={port}", f"--user-data-dir={tmp_path}")
    with listening(port, binary[0], *binary[1], *profile) as address:
        checkout.secrets["S3V_PORT"] = address
        yield address


@pytest.mark.nightly
@pytest.mark.usefixtures("nothing_left")
def test_steps_2_7_and_2_13_by_a_debugging_port(checkout: Checkout, binary: Binary, port: str) -> None:
    few = "not phones and not types and not cut_off and not replacement"
    run = checkout.run(checkout.file(targets(binary)), "-k", few, "--target=elsewhere")
    assert run.code == GO, run.text
    told = results(checkout)
    form = [entry for entry in told.lines if entry.browser == "elsewhere" and entry.id.startswith("2.7.")]
    assert [entry.verdict for entry in form] == [Verdict.PASSED] * 19
    lines = {entry.id: entry for entry in told.lines}
    assert "elsewhere: passed, in Chromium, not Chrome" in lines["2.13.1"].message
    expect_untold(checkout, port)


@pytest.mark.usefixtures("port")
def test_the_debugging_port_of_what_is_no_phone(checkout: Checkout, binary: Binary) -> None:
    run = checkout.run(checkout.file(targets(binary)), "--doctor", "--target=pixel")
    assert run.code == INCOMPLETE, run.text
    told = " ".join(run.text.split())
    assert "what runs at the address of pixel is a browser on Linux, not Pixel 9, Android 16" in told, run.text


@pytest.fixture
def faults(environment: Environment) -> Iterator[dict[str, str]]:
    """What is on meanwhile, one for each line."""
    lines = {"2.13.4": "edge-turned-away", "2.13.6": "widget-too-wide"}

    def switch(*faults: str) -> None:
        url = environment.url("/__replica__/fault")
        site.request("PUT", url, json={"faults": faults}, verify=environment.verify, timeout=10).raise_for_status()

    switch(*lines.values())
    yield lines
    switch()


@pytest.mark.usefixtures("nothing_left", "driver")
def test_faults_turn_its_lines_red(checkout: Checkout, faults: dict[str, str], binary: Binary) -> None:
    chosen = ("--target=phone", "--target=msedge")
    run = checkout.run(checkout.file(targets(binary)), "-k", "upload_and_playback", *chosen)
    assert run.code == NO_GO, run.text
    told = results(checkout)
    red = {check.line: check for entry in told.lines for check in entry.checks if check.verdict is Verdict.FAILED}
    assert {line: check.target for line, check in red.items()} == {"2.13.4": "msedge", "2.13.6": "phone"}
    for line, fault in faults.items():
        assert expectations()[fault].symptom.search(red[line].message), red[line].message


@pytest.mark.usefixtures("driver")
def test_what_is_not_edge_is_not_called_so(checkout: Checkout, binary: Binary) -> None:
    run = checkout.run(checkout.file(targets(binary, "Chromium")), "--doctor", "--target=msedge")
    assert "what runs at the address of msedge is Chromium, not Microsoft Edge" in " ".join(run.text.split()), run.text


@pytest.mark.usefixtures("steps")
def test_the_doctor_of_a_driver_that_is_dead(checkout: Checkout, binary: Binary) -> None:
    run = checkout.run(checkout.file(targets(binary)), "--doctor")
    assert run.code == INCOMPLETE, run.text
    told = " ".join(run.text.split())
    assert "INCOMPLETE: phone is required and was not run (no chromium at the target's webdriver" in told, run.text
    assert "READY" not in told
