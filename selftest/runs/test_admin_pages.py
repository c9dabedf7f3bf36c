"""What the pages of the plugin's administration hold against a run, and what not: small static pages in Chromium."""

from collections.abc import Callable
from datetime import datetime

import pytest

from clients.errors import NotCheckable
from pages.dashboard import Dashboard
from pages.manage_videos import ManageVideos
from selftest.runs.static_pages import MOODLE, Show, says

KEY = "videos/7/1_2/clip.mp4"


def row(minute: int, *cells: str) -> str:
    return f"<tr><td>Wednesday, 25 November 2026, 10:{minute:02} AM</td>{''.join(f'<td>{c}</td>' for c in cells)}</tr>"


def table(*rows: str) -> str:
    return f"<main><h3>Recent Failures</h3><table><tbody>{''.join(rows)}</tbody></table></main>"


OURS = row(50, "Ann s3va-1", "Test", "Not a video.")


@pytest.fixture
def expect_no_other(show: Show) -> Callable[..., None]:
    """Looks at a dashboard with these failures for others than ours since 10:30."""

    def expect_no_other(*rows: str) -> None:
        dashboard = Dashboard(show(table(*rows)), MOODLE)
        dashboard.expect_no_failure_since(datetime(2026, 11, 25, 10, 30), besides="s3va-1")

    return expect_no_other


def test_errors_before_the_run_and_those_of_the_run_itself(expect_no_other: Callable[..., None]) -> None:
    expect_no_other(OURS, row(45, "Bob s3va-1", "Test", "No"), row(29, "Eve", "Film", "Old"))


def test_an_error_of_somebody_else_since_the_run_began(expect_no_other: Callable[..., None]) -> None:
    with says("expected no other error since 10:30, seen: ", "10:40 AM Eve Film Broken"):
        expect_no_other(*[OURS] * 9, row(40, "Eve", "Film", "Broken"))


def test_ten_rows_that_go_back_far_enough(expect_no_other: Callable[..., None]) -> None:
    expect_no_other(*[OURS] * 9, row(30, "Bob s3va-1", "Test", "No"))


def test_ten_rows_may_hide_an_error(expect_no_other: Callable[..., None]) -> None:
    with pytest.raises(NotCheckable, match="the last 10 errors, back to 10:31, and the run began at 10:30"):
        expect_no_other(*[OURS] * 9, row(31, "Bob s3va-1", "Test", "No"))


def test_what_others_did_is_counted(show: Show) -> None:
    since = datetime(2026, 11, 25, 10, 40)
    rows = [row(50, KEY, "Ann s3va-1"), row(41, "videos/8/1_2/a.mp4", "Eve"), row(39, "videos/9/1_2/b.mp4", "Eve")]
    videos = ManageVideos(show(table(*rows)), MOODLE)
    assert videos.time_of(KEY) == datetime(2026, 11, 25, 10, 50)
    assert videos.others_since(since, "s3va-1") == 1
    assert Dashboard(show(table(*rows)), MOODLE).others_since(since, "s3va-1") == 1
