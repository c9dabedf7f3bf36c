"""Who tries what, what is told of it, and how the table leaves the video for whoever comes next."""

from types import SimpleNamespace

import pytest

from selftest.unit.visitors import (
    FILM,
    OWNER_ID,
    PLACE,
    PLAYS,
    REFUSED,
    SHOWN,
    SOURCE,
    FakeSite,
    answer,
    new_judge,
    video_in,
)
from services import access_table
from services.access_table import MAY, OWNER, SUSPENDED, UNJUDGED, AccessTable
from services.addresses import CONFIRMATION
from services.answer import Answer
from services.plugin_api import GRADE, WATCH, WAYS, WRITE


@pytest.fixture
def video(tmp_path):
    return video_in(tmp_path)


@pytest.fixture
def judge():
    return new_judge()


@pytest.fixture
def tried(judge, video, monkeypatch):
    """What one of the table's people has tried, when each way gives the answer that `answers` holds for it."""
    seen = []

    def table(who: str, answers: dict[str, Answer], owner: FakeSite | None = None) -> tuple[AccessTable, dict]:
        for way in WAYS:
            there = answers.get(way, answer(REFUSED))
            monkeypatch.setitem(
                access_table.WAYS, way, lambda site, of, there=there, way=way: seen.append((site, of, way)) or there
            )
        owner = owner or FakeSite(OWNER_ID, SHOWN)
        suspended = SimpleNamespace(**vars(video) | {"id": 70})
        everybody = {OWNER: lambda: owner, who: lambda: owner if who == OWNER else FakeSite()}
        people = AccessTable(judge, video, suspended, everybody)
        return people, people.try_everything(who)

    table.seen = seen
    return table


OPEN = {
    "video page": answer(f"<video src='{PLAYS}'>"),
    "playback URL": answer(SOURCE),
    "download": answer(FILM),
    "grader": answer([{"data": {"html": f"<video src='{PLAYS}'>"}}]),
    "grading table": answer(f"<video src='{PLAYS}'>"),
    "upload URL": answer(PLACE),
}


def test_a_table_in_which_all_is_right(tried):
    people, pairs = tried("teacher", {way: OPEN[way] for way in MAY["teacher"]})
    people.expect_rights(pairs)
    assert [way for way, pair in pairs.items() if pair["may"]] == [*WATCH, *GRADE]
    assert all(pair["right"] for pair in pairs.values())


def test_a_way_that_is_open_or_shut_against_the_rules_is_named(tried):
    people, pairs = tried("second student", {"download": OPEN["download"]})
    with pytest.raises(AssertionError, match=r"^download: expected a refusal, seen bytes.*; upload URL: expected succ"):
        people.expect_rights(pairs)


def test_the_owner_finds_the_video_on_the_own_page(tried):
    tried(OWNER, {})[0].expect_on_own_page()
    with pytest.raises(AssertionError, match="expected the student's video"):
        tried(OWNER, {}, FakeSite(OWNER_ID))[0].expect_on_own_page()


def test_a_write_by_another_must_leave_the_video_unharmed(tried):
    owner = FakeSite(OWNER_ID)
    _, pairs = tried("guest", {}, owner)
    assert [way for way, pair in pairs.items() if pair["seen"].startswith("expected no harm")] == [*WRITE]
    assert sum(CONFIRMATION in asked for asked in owner.asked) == len(WRITE)  # confirmed anew, for whoever comes next
    unharmed = FakeSite(OWNER_ID, SHOWN)
    tried("guest", {}, unharmed)
    assert not any(CONFIRMATION in asked for asked in unharmed.asked)
    _, pairs = tried(OWNER, {"confirmation": answer({"success": True})})
    assert pairs["confirmation"] == {"may": True, "right": True, "seen": "confirmed"}


def test_a_suspended_owner_tries_the_own_video(tried):
    tried(SUSPENDED, {})
    assert {of.id for _, of, _ in tried.seen} == {70}


def test_what_the_checklist_leaves_open_is_not_tried(tried):
    _, pairs = tried("administrator", {})
    assert {("administrator", way) for way in WAYS if way not in pairs} == UNJUDGED
