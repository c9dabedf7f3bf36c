"""The requests that a failed line shows, and how their addresses are shown."""

from types import SimpleNamespace
from typing import cast

import pytest
from playwright.sync_api import BrowserContext

from clients.addresses import shown
from pages.traffic import KEPT, Traffic
from selftest.unit.test_console import Context

SITE = "https://moodle.example.edu"


@pytest.fixture
def browser() -> Context:
    return Context()


@pytest.fixture
def traffic(browser: Context) -> Traffic:
    return Traffic(cast(BrowserContext, browser))


class Request(SimpleNamespace):
    """Hashable by what it is, as Playwright's are."""

    __hash__ = object.__hash__  # type: ignore[assignment]


def request(url: str = f"{SITE}/x.php", kind: str = "fetch", failure: str | None = None, end: float = 120.0) -> Request:
    return Request(method="GET", url=url, resource_type=kind, failure=failure, timing={"responseEnd": end})


def go(
    browser: Context, one: Request, status: int = 200, headers: dict[str, str] | None = None, failed: bool = False
) -> None:
    listeners = browser.listeners
    listeners["request"](one)
    if not failed:
        listeners["response"](SimpleNamespace(request=one, status=status, headers=headers or {}))
    listeners["requestfailed" if failed else "requestfinished"](one)


def test_a_request_is_told_with_status_size_and_time(browser: Context, traffic: Traffic) -> None:
    go(browser, request(), 403, {"content-length": "146"})
    told = {"method": "GET", "address": f"{SITE}/x.php", "status": 403, "bytes": 146, "seconds": 0.12}
    assert traffic.last() == [told]


def test_what_is_not_known_is_left_out(browser: Context, traffic: Traffic) -> None:
    go(browser, request(end=-1))
    browser.listeners["request"](request())
    assert [sorted(one) for one in traffic.last()] == [["address", "method", "status"]] * 2
    assert [one["status"] for one in traffic.last()] == [200, "no answer"]


def test_a_request_that_fails_says_why(browser: Context, traffic: Traffic) -> None:
    go(browser, request(failure="net::ERR_CONNECTION_RESET"), failed=True)
    assert traffic.last()[0]["status"] == "net::ERR_CONNECTION_RESET"


def test_pictures_and_scripts_are_told_only_when_they_fail(browser: Context, traffic: Traffic) -> None:
    go(browser, request(kind="image"))
    go(browser, request(kind="script"), 404)
    go(browser, request(kind="font", failure="gone"), failed=True)
    assert [one["status"] for one in traffic.last()] == [404, "gone"]


def test_the_last_ones_are_kept(browser: Context, traffic: Traffic) -> None:
    for number in range(KEPT + 3):
        go(browser, request(f"{SITE}/{number}"))
    assert len(traffic.last()) == KEPT
    assert traffic.last()[0]["address"] == f"{SITE}/3"


@pytest.mark.parametrize(
    ("address", "told"),
    [
        (f"{SITE}/mod/assign/view.php?id=7&action=grader", f"{SITE}/mod/assign/view.php?id=7&action=…"),
        (f"{SITE}/a.php?sesskey=aBcDeFgH12#top", f"{SITE}/a.php?sesskey=…"),
        (
            "https://ada:secret@d1.example/videos/12/1764_Ada.mp4?Signature=x",
            "https://d1.example/videos/12/…?Signature=…",
        ),
        ("https://s3.example/bucket/videos/12/a/b.mp4", "https://s3.example/bucket/videos/12/…"),
        ("data:text/plain;base64,U2VjcmV0", "data:…"),
        ("blob:https://moodle.example.edu/1", "blob:…"),
    ],
)
def test_an_address_is_shown_without_secrets_and_names(address: str, told: str) -> None:
    assert shown(address) == told


def test_a_long_address_is_cut() -> None:
    assert len(shown(f"{SITE}/{'x' * 1000}")) == 300
