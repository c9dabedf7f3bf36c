"""What step 2.12 measures with: requests that are counted, samples taken meanwhile, and the suite's own growth."""

import inspect
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest
from playwright.sync_api import Page

from checks.large_video import expect_large
from checks.latency import LatencyProbe, Reply, expect_answers, expect_quick, expect_quick_confirmation, sampled
from clients.addresses import PLUGIN
from clients.errors import NotCheckable, Unreachable
from clients.moodle.client import MoodleClient
from fixtures import data
from pages.upload.requests import Requests
from runner.configuration.targets import Launch

MIB = 1024**2
GIB = 1024**3


class Tab:
    """A tab that makes requests, as `Requests` listens to them."""

    def on(self, event: str, note: Callable[[Any], None]) -> None:
        if event == "request":
            self._note = note

    def request(self, url: str, method: str = "POST") -> None:
        self._note(SimpleNamespace(url=url, method=method, resource_type="xhr"))


def test_upload_that_asks_moodle_all_the_time() -> None:
    tab = Tab()
    requests = Requests(cast(Page, tab), "https://moodle.test")
    for name in ("get_upload_url", "confirm_upload", *["progress"] * 3):
        tab.request(f"https://moodle.test{PLUGIN}/ajax/{name}.php")
    for _ in range(4):
        tab.request("https://moodle.test/lib/ajax/service.php?info=core_session_touch")
    tab.request(f"https://moodle.test{PLUGIN}/ajax/status.php", method="GET")
    tab.request("https://acme.s3.amazonaws.com/")
    assert requests.expect_few(10) == 10
    with pytest.raises(AssertionError, match=r"at most 9 requests .* seen 4 of service\.php, 3 of progress\.php, 1 of"):
        requests.expect_few(9)


def test_a_confirmation_that_fetches_the_video() -> None:
    usual = [Reply(0.2)] * 3
    assert expect_quick_confirmation({"stored": 12_000, "confirmed": 12_400}, usual, seconds=2) == 0.4
    with pytest.raises(AssertionError, match=r"within 2 s more than .* 0\.20 s, seen it take 5\.4 s"):
        expect_quick_confirmation({"stored": 12_000, "confirmed": 17_400}, usual, seconds=2)


def test_samples_are_taken_while_the_context_lasts() -> None:
    taken = iter(range(1000))
    with sampled(lambda: next(taken), every=0.01) as samples:
        while len(samples) < 3:
            pass
    assert samples[:3] == [0, 1, 2]
    ended = len(samples)
    assert next(taken) == ended


def test_trouble_of_a_sample_is_told() -> None:
    def fail() -> int:
        raise ValueError("no sample")

    with pytest.raises(ValueError, match="no sample"), sampled(fail, every=0.01):
        pass


def test_moodle_that_does_not_answer() -> None:
    assert expect_answers([Reply(0.1), Reply(0.3), Reply(0.2)]) == {
        "requests": 3,
        "median seconds": 0.2,
        "slowest seconds": 0.3,
    }
    with pytest.raises(AssertionError, match="all 2 requests, seen trouble with 1: status 503"):
        expect_answers([Reply(0.1), Reply(0.1, "status 503")])


def test_moodle_that_becomes_slow() -> None:
    before = [Reply(0.005)] * 5
    assert expect_quick(before, [Reply(0.4)] * 3, ratio=5, seconds=2) == 80  # nobody notices
    assert expect_quick([Reply(0.3)], [Reply(1.2)], ratio=5, seconds=2) == 4
    with pytest.raises(AssertionError, match=r"within 2 s and 5 times as long as before, seen 8\.00 s after 0\.01 s"):
        expect_quick(before, [Reply(0.1), Reply(8), Reply(8)], ratio=5, seconds=2)
    with pytest.raises(AssertionError, match=r"seen 1\.90 s after 0\.30 s before"):
        expect_quick([Reply(0.3)], [Reply(1.9)], ratio=5, seconds=2)
    with pytest.raises(AssertionError, match=r"seen 2\.10 s after 2\.00 s before"):
        expect_quick([Reply(2)], [Reply(2.1)], ratio=5, seconds=2)


def test_a_video_that_is_not_large() -> None:
    expect_large(GIB)
    with pytest.raises(NotCheckable, match="asks for a video of 1 to 2 GB, and this one has 64 MiB; whoever runs"):
        expect_large(64 * MIB)


@pytest.mark.parametrize(
    ("status", "trouble"), [(200, ""), (404, ""), (503, "status 503 (Service Unavailable)"), (None, "no route")]
)
def test_the_probe_tells_an_answer_from_trouble(
    monkeypatch: pytest.MonkeyPatch, status: int | None, trouble: str
) -> None:
    def get(*_: object) -> SimpleNamespace:
        if status is None:
            raise Unreachable("no route")
        return SimpleNamespace(status_code=status)

    monkeypatch.setattr(MoodleClient, "get", get)
    reply = LatencyProbe(MoodleClient("https://moodle.test", timeout=1))()
    assert (reply.trouble, reply.seconds < 10) == (trouble, True)


def test_growth_of_the_suite_is_told(suite_growth: Callable[[], int]) -> None:
    assert suite_growth() < data.SUITE_BYTES


def test_growth_over_the_limit_fails_the_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data, "SUITE_BYTES", 0)
    with pytest.raises(AssertionError, match="expected the suite to grow by less than 0 bytes"):
        list(inspect.unwrap(data.suite_growth)())


def test_size_that_stock_firefox_can_send() -> None:
    stock, own = Launch({"channel": "moz-firefox"}, ""), Launch({}, "")
    assert [stock.upload_size(size) for size in (64 * MIB, GIB, 3 * GIB)] == [64 * MIB, 2 * GIB, 3 * GIB]
    assert [stock.upload_size(size) for size in (4 * GIB + MIB, 5 * GIB)] == [4 * GIB + MIB, 4 * GIB]
    assert own.upload_size(GIB) == GIB
    own.expect_sends(5 * GIB)
    with pytest.raises(NotCheckable, match="reads a file of 5368709120 bytes before it sends it"):
        stock.expect_sends(5 * GIB)
