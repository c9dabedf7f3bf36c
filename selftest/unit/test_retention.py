"""Which videos a clean-up must take, and which it must leave; what a task says of itself; what an export tells."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Iterable
from typing import Any, cast

import pytest

from checks.delivery import why_hopeless
from checks.privacy import expect_silent_on, expect_video
from checks.retention import DAY, Retention
from checks.tasks import expect_success
from clients.errors import NotCheckable
from clients.moodle.client import MoodleClient
from clients.moodle.data_requests import Export
from clients.s3 import Bucket

OURS = {7, 8}
SITE = cast(MoodleClient, None)


def key(owner: int, days: float) -> str:
    return f"videos/{owner}/{int(time.time() - days * DAY)}_0123abcd/clip.mp4"


OLD, YOUNG, AT_THE_LIMIT = key(7, 100), key(8, 89), key(8, 90)


class Store:
    """What the list shows and S3 holds."""

    def __init__(self, *keys: str) -> None:
        self.rows = list(keys)
        self.objects = set(keys)

    def delete(self, keys: Iterable[str]) -> None:
        self.objects -= set(keys)

    def keys(self, prefix: str) -> list[str]:
        return [one for one in self.objects if one.startswith(prefix)]


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    store = Store(OLD, YOUNG, AT_THE_LIMIT)
    monkeypatch.setattr("checks.retention.standing", lambda _: list(store.rows))
    return store


def retention(store: Store) -> Retention:
    return Retention(SITE, cast(Bucket, store), "90", OURS)


def test_old_and_young_are_told_apart_and_who_is_near_the_limit_is_not_judged(store: Store) -> None:
    videos = retention(store)
    assert (videos.expired, videos.young) == ([OLD], [YOUNG])


def test_the_oldest_of_two_loses_its_object(store: Store) -> None:
    assert retention(store).lose_first() == ""
    older = key(8, 101)
    store.rows.append(older)
    store.objects.add(older)
    videos = retention(store)
    assert videos.expired == [older, OLD]
    assert (videos.lose_first(), store.objects) == (older, {OLD, YOUNG, AT_THE_LIMIT})


def test_what_was_gone_from_s3_before_is_not_held_against_the_task(store: Store) -> None:
    store.objects.remove(YOUNG)
    retention(store).expect_young_kept()


def test_a_clean_up_as_it_should_be(store: Store) -> None:
    videos = retention(store)
    store.rows.remove(OLD)
    store.objects.remove(OLD)
    videos.expect_young_kept()
    videos.expect_expired_gone()


@pytest.mark.parametrize(
    ("row", "stored", "seen"),
    [
        (True, True, "in the list and on S3"),
        (True, False, "in the list and gone from S3"),
        (False, True, "gone from the list and on S3"),
    ],
)
def test_list_and_storage_must_agree_that_it_is_gone(store: Store, row: bool, stored: bool, seen: str) -> None:
    videos = retention(store)
    store.rows = [OLD] if row else []
    store.objects = {OLD} if stored else set()
    with pytest.raises(AssertionError, match=f"gone from the list and gone from S3, seen {OLD} {seen}"):
        videos.expect_expired_gone()


def test_a_young_one_that_is_taken(store: Store) -> None:
    videos = retention(store)
    store.objects.remove(YOUNG)
    with pytest.raises(AssertionError, match=r"younger than 90 days in the list and on S3, seen .* gone from S3"):
        videos.expect_young_kept()


def test_nothing_old_is_not_checkable(store: Store) -> None:
    store.rows = [YOUNG]
    with pytest.raises(NotCheckable, match="no video on the site is older than 90 days"):
        retention(store).expect_expired_gone()


@pytest.mark.parametrize("days", ["", "0", "-1", "soon"])
def test_no_retention_in_force(store: Store, days: str) -> None:
    with pytest.raises(NotCheckable, match="no number of days"):
        Retention(SITE, cast(Bucket, store), days, OURS)


@pytest.mark.parametrize("others", [key(9, 1), "videos/7/of-another-release.mp4"], ids=["with a time", "without"])
def test_other_peoples_videos_keep_the_task_from_being_run(store: Store, others: str) -> None:
    store.rows.append(others)
    with pytest.raises(NotCheckable, match="1 video of other people"):
        retention(store)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("S3 Video cleanup: Failed to initialize S3 client: no\nScheduled task complete: Clean up", "Failed to"),
        ("S3 Video cleanup: WARNING - no invalidation\nScheduled task complete: Clean up", "WARNING"),
        ("Scheduled task failed: Clean up,Class not found", "Scheduled task failed"),
        ("S3 Video cleanup: Starting", "to end, seen"),
        ("", "to end, seen"),
    ],
)
def test_what_a_task_says_when_it_met_trouble(said: str, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        expect_success(said)


def test_a_summary_that_counts_no_failure_is_no_trouble() -> None:
    expect_success("Cleanup completed: 1 videos processed, 1 deleted, 0 failed\nScheduled task complete: Clean up")


def export(**files: Any) -> Export:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as zipped:
        for name, text in files.items():
            zipped.writestr(f"{name}.json", text)
    return Export(content.getvalue())


def test_an_export_tells_of_a_video_by_key_and_type() -> None:
    found = export(person="{}", videos=r'{"s3_key":"videos\/7\/clip.mp4","mime_type":"video\/mp4"}')
    expect_video(found, "videos/7/clip.mp4", "video/mp4")
    expect_silent_on(found, "videos/8/clip.mp4")
    with pytest.raises(AssertionError, match="seen another person's video"):
        expect_silent_on(found, "videos/7/clip.mp4")
    with pytest.raises(AssertionError, match=r"seen 2 files, none of which names it: person\.json, videos.json$"):
        expect_video(found, "videos/8/clip.mp4", "video/mp4")
    with pytest.raises(AssertionError, match="no type of file"):
        expect_video(export(videos="videos/7/clip.mp4"), "videos/7/clip.mp4", "video/mp4")


def test_the_longest_retention_under_which_one_of_the_suites_own_has_to_go(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere: dict[str, Any] = {"pending": [], "in no list": 0}
    monkeypatch.setattr("checks.retention.of_status", lambda _, status: elsewhere.get(status, []))
    monkeypatch.setattr("checks.retention.unlisted", lambda _: elsewhere["in no list"])
    assert retention(store).days_to_try() == 90, "expected no change where a video is past the retention in force"
    store.rows = [key(7, 5), key(8, 2.5)]
    videos = retention(store)
    assert videos.days_to_try() == 4
    assert videos.under(4).expired == [store.rows[0]]
    store.rows = [key(7, 0.9)]
    assert retention(store).days_to_try() == 90, "expected no change where no video is a day old"
    store.rows, elsewhere["pending"] = [key(7, 5)], [key(7, 0)]
    assert retention(store).days_to_try() == 4
    elsewhere["pending"] = [key(9, 0)]
    assert retention(store).days_to_try() == 90, "expected no change while somebody else uploads"
    elsewhere |= {"pending": [], "in no list": 1}
    assert retention(store).days_to_try() == 4
    store.objects.add(key(9, 50))
    assert retention(store).days_to_try() == 90, "expected no change where a row is in no list, and its video on S3"


def test_the_shortest_retention_that_all_videos_outlive_but_for_hours_taken_for_days(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending: list[str] = []
    monkeypatch.setattr("checks.retention.of_status", lambda _, status: pending if status == "pending" else [])
    monkeypatch.setattr("checks.retention.unlisted", lambda _: 0)
    for age, days in ((2, 3), (1.99, 3), (1.9, 2), (0.1, 1), (100, 101)):
        store.rows = [key(7, age), key(8, 0)]
        store.objects = {*store.rows}
        videos = retention(store)
        assert (videos.days_to_keep(), videos.under(days).expired) == (days, [])
    store.rows = [key(7, 0.04)]
    with pytest.raises(NotCheckable, match="no video on the site is older than 1 hour,"):
        retention(store).days_to_keep()
    store.rows, pending = [key(7, 2)], [key(9, 0)]
    with pytest.raises(NotCheckable, match="could take somebody else's upload"):
        retention(store).days_to_keep()


@pytest.mark.parametrize(
    ("said", "stored", "why"),
    [
        (
            "Failed to create CloudFront cache invalidation.",
            False,
            "the plugin reported “Failed to create CloudFront cache invalidation”",
        ),
        ("The video has been deleted.", False, ""),
        ("The video has been deleted.", True, "S3 still has it"),
    ],
)
def test_what_can_no_longer_change_a_verdict_is_not_waited_for(said: str, stored: bool, why: str) -> None:
    assert why_hopeless(said, stored=stored).startswith(why)
    assert bool(why_hopeless(said, stored=stored)) is bool(why)
