"""What of an answer gives a video away, and what lets somebody through."""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks.access import VideoAccess
from clients.addresses import COMPONENT, PLUGIN
from clients.errors import UnexpectedAnswer
from clients.http_result import HttpResult
from clients.plugin import api as plugin_api
from clients.plugin.api import WAYS, Video
from selftest.unit.visitors import (
    FILM,
    KEY,
    OTHER_ID,
    OWNER_ID,
    PLACE,
    PLAYS,
    REFUSED,
    SHOWN,
    SOURCE,
    FakeDelivery,
    FakeSite,
    answer,
    led_to,
    new_judge,
    rendered,
    sent_on,
)


@pytest.mark.parametrize(
    ("came", "words"),
    [
        (answer(REFUSED, 404), "You have no permission to see this."),
        (answer('<form id="login"></form>'), "You have to log in first (the log-in page)."),
        (answer({"success": False, "error": "You do not have access."}, path=f"{PLUGIN}/x"), "You do not have access."),
        (answer([{"error": True, "exception": {"message": "Not allowed"}}]), "Not allowed"),
    ],
)
def test_a_refusal_in_words(judge: VideoAccess, video: Video, came: HttpResult, words: str) -> None:
    assert judge.expect_denied(came, video) == words


@pytest.mark.parametrize(
    ("came", "seen"),
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
def test_a_refusal_that_gives_something_away(judge: VideoAccess, video: Video, came: HttpResult, seen: str) -> None:
    with pytest.raises(AssertionError, match=f"expected a refusal, seen .*{seen}"):
        judge.expect_denied(came, video)


@pytest.mark.parametrize(
    ("came", "seen"),
    [
        (answer(REFUSED, 500), r"status 500 \(Internal Server Error\): You have no permission"),
        (answer("<p>Welcome", 200), "understands, seen no message"),
        (
            answer({"success": False, "error": "Exception in a.php"}, path=f"{PLUGIN}/x"),
            "seen “Exception in a.php”",
        ),
    ],
)
def test_what_is_no_proper_refusal(judge: VideoAccess, video: Video, came: HttpResult, seen: str) -> None:
    with pytest.raises(AssertionError, match=seen):
        judge.expect_denied(came, video)


def test_a_deleted_video_is_refused_in_finished_texts(judge: VideoAccess, video: Video) -> None:
    refusal = {"success": False, "error": "This video is no longer available.", "guidance": "Ask your teacher."}
    assert judge.expect_gone(answer(refusal), video) == "This video is no longer available. Ask your teacher."
    assert judge.expect_gone(answer(REFUSED, 404), video) == "You have no permission to see this."


@pytest.mark.parametrize(
    ("came", "seen"),
    [
        (answer({"success": False, "error": "[[error_]]", "guidance": "Ask."}), r"seen “\[\[error_\]\] Ask\.”"),
        (answer({"success": False, "error": "Gone.", "guidance": "[[error_guidance]]"}), r"seen “Gone\. \[\[error_"),
        (answer({"success": False}), "seen no message"),
        (answer(REFUSED, 500), r"status 500 \(Internal Server Error\)"),
        (led_to(PLAYS), "expected a refusal, seen .*a signed URL"),
    ],
)
def test_a_deleted_video_that_is_not(judge: VideoAccess, video: Video, came: HttpResult, seen: str) -> None:
    with pytest.raises(AssertionError, match=seen):
        judge.expect_gone(came, video)


def test_json_that_is_none(judge: VideoAccess, video: Video) -> None:
    broken = replace(answer({}), body=b"<b>Notice</b>: Undefined index")
    with pytest.raises(UnexpectedAnswer, match=r"expected JSON from https://moodle\.test/mod/assign/view\.php, seen"):
        judge.expect_denied(broken, video)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(before=st.binary(max_size=64), after=st.binary(max_size=64))
def test_the_video_is_found_wherever_it_stands_in_an_answer(
    judge: VideoAccess, video: Video, before: bytes, after: bytes
) -> None:
    with pytest.raises(AssertionError, match="bytes of the video"):
        judge.expect_denied(answer(before + FILM[:32] + after), video)


# -- allowed --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("way", "came", "how"),
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
def test_a_way_that_leads_there(judge: VideoAccess, video: Video, way: str, came: HttpResult, how: str) -> None:
    assert judge.expect_allowed(way, came, video, OTHER_ID) == how


@pytest.mark.parametrize(
    ("way", "came", "seen"),
    [
        (
            "download",
            answer(FILM[:-1]),
            r"expected the video's 212 bytes, seen status 200 \(OK\), 211 bytes without a message",
        ),
        ("video page", answer(REFUSED), "expected the video, seen You have no permission"),
        ("video page", answer("<video src='https://d1.cloudfront.net/other'>"), "expected a URL of the key"),
        ("playback URL", answer({"success": False, "message": "Too many"}), "expected the video, seen Too many"),
        ("grader", answer([{"data": {"html": "<video src=/another>"}}]), "student's video, seen a page without it"),
        ("grading table", answer(REFUSED), "expected the student's video, seen You have no permission"),
        ("confirmation", answer({"success": False, "error": "No"}), "expected success, seen No"),
        ("upload URL", answer({"success": True, "data": PLACE["data"] | {"submission_id": 7}}), "in submission 7"),
        (
            "upload URL",
            answer({"success": True, "data": PLACE["data"] | {"s3_key": KEY}}),
            f"seen {KEY} in submission 8",
        ),
    ],
)
def test_a_way_that_leads_elsewhere(judge: VideoAccess, video: Video, way: str, came: HttpResult, seen: str) -> None:
    with pytest.raises(AssertionError, match=seen):
        judge.expect_allowed(way, came, video, OTHER_ID)


def test_the_owner_s_place_is_the_submission_itself(judge: VideoAccess, video: Video) -> None:
    mine = {"success": True, "data": PLACE["data"] | {"submission_id": video.id, "s3_key": KEY}}
    assert judge.expect_allowed("upload URL", answer(mine), video, OWNER_ID) == "a place of one's own"


def test_the_signed_url_has_been_seen_to_play(video: Video) -> None:
    delivery = FakeDelivery()
    assert new_judge(delivery).signed_url(FakeSite(body=SOURCE), video) == PLAYS
    assert delivery.played == [PLAYS]


def test_a_video_that_is_lost_is_told_and_left_so(judge: VideoAccess, video: Video) -> None:
    shows, lost = FakeSite(body=SHOWN), FakeSite()
    judge.expect_unharmed(shows, video)
    with pytest.raises(AssertionError, match="expected no harm to the video, seen that its owner has lost it"):
        judge.expect_unharmed(lost, video)
    assert len(shows.asked) == len(lost.asked) == 1
    spoiled = FakeSite(body=f"<div class='summary_{COMPONENT}_7'>Error\n</div>")
    with pytest.raises(AssertionError, match=r"has lost it \(their page says “Error” instead\) after a deletion"):
        judge.expect_unharmed(spoiled, video, " after a deletion")


@pytest.mark.parametrize("way", WAYS)
def test_every_way_asks_for_this_video(video: Video, way: str) -> None:
    site = FakeSite()
    WAYS[way](site, video)
    (asked,) = site.asked
    names = {"grader": "'contextid': 9", "grading table": "'id': 4", "upload URL": "'submissionid': 7"}
    assert names.get(way, KEY) in asked
    if way == "playback URL":
        assert "'sesskey': 'abcdef1234'" in asked
        plugin_api.playback_url(site, video, "another")
        assert "'sesskey': 'another'" in site.asked[-1]
