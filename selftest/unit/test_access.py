"""What of an answer gives a video away, what lets somebody through, and who should be let through."""

import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services import access_table, plugin_api
from services.access import VideoAccess
from services.access_table import MAY, OWNER, SUSPENDED, UNJUDGED, AccessTable
from services.addresses import CONFIRMATION, PLUGIN
from services.answer import Answer
from services.plugin_api import GRADE, WATCH, WAYS, WRITE

OWNER_ID, OTHER_ID = 5, 6
KEY = f"videos/{OWNER_ID}/1795369446_201560ca/clip.mp4"
PLAYS = f"https://d1.cloudfront.net/{KEY}?Expires=1&Signature=s&Key-Pair-Id=K"
FILM = b"\x00\x00\x00\x18ftypmp42" + bytes(range(200))
REFUSED = "<div class=errormessage>You have no permission to see this.</div>"
SHOWN = f"<video src='{PLAYS}'>"


def response(body: object, status: int, path: str, headers: dict[str, str]) -> requests.Response:
    """HTML where `body` is a text, JSON where it is not, a file where it is bytes."""
    response = requests.Response()
    response.status_code, response.url = status, f"https://moodle.test{path}"
    if isinstance(body, bytes):
        response._content, kind = body, "video/mp4"
    elif isinstance(body, str):
        response._content, kind = body.encode(), "text/html; charset=utf-8"
    else:
        response._content, kind = json.dumps(body).encode(), "application/json"
    response.headers.update({"Content-Type": kind, **headers})
    response.encoding = "utf-8"
    return response


def answer(body: object = "", status: int = 200, path: str = "/mod/assign/view.php", **headers: str) -> Answer:
    return Answer.of(response(body, status, path, headers))


def rendered(html: str) -> Answer:
    """A refusal in words, of which a browser's scripts have made something else."""
    return replace(answer(REFUSED), rendered=html)


def led_to(url: str) -> Answer:
    """A refusal at another address, to which a script of the page led."""
    return replace(answer(REFUSED), hops=["https://moodle.test/", url])


def sent_on(location: str) -> Answer:
    """A refusal after a redirect."""
    last = response(REFUSED, 403, "/mod/assign/view.php", {})
    last.history = [response("", 302, "/mod/assign/view.php", {"Location": location})]
    return Answer.of(last)


class FakeSite:
    """Notes what it is asked for, and answers everything with one body."""

    sesskey = "abcdef1234"

    def __init__(self, user_id: int = OTHER_ID, body: object = REFUSED) -> None:
        self.user_id = user_id
        self.body = body
        self.asked: list[str] = []

    def get(self, path: str, **parameters: object) -> requests.Response:
        self.asked.append(f"{path} {parameters}")
        return response(self.body, 200, path, {})

    def post(self, path: str, data: dict[str, object]) -> requests.Response:
        return self.get(path, **data)

    def call(self, function: str, **arguments: object) -> requests.Response:
        return self.get(function, **arguments)


class FakeCDN:
    domain = "d1.cloudfront.net"

    def __init__(self) -> None:
        self.played: list[str] = []

    def expect_signed(self, url: str, key: str) -> None:
        assert key in url, "expected a URL of the key"

    def expect_ranges(self, url: str, clip: object) -> None:
        self.played.append(url)


@pytest.fixture
def video(tmp_path):
    file = tmp_path / "clip.mp4"
    file.write_bytes(FILM)
    return SimpleNamespace(
        id=7,
        key=KEY,
        person=SimpleNamespace(id=OWNER_ID),
        clip=SimpleNamespace(path=file, bytes=len(FILM), mime="video/mp4"),
        assignment=SimpleNamespace(id=3, cmid=4, context=9),
        parameters={"id": 7, "s3key": KEY},
    )


@pytest.fixture
def judge() -> VideoAccess:
    return VideoAccess(FakeCDN(), SimpleNamespace(url="https://acme.s3.amazonaws.com/"))


# -- denied ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (answer(REFUSED, 404), "You have no permission to see this."),
        (answer('<form id="login"></form>'), "You have to log in first (the log-in page)."),
        (answer({"success": False, "error": "You do not have access."}, path=f"{PLUGIN}/x"), "You do not have access."),
        (answer([{"error": True, "exception": {"message": "Not allowed"}}]), "Not allowed"),
    ],
)
def test_a_refusal_in_words(judge, video, given, words):
    assert judge.expect_denied(given, video) == words


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        (answer(FILM), "bytes of the video"),
        (answer({"success": True}), "success"),
        (answer(f"{REFUSED}<video src='{PLAYS}'></video>"), "a signed URL, the video's address, a player"),
        (answer({"error": "no", "url": PLAYS.partition("?")[0]}), "the video's address"),
        (answer(f"{REFUSED}<a href='https:\\/\\/acme.s3.amazonaws.com\\/videos\\/5'>"), "the video's address"),
        (answer(f"{REFUSED}https%3A%2F%2Fd1.cloudfront.net%2Fvideos%2F5"), "the video's address"),
        (answer(f"{REFUSED}<input name=f value='&quot;Key-Pair-Id&quot;'>"), "a signed URL"),
        (answer(f"{REFUSED}<a class=s3video-watch-link>Watch</a>"), "a player or a link to the video"),
        (sent_on(PLAYS), "a signed URL, the video's address"),
        (led_to(PLAYS), "a signed URL, the video's address"),
        (rendered(f"{REFUSED}<video src='{PLAYS}'></video>"), "a signed URL, the video's address, a player"),
        (answer([{"error": False, "data": {"html": f"<video src='{PLAYS}'>"}}]), "a player or a link to the video"),
    ],
)
def test_a_refusal_that_gives_something_away(judge, video, given, seen):
    with pytest.raises(AssertionError, match=f"expected a refusal, seen .*{seen}"):
        judge.expect_denied(given, video)


@pytest.mark.parametrize(
    ("given", "seen"),
    [
        (answer(REFUSED, 500), "status 500: You have no permission"),
        (answer("<p>Welcome", 200), "understands, seen ''"),
        (
            answer({"success": False, "error": "Exception in a.php"}, path=f"{PLUGIN}/x"),
            "seen 'Exception in a.php'",
        ),
    ],
)
def test_what_is_no_proper_refusal(judge, video, given, seen):
    with pytest.raises(AssertionError, match=seen):
        judge.expect_denied(given, video)


def test_json_that_is_none(judge, video):
    broken = replace(answer({}), body=b"<b>Notice</b>: Undefined index")
    with pytest.raises(AssertionError, match=r"expected JSON from https://moodle\.test/mod/assign/view\.php, seen"):
        judge.expect_denied(broken, video)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(before=st.binary(max_size=64), after=st.binary(max_size=64))
def test_the_video_is_found_wherever_it_stands_in_an_answer(judge, video, before, after):
    with pytest.raises(AssertionError, match="bytes of the video"):
        judge.expect_denied(answer(before + FILM[:32] + after), video)


# -- allowed --------------------------------------------------------------------------------------

PLACE = {"success": True, "data": {"submission_id": 8, "s3_key": f"videos/{OTHER_ID}/x/clip.mp4"}}
SOURCE = {"success": True, "data": {"signed_url": PLAYS}}


@pytest.mark.parametrize(
    ("way", "given", "how"),
    [
        ("download", answer(FILM), "the whole file"),
        ("video page", answer(f"<video><source src='{PLAYS}'></video>"), "a signed URL that plays"),
        ("playback URL", answer(SOURCE), "a signed URL that plays"),
        ("grader", answer([{"data": {"html": f"<video src='{PLAYS}'>"}}]), "the student's video"),
        ("grading table", answer(f"<a class=s3video-watch-link href='?s3key={KEY}'>"), "the student's video"),
        ("confirmation", answer({"success": True}), "confirmed"),
        ("upload URL", answer(PLACE), "a place of one's own"),
    ],
)
def test_a_way_that_leads_there(judge, video, way, given, how):
    assert judge.expect_allowed(way, given, video, OTHER_ID) == how


@pytest.mark.parametrize(
    ("way", "given", "seen"),
    [
        ("download", answer(FILM[:-1]), "expected the video's 212 bytes, seen status 200, 211 bytes without a message"),
        ("video page", answer(REFUSED), "expected the video, seen You have no permission"),
        ("video page", answer("<video src='https://d1.cloudfront.net/other'>"), "expected a URL of the key"),
        ("playback URL", answer({"success": False, "message": "Too many"}), "expected the video, seen Too many"),
        ("grader", answer([{"data": {"html": "<video src=/another>"}}]), "student's video, seen a page without it"),
        ("grading table", answer(REFUSED), "expected the student's video, seen You have no permission"),
        ("confirmation", answer({"success": False, "error": "No"}), "expected success, seen No"),
        ("upload URL", answer({"success": True, "data": PLACE["data"] | {"submission_id": 7}}), "for 7"),
        ("upload URL", answer({"success": True, "data": PLACE["data"] | {"s3_key": KEY}}), f"seen {KEY} for 8"),
    ],
)
def test_a_way_that_leads_elsewhere(judge, video, way, given, seen):
    with pytest.raises(AssertionError, match=seen):
        judge.expect_allowed(way, given, video, OTHER_ID)


def test_the_owner_s_place_is_the_submission_itself(judge, video):
    mine = {"success": True, "data": {"submission_id": video.id, "s3_key": KEY}}
    assert judge.expect_allowed("upload URL", answer(mine), video, OWNER_ID) == "a place of one's own"


def test_the_signed_url_has_been_seen_to_play(judge, video):
    assert judge.signed_url(FakeSite(body=SOURCE), video) == PLAYS
    assert judge.cdn.played == [PLAYS]


def test_a_video_that_is_lost_is_told_and_left_so(judge, video):
    shows, lost = FakeSite(body=SHOWN), FakeSite()
    judge.expect_unharmed(shows, video)
    with pytest.raises(AssertionError, match="expected no harm to the video, seen that its owner's page has lost it"):
        judge.expect_unharmed(lost, video)
    assert len(shows.asked) == len(lost.asked) == 1


@pytest.mark.parametrize("way", WAYS)
def test_every_way_asks_for_this_video(video, way):
    site = FakeSite()
    WAYS[way](site, video)
    (asked,) = site.asked
    names = {"grader": "'contextid': 9", "grading table": "'id': 4", "upload URL": "'submissionid': 7"}
    assert names.get(way, KEY) in asked
    if way == "playback URL":
        assert "'sesskey': 'abcdef1234'" in asked
        plugin_api.playback_url(site, video, "another")
        assert "'sesskey': 'another'" in site.asked[-1]


# -- who ------------------------------------------------------------------------------------------


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
