"""Times on pages, and whether the plugin writes them as Moodle does."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from bs4 import BeautifulSoup, Tag

from checks.times import clocks, expect_as_moodles, far_apart, first_clock
from clients.errors import NotCheckable


def parts(*texts: str) -> list[BeautifulSoup | Tag]:
    return [BeautifulSoup(f"<p>{text}</p>", "lxml") for text in texts]


@pytest.mark.parametrize(
    ("text", "minutes", "kind"),
    [
        ("Sunday, 22 November 2026, 5:44 PM", 17 * 60 + 44, "12"),
        ("22 November 2026, 12:05\u202fa.m.", 5, "12"),
        ("22 November 2026, 12:05 pm", 12 * 60 + 5, "12"),
        ("Sonntag, 22. November 2026, 17:44", 17 * 60 + 44, "24"),
        ("2026-11-22 05:44:07", 5 * 60 + 44, "24"),
    ],
)
def test_a_time_as_a_page_writes_it(text: str, minutes: int, kind: str) -> None:
    (clock,) = clocks(text)
    assert (clock.minutes, clock.kind) == (minutes, kind)


def test_what_is_no_time() -> None:
    assert clocks("99:44, 17:99, videos/16/1796022216_97bbf27d/clip.mp4, 313.3 KB") == []


@pytest.mark.parametrize(
    ("written", "moodles"),
    [("5:44 PM", "5:45 PM"), ("11:58 PM", "12:03 AM"), ("17:44", "17:44")],
)
def test_the_same_moment(written: str, moodles: str) -> None:
    own = first_clock(parts(moodles))
    assert own
    assert expect_as_moodles(parts(f"Ready, {written}"), own, "the list") == f"{written}, and Moodle's {moodles}"


@pytest.mark.parametrize("written", ["12:14 PM", "17:44", "5:44", "5:44 AM", "[[strftimedatetime]]"])
def test_another_clock_is_told(written: str) -> None:
    moodles = first_clock(parts("5:44 PM"))
    assert moodles
    with pytest.raises(AssertionError, match="expected the list to write the time as Moodle does, about 5:44 PM"):
        expect_as_moodles(parts(written), moodles, "the list")
    with pytest.raises(NotCheckable, match="the list shows nothing of this run"):
        expect_as_moodles([], moodles, "the list")


ZONES = ["99", "Asia/Kolkata", "Europe/Berlin", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Nowhere/At_All"]


@pytest.mark.parametrize(
    ("day", "changing"),
    [
        (datetime(2026, 3, 28, 12, tzinfo=UTC), ["Europe/Berlin"]),
        (datetime(2026, 10, 24, 12, tzinfo=UTC), ["Europe/Berlin"]),
        (datetime(2026, 3, 29, 12, tzinfo=UTC), []),
        (datetime(2026, 11, 30, 12, tzinfo=UTC), []),
    ],
)
def test_time_zones_far_apart_and_one_that_changes_its_clocks_within_a_day(day: datetime, changing: list[str]) -> None:
    assert far_apart(ZONES, day) == ["Pacific/Kiritimati", "Pacific/Pago_Pago", *changing]


@pytest.mark.parametrize("zones", [[], ["99"], ["Asia/Kolkata"]])
def test_a_site_with_one_time_zone(zones: list[str]) -> None:
    with pytest.raises(NotCheckable, match="one time zone for everybody"):
        far_apart(zones, datetime(2026, 3, 28, 12, tzinfo=UTC))
