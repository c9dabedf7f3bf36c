"""What the plugin's list of videos says, page by page, and what its dashboard counts beyond it."""

from collections.abc import Callable
from typing import cast

import pytest
from bs4 import BeautifulSoup

from checks.disabled_plugin import expect_ready
from checks.privacy import expect_no_more_unlisted, expect_unlisted
from clients.errors import NotCheckable, SiteError
from clients.moodle.client import MoodleClient
from clients.plugin.video_list import of_status, unlisted

KEY = "videos/5/1795369446_201560ca/clip.mp4"


class Pages:
    """In place of a site: its pages are what `html` says to a path and the number of a page."""

    def __init__(self, html: Callable[[str, int], str]) -> None:
        self._html = html

    def open(self, step: str, path: str, **query: object) -> BeautifulSoup:
        return BeautifulSoup(self._html(path, int(str(query.get("page", 0)))), "lxml")


def site(html: Callable[[str, int], str]) -> MoodleClient:
    return cast(MoodleClient, Pages(html))


def rows(first: int, last: int) -> str:
    cells = (f"<tr><td>Ann<td>videos/5/{number}_0a/clip.mp4" for number in range(first, last))
    return f"<table><tbody>{''.join(cells)}</table>"


def test_a_list_of_several_pages() -> None:
    listing = site(lambda _, page: rows(page * 100, min(page * 100 + 100, 230)))
    assert len(of_status(listing, "ready")) == 230


def test_a_list_without_an_end_is_not_checkable() -> None:
    with pytest.raises(NotCheckable, match="more than 2000 videos"):
        of_status(site(lambda *_: rows(0, 100)), "ready")


def test_a_video_in_the_list_or_not() -> None:
    listing, empty = site(lambda *_: f"<table><tbody><tr><td>{KEY}<td>Ready</table>"), site(lambda *_: rows(0, 0))
    expect_ready(listing, 2, KEY)
    expect_unlisted(empty, 2, KEY)
    with pytest.raises(AssertionError, match=f"expected {KEY} to be gone from the list of videos, seen .*Ready"):
        expect_unlisted(listing, 2, KEY)
    with pytest.raises(AssertionError, match="seen it missing there"):
        expect_ready(empty, 2, KEY)


def test_rows_that_no_list_shows() -> None:
    card = "<div class=card-body><p class=card-title>Total Videos</p><p>5</p></div>"
    counting = site(lambda path, _: card if "dashboard" in path else rows(0, 3))
    assert unlisted(counting) == 2
    expect_no_more_unlisted(counting, 2)
    with pytest.raises(AssertionError, match="no more rows than 1 that no list shows, seen the dashboard count 2"):
        expect_no_more_unlisted(counting, 1)


def closed(path: str, _: int) -> str:
    raise SiteError(f"{path} does not open.")


@pytest.mark.parametrize(("html", "told"), [(lambda *_: "<p>Nothing", "does not say"), (closed, "does not open")])
def test_a_dashboard_that_counts_nothing_is_not_checkable(html: Callable[[str, int], str], told: str) -> None:
    with pytest.raises(NotCheckable, match=told):
        unlisted(site(html))
    with pytest.raises(NotCheckable, match="could not be told"):
        expect_no_more_unlisted(site(html), None)
