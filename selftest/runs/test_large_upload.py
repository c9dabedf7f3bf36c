"""What step 2.12 measures with: the judgement of a progress bar, and samples taken meanwhile."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from fixtures.data import suite_growth
from pages.upload_widget import Upload
from runner.targets import Launch
from services import latency as load
from services.errors import Unreachable
from services.latency import Answer, LatencyProbe, expect_answers, sampled
from services.moodle.site import Site

MIB = 1024**2
GIB = 1024**3


def upload_with(*progress: tuple[float, float]) -> Upload:
    """An upload whose file was chosen at 0 s on a page opened at 100 s; `progress` pairs seconds and percent."""
    seen: dict[str, Any] = {
        "() => window.s3videoSeen.progress": [{"at": at * 1000, "value": value} for at, value in progress],
        "() => window.s3videoSeen.chosen": 0.0,
        "() => performance.timeOrigin": 100_000.0,
    }
    page = SimpleNamespace(on=lambda *_: None, evaluate=seen.__getitem__)
    return Upload(SimpleNamespace(page=page, moodle=None))  # type: ignore[arg-type]


def steady(seconds: float, steps: int = 50) -> list[tuple[float, float]]:
    return [(seconds * step / steps, 100 * step / steps) for step in range(steps + 1)]


def test_steady_bar():
    upload = upload_with(*steady(20))
    sent = [(100 + second, second * 50) for second in range(21)]
    assert upload.expect_whole_progress(20, 5)[-1] == 100
    assert upload.expect_no_stall(10) == 0.4
    assert upload.expect_truthful(sent, 1000, 10) <= 10


@pytest.mark.parametrize(
    ("progress", "seen"),
    [
        ([(0, 0), (10, 50), (11, 40), (20, 100)], "never goes back"),
        ([(0, 0), (20, 99)], "up to 100%, seen 0, 99"),
        ([], "up to 100%, seen nothing"),
        ([(20, 100)], "at least 20 distinct values"),
        ([(at, value) for at, value in steady(20) if not 40 < value < 50], "seen one of 10 in"),
        ([(at, value) for at, value in steady(20) if value > 6], "seen one of 8 in"),
    ],
)
def test_bar_that_does_not_show_the_whole_way(progress: list[tuple[float, float]], seen: str):
    with pytest.raises(AssertionError, match=seen):
        upload_with(*progress).expect_whole_progress(20, 5)


def test_bar_that_stands_still():
    stalled = [(at + (11 if value > 50 else 0), value) for at, value in steady(20)]
    with pytest.raises(AssertionError, match=r"without a stall over 10\.3 s, seen one of 11\.4 s"):
        upload_with(*stalled).expect_no_stall(10)


def test_slow_link_is_no_stall():
    assert upload_with(*steady(2000, steps=100)).expect_no_stall(10) == 20


def test_bar_that_runs_ahead_of_the_bytes():
    sent = [(100 + second, second * 50) for second in range(21)]
    with pytest.raises(AssertionError, match=r"seen 100% with 25% of the file sent"):
        upload_with(*steady(5)).expect_truthful(sent, 1000, 10)


def test_upload_that_asks_moodle_all_the_time():
    upload = upload_with()
    urls = ["get_upload_url", "confirm_upload", *["progress"] * 3]
    upload.requests = [SimpleNamespace(url=f"/mod/assign/submission/s3video/ajax/{name}.php") for name in urls]  # type: ignore[misc]
    upload.requests.append(SimpleNamespace(url="/lib/ajax/service.php?info=core_session_touch"))  # type: ignore[arg-type]
    assert upload.expect_few_requests(5) == 5
    with pytest.raises(AssertionError, match=r"at most 4 requests .* seen .*progress\.php': 3"):
        upload.expect_few_requests(4)


def test_samples_are_taken_while_the_context_lasts():
    taken = iter(range(1000))
    with sampled(lambda: next(taken), every=0.01) as samples:
        while len(samples) < 3:
            pass
    assert samples[:3] == [0, 1, 2]
    ended = len(samples)
    assert next(taken) == ended


def test_trouble_of_a_sample_is_told():
    def fail() -> int:
        raise ValueError("no sample")

    with pytest.raises(ValueError, match="no sample"), sampled(fail, every=0.01):
        pass


def test_moodle_that_does_not_answer():
    assert expect_answers([Answer(0.1), Answer(0.3), Answer(0.2)]) == {
        "requests": 3,
        "median seconds": 0.2,
        "slowest seconds": 0.3,
    }
    with pytest.raises(AssertionError, match="all 2 requests, seen trouble 1 times: status 503"):
        expect_answers([Answer(0.1), Answer(0.1, "status 503")])


@pytest.mark.parametrize(("status", "trouble"), [(200, ""), (404, ""), (503, "status 503"), (None, "no route")])
def test_pulse_tells_an_answer_from_trouble(monkeypatch: pytest.MonkeyPatch, status: int | None, trouble: str):
    def get(*_: object) -> SimpleNamespace:
        if status is None:
            raise Unreachable("no route")
        return SimpleNamespace(status_code=status)

    monkeypatch.setattr(Site, "get", get)
    budgets = SimpleNamespace(page=1)
    answer = LatencyProbe(SimpleNamespace(base_url="https://moodle.test", verify=True, budgets=budgets))()  # type: ignore[arg-type]
    assert (answer.trouble, answer.seconds < 10) == (trouble, True)


def test_growth_of_the_suite_is_told(suite_growth: Callable[[], int]):
    assert suite_growth() < load.SUITE_BYTES


def test_growth_over_the_limit_fails_the_test(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(load, "SUITE_BYTES", 0)
    with pytest.raises(AssertionError, match="expected the suite to grow by less than 0 bytes"):
        list(suite_growth.__wrapped__())


def test_size_that_stock_firefox_can_send():
    stock, own = Launch({"channel": "moz-firefox"}, ""), Launch({}, "")
    assert [stock.upload_size(size) for size in (64 * MIB, GIB, 3 * GIB)] == [64 * MIB, 2 * GIB, 3 * GIB]
    assert own.upload_size(GIB) == GIB
