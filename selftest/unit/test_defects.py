"""From failed checks to what somebody has to mend."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from checklist import history
from checklist.defects import Acts, Defect, Severity, advice, defects, expected_and_seen, rules, told_once, wrong
from checklist.known_issues import read
from checklist.lines import CONSOLES, LINES, STEPS
from checklist.report.tickets import markdown
from checklist.verdicts import MEANWHILE, NAMES, PREPARED, Check, Role, Verdict, judge
from checklist.words import brief, first_and_last, repeated
from selftest.unit.sample_runs import CHROMIUM, FIREFOX, KNOWN, NO_PLAY, go, no_go, passing, run_of

BOTH = [CHROMIUM, FIREFOX]


def failed(
    line: str, title: str, message: str, target: str = "chromium", test: str = "test_it", **more: object
) -> Check:
    told = Check(line, target, Verdict.FAILED, title, message, test=f"{test}[{target}]")
    return replace(told, **more)  # type: ignore[arg-type]


def found(*checks: Check) -> Sequence[Defect]:
    return defects(judge(BOTH, checks))


def test_the_same_check_in_two_browsers_is_one_defect() -> None:
    say = "expected the limit, seen nothing"
    (one,) = found(
        failed("2.7.5", "The form names the limit", say), failed("2.7.5", "The form names the limit", say, "firefox")
    )
    assert (one.sentence, one.expected, one.seen) == ("Not so: The form names the limit", "the limit", "nothing")
    assert (one.lines, one.targets, one.severity, one.acts) == (
        ["2.7.5"],
        ["chromium", "firefox"],
        Severity.WORDING,
        Acts.AUTHOR,
    )


def test_one_test_that_settles_another_line_in_each_browser_is_one_defect() -> None:
    (one,) = found(
        failed("2.13.1", "The video plays", "expected a picture, seen none"),
        failed("2.13.2", "The video plays", "expected a picture, seen nothing at all", "firefox"),
    )
    assert one.lines == ["2.13.1", "2.13.2"]


def test_untranslated_texts_on_many_pages_are_one_defect() -> None:
    (one,) = found(
        failed(
            "2.10.3",
            "The dashboard is in finished texts",
            "expected finished texts, seen [[status]]",
            test="test_dashboard",
        ),
        failed("2.10.8", "The list is in finished texts", "expected finished texts, seen [[all]]", test="test_list"),
    )
    assert (one.sentence, one.severity) == (
        "People read names out of the program in place of words: [[status]] and [[all]]",
        Severity.WORDING,
    )
    assert [symptom.seen for symptom in one.symptoms] == ["[[status]]", "[[all]]"]


VANISHES = "One hand-made request breaks another student's video, and these people can send it:"
LATE = "A late confirmation of a replaced video does not harm the new one"
GONE = "expected the video that was handed in to be there still, seen the video listed as “Pending”"
KEPT = "expected videos/7/b/a.mp4 on S3 and nothing else under videos/7/, seen videos/7/a/a.mp4 as well"
SAID = "expected the message that the upload succeeded, seen the message: Error"
STILL = "expected videos/7/a.mp4 not to be in the list, seen it there"


@pytest.mark.parametrize(
    ("checks", "sentence"),
    [
        ([("2.9.4", "Another student's key, saved in one's own submission, opens no video", "seen a video")],
         "By a forged request a student can hand in another student's video (if they know its path on S3), "
         "which they can then watch"),
        ([("2.7.19", LATE, "expected the handed-in video to play after a late confirmation, seen: no"),
          ("2.7.19", "The student still has the video handed in, and can play it, after S3 refused another one", GONE),
          ("2.7.19", "The teacher still has the video in table and grader after S3 refused another one", GONE)],
         "A handed-in video stops playing after the student's next upload fails, and also when the browser "
         "tells late that the video before it has arrived"),
        ([("2.9.4", "A guest gets nothing of the video, and does it no harm", "confirmation: expected no harm to the "
           "video, seen that its owner has lost it after somebody else's confirmation was refused with 403: No")],
         f"{VANISHES} guests"),
        ([("2.9.4", "A guest gets nothing of the video, and does it no harm", "deletion: expected no harm to the "
           "video, seen that its owner has lost it after somebody else's deletion was refused with 403: No")],
         f"{VANISHES} guests"),
        ([("1.4.9", "The access identity has its name", "expected AWS to answer to cloudfront:GetIdentity, seen that "
           "it has nothing of that name (404 Not Found)")],
         "The CDN's settings name an access identity that AWS does not have"),
        ([("1.4.9", "The access identity has its name", "expected AWS to answer to cloudfront:GetIdentity, seen the "
           "error Odd")], "Nobody can check who may read the bucket: AWS does not tell of the access "
         "identity that the CDN names"),
        ([("4.4.6", "The CDN's logs show no video without a signature, and nobody who tries again and again",
           "expected AWS to answer to s3:ListBucket, seen that there is no such bucket (NoSuchBucket)")],
         "Nobody can find out who watched a video, and who tried to: the bucket for CloudFront's access logs does not "
         "exist"),
        ([("2.10.11", "The list no longer shows the deleted video", STILL)],
         "A video that an administrator deletes stays in the list of videos"),
        ([("2.10.11", "The page says after Yes that the video is deleted", "expected the message, seen: it failed")],
         "An administrator is not told that a video is deleted"),
        ([("2.10.11", "The grader says what became of the video",
           "expected a word on what became of the deleted video, seen an empty page")],
         "Student and teacher are not told that an administrator has deleted a video"),
        ([("2.10.11", "The page asks before it deletes, and names what would be lost",
           "expected a question before the video is deleted, seen: Deleted")],
         "An administrator deletes a video by one wrong click: the page does not ask"),
        ([("2.11.6", "After a new log-in S3 has one video, and no orphan", KEPT)],
         "Files that belong to no submission stay on S3: what a failed upload left behind"),
        ([("X.5.4", "After uploads in two tabs S3 holds one video", KEPT)],
         "Files that belong to no submission stay on S3: a second file where a student uploads in two browser tabs"),
        ([("4.3.4", "S3 no longer holds anything of the deleted student", "seen videos/7/a.mp4")],
         "GDPR requests are not met: erasing the student leaves the video files on S3"),
        ([("4.4.3", "Who has waited for a minute is given upload and playback URLs again",
           "expected the next upload URL a minute later, seen a refusal: Too many")],
         "Somebody who has waited for a minute is still refused"),
        ([("2.5.18", "The limit of playback URLs is set to 30", "expected it to be 30 a minute, seen 100 an hour")],
         "People who reach a limit of uploads and playbacks are shut out for too long: the limit counts by the hour, "
         "not by the minute"),
        ([("2.10.10", "A search by the student's full name finds the video, and not another one", "seen no video"),
          ("2.10.10", "A search for % finds only what holds that text", "expected only videos with “%”, seen: a")],
         "Administrators cannot rely on the search for videos: it does not find a video by the "
         "student's full name, and lists for “%” videos without it in them"),
        ([("2.11.1", "The upload of a video with quotes in its name works", SAID)],
         "A student cannot upload a video with an unusual name: with quotes (\")"),
        ([("2.11.7", "With a wrong secret the message says what to do",
           "expected a message that tells the student what to do, seen: failed")],
         "A student whose upload breaks is not told what to do"),
        ([("2.14.3", "Nobody's console shows an error",
           "expected no errors in anybody's console while testing step 4.4, seen the student's: request failed: GET "
           "https://cdn.edu/videos/7/…?Expires=1: net::ERR_BLOCKED_BY_ORB (on https://m.edu/s3/view_video.php); "
           "the second student's: console error: Error: URL refresh failed: TypeError: a is not a function")],
         "A browser's console shows that the student gets no video on the page view_video.php in step 4.4: blocked by "
         "the browser: the answer was no picture, video or script"),
        ([("2.14.3", "Nobody's console shows an error",
           "expected no errors in anybody's console while testing step 2.10, seen the teacher's: request failed: GET "
           "https://cdn.edu/videos/7/…?Expires=1: net::ERR_BLOCKED_BY_ORB (on https://m.edu/view.php?action=grader)")],
         "A video that an administrator deletes leaves an empty player where the CDN has none"),
        ([("2.14.3", "No console shows an error", "expected no errors in anybody's console while testing step 2.8, "
           "seen the teacher's: request refused: GET https://m.edu/s3video/player.js: status 404 (Not Found)")],
         "A browser's console shows that the teacher's browser does not get player.js in step 2.8"),
        ([("2.8.9", "The teacher's console shows no error until then", "expected no errors, seen: "
           "page error: TypeError: video is null (on https://moodle.example.edu/)")],
         "A browser's console shows that a script fails on the teacher's page in step 2.8, and says “video is null”"),
        ([("4.2.4", "A video past its retention is gone from the list and from S3", "expected it gone, seen it there")],
         "The nightly clean-up keeps videos that are past their retention"),
    ],
)  # fmt: skip
def test_what_a_rule_puts_together_is_called_by_what_was_seen(
    checks: Sequence[tuple[str, str, str]], sentence: str
) -> None:
    (one,) = found(*(failed(line, title, message, test=title) for line, title, message in checks))
    assert one.sentence == sentence


@pytest.mark.parametrize(
    ("check", "telling"),
    [
        (("2.9.4", "A guest gets nothing of the video, and does it no harm", "confirmation: expected no harm to the "
          "video, seen that its owner has lost it (their page says “Error” instead) after somebody else's "
          "confirmation was refused with status 403 (Forbidden): No"),
         "refused (403), and the owner's page says “Error” all the same"),
        (("2.8.9", "The console tells nobody the signed URL", "expected no signed URL in the teacher's console, seen 2 "
          "messages with one, such as “S3 Video: Got signed URL: https://cdn/videos/8/…?Signature=…”"),
         "2 addresses that play it"),
        (("2.10.11", "The CDN no longer serves the deleted video, from no cache either", "expected a deleted video "
          "not to play any more, seen that it still plays from the CDN (the plugin reported “Failed to "
          "delete video: Failed to invalidate”): 206 (Partial Content)"),
         "“Failed to invalidate”"),
        (("2.10.8", "The list is in finished texts", "expected finished texts on every page, seen [[all]] on "
          "https://m/s3video/list.php and 3 other pages; [[status]] on https://m/s3video/list.php"),
         "“[[all]]” on list.php, and 3 other pages"),
        (("X.3.1", "The upload form keeps WCAG's rule color-contrast", "expected axe's rule color-contrast to "
          "hold, seen Element has insufficient color contrast of 1.96. Expected contrast ratio of 4.5:1"),
         "a contrast of 1.96:1, where 4.5:1 is asked for"),
        (("2.9.4", "A guest gets nothing of the video, and does it no harm", "confirmation: expected no harm to the "
          "video, seen that its owner has lost it (their page says “Error” instead) after somebody else's "
          "confirmation was refused with status 403 (Forbidden): No (the owner's own confirmation mends it)"),
         "refused (403), and the owner's page says “Error” until the owner sends the same one"),
        (("2.7.19", "Another video can be saved in place of the first", "expected the status, seen the form again, "
          "which says: You have existing data. Leave. (then their page has the new video, the "
          "teacher's table no video)"),
         "the form says “You have existing data”; then their page has the new video, the teacher's table no video"),
        (("X.4.3", "In a copied course nobody is told that they have submitted while their video is not there",
          "expected the submission with its video, or none, seen the student told that they have submitted, and no "
          "video (2 of 2 students tried)"), "2 of 2 students tried"),
        (("2.7.1", "It opens", "expected the form, seen another page"), ""),
    ],
)  # fmt: skip
def test_a_list_tells_what_was_seen_in_few_words(check: tuple[str, str, str], telling: str) -> None:
    (one,) = found(failed(*check))
    assert one.telling == telling


@pytest.mark.parametrize(
    ("stored", "telling"),
    [
        ([Verdict.PASSED, Verdict.PASSED], "the student's page says “Pending”; S3 still has its file"),
        ([Verdict.PASSED, Verdict.FAILED], "the student's page says “Pending”"),
        ([], "the student's page says “Pending”"),
    ],
)  # fmt: skip
def test_what_held_all_the_same_is_told_where_it_held_each_time(stored: Sequence[Verdict], telling: str) -> None:
    title = "The student still has the video handed in, and can play it, after the tab was closed"
    lost = failed("2.7.19", title, "expected the video to be there still, seen the video listed as “Pending”")
    ways = ["the tab was closed", "the session ended"]
    others = [
        Check("2.7.19", "chromium", verdict, f"S3 still holds the video handed in after {way}", test="test_failed")
        for way, verdict in zip(ways, stored, strict=False)
    ]
    (one, *_) = found(lost, *others)
    assert one.telling == telling


def test_a_refused_second_video_is_one_defect_whatever_came_before_it() -> None:
    seen = (
        "expected the submission's status after Save changes, seen the form again, which says: You have existing data"
    )
    saved = failed(
        "2.7.19",
        "Another video can be saved in place of the first",
        f"{seen} (then their page has no video, the teacher's table no video)",
    )
    slept = failed("X.5.2", "After a sleep of the machine another try succeeds, and leaves one video", seen, test="nap")
    (one,) = found(saved, slept)
    assert one.lines == ["2.7.19", "X.5.2"]


def test_what_stands_beside_a_named_defect_is_told_with_no_other_one_of_its_line() -> None:
    passed = Check("1.6.9", "all", Verdict.PASSED, "It grants invalidations", test="test_policy")
    texts = failed("2.10.11", "The deleted video's pages have finished texts", "expected finished texts, seen [[all]]")
    there = failed("2.10.11", "The list no longer shows the deleted video", STILL, test="test_list")
    assert {one.severity: [*one.beside] for one in found(texts, there, passed)} == {
        Severity.DATA: ["1.6.9"],
        Severity.WORDING: [],
    }


def test_a_check_of_any_line_that_says_the_same_as_a_named_one_is_the_same_defect() -> None:
    seen = "Moodle's own error on https://m.edu/dashboard.php, which came with status 404 (Not Found): Section error!"
    say = f"expected a working page, seen {seen}"
    dashboard = failed("2.10.2", "The menus lead to the dashboard", say, test="test_dashboard")
    asked = failed(
        "X.3.3", "The dashboard opens, and can be asked for the rules of WCAG", say, test="test_pages_for_all"
    )
    (one,) = found(dashboard, asked)
    assert one.telling == "the page says “Section error!”"
    assert (one.sentence, one.lines, one.stops) == (
        "Administrators cannot open the plugin's dashboard",
        ["2.10.2", "X.3.3"],
        True,
    )
    issue = KNOWN.replace("2.7.5", "2.10.2").replace("limit of 5 GB", "Section error")
    known, problems = read(issue, ["chromium"], date(2026, 11, 22))
    (one,) = defects(judge(BOTH, [dashboard, asked], known), known)
    assert not problems
    assert one.known


def test_each_error_in_consoles_is_a_defect_of_its_own() -> None:
    say = "expected no errors in anybody's console while testing step {}, seen the {}'s: page error: {}"
    errors = [("2.8", "teacher", "a is null"), ("2.10", "student", "b is null"), ("2.8", "teacher", "a is null")]
    checks = [failed("2.14.3", "Nobody's console shows an error", say.format(*one), test=one[0]) for one in errors]
    assert [one.sentence.partition(" in step ")[2] for one in found(*checks)] == [
        "2.8, and says “a is null”",
        "2.10, and says “b is null”",
    ]
    assert len({one.key for one in found(*checks)}) == 2


def test_videos_that_do_not_come_are_one_defect_where_their_requests_came_to_the_same() -> None:
    say = "expected the video to load, seen nothing of it within 20 s and no message"

    def waited(line: str, status: object, title: str = "It loads") -> Check:
        asked = [{"address": f"https://cdn.example.edu/videos/{line}/…", "status": status}] if status else []
        return failed(line, f"{title} in {line}", say, test=line, evidence={"requests": asked})

    assert len(found(waited("2.8.5", 403), waited("2.12.4", 403))) == 1
    assert len(found(waited("2.8.5", 403), waited("2.12.4", 200))) == 2
    assert len(found(waited("2.8.5", None), waited("2.12.4", 403))) == 2
    named = replace(waited("2.11.1", 403), title="The player plays a video with emoji in its name")
    assert [one.lines for one in found(named, waited("2.8.5", 403))] == [["2.8.5"], ["2.11.1"]]


def test_a_card_has_the_picture_of_the_page_that_the_check_speaks_of() -> None:
    def pictured(message: str, title: str = "The list is finished", *more: dict[str, object]) -> list[str]:
        saw = ["What the student saw: the assignment, /mod/assign/view.php?id=7",
               "What the administrator saw: /s3video/videomanagement.php"]  # fmt: skip
        evidence: dict[str, object] = {"screenshots": ["a.png", "b.png"], "captions": saw}
        for told in more:
            evidence |= told
        (one,) = found(replace(failed("2.10.8", title, message), evidence=evidence))
        return [view.path for view in one.views]

    assert pictured("expected a, seen [[all]] on https://m.example.edu/s3video/videomanagement.php") == ["b.png"]
    assert pictured("expected a, seen nothing", "The administrator finds it") == ["b.png"]
    assert pictured("expected a, seen nothing") == ["a.png"]
    assert pictured("expected nothing on S3 under videos/7/, seen videos/7/a.mp4") == []
    request = {"method": "GET", "address": "https://m.example.edu/x", "status": 200}
    asked: dict[str, object] = {"requests without a browser": [request], "steps": ["Log in."]}
    given = "expected a refusal, seen an upload URL"
    assert pictured(given, "The server refuses it", asked, {PREPARED: 1}) == []
    assert pictured(given, "The server refuses it", asked, {PREPARED: 0}) == ["a.png"]


def test_checks_that_say_the_same_are_one_defect_whatever_its_numbers() -> None:
    (one,) = found(
        failed("2.11.1", "The server refuses a text", "expected a refusal, seen a form for videos/12/a.mp4"),
        failed("2.11.1", "The server refuses a program", "expected a refusal, seen a form for videos/13/b.mp4"),
    )
    assert len(one.symptoms) == 2


def test_the_same_sight_in_one_step_is_one_defect_though_other_things_were_expected() -> None:
    (one,) = found(
        failed("2.8.3", "The table has it", "expected the table, seen Moodle's own error: Section error"),
        failed("2.8.5", "The page has it", "expected the page, seen Moodle's own error: Section error", test="test_b"),
    )
    assert one.lines == ["2.8.3", "2.8.5"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("2.10.8", "expected the page, seen Moodle's own error: Section error"),
        ("2.8.5", "expected the page, seen no error at all, and no page"),
        ("2.8.5", "expected the page, seen nothing of it on the page"),
        ("2.8.5", "expected the page, seen half of it"),
    ],
)
def test_another_step_and_a_sight_that_says_little_are_another_defect(line: str, message: str) -> None:
    same = message.replace("the page,", "the table,")
    assert len(found(failed("2.8.3", "The table has it", same), failed(line, "The page has it", message))) == 2


def test_what_rules_tell_apart_stays_apart_whatever_was_seen() -> None:
    seen = "expected the {}, seen Moodle's own error: Section error"
    search = failed("2.10.10", "A search finds it", seen.format("list"))
    dashboard = failed("2.10.3", "The dashboard opens", seen.format("dashboard"))
    assert len(found(search, dashboard)) == 2
    assert len(found(search, dashboard, failed("2.10.8", "The list opens", seen.format("title")))) == 3
    assert len(found(search, failed("2.10.8", "The list opens", seen.format("title")))) == 1


def test_a_limit_that_counts_by_the_hour_is_one_defect_and_its_number_no_other() -> None:
    unit = failed("2.5.18", "The limit counts by the minute", "expected it to count by the minute, seen “(per hour)”")
    number = "expected playback_rate_limit to be 30 a minute, seen 100"
    (one,) = found(failed("2.5.18", "The limit is 30 a minute", f"{number} an hour"), unit)
    assert (one.severity, one.acts) == (Severity.FUNCTION, Acts.AUTHOR)
    for per in ("", " a minute"):
        alone = failed("2.5.18", "The limit is 30 a minute", f"{number}{per}")
        assert [other.acts for other in found(alone, unit)] == [Acts.AUTHOR, Acts.ADMINISTRATOR]


def test_what_a_console_shows_while_a_check_fails_is_told_with_it_and_anything_else_apart() -> None:
    def console(*errors: str, target: str = "chromium", test: str = "test_it") -> Check:
        say = f"expected no errors in anybody's console, seen {'; '.join(errors)}"
        return failed("2.14.3", "Nobody's console shows an error", say, target, test, evidence={MEANWHILE: [*errors]})

    player = failed("2.8.7", "The player renews", "expected another, seen none", evidence={MEANWHILE: ["a", "b"]})
    (one,) = found(player, console("a", "b"))
    assert one.lines == ["2.8.7", "2.14.3"]
    assert [symptom.seen for symptom in one.symptoms] == ["none", "a; b"]
    assert [symptom.pictures for symptom in one.symptoms] == [[], []]
    others = [console("a", "another"), console("a", "a", "b"), console()]
    for apart in (*others, console("a", test="test_other"), console("a", target="firefox")):
        assert [other.lines for other in found(player, apart)] == [["2.8.7"], ["2.14.3"]]
    table = failed("2.8.3", "The table has it", "expected it, seen nothing", evidence={MEANWHILE: ["b"]})
    assert [other.lines for other in found(table, player, console("a", "b"))] == [["2.8.3", "2.14.3"], ["2.8.7"]]
    wording = failed("2.7.5", "It says so", "expected a limit, seen nothing", evidence={MEANWHILE: ["a", "b"]})
    assert [other.lines for other in found(wording, player, console("a", "b"))] == [["2.8.7", "2.14.3"], ["2.7.5"]]
    echo_and_own = found(player, console("a", "b"), console("c", target="firefox"))
    assert [other.lines for other in echo_and_own] == [["2.8.7"], ["2.14.3"]]
    assert [symptom.seen for symptom in echo_and_own[1].symptoms] == ["a; b"]


def test_a_question_that_aws_does_not_answer_says_nothing_of_what_should_be_there() -> None:
    silent = failed("1.4.9", "The access identity has its name", "expected AWS to answer to cloudfront:Get, seen Odd")
    other = failed("1.4.9", "The access identity has its name", "expected the name of appendix A, seen another one")
    assert [one.symptoms[0].should for one in (*found(silent), *found(other))] == ["", other.title]


def test_a_line_over_browsers_says_in_which_it_failed_where_it_passed_in_others() -> None:
    title = "clip.avi is accepted and stored"
    red = failed("2.13.1", title, "expected success, seen an error of the type", test="test_types[chromium]")
    passed = Check("2.13.2", "firefox", Verdict.PASSED, title, test="test_types[firefox]")
    assert [one.sentence for one in found(red, passed)] == [
        "Students cannot upload clip.avi as a video (in chromium; it works in firefox)"
    ]
    assert [one.sentence for one in found(red)] == ["Students cannot upload clip.avi as a video"]


def test_a_role_without_a_capability_stands_beside_what_its_people_did_all_the_same() -> None:
    title = "Students, teachers and managers have the plugin's capabilities of appendix C"
    lacks = failed("2.4.5", title, "expected the capabilities of appendix C to be allowed, seen these missing: use")
    (one,) = found(lacks, Check("2.7.18", "chromium", Verdict.PASSED, "It is saved", test="test_it"))
    assert [*one.beside] == ["2.7.18"]
    assert "- **Passed all the same:** 2.7.18 “Click" in markdown(one, run_of([], BOTH))


def test_a_card_of_aws_says_where_to_look_and_how_to_mend_it() -> None:
    seen = "expected AWS to answer to cloudfront:Get, seen that it has nothing of that name (404 Not Found)"
    (one,) = found(failed("1.4.9", "The access identity has its name", seen))
    assert any("get-cloud-front-origin-access-identity" in step for step in one.symptoms[0].steps)
    assert f"- **How to mend it:** {one.remedy}" in markdown(one, run_of([], BOTH))
    (refused,) = found(failed("1.4.9", "The access identity has its name", "expected AWS to answer to it, seen 403"))
    assert "make the call" in refused.remedy


def test_a_failed_renewal_of_an_address_is_one_defect_with_its_errors_in_the_console() -> None:
    renewal = "expected the player to ask for another address within 20 hours, seen no request for one"
    said = "expected no errors in anybody's console while testing step 2.8, seen the teacher's: console error: "
    broke = "URL refresh attempt 1 failed: TypeError; the teacher's: console error: Playback error: Error"
    player = failed("2.8.7", "The player renews its address before that ends, and keeps its place", renewal)
    (one,) = found(player, failed("2.14.3", "Nobody's console shows an error", said + broke))
    assert one.lines == ["2.8.7", "2.14.3"]
    other = f"{said}{broke}; the teacher's: console error: x is null"
    assert len(found(player, failed("2.14.3", "Nobody's console shows an error", other))) == 2


def test_who_must_act_tells_defects_apart() -> None:
    seen = "expected {}, seen another value in the settings"
    assert len(found(failed("2.5.11", "A", seen.format("a")), failed("2.5.14", "B", f"{seen.format('b')}"))) == 1
    mine = "that the suite understands: expected {}, seen another value in the settings"
    assert len(found(failed("2.5.11", "A", seen.format("a")), failed("2.5.14", "B", mine.format("b")))) == 2


def test_checks_that_say_little_are_told_apart() -> None:
    assert len(found(failed("2.7.1", "One", "seen no"), failed("2.7.2", "Two", "seen no"))) == 2


def test_what_a_test_could_not_reach_is_told_with_its_cause() -> None:
    click, phone = no_go().defects
    assert click.follows == ["2.8.7", "2.8.8", "2.8.9", "2.14.1"]
    assert phone.lines == ["2.13.6"]


def test_what_could_not_be_checked_is_told_with_the_defect_that_it_names() -> None:
    error = (
        "expected a working page, seen Moodle's own error on https://m/s3video/dashboard.php?range=1: Section error!"
    )
    closed = failed("2.10.2", "The dashboard opens", error)
    bucket = failed("1.4.23", "The distribution's logs have a bucket of their own", "expected a bucket, seen none")
    why = {
        "4.4.5": "/mod/assign/submission/s3video/dashboard.php does not open: Section error!",
        "4.4.6": "there is no bucket logs, which is to have the distribution's logs (1.4.23)",
        "4.4.4": "/mod/assign/submission/s3video/settings.php does not open: Section error!",
    }
    open_ = [Check(line, "all", Verdict.NOT_CHECKABLE, "It holds", message=told) for line, told in why.items()]
    follows = {one.lines[0]: [*one.follows] for one in found(closed, bucket, *open_)}
    assert ("4.4.5" in follows["2.10.2"], "4.4.5" in follows["1.4.23"]) == (True, False)
    assert ("4.4.6" in follows["2.10.2"], "4.4.6" in follows["1.4.23"]) == (False, True)
    assert "4.4.4" not in (*follows["2.10.2"], *follows["1.4.23"])


def test_of_two_defects_of_a_test_that_ended_early_the_one_it_tells_is_the_cause() -> None:
    page = failed("3.7.4", "The dashboard opens", "expected a working page, seen another", test="test_smoke")
    left = failed("3.7.6", "S3 no longer has it", "expected the video to be gone, seen a.mp4 on S3", test="test_smoke")
    ended = Check("3.9.4", "chromium", Verdict.NOT_REACHED, "It is there", message=left.message, test="test_smoke")
    assert {one.lines[0]: "3.9.4" in one.follows for one in found(page, left, ended)} == {"3.7.4": False, "3.7.6": True}


def test_a_defect_brings_the_steps_that_were_taken_until_then() -> None:
    taken = ["As the student: Log in.", "Open the assignment."]
    check = replace(failed("2.7.5", "The form names the limit", "seen nothing"), evidence={"steps": taken})
    assert found(check)[0].symptoms[0].steps == taken


def test_who_did_more_after_a_console_had_shown_it_is_left_out() -> None:
    taken = ["As the student: Open it.", "Press play.", "As the administrator: Open the list.", "Press “Delete”."]
    message = "expected no errors in anybody's console, seen the student's: console error"
    check = replace(failed(CONSOLES, "Nobody's console shows an error", message), evidence={"steps": taken})
    assert found(check)[0].symptoms[0].steps == taken[:2]
    both = replace(check, message=f"{message}; the administrator's: console error")
    assert found(both)[0].symptoms[0].steps == taken
    assert found(replace(check, message="seen some"))[0].symptoms[0].steps == taken


def test_requests_without_a_browser_say_who_sent_what_and_what_came() -> None:
    sent = {
        "sender": "the second student",
        "method": "POST",
        "address": "https://moodle.example.edu/x.php?id=7",
        "parameters": {"s3_key": "videos/7/…", "sesskey": "…"},
        "status": 403,
    }
    check = replace(failed("2.9.4", "Nobody else may", "seen harm"), evidence={"requests without a browser": [sent]})
    assert found(check)[0].symptoms[0].asked == [
        "As the second student, without a browser: Send POST https://moodle.example.edu/x.php with id 7, "
        "s3_key KEY, sesskey SESSKEY. Answer: 403 Forbidden."
    ]


def test_of_several_keys_in_requests_it_is_told_whose_each_is_or_they_have_numbers() -> None:
    def asked(names: dict[str, str]) -> str:
        first, second = (
            {"sender": "the student", "address": f"https://m.example/mod/assign/submission/s3video/{name}.php"}
            for name in "ab"
        )
        sent = [
            first | {"method": "POST", "parameters": {"s3_key": "videos/7/1_a/…", "submissionid": "9"}, "status": 400},
            second | {"method": "GET", "parameters": {"s3key": "videos/7/2_b/…", "id": "9"}, "status": 400},
        ]
        evidence = {"requests without a browser": sent, NAMES: names}
        check = replace(failed("2.9.4", "Nobody else may", "seen harm"), evidence=evidence)
        (told,) = found(check)[0].symptoms[0].asked
        return told.replace("https://m.example/mod/assign/submission/s3video/", "")

    assert asked({}) == (
        "As the student, without a browser: Send POST a.php with s3_key KEY_1, submissionid SUBMISSION; "
        "GET b.php with s3key KEY_2, id SUBMISSION. Answers: 400 Bad Request."
    )
    whose = {"KEY videos/7/1_a/…": "of the student's a.mp4", "KEY videos/7/2_b/…": "of the student's b.mp4"}
    assert asked({**whose, "SUBMISSION 9": "of the student"}) == (
        "As the student, without a browser: Send POST a.php with s3_key KEY of the student's a.mp4, "
        "submissionid SUBMISSION of the student; GET b.php with s3key KEY of the student's b.mp4, "
        "id SUBMISSION of the student. Answers: 400 Bad Request."
    )
    assert "KEY_1 of the student's a.mp4" in asked(dict.fromkeys(whose, "of the student's a.mp4"))


def test_of_requests_without_a_browser_a_log_in_is_told_where_it_fails_and_what_is_repeated_once() -> None:
    def sent(path: str, status: int) -> dict[str, object]:
        return {"sender": "the student", "method": "GET", "address": f"https://m.example{path}", "status": status}

    requests = [sent("/login/index.php", 200), sent("/user/preferences.php", 200), *[sent("/x.php", 400)] * 3]
    check = replace(failed("2.9.4", "Nobody", "seen harm"), evidence={"requests without a browser": requests})
    assert found(check)[0].symptoms[0].asked == [
        "As the student, without a browser: Send GET https://m.example/x.php. Answer: 400 Bad Request."
    ]
    check = replace(check, evidence={"requests without a browser": [sent("/login/index.php", 500)]})
    assert "/login/index.php. Answer: 500" in found(check)[0].symptoms[0].asked[0]


def test_requests_with_one_sender_and_one_answer_are_told_together() -> None:
    def get(name: str, status: int) -> dict[str, object]:
        return {"sender": "nobody", "method": "GET", "address": f"https://moodle.example.edu/{name}", "status": status}

    sent = [get("a.md", 404), get("b.md", 404), get("c.md", 200), get("d.md", 404)]
    check = replace(failed("4.4.2", "No file is served", "seen one"), evidence={"requests without a browser": sent})
    assert found(check)[0].symptoms[0].asked == [
        "Without a session: Send GET https://moodle.example.edu/a.md; GET https://moodle.example.edu/b.md. "
        "Answers: 404 Not Found.",
        "Without a session: Send GET https://moodle.example.edu/c.md. Answer: 200 OK.",
        "Without a session: Send GET https://moodle.example.edu/d.md. Answer: 404 Not Found.",
    ]


def test_a_title_that_goes_on_has_the_words_of_its_line_before_it() -> None:
    (one,) = found(failed("2.8.6", "a click plays it", NO_PLAY))
    assert one.sentence == "Not so: Click play button: a click plays it"


def test_a_failed_check_says_what_is_wrong() -> None:
    assert wrong("S3 no longer holds the deleted assignment's video") == (
        "Students' videos stay on S3 after a teacher has removed their submissions and deleted the assignment (neither "
        "was tried alone)"
    )
    assert wrong("The administrators' pages are closed to a guest") == "An administrators' page is open to a guest"
    assert wrong("A search by key does not find the video under another status") == (
        "A search by key finds the video under another status"
    )
    assert not wrong("Nobody has thought of this")
    (one,) = found(failed("2.8.7", "The video is heard", "expected sound, seen none"))
    assert one.sentence == one.symptoms[0].sentence == "The teacher does not hear the video"


def test_advice_is_no_defect_and_says_what_is_not_so() -> None:
    title = "The plugin's own default of the limit of playback URLs is 30"
    message = "expected the default of playback_rate_limit to be 30, seen 100 an hour: nobody has entered it"
    told = Check("2.5.18", "chromium", Verdict.ADVICE, title, message, role=Role.ADVICE)
    assert found(told) == []
    assert [one.sentence for one in advice([told, replace(told, target="firefox")])] == [
        "On a site where nobody sets it the limit of playback URLs is 100 an hour, not 30 a minute: that is the "
        "plugin's own default"
    ]


def test_each_thing_that_was_seen_has_one_picture() -> None:
    def lost(where: str, *paths: str) -> Check:
        saw = [f"What the {where} saw: {path}" for path in paths]
        title = f"The {where} still has it after the tab was closed"
        return failed(
            "2.7.19", title, f"expected it, seen it gone from the page of the {where}", test="test_failed_replacement",
            evidence={"screenshots": [*paths], "captions": [f"{one}?id=7" for one in saw]},
        )  # fmt: skip

    (one,) = found(lost("student", "a.png"), lost("teacher", "b.png", "a.png"), lost("teacher", "c.png"))
    views = [("a.png", "What the student saw: a.png"), ("b.png", "What the teacher saw: b.png")]
    assert [(view.path, view.whose) for view in one.views] == views
    again = replace(lost("student", "d.png"), title="S3 still has it", message="expected it on S3, seen nothing there")
    again = replace(again, evidence={"screenshots": ["d.png"], "captions": ["What the student saw: a.png?id=7"]})
    (one,) = found(lost("student", "a.png"), lost("teacher", "b.png"), again)
    assert [(view.path, view.whose) for view in one.views] == views


def test_the_worst_comes_first_and_what_is_known_last() -> None:
    kinds = [(one.severity, bool(one.known)) for one in found(
        failed("2.5.12", "The bucket is set", "seen none at all in the settings", "all"),
        failed("2.7.5", "The limit is named", "seen nothing"),
        failed("2.9.4", "A stranger is refused", "seen the video"),
        failed("2.8.6", "A click plays", "seen a still picture"),
    )]  # fmt: skip
    assert kinds == [(one, False) for one in (Severity.ACCESS, Severity.FUNCTION, Severity.WORDING, Severity.SETUP)]
    assert [bool(one.known) for one in go().defects] == [True]


def test_a_leak_comes_before_a_right_that_is_missing() -> None:
    title = "Students, teachers and managers have the plugin's capabilities of appendix C"
    missing = failed("2.4.5", title, "expected the capabilities, seen these missing: s3video:use", "all")
    leak = failed("2.9.4", "A guest gets nothing of the video, and does it no harm", "expected a refusal, seen a video")
    documents = failed(
        "4.4.2", "No report on the plugin's inside, and no key or copy, is served to anybody", "expected none, seen one"
    )
    assert [one.lines for one in found(missing, documents, leak)] == [["2.9.4"], ["4.4.2"], ["2.4.5"]]
    assert [one.severity for one in found(missing, leak)] == [Severity.ACCESS, Severity.FUNCTION]


def test_what_a_run_leaves_behind_is_for_whoever_runs_it() -> None:
    (one,) = defects([], problems=["clean-up: a course is still there"])
    assert (one.sentence, one.seen, one.acts) == (
        "A run leaves nothing behind",
        "clean-up: a course is still there",
        Acts.SUITE,
    )


def test_keys_are_the_same_in_each_run_and_no_two_are_the_same() -> None:
    keys = [one.key for one in no_go().defects]
    assert keys == [one.key for one in no_go().defects]
    assert len(set(keys)) == 2


def test_every_check_finds_how_bad_it_is_and_who_must_act() -> None:
    assert rules()[-1].lines == ()
    assert rules()[-1].severity
    assert rules()[-1].acts
    named = {line for rule in rules() for line in (*rule.lines, *(rule.beside or ()))}
    there = {*LINES, *(step.id for step in STEPS), *(step.id.partition(".")[0] for step in STEPS)}
    assert named <= there


def test_a_defect_knows_since_when_it_is_there() -> None:
    run = no_go()
    days = [replace(run, started=run.started - timedelta(days=ago)) for ago in (3, 2, 1)]
    good = run_of(passing(run.targets))
    past = [history.past(one) for one in (days[0], replace(good, started=days[1].started), days[2])]
    assert {one.since for one in history.dated(run.defects, history.past(run), past)} == {"2026-11-21T18:15:01+00:00"}
    assert {one.since for one in history.dated(run.defects, history.past(run), past[:2])} == {run.started.isoformat()}
    assert {one.since for one in history.dated(run.defects, history.past(run), [])} == {""}


CHROMIUM_STACK = (
    "console error: TypeError: this.player.currentTime is not a function at attemptRefresh "
    "(https://moodle.example.edu/lib/requirejs.php/1/core/first.js:5389:51) at https://moodle.example.edu/first.js:5:2 "
    "at ClockController._runTo (<anonymous>:120:33) at async <anonymous>:396:30 (on https://m.example.edu/)"
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            CHROMIUM_STACK,
            "console error: TypeError: this.player.currentTime is not a function … (on https://m.example.edu/)",
        ),
        (
            "TypeError: x is null f@https://m.example.edu/a.js:1:2 @https://m.example.edu/a.js:3:4",
            "TypeError: x is null …",
        ),
        ("a message at https://m.example.edu/a.php: no", "a message at https://m.example.edu/a.php: no"),
        ("You have data. \xd7 Dismiss this notification; S3 Video", "You have data.; S3 Video"),
    ],
)
def test_what_was_seen_is_told_without_stacks_and_closing_buttons(text: str, told: str) -> None:
    assert brief(text) == told


def test_the_steps_of_the_check_itself_are_known() -> None:
    def own(*steps: str, before: int) -> int:
        evidence = {"steps": [*steps], PREPARED: before}
        (one,) = found(replace(failed("2.7.5", "The form names the limit", "seen nothing"), evidence=evidence))
        return one.symptoms[0].own

    files = [step for file in range(12) for step in (f"Choose {file}.mp4.", "Wait for the form's message.")]
    assert own("As the student: Log in.", "Open the form.", "Choose a.mp4.", before=2) == 1
    assert own("As the student: Log in.", before=1) == 0
    assert own("As the student: Log in.", "Choose a.mp4.", before=0) == 0
    assert own("As the student: Log in.", "Choose a.mp4.", before=2) == 0
    assert own(*files, before=22) == 2
    assert own(*files, before=2) == 3


def test_where_a_defect_shows_no_sentence_stands_twice() -> None:
    say = "expected a working page, seen Moodle's own error on it"
    here = failed("2.10.3", "The dashboard opens", say, test="test_one")
    there = failed("2.10.3", "The dashboard opens", say, "firefox", test="test_two")
    (one,) = found(here, there)
    assert len(one.symptoms) == 2
    assert [[(s.sentence, s.targets) for s in ones] for ones in told_once(one.symptoms)] == [
        [("Administrators cannot open the dashboard", ["chromium", "firefox"])]
    ]


def test_of_a_check_without_a_browser_its_requests_are_its_own_steps() -> None:
    attack = {"method": "POST", "address": "https://m.example.edu/confirm.php", "status": 403, "sender": "the student"}
    evidence: dict[str, object] = {
        "steps": ["As the student: Hand in a.mp4.", "As the administrator: Suspend the enrolment."]
    }
    evidence |= {PREPARED: 2, "requests without a browser": [attack]}
    (one,) = found(replace(failed("2.9.4", "A guest does it no harm", "seen harm"), evidence=evidence))
    assert (one.symptoms[0].own, len(one.symptoms[0].asked)) == (1, 1)
    told = markdown(one, run_of([], BOTH))
    assert "2. As the administrator: Suspend the enrolment.\n3. **As the student, without a browser: Send POST" in told
    assert "It shows in what is in bold" in told


def test_what_is_done_many_times_is_told_three_times_and_where_it_failed() -> None:
    wait, begin = "Wait for the form's message.", "As the student: Open the assignment."
    steps = [begin, *(step for file in range(12) for step in (f"Choose {file}.mp4.", wait))]
    assert repeated(steps) == [
        *steps[:7],
        "… and 8 more in the same way, and last of all:",
        wait,
        "Choose 11.mp4.",
        wait,
    ]
    assert repeated(steps[:19]) == steps[:19]
    decisive = [*steps[:9], "As the administrator: Suspend the enrolment.", *steps[9:]]
    assert repeated(decisive) == decisive
    assert first_and_last([f"GET /{number}" for number in range(10)], "requests") == [
        *("GET /0", "GET /1", "GET /2"),
        "… and 6 more requests",
        "GET /9",
    ]


@pytest.mark.parametrize(
    ("message", "halves"),
    [
        (NO_PLAY, ("playback to go on after a click", "it paused half a second later")),
        ("x: expected one, seen: two, seen too", ("one", "two, seen too")),
        ("upload URL: expected a refusal, seen a success", ("a refusal", "upload URL: a success")),
        ("the bar expected to be visible Actual value: hidden", ("the bar expected to be visible", "hidden")),
        ("S3 holds no object", None),
        ("expected no video of another student, seen 1", ("no video of another student", "1 of these")),
        ("expected 30 a minute, seen 100", ("30 a minute", "100")),
    ],
)  # fmt: skip
def test_expected_and_seen(message: str, halves: tuple[str, str] | None) -> None:
    assert expected_and_seen(message) == halves


def test_who_must_act_on_an_error_of_the_web_server_is_whose_script_it_names() -> None:
    title = "The web server's log has no error since the run began but what it refuses"
    say = "expected no error in /var/log/apache2/error.log since the run began, seen 2: “{}” (2 times)"
    (mine,) = found(failed("3.9.2", title, say.format("Invalid status line from script 'get_playback_url.php': 4290")))
    (others,) = found(failed("3.9.2", title, say.format("Invalid status line from script 'index.php': 4290")))
    assert (mine.acts, others.acts) == (Acts.AUTHOR, Acts.ADMINISTRATOR)
    assert mine.sentence.startswith("The plugin's script get_playback_url.php answers with a status")
    assert any("grep" in step for step in mine.symptoms[0].steps)


def test_a_harmless_line_of_the_set_up_says_so() -> None:
    name = "expected the origin's generated name, which begins with a.s3.amazonaws.com, seen “videos”"
    (origin,) = found(failed("1.4.6", "The origin has the name that CloudFront proposes", name))
    gone = "expected AWS to answer to cloudfront:Get, seen that it has nothing of that name (404 Not Found)"
    closed = Check(
        "1.4.10", "chromium", Verdict.PASSED, "The bucket's policy lets in the distribution, and nobody else"
    )
    (identity,) = found(failed("1.4.9", "The access identity has its name", gone), closed)
    assert "harmless" in origin.sentence
    for one in (origin, identity):
        assert "known issue" in one.remedy
    assert "closed to others" in identity.beside["1.4.10"]


def test_a_limit_that_counts_by_the_hour_says_who_waits_how_long_and_who_acts_first() -> None:
    (one,) = found(
        failed("2.5.18", "The limit counts by the minute", "expected to count by the minute, seen “per hour”")
    )
    assert "for up to an hour" in one.matters
    assert "the site's administrator enters" in one.remedy


def test_each_rule_of_accessibility_says_in_plain_words_what_it_asks_for_and_whom_it_harms() -> None:
    say = "expected axe's rule {} to hold, “ARIA nodes must”, seen it broken by 1 element, .{}: Fix any of these"
    rules_of_axe = ("color-contrast", "aria-progressbar-name", "select-name", "odd-rule")
    cards = found(
        *(failed("X.3.1", f"The upload form keeps WCAG's rule {rule}", say.format(rule, rule)) for rule in rules_of_axe)
    )
    assert len({card.matters for card in cards}) == len(cards) == len(rules_of_axe)
    told = {card.expected for card in cards}
    assert "text that stands out from its background (rule color-contrast of the program axe)" in told
    assert "“ARIA nodes must” (rule odd-rule of the program axe)" in told
