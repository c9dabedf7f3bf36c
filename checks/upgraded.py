"""After something was changed, such as the plugin's version: what was there is there."""

from __future__ import annotations

from collections.abc import Mapping

from clients.addresses import DASHBOARD
from clients.errors import NotCheckable
from clients.http_result import HttpResult
from clients.moodle.client import MoodleClient
from clients.moodle.html import text
from clients.plugin.api import Video
from clients.plugin.video_list import listed


def expect_settings(before: Mapping[str, str], now: Mapping[str, str]) -> None:
    """Each setting of before is there, with the same value; of values their codes are compared."""
    changed = [name for name, code in before.items() if now.get(name, code) != code]
    gone = [name for name in before if name not in now]
    seen = [
        *([f"another value of {', '.join(changed)}"] if changed else []),
        *([f"no setting {', '.join(gone)}"] if gone else []),
    ]
    if seen:
        raise AssertionError(f"expected each setting as before the upgrade, seen {' and '.join(seen)}")


def expect_found(site: MoodleClient, video: Video, name: str) -> None:
    """A search of the list for the student's name finds the video."""
    if video.key not in listed(site, search=name):
        raise AssertionError(f"expected a search for {name} to find the student's video, seen no row of it")


def expect_listed(site: MoodleClient, video: Video, name: str = "") -> None:
    """The list of videos has it, as one that is ready, and names its student."""
    course = video.assignment.course.id
    if row := listed(site, courseid=course, status="ready").get(video.key):
        if name not in row:
            raise AssertionError(f"expected the list to name the student {name}, seen {row}")
        return
    row = listed(site, courseid=course).get(video.key, "no row of it")
    raise AssertionError(f"expected the video in the list, ready as before, seen {row}")


def expect_on_dashboard(site: MoodleClient, video: Video, name: str) -> None:
    """The dashboard's row of the video names its student.

    Raises NotCheckable where there is no such row: it may not open, or show later videos alone.
    """
    rows = [text(row) for row in HttpResult.of(site.get(DASHBOARD)).page.select("tbody tr")]
    row = next((row for row in rows if video.key in row), None)
    if row is None:
        raise NotCheckable("the dashboard shows no row of the video; 2.10 tells whether it opens")
    if name not in row:
        raise AssertionError(f"expected the dashboard to name the student {name}, seen {row}")
