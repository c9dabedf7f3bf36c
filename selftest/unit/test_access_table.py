"""Who tries what, what is told of it, and how the table leaves the video for whoever comes next."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from checks.access import VideoAccess
from checks.access_table import MAY, OWNER, SUSPENDED, UNJUDGED, AccessTable, Tried
from clients.addresses import CONFIRMATION
from clients.http_result import HttpResult
from clients.moodle.client import MoodleClient
from clients.plugin.api import DELETE, GRADE, WATCH, WAYS, WRITE, Video, Way
from selftest.unit.visitors import OPEN, OWNER_ID, REFUSED, SHOWN, FakeSite, answer


class Table:
    """What one of the table's people tries, when each way gives the answer that `answers` holds for it."""

    def __init__(self, judge: VideoAccess, video: Video, ways: pytest.MonkeyPatch) -> None:
        self._judge = judge
        self._video = video
        self._ways = ways
        self.tried: list[Video] = []

    def __call__(
        self, who: str, answers: dict[str, HttpResult], owner: MoodleClient | None = None
    ) -> tuple[AccessTable, dict[str, Tried]]:
        for name in WAYS:
            self._ways.setitem(WAYS, name, self._way(answers.get(name, answer(REFUSED))))
        its_owner = owner or FakeSite(OWNER_ID, SHOWN)
        everybody: dict[str, Callable[[], MoodleClient]] = {
            OWNER: lambda: its_owner,
            who: lambda: its_owner if who == OWNER else FakeSite(),
        }
        people = AccessTable(self._judge, self._video, replace(self._video, id=70), everybody)
        return people, people.try_everything(who)

    def _way(self, there: HttpResult) -> Way:
        def way(site: MoodleClient, video: Video) -> HttpResult:
            self.tried.append(video)
            return there

        return way


@pytest.fixture
def tried(judge: VideoAccess, video: Video, monkeypatch: pytest.MonkeyPatch) -> Table:
    return Table(judge, video, monkeypatch)


def test_a_table_in_which_all_is_right(tried: Table) -> None:
    people, pairs = tried("teacher", {way: OPEN[way] for way in MAY["teacher"]})
    people.expect_rights(pairs)
    assert [way for way, pair in pairs.items() if pair["may"]] == [*WATCH, *GRADE]
    assert all(pair["right"] for pair in pairs.values())


def test_a_way_that_is_open_or_shut_against_the_rules_is_named(tried: Table) -> None:
    people, pairs = tried("second student", {"download": OPEN["download"]})
    with pytest.raises(AssertionError, match=r"^download: expected a refusal, seen bytes.*; upload URL: expected succ"):
        people.expect_rights(pairs)


def test_the_owner_finds_the_video_on_the_own_page(tried: Table) -> None:
    tried(OWNER, {})[0].expect_on_own_page()
    with pytest.raises(AssertionError, match="expected the student's video"):
        tried(OWNER, {}, FakeSite(OWNER_ID))[0].expect_on_own_page()


def test_a_write_by_another_must_leave_the_video_unharmed(tried: Table) -> None:
    owner = FakeSite(OWNER_ID)
    _, pairs = tried("guest", {}, owner)
    harmed = [way for way, pair in pairs.items() if pair["seen"].startswith("expected no harm")]
    assert harmed == [*DELETE, *WRITE]
    assert all(pairs[way]["seen"].endswith("(the owner's own confirmation does not mend it)") for way in harmed)
    assert sum(CONFIRMATION in asked for asked in owner.asked) == len(WRITE) + len(
        DELETE
    )  # confirmed anew, for whoever comes next
    unharmed = FakeSite(OWNER_ID, SHOWN)
    tried("guest", {}, unharmed)
    assert not any(CONFIRMATION in asked for asked in unharmed.asked)
    _, pairs = tried(OWNER, {"confirmation": answer({"success": True})})
    assert pairs["confirmation"] == {"may": True, "right": True, "seen": "confirmed"}


def test_a_suspended_owner_tries_the_own_video(tried: Table) -> None:
    tried(SUSPENDED, {})
    assert {video.id for video in tried.tried} == {70}


def test_what_the_checklist_leaves_open_is_not_tried(tried: Table) -> None:
    everybody = {who: tried(who, {})[1] for who in ("administrator", "manager")}
    assert {(who, way) for who, pairs in everybody.items() for way in WAYS if way not in pairs} == UNJUDGED
