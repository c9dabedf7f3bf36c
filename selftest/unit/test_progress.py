"""The judgement of a progress bar and its messages, over what the recorder saw."""

import pytest

from pages.upload.progress import Recording, Step, expect_no_stall, expect_told_last, expect_truthful, expect_whole

STORE, CONFIRM = "https://s3.example.edu/bucket", "https://moodle.example.edu/confirm_upload.php"
SENT = [(100 + second, second * 50) for second in range(21)]
"""1000 bytes within 20 s, from the moment at which the page was opened."""


def bar(*progress: tuple[float, float]) -> list[Step]:
    """Pairs of seconds and percent."""
    return [{"at": at * 1000, "value": value} for at, value in progress]


def recording(
    *progress: tuple[float, float], ended: dict[str, float] | None = None, told: float | None = None
) -> Recording:
    """Of a file chosen at 0 s on a page opened at 100 s; times in seconds, of ends and of the success message too."""
    return {
        "chosen": 0.0,
        "type": "video/mp4",
        "progress": bar(*progress),
        "handlers": [],
        "limits": [],
        "messages": [] if told is None else [{"at": told * 1000, "success": True, "text": "Done."}],
        "origin": 100_000.0,
        "ended": [{"name": name, "at": at * 1000} for name, at in (ended or {}).items()],
    }


def steady(seconds: float, steps: int = 50) -> list[tuple[float, float]]:
    return [(seconds * step / steps, 100 * step / steps) for step in range(steps + 1)]


def test_steady_bar() -> None:
    seen = recording(*steady(20))
    assert expect_whole(seen["progress"], 20, 5)[-1] == 100
    assert expect_no_stall(seen, 10) == 0.4
    assert expect_truthful(seen, SENT, 1000, 10) <= 10


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
def test_bar_that_does_not_show_the_whole_way(progress: list[tuple[float, float]], seen: str) -> None:
    with pytest.raises(AssertionError, match=seen):
        expect_whole(bar(*progress), 20, 5)


def test_bar_that_stands_still() -> None:
    stalled = [(at + (11 if value > 50 else 0), value) for at, value in steady(20)]
    with pytest.raises(AssertionError, match=r"without a stall over 10\.3 s, seen one of 11\.4 s"):
        expect_no_stall(recording(*stalled), 10)


def test_slow_network_is_no_stall() -> None:
    assert expect_no_stall(recording(*steady(2000, steps=100)), 10) == 20


def test_bar_that_runs_ahead_of_the_bytes() -> None:
    with pytest.raises(AssertionError, match=r"seen 100% with 25% of the file sent"):
        expect_truthful(recording(*steady(5)), SENT, 1000, 10)


def test_success_that_is_told_last() -> None:
    seen = recording(ended={STORE: 2, CONFIRM: 3, "https://elsewhere": 9}, told=3.5)
    assert expect_told_last(seen, [STORE], [CONFIRM]) == {"stored": 2000, "confirmed": 3000, "told": 3500}


@pytest.mark.parametrize(
    ("ended", "told", "words"),
    [
        ({STORE: 2, CONFIRM: 3}, 2.5, "too early: told after 2500 ms, stored after 2000, confirmed after 3000"),
        ({STORE: 3, CONFIRM: 2}, 2.5, "seen it too early"),
        ({CONFIRM: 3}, 4, "expected the transfer to storage to have ended"),
        ({STORE: 2}, 4, "expected confirm_upload to have ended"),
        ({STORE: 2, CONFIRM: 3}, None, "expected a success message, seen none"),
    ],
)
def test_success_that_is_told_too_early_or_never(ended: dict[str, float], told: float | None, words: str) -> None:
    with pytest.raises(AssertionError, match=words):
        expect_told_last(recording(ended=ended, told=told), [STORE], [CONFIRM])
