"""The dashboard's figures of two moments: ours must be in them, and what others did meanwhile may be."""

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import pytest

from clients.errors import NotCheckable
from pages.dashboard import Dashboard, Figures


def figures(requested: int, stored: str = "1 MB") -> Figures:
    return Figures({"Total Requested": str(requested), "Total Storage": stored})


def never() -> int:
    raise AssertionError("nobody else is to be asked for")


def test_what_grew_by_ours_alone_needs_no_look_at_others() -> None:
    figures(8).expect_growth(figures(7), {"Total Requested": 1}, never)
    figures(1, "2 MB").expect_more_stored(figures(1), 1024**2, never)


def test_what_others_did_meanwhile_is_let_be() -> None:
    figures(10).expect_growth(figures(7), {"Total Requested": 1}, lambda: 2)
    figures(1, "3 MB").expect_more_stored(figures(1), 1024**2, lambda: 1)


@pytest.mark.parametrize(
    ("seen", "others", "told"),
    [
        (9, 0, r"count Total Requested \+1, seen Total Requested \+2"),
        (10, 1, r"Total Requested \+1 and 1 of other people at most, seen Total Requested \+3"),
        (7, 5, r"Total Requested \+1 and 5 of other people at most, seen Total Requested \+0"),
    ],
)
def test_what_neither_explains_is_a_finding(seen: int, others: int, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        figures(seen).expect_growth(figures(7), {"Total Requested": 1}, lambda: others)


@pytest.mark.parametrize(("stored", "others"), [("3 MB", 0), ("1 MB", 1)])
def test_a_storage_that_grew_too_much_or_not_at_all(stored: str, others: int) -> None:
    with pytest.raises(AssertionError, match="expected the total storage to grow by 1048576 bytes, seen it go from 1"):
        figures(1, stored).expect_more_stored(figures(1), 1024**2, lambda: others)


@pytest.mark.parametrize(
    ("counted", "told"),
    [
        ({1: 2, 2: 2, 3: 3}, ""),
        ({1: 1, 2: 2, 3: 3}, "the last day to count 2 uploads at least, seen 1"),
        ({1: 2, 2: 3, 3: 3}, r"more uploads in 3 days than in 2, as one is 2\.2 days old, seen 3 and 3"),
    ],
)
def test_uploads_of_today_and_of_an_earlier_day(
    monkeypatch: pytest.MonkeyPatch, counted: dict[int, int], told: str
) -> None:
    monkeypatch.setattr(Dashboard, "_requested", lambda _, days: counted[days])
    monkeypatch.setattr(Dashboard, "_choices", lambda _: [7, 30, 90])
    uploads = [datetime.now(UTC) - timedelta(hours=hours) for hours in (0, 22, 23.5, 52)]
    with pytest.raises(AssertionError, match=told) if told else nullcontext():
        assert object.__new__(Dashboard).expect_counted_in_their_time(uploads) == counted


@pytest.mark.parametrize(
    ("month", "told"), [(3, ""), (2, r"more uploads in 30 days than in 7, as one is 20\.0 days old")]
)
def test_a_choice_counts_what_a_shorter_one_does_not_reach(
    monkeypatch: pytest.MonkeyPatch, month: int, told: str
) -> None:
    counted = {1: 2, 7: 2, 30: month, 90: month, 39: 3, 41: 4}
    monkeypatch.setattr(Dashboard, "_requested", lambda _, days: counted[days])
    monkeypatch.setattr(Dashboard, "_choices", lambda _: [7, 30, 90])
    uploads = [datetime.now(UTC) - timedelta(days=days) for days in (0, 20)]
    counted |= {19: 2, 20: 2, 21: 3}
    with pytest.raises(AssertionError, match=told) if told else nullcontext():
        object.__new__(Dashboard).expect_counted_in_their_time(uploads)


def test_an_upload_of_today_shows_no_earlier_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Dashboard, "_requested", lambda *_: 5)
    with pytest.raises(NotCheckable, match="older than a day"):
        object.__new__(Dashboard).expect_counted_in_their_time([datetime.now(UTC) - timedelta(hours=24.5)])


def test_no_time_of_an_upload_is_told_in_words() -> None:
    with pytest.raises(NotCheckable, match="no upload whose time can be told"):
        object.__new__(Dashboard).expect_counted_in_their_time([])
