"""Rows of other people are neither in messages nor in pictures."""

from collections.abc import Callable
from pathlib import Path

import av
import pytest

from clients.addresses import DASHBOARD, MANAGE_VIDEOS, PARTICIPANTS
from pages.base import Moodle
from pages.dashboard import Dashboard
from pages.manage_videos import ManageVideos
from pages.third_party import of_others, own
from selftest.runs.static_pages import SITE, Show

MARK = "11251234abcd"
OURS = f"videos/7/1_a/clip.mp4 Ann {MARK} gw0"
THEIRS = "videos/8/2_b/viva-of-ursula.mp4 Ursula Buxbaum"
TABLE = f"""<main role=main><h3>Recent Uploads</h3><h3>Recent Failures</h3><table><tbody>
<tr style="height:40px"><td>videos/7/1_a/clip.mp4</td><td>Ann {MARK} gw0</td></tr>
<tr style="height:40px"><td>videos/8/2_b/viva-of-ursula.mp4</td><td>Ursula Buxbaum</td></tr></tbody></table></main>"""
MOODLE = Moodle(SITE, 1, 1, 1, mark=MARK)


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([], "no row"),
        ([OURS], OURS),
        ([THEIRS, THEIRS], "2 rows of other people"),
        ([THEIRS, OURS], f"{OURS} | 1 row of other people"),
    ],
)
def test_own_rows_and_a_number(rows: list[str], told: str) -> None:
    assert own(rows, MARK, "no row") == told


def test_messages_of_lists_that_the_whole_site_shares(show: Show) -> None:
    videos = ManageVideos(show(TABLE, MANAGE_VIDEOS), MOODLE)
    dashboard = Dashboard(videos.page, MOODLE)
    fail: tuple[Callable[[], object], ...] = (
        lambda: videos.expect_listed("videos/9/3_c/other.mp4"),
        videos.expect_nothing_listed,
        lambda: dashboard.expect_failure("Nobody"),
        lambda: dashboard.expect_no_failure("viva"),
    )
    for fails in fail:
        with pytest.raises(AssertionError, match=r"1 row of other people") as failure:
            fails()
        assert "rsula" not in str(failure.value)


@pytest.mark.parametrize(("path", "painted"), [(MANAGE_VIDEOS, True), (DASHBOARD, True), (PARTICIPANTS, False)])
def test_pictures(show: Show, tmp_path: Path, path: str, painted: bool) -> None:
    page = show(TABLE, path)
    rows = of_others(page, MARK)
    page.screenshot(path=tmp_path / "shot.png", mask=rows, mask_color="#FF00FF")
    with av.open(tmp_path / "shot.png") as shot:
        pixels = bytes(next(shot.decode(video=0)).reformat(format="rgb24").planes[0])
    assert (b"\xff\x00\xff" * 9 in pixels) is painted
