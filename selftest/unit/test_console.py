"""What counts as an error in the browser's console, and what is noise, in the words of each engine."""

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from playwright.sync_api import BrowserContext

from clients.addresses import DASHBOARD
from clients.errors import NotCheckable
from pages.console import KEPT, NOT_SHOWN, Console

COUNTER = re.compile(r"counter\.example\.org")
MATHJAX = "https://cdn.jsdelivr.net/npm/mathjax@2.7.9/MathJax.js?delayStartupUntil=configured"
SCRIPT = "https://moodle.example.edu/mod/assign/submission/s3video/uploader.js"
AMD = "https://moodle.example.edu/lib/requirejs.php/-1/assignsubmission_s3video/player.js"


FRAME = SimpleNamespace(parent_frame=None, page=SimpleNamespace(url="https://moodle.example.edu/s3video/view.php?id=7"))


class Context:
    """What `Console` listens to; `tell` is the browser's side of it."""

    def __init__(self) -> None:
        self.listeners: dict[str, Callable[[SimpleNamespace], None]] = {}

    def on(self, event: str, listener: Callable[[SimpleNamespace], None]) -> None:
        self.listeners[event] = listener

    def tell(self, event: str, **facts: object) -> None:
        self.listeners[event](SimpleNamespace(**{"page": None, "location": {"url": ""}, **facts}))


@pytest.fixture
def browser() -> Context:
    return Context()


@pytest.fixture
def console(browser: Context) -> Console:
    return Console(cast(BrowserContext, browser), [COUNTER], ["moodle.example.edu:443", "cdn.example.edu:443"])


def refused(status: int, url: str = "https://moodle.example.edu/x.php", page: bool = False) -> dict[str, object]:
    request = SimpleNamespace(
        method="GET",
        resource_type="script",
        is_navigation_request=lambda: page,
        frame=FRAME,
    )
    return {"status": status, "url": url, "request": request}


def failed(failure: str | None, url: str = "https://cdn.example.edu/clip.mp4") -> dict[str, object]:
    return {"method": "GET", "url": url, "failure": failure, "resource_type": "fetch", "frame": FRAME}


def test_a_request_that_fails_is_told_with_its_page(browser: Context, console: Console) -> None:
    browser.tell("requestfailed", **failed("net::ERR_FAILED"))
    browser.tell("response", **refused(403))
    assert [error.partition(" (on ")[2] for error in console.errors()] == [f"{FRAME.page.url})"] * 2


@pytest.mark.parametrize(
    ("event", "facts", "told"),
    [
        ("console", {"type": "error", "text": "video is null"}, "console error: video is null"),
        ("weberror", {"error": "TypeError: video is null"}, "page error: TypeError: video is null"),
        ("requestfailed", failed("net::ERR_CONNECTION_RESET"), "GET https://cdn.example.edu/clip.mp4: net::ERR_CONN"),
        ("requestfailed", failed("NS_ERROR_NET_RESET"), "NS_ERROR_NET_RESET"),
        ("requestfailed", failed(None), "request failed: GET https://cdn.example.edu/clip.mp4"),
        ("response", refused(403), "request refused: GET https://moodle.example.edu/x.php: status 403 (Forbidden)"),
        ("response", refused(500), "500"),
        ("requestfailed", failed("net::ERR_FAILED", "https://cdn.jsdelivr.net/npm/video.js@8/video.js"), "video.js"),
        ("response", refused(404, "https://x.example.edu/s3video/MathJax.js"), "s3video"),
        ("weberror", {"error": "ReferenceError: MathJax is not defined"}, "MathJax is not defined"),
        ("response", refused(404, f"{SCRIPT}?like=https://fonts.gstatic.com/"), "uploader.js"),
        ("console", {"type": "error", "text": "https://counter.example.org/c.js", "location": {"url": AMD}}, "/c.js"),
    ],
)
def test_what_is_an_error(browser: Context, console: Console, event: str, facts: dict[str, Any], told: str) -> None:
    console.expect_clean()
    browser.tell(event, **facts)
    with pytest.raises(AssertionError, match=re.escape(told)) as failure:
        console.expect_clean()
    assert str(failure.value).startswith("expected no errors in the browser's console, seen: ")


@pytest.mark.parametrize(
    ("event", "facts"),
    [
        ("console", {"type": "warning", "text": "slow network"}),
        ("console", {"type": "error", "text": "Failed to load resource: the server responded with a status of 404"}),
        ("console", {"type": "error", "text": "https://counter.example.org/c.js net::ERR_NAME_NOT_RESOLVED"}),
        ("weberror", {"error": 'Error: Script error for "core/first"'}),
        ("requestfailed", failed("net::ERR_ABORTED")),
        ("requestfailed", failed("NS_BINDING_ABORTED")),
        ("requestfailed", failed("Load request cancelled")),
        ("response", refused(302)),
        ("response", refused(404, page=True)),
        ("response", refused(404, "https://counter.example.org/c.js")),
        ("requestfailed", failed("net::ERR_TUNNEL_CONNECTION_FAILED", MATHJAX)),
        ("requestfailed", failed("NS_ERROR_UNKNOWN_HOST", MATHJAX)),
        ("requestfailed", failed("net::ERR_BLOCKED_BY_CLIENT", "https://www.google-analytics.com/g/collect?v=2")),
        ("response", refused(503, "https://fonts.googleapis.com/css2?family=Lato")),
    ],
)
def test_what_is_noise(browser: Context, console: Console, event: str, facts: dict[str, Any]) -> None:
    browser.tell(event, **facts)
    console.expect_clean()


@pytest.mark.parametrize(
    ("event", "facts", "told"),
    [
        ("requestfailed", failed("net::ERR_TUNNEL_CONNECTION_FAILED"), "no connection to cdn.example.edu:443"),
        ("requestfailed", failed("NS_ERROR_PROXY_BAD_GATEWAY"), "no connection to cdn.example.edu:443"),
        (
            "response",
            refused(503, "https://moodle.example.edu/lib/ajax/service.php"),
            "moodle.example.edu:443 answered 503",
        ),
    ],
)
def test_what_is_a_broken_network(
    browser: Context, console: Console, event: str, facts: dict[str, Any], told: str
) -> None:
    browser.tell(event, **facts)
    with pytest.raises(NotCheckable, match=re.escape(told)):
        console.expect_clean()


@pytest.mark.parametrize(
    ("event", "facts"),
    [
        ("requestfailed", failed("net::ERR_TUNNEL_CONNECTION_FAILED", "https://no-such.cloudfront.net/clip.mp4")),
        ("requestfailed", failed("net::ERR_CERT_AUTHORITY_INVALID")),
        ("response", refused(503, f"{SCRIPT}?rev=1")),
    ],
)
def test_what_is_no_broken_network(browser: Context, console: Console, event: str, facts: dict[str, Any]) -> None:
    browser.tell(event, **facts)
    console.expect_connected()
    with pytest.raises(AssertionError, match="expected no errors in the browser's console"):
        console.expect_clean()


@pytest.mark.parametrize("thrown", ["NetworkError when attempting to fetch resource.", "The operation was aborted. "])
def test_a_request_that_was_cut_off_explains_one_error_that_nobody_caught(
    browser: Context, console: Console, thrown: str
) -> None:
    browser.tell("weberror", error=thrown)
    assert console.beyond_navigation() == []
    with pytest.raises(AssertionError, match=f"page error: {thrown}"):
        console.expect_clean()
    browser.tell("requestfailed", **failed("NS_BINDING_ABORTED"))
    console.expect_clean()
    browser.tell("weberror", error="TypeError: Failed to fetch")
    with pytest.raises(AssertionError, match="page error: TypeError: Failed to fetch"):
        console.expect_clean()


def test_an_error_says_on_which_page_it_was(browser: Context, console: Console) -> None:
    grader = SimpleNamespace(url="https://moodle.example.edu/mod/assign/view.php?id=7&action=grader")
    browser.tell("weberror", error="Error: No define call for theme/tab", page=grader)
    browser.tell("console", type="error", text="no such block", page=grader)
    with pytest.raises(AssertionError) as failure:
        console.expect_clean()
    for error in ("page error: Error: No define call for theme/tab", "console error: no such block"):
        assert f"{error} (on {grader.url})" in str(failure.value)


def test_errors_are_collected_over_the_whole_step(browser: Context, console: Console) -> None:
    for number in range(12):
        browser.tell("console", type="error", text=f"error {number}.")
    with pytest.raises(AssertionError) as failure:
        console.expect_clean()
    assert str(failure.value).count("console error: ") == 10
    assert "error 0.; " in str(failure.value)


def test_the_last_messages_are_kept_for_a_failed_line(browser: Context, console: Console) -> None:
    for number in range(KEPT + 1):
        browser.tell("console", type="log", text=f"message {number}")
    browser.tell("weberror", error="TypeError: video is null")
    assert console.last()[0] == "log: message 2"
    assert console.last()[-2:] == [f"log: message {KEPT}", "uncaught: TypeError: video is null"]


def test_what_a_page_about_others_says_is_not_kept(browser: Context, console: Console) -> None:
    browser.tell("console", type="log", text="Ada Lovelace", page=SimpleNamespace(url=f"https://m.example{DASHBOARD}"))
    assert console.last() == [f"log: {NOT_SHOWN}"]


def test_a_signed_url_in_any_message_is_told_and_not_quoted(browser: Context, console: Console) -> None:
    browser.tell("console", type="log", text="loading …")
    console.expect_nothing_signed("the teacher's")
    signed = SIGNED_URL
    browser.tell("console", type="log", text=f"playing {signed}")
    console.expect_clean()
    with pytest.raises(
        AssertionError, match="the teacher's console, seen 1 message with one, such as “playing https://"
    ) as failure:
        console.expect_nothing_signed("the teacher's")
    assert "abcDEF123" not in str(failure.value)


SIGNED_URL = "https://d1.cloudfront.net/videos/7/clip.mp4?Expires=1&Signature=abcDEF123~_-&Key-Pair-Id=K1"

REPORT_ONLY = (
    "Loading media from '{}' violates the following Content Security Policy directive: media-src 'self'. The policy "
    "is report-only, so the violation has been logged, but no further action has been taken.",
    "[Report Only] Refused to load {} because it appears in neither the media-src directive",
    "Content-Security-Policy: (Report-Only policy) The page's settings would block a media resource at {}",
)
"""In the words of Chromium 156, of WebKit, and of Firefox 153."""


@pytest.mark.parametrize("words", REPORT_ONLY)
def test_what_a_browser_says_of_a_policy_that_is_tried_out_is_its_own(
    browser: Context, console: Console, words: str
) -> None:
    browser.tell("console", type="error", text=words.format(SIGNED_URL))
    console.expect_clean()
    console.expect_nothing_signed("the teacher's")
    browser.tell("console", type="error", text=f"Refused to load {SIGNED_URL}, it violates media-src")
    with pytest.raises(AssertionError):
        console.expect_nothing_signed("the teacher's")


def test_who_answers_429_is_remembered_unless_it_is_the_plugin(browser: Context, console: Console) -> None:
    browser.tell("response", **refused(429, "https://moodle.example.edu/mod/assign/submission/s3video/ajax/x.php"))
    assert console.limited_by == ""
    browser.tell("response", **refused(429))
    assert console.limited_by == "moodle.example.edu"


def test_exceptions_are_what_no_refusal_excuses(browser: Context, console: Console) -> None:
    browser.tell("response", **refused(500))
    browser.tell("console", type="error", text="upload failed")
    browser.tell("weberror", error="TypeError: Failed to fetch")
    browser.tell("weberror", error="The Same Origin Policy disallows reading the remote resource at https://cdn/. (…)")
    assert console.exceptions() == []
    browser.tell("weberror", error="TypeError: video is null")
    assert console.exceptions() == ["page error: TypeError: video is null"]
    assert not any("Failed to fetch" in error for error in console.beyond_navigation())
    assert any("500" in error for error in console.beyond_navigation())
    assert len(console.errors()) == 5


def test_an_error_of_a_page_about_others_is_told_without_its_words(browser: Context, console: Console) -> None:
    page = SimpleNamespace(url=f"https://m.example{DASHBOARD}")
    browser.tell("weberror", error="Error: Ada Lovelace", page=page)
    assert console.errors() == [f"page error: {NOT_SHOWN} (on {page.url})"]
