"""Which browser runs a target, said in words; no browser is started for it."""

import json
import os
import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any, cast

import pytest
from playwright.sync_api import Error
from selenium.webdriver.common.utils import free_port
from selenium.webdriver.remote.webdriver import WebDriver

from clients.errors import ConfigurationError
from runner.configuration.environment_tables import Target
from runner.configuration.targets import Launch, launch_of, reaches, survey, with_proxy
from runner.configuration.webdriver import NotAvailable, build_of, expect_real, find_build, version_of
from selftest.unit.environment_files import LoadSite

CHROMIUM, FIREFOX, WEBKIT = (Target(name=engine, engine=engine) for engine in ("chromium", "firefox", "webkit"))
PROXY = "http://127.0.0.1:4711"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A machine without browsers; `install` puts Playwright's build of an engine there, `add` a program."""
    programs: dict[str, str] = {}
    monkeypatch.setattr(shutil, "which", programs.get)
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)

    def start(channel: str, **_: object) -> SimpleNamespace:
        if channel in programs:
            return SimpleNamespace(close=lambda: None)
        raise Error(f"Chromium distribution '{channel}' is not found at /opt/{channel}")

    engines = {
        engine: SimpleNamespace(executable_path=str(tmp_path / engine), launch=start)
        for engine in ("chromium", "firefox", "webkit")
    }
    return SimpleNamespace(
        playwright=SimpleNamespace(**engines),
        install=lambda engine: (tmp_path / engine).touch(),
        add=lambda name: programs.update({name: f"/usr/bin/{name}"}),
        engines=engines,
    )


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (CHROMIUM, "Playwright's build"),
        (FIREFOX, "Playwright's build"),
        (WEBKIT, "Playwright's WebKit build, not Safari"),
    ],
)
def test_playwright_s_own_build_comes_first(machine: SimpleNamespace, target: Target, words: str) -> None:
    for name in ("chromium", "firefox"):
        machine.add(name)
    machine.install(target.engine)
    launch = launch_of(target, machine.playwright)
    assert launch.build == words
    assert not {"executable_path", "channel"} & launch.options.keys()


def test_else_the_system_s_browsers(machine: SimpleNamespace) -> None:
    machine.add("chromium-browser")
    machine.add("firefox")
    chromium, firefox = (launch_of(target, machine.playwright) for target in (CHROMIUM, FIREFOX))
    assert chromium.options["executable_path"] == "/usr/bin/chromium-browser"
    assert chromium.build == "the system's /usr/bin/chromium-browser"
    assert "channel" not in chromium.options
    assert firefox.options["executable_path"] == "/usr/bin/firefox"
    assert firefox.options["channel"] == "moz-firefox"

    machine.add("chromium")
    machine.add("firefox-esr")
    assert launch_of(CHROMIUM, machine.playwright).build == "the system's /usr/bin/chromium"
    assert launch_of(FIREFOX, machine.playwright).build == "the system's /usr/bin/firefox-esr"


def test_a_browser_without_windows_is_faster_and_shows_nothing(machine: SimpleNamespace) -> None:
    for name in ("chromium-headless-shell", "chromium"):
        machine.add(name)
    assert launch_of(CHROMIUM, machine.playwright).build == "the system's /usr/bin/chromium-headless-shell"
    assert launch_of(CHROMIUM, machine.playwright, headed=True).build == "the system's /usr/bin/chromium"


@pytest.mark.parametrize("target", [CHROMIUM, FIREFOX, WEBKIT])
def test_else_none_and_how_to_get_one(machine: SimpleNamespace, target: Target) -> None:
    with pytest.raises(NotAvailable, match=f"no {target.name} on this machine.*playwright install {target.name}"):
        launch_of(target, machine.playwright)


def test_a_channel_is_the_installed_one_or_none(machine: SimpleNamespace) -> None:
    machine.install("chromium")
    edge = Target(name="edge", engine="chromium", channel="msedge")
    with pytest.raises(NotAvailable, match=r"no msedge on this machine.*playwright install msedge"):
        launch_of(edge, machine.playwright)
    machine.add("msedge")
    launch = launch_of(edge, machine.playwright)
    assert (launch.options["channel"], launch.build) == ("msedge", "the installed msedge")


def test_a_channel_that_does_not_start_is_not_called_missing(machine: SimpleNamespace) -> None:
    def crash(**_: object) -> None:
        raise Error("Target page, context or browser has been closed")

    machine.engines["chromium"].launch = crash
    with pytest.raises(Error, match="has been closed"):
        launch_of(Target(name="chrome", engine="chromium", channel="chrome"), machine.playwright)


@pytest.mark.parametrize(("user", "sandboxed"), [(0, False), (1000, True)])
def test_only_root_goes_without_the_sandbox(
    machine: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, user: int, sandboxed: bool
) -> None:
    machine.install("chromium")
    monkeypatch.setattr(os, "geteuid", lambda: user)
    launch = launch_of(CHROMIUM, machine.playwright)
    assert ("--no-sandbox" not in launch.options["args"]) == sandboxed


# -- remote ---------------------------------------------------------------------------------------

SERVER = "wss://grid.test/playwright?token=of-a-cloud"


@pytest.fixture
def remote(load_site: LoadSite, monkeypatch: pytest.MonkeyPatch) -> Target:
    monkeypatch.setenv("S3V_SERVER", SERVER)
    return load_site(
        end='[[targets]]\nname = "msedge"\nengine = "chromium"\nchannel = "msedge"\nws_endpoint = "S3V_SERVER"'
    ).target("msedge")


def calling_itself(*names: str) -> SimpleNamespace:
    page = SimpleNamespace(route=lambda *_: None, goto=lambda _: None, evaluate=lambda _: [*names])
    return SimpleNamespace(new_page=lambda: page, close=lambda: None)


def test_a_server_launches_what_the_target_says(machine: SimpleNamespace, remote: Target) -> None:
    asked: dict[str, Any] = {}

    def connect(endpoint: str, **options: Any) -> SimpleNamespace:
        asked.update(options, endpoint=endpoint)
        return calling_itself("Not:A-Brand", "Chromium", "Microsoft Edge")

    machine.engines["chromium"].connect = connect
    assert launch_of(remote, machine.playwright) == Launch({}, "a remote msedge")
    assert asked["endpoint"] == SERVER
    launch = json.loads(asked["headers"]["x-playwright-launch-options"])
    assert launch == {"channel": "msedge", "args": ["--autoplay-policy=user-gesture-required"]}


@pytest.mark.parametrize(
    ("names", "told"),
    [(["Not:A-Brand", "Chromium"], "Chromium"), ([], "a browser that does not tell its name")],
)
def test_a_server_that_has_another_browser(
    machine: SimpleNamespace, remote: Target, names: list[str], told: str
) -> None:
    machine.engines["chromium"].connect = lambda _, **options: calling_itself(*names)
    with pytest.raises(NotAvailable) as refused:
        launch_of(remote, machine.playwright)
    assert str(refused.value) == (
        f"what runs at the address of msedge is {told}, not Microsoft Edge; have Microsoft Edge run there, or remove "
        "the channel from the target"
    )


def on(platform: str, version: str = "", model: str = "") -> SimpleNamespace:
    told = {"platformName": platform, "platformVersion": version, "deviceName": model}
    page = SimpleNamespace(route=lambda *_: None, goto=lambda _: None, evaluate=lambda _: told)
    return SimpleNamespace(new_page=lambda: page, close=lambda: None)


@pytest.fixture
def pixel(monkeypatch: pytest.MonkeyPatch, load_site: LoadSite) -> Target:
    """A phone with a debugging port."""
    monkeypatch.setenv("S3V_PORT", "http://127.0.0.1:9222")
    keys = 'name = "pixel"\nengine = "chromium"\ncdp_endpoint = "S3V_PORT"\nreal = "Pixel 9, Android 16"'
    return load_site(end=f"[[targets]]\n{keys}").target("pixel")


@pytest.mark.parametrize(
    ("browser", "seen"),
    [
        (on("Linux"), "a browser on Linux"),
        (on("Win32"), "a browser on Win32"),
        (on("Android", "13.0.0", "Pixel 7"), "Android 13.0.0"),
        (on("Android", "16.0.0", "sdk_gphone64_x86_64"), "a simulator (sdk_gphone64_x86_64)"),
        (on("iOS"), "iOS"),
    ],
)
def test_a_port_of_what_is_not_the_phone(
    machine: SimpleNamespace, pixel: Target, browser: SimpleNamespace, seen: str
) -> None:
    machine.engines["chromium"].connect_over_cdp = lambda _, **options: browser
    assert survey([pixel], [], machine.playwright)[0].missing == (
        f"what runs at the address of pixel is {seen}, not Pixel 9, Android 16; have that run there, correct real, or "
        "write what is only emulated into device, in place of real"
    )


def test_a_port_of_the_phone(machine: SimpleNamespace, pixel: Target) -> None:
    machine.engines["chromium"].connect_over_cdp = lambda _, **options: on("Android", "16.0.0", "Pixel 9")
    state = survey([pixel], [], machine.playwright)[0]
    assert (state.missing, state.build) == ("", "Pixel 9, Android 16: a remote chromium")


def test_a_phone_that_opens_no_window_of_its_own(machine: SimpleNamespace, pixel: Target) -> None:
    def refuse() -> None:
        raise Error("Browser.new_page: Protocol error (Target.createBrowserContext): Not supported")

    browser = SimpleNamespace(new_page=refuse)
    machine.engines["chromium"].connect_over_cdp = lambda _, **options: browser
    assert survey([pixel], [], machine.playwright)[0].missing.startswith(
        "no chromium at the target's cdp_endpoint (it opens no window of its own, so let Appium drive it, by webdriver)"
    )


def test_a_server_that_does_not_answer(machine: SimpleNamespace, remote: Target) -> None:
    def connect(_: str, **options: object) -> None:
        raise Error(f"WebSocket error: {SERVER} 401 Unauthorized\nCall log:\n  - <ws connecting> {SERVER}")

    machine.engines["chromium"].connect = connect
    missing = survey([remote], [], machine.playwright)[0].missing
    assert missing.startswith("no chromium at the target's ws_endpoint (WebSocket error: its ws_endpoint 401 Unauth")
    assert "of-a-cloud" not in missing


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("BrowserType.connect_over_cdp: connect ECONNREFUSED 127.0.0.1:9", "it does not answer: Connection refused"),
        ("BrowserType.connect: WebSocket error: getaddrinfo ENOTFOUND no.invalid", "its host is not known"),
        (
            "BrowserType.connect_over_cdp: Unexpected token '<', \"<html>\" is not valid JSON",
            "what answers there is something else",
        ),
        (f"BrowserType.connect: WebSocket error: {SERVER} 404 Not Found", "what answers there is something else"),
        (
            "BrowserType.connect_over_cdp: Timeout 60000ms exceeded.",
            "nothing that a browser says came from there in time",
        ),
        ("BrowserType.connect: Target page has been closed", "Target page has been closed"),
    ],
)
def test_why_there_is_no_browser_elsewhere(machine: SimpleNamespace, remote: Target, said: str, told: str) -> None:
    def connect(_: str, **options: object) -> None:
        raise Error(said)

    machine.engines["chromium"].connect = connect
    assert survey([remote], [], machine.playwright)[0].missing.startswith(
        f"no chromium at the target's ws_endpoint ({told}); "
    )


@pytest.mark.parametrize("there", [True, False])
def test_whether_a_remote_browser_reaches_this_machine(machine: SimpleNamespace, remote: Target, there: bool) -> None:
    def go(address: str) -> None:
        if not there:
            raise Error(f"net::ERR_PROXY_CONNECTION_FAILED at {address}")

    page = SimpleNamespace(goto=go)
    browser = SimpleNamespace(new_context=lambda **_: SimpleNamespace(new_page=lambda: page), close=lambda: None)
    machine.engines["chromium"].connect = lambda _, **options: browser
    assert reaches("https://moodle.test/", remote, machine.playwright, PROXY) == there


# -- proxy ----------------------------------------------------------------------------------------


def test_chromium_sends_loopback_through_the_proxy_too() -> None:
    options = with_proxy(Launch({"args": ["--x"]}, ""), "chromium", PROXY)
    assert options == {"args": ["--x"], "proxy": {"server": PROXY, "bypass": "<-loopback>"}}


def test_webkit_takes_the_proxy_as_it_is() -> None:
    assert with_proxy(Launch({}, ""), "webkit", PROXY) == {"proxy": {"server": PROXY}}


def test_firefox_gets_it_by_preferences(machine: SimpleNamespace) -> None:
    machine.install("firefox")
    launch = launch_of(FIREFOX, machine.playwright)
    options = with_proxy(launch, "firefox", PROXY)
    assert "proxy" not in options
    preferences = options["firefox_user_prefs"]
    assert preferences["network.proxy.type"] == 1
    assert (preferences["network.proxy.ssl"], preferences["network.proxy.ssl_port"]) == ("127.0.0.1", 4711)
    assert preferences["network.proxy.allow_hijacking_localhost"] is True
    assert preferences["fission.bfcacheInParent"] is False
    assert "network.proxy.type" not in launch.options["firefox_user_prefs"]


# -- survey ---------------------------------------------------------------------------------------


def test_what_becomes_of_each_target(machine: SimpleNamespace) -> None:
    machine.install("chromium")
    pixel = Target(name="pixel-7", engine="chromium", device="Pixel 7", required=False)
    iphone = Target(name="iphone-15", engine="webkit", device="iPhone 15")
    states = survey([CHROMIUM, WEBKIT, pixel, iphone], [], machine.playwright)
    assert [(state.name, state.required, bool(state.missing)) for state in states] == [
        ("chromium", True, False),
        ("webkit", True, True),
        ("pixel-7", False, False),
        ("iphone-15", True, True),
    ]
    assert states[0].build == "Playwright's build"
    assert states[2].build == "Pixel 7 emulated in Playwright's build"
    assert states[3].build == ""
    assert "playwright install webkit" in states[3].missing


def test_a_narrowed_run_leaves_out_the_others(machine: SimpleNamespace) -> None:
    machine.install("chromium")
    states = survey([CHROMIUM, FIREFOX], ["chromium"], machine.playwright)
    assert [state.missing for state in states] == ["", "left out on the command line (--target)"]


# -- by WebDriver ---------------------------------------------------------------------------------


def test_a_driver_that_is_not_installed(machine: SimpleNamespace) -> None:
    target = Target(name="webkitgtk", engine="webkit", channel="webkitgtk", required=False)
    (state,) = survey([target], [], machine.playwright)
    assert state.missing == (
        "no webkitgtk on this machine (WebKitWebDriver is not installed); on Debian, get it with: sh .ci/webkit"
    )
    assert state.by_webdriver
    assert not state.judges_desks


def test_a_driver_at_an_address_that_does_not_answer(load_site: LoadSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3V_IPHONE", f"http://ada:key-of-a-cloud@127.0.0.1:{free_port()}/wd/hub")
    table = '[[targets]]\nname = "iphone"\nengine = "webkit"\nwebdriver = "S3V_IPHONE"\nreal = "iPhone 16, iOS 26"'
    site = load_site(end=table)
    with pytest.raises(NotAvailable) as refused:
        find_build(site.target("iphone"))
    assert str(refused.value) == (
        "no webkit at the target's webdriver (it does not answer: Connection refused); start the driver there, or "
        "correct the variable or the capabilities"
    )
    assert "key-of-a-cloud" in site.secrets()


def test_a_grid_that_waits_for_such_a_browser(load_site: LoadSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runner.configuration.webdriver.ANSWERS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("S3V_GRID", f"http://127.0.0.1:{silent.getsockname()[1]}")
        site = load_site(end='[[targets]]\nname = "far"\nengine = "firefox"\nwebdriver = "S3V_GRID"')
        with pytest.raises(NotAvailable, match=r"webdriver \(it gives no such browser within 0.2 s\); "):
            find_build(site.target("far"))


@contextmanager
def answering(status: int, body: str) -> Iterator[str]:
    """The address of what answers so to everybody."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (
            404,
            "<!doctype html><h1>Not Found</h1>",
            "what answers there is no driver of WebDriver; the address of a hub",
        ),
        (200, "<h1>Welcome</h1>", "what answers there is no driver"),
        (200, '{"status": "ok"}', "what answers there is no driver"),
        (200, "[]", "what answers there is no driver"),
        (200, "", "what answers there is no driver"),
        (404, '{"value": {"error": "unknown command", "message": "no such command"}}', "no such command"),
        (401, "", "Authorization Required"),
        (200, '{"value": {"sessionId": "1", "capabilities": []}}', "what answers there is no driver"),
    ],
)
def test_an_address_where_no_driver_is(
    load_site: LoadSite, monkeypatch: pytest.MonkeyPatch, status: int, body: str, told: str
) -> None:
    with answering(status, body) as address:
        monkeypatch.setenv("S3V_HUB", address)
        site = load_site(end='[[targets]]\nname = "far"\nengine = "webkit"\nwebdriver = "S3V_HUB"')
        with pytest.raises(NotAvailable, match=re.escape(f"at the target's webdriver ({told}")):
            find_build(site.target("far"))


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("/wd/hub", "leave /wd/hub out, which Appium has no more since its version 2"),
        ("", "the address of a hub often ends with /wd/hub"),
    ],
)
@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            '{"value": {"error": "unknown command", "message": "The requested resource could not be found"}}',
            "The requested resource could not be found",
        ),
        ("<h1>Not Found</h1>", "what answers there is no driver of WebDriver"),
    ],
)
def test_an_address_with_another_path(
    load_site: LoadSite, monkeypatch: pytest.MonkeyPatch, path: str, hint: str, body: str, said: str
) -> None:
    with answering(404, body) as address:
        monkeypatch.setenv("S3V_HUB", f"{address}{path}")
        site = load_site(end='[[targets]]\nname = "far"\nengine = "webkit"\nwebdriver = "S3V_HUB"')
        with pytest.raises(NotAvailable, match=re.escape(f"at the target's webdriver ({said}; {hint}); ")):
            find_build(site.target("far"))


@pytest.mark.parametrize(("piece", "pause"), [(b" " * 4096, 0.0), (b" ", 0.05)])
def test_an_address_whose_answer_does_not_end(
    load_site: LoadSite, monkeypatch: pytest.MonkeyPatch, piece: bytes, pause: float
) -> None:
    monkeypatch.setattr("runner.configuration.webdriver.LARGEST", 1024**2)
    monkeypatch.setattr("runner.configuration.webdriver.ANSWERS", 1.0)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            with suppress(OSError):
                while True:
                    self.wfile.write(piece)
                    Event().wait(pause)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("S3V_HUB", f"http://127.0.0.1:{server.server_address[1]}")
        site = load_site(end='[[targets]]\nname = "far"\nengine = "webkit"\nwebdriver = "S3V_HUB"')
        with pytest.raises(NotAvailable, match="what answers there is no driver"):
            find_build(site.target("far"))
        server.shutdown()


def test_a_token_in_an_address_is_a_secret_by_itself(load_site: LoadSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3V_SERVER", "wss://cloud.example.edu?browser=firefox&apiKey=key-of-a-cloud&token=short")
    site = load_site(end='[[targets]]\nname = "far"\nengine = "firefox"\nws_endpoint = "S3V_SERVER"')
    assert "key-of-a-cloud" in site.secrets()
    assert not {"short", "firefox"} & {*site.secrets()}


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ('channel = "webkitgtk"\ndevice = "iPhone 15"', "device: webkitgtk is driven by WebDriver, and as it is"),
        ('channel = "safari"\nws_endpoint = "S3V_SERVER"', "ws_endpoint: safari is driven by WebDriver"),
        ('webdriver = "S3V_WITH_TOKEN"', "webdriver: the variable's address holds ? or #"),
        *(
            (
                f'webdriver = "S3V_HUB"\ncapabilities = {capabilities}',
                f"capabilities: {name} is a secret, and this file",
            )
            for name, capabilities in {
                "accessKey": '{ "bstack:options" = { userName = "ada", accessKey = "key-of-a-cloud" } }',
                "access_key": '{ access_key = "key-of-a-cloud" }',
                "appium:keyPassword": '{ "appium:keyPassword" = "key-of-a-cloud" }',
                "authToken": '{ firstMatch = [{ authToken = "key-of-a-cloud" }] }',
            }.items()
        ),
    ],
)
def test_a_target_that_cannot_be_meant(
    load_site: LoadSite, monkeypatch: pytest.MonkeyPatch, keys: str, told: str
) -> None:
    monkeypatch.setenv("S3V_SERVER", "ws://127.0.0.1:9/playwright")
    monkeypatch.setenv("S3V_HUB", "http://ada:key-of-a-cloud@127.0.0.1:9/wd/hub")
    monkeypatch.setenv("S3V_WITH_TOKEN", "http://127.0.0.1:9/wd/hub?token=key-of-a-cloud")
    with pytest.raises(ConfigurationError, match=re.escape(f"targets.1.{told}")) as refused:
        load_site(end=f'[[targets]]\nname = "iphone"\nengine = "webkit"\n{keys}')
    assert "key-of-a-cloud" not in str(refused.value)


@pytest.mark.parametrize(
    ("target", "told", "words"),
    [
        (
            Target(name="webkitgtk", engine="webkit", channel="webkitgtk"),
            {"browserName": "MiniBrowser", "browserVersion": "2.50.6", "platformName": "linux"},
            "WebKitGTK, not Safari, by WebDriver, 2.50.6",
        ),
        (
            Target(name="safari", engine="webkit", channel="safari"),
            {"browserName": "Safari", "browserVersion": "26.0", "platformName": "mac"},
            "Safari on mac, by WebDriver, 26.0",
        ),
    ],
)
def test_what_a_driven_browser_is(target: Target, told: dict[str, str], words: str) -> None:
    assert build_of(target, cast(WebDriver, SimpleNamespace(capabilities=told))) == words


PHONE = Target.model_construct(name="iphone", engine="webkit", real="iPhone 16, iOS 26")


@pytest.mark.parametrize(
    ("told", "seen"),
    [
        ({"platformName": "linux", "browserName": "chrome-headless-shell"}, "a browser on linux"),
        ({"platformName": "android", "browserName": "chrome"}, "Android"),
        ({"platformName": "iOS", "appium:platformVersion": "17.0"}, "iOS 17.0"),
        ({"platformName": "iOS", "appium:deviceName": "iPhone 16 Simulator"}, "a simulator (iPhone 16 Simulator)"),
        ({"platformName": "iOS", "appium:isSimulator": True}, "a simulator"),
        ({"platformName": "Android", "deviceName": "sdk_gphone64_x86_64"}, "a simulator (sdk_gphone64_x86_64)"),
    ],
)
def test_what_is_not_the_phone_is_not_called_so(told: dict[str, object], seen: str) -> None:
    with pytest.raises(NotAvailable) as refused:
        expect_real(PHONE, "iPhone 16, iOS 26", told)
    assert str(refused.value) == (
        f"what runs at the address of iphone is {seen}, not iPhone 16, iOS 26; have that run there, correct real, or "
        "write what is only emulated into device, in place of real"
    )


@pytest.mark.parametrize(
    "told", [{}, {"platformName": "iOS", "appium:platformVersion": "26.0.1"}, {"platformName": "iPadOS"}]
)
def test_what_may_be_the_phone_is(told: dict[str, object]) -> None:
    expect_real(PHONE, "iPhone 16, iOS 26", told)
    expect_real(PHONE, "Our telephone", told)


def test_a_phone_whose_browser_tells_no_version() -> None:
    told = {"browserName": "safari", "platformName": "iOS", "browserVersion": "", "appium:platformVersion": "26.0"}
    browser = cast(WebDriver, SimpleNamespace(capabilities=told))
    assert build_of(PHONE, browser) == "iPhone 16, iOS 26: safari on iOS, by WebDriver, 26.0"
    assert version_of(browser) == "26.0"
