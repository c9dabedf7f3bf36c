"""Ways of assigning: whose video a page shows, and what it tells of people who are to stay unknown."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from urllib.parse import unquote, unquote_plus

from bs4 import BeautifulSoup

from clients.addresses import ASSIGNMENT
from clients.http_result import HttpResult, content_type
from clients.moodle.client import MoodleClient
from clients.moodle.html import complaint, query
from clients.moodle.model import Assignment, Person
from clients.plugin.api import Video, download_address, grader, grading_table, playback_url, video_page
from clients.plugin.object_key import belongs_to
from clients.words import answered, counted, listed

STATUS = "td[class*='submissionstatus']"
"""The cell of a student's own page that says how far their submission is."""


def shown(page: BeautifulSoup) -> set[str]:
    """The keys of the videos that a page leads to, by a link or by a player."""
    links = [query(str(link["href"])).get("s3key", "") for link in page.select(".s3video-watch-link[href]")]
    players = [str(player["data-s3-key"]) for player in page.select(".s3video-player-container[data-s3-key]")]
    return {unquote(key) for key in (*links, *players) if key}


def submission_of(page: BeautifulSoup, key: str) -> int:
    """The id of the submission in which a page shows the video; 0 where it shows none."""
    for link in page.select(".s3video-watch-link[href]"):
        asked = query(str(link["href"]))
        if unquote(asked.get("s3key", "")) == key:
            return int(asked["id"])
    for player in page.select(".s3video-player-container[data-s3-key][data-submission-id]"):
        if player["data-s3-key"] == key:
            return int(str(player["data-submission-id"]))
    return 0


def assignment_page(site: MoodleClient, assignment: Assignment) -> BeautifulSoup:
    """What somebody sees who goes to the assignment."""
    return HttpResult.of(site.get(ASSIGNMENT, id=assignment.cmid)).page


def row_of(page: BeautifulSoup, person: Person) -> BeautifulSoup:
    """The student's row of the table of submissions, as a page of its own."""
    return BeautifulSoup(str(page.select_one(f"tr.user{person.id}") or ""), "lxml")


def expect_shown(page: BeautifulSoup, keys: Iterable[str], where: str) -> None:
    """The page shows just these videos."""
    expected, seen = set(keys), shown(page)
    if seen != expected:
        raise AssertionError(f"expected {_told(expected)} {where}, seen {_told(seen, expected)}")


def _told(keys: set[str], known: Iterable[str] = ()) -> str:
    others = keys - set(known)
    number = {0: "no video", 1: "one video"}.get(len(keys), f"{len(keys)} videos")
    return f"{number}{', another one' if known and others and len(keys) == 1 else ''}" if keys else number


def expect_in_form(site: MoodleClient, video: Video) -> None:
    """The submission form of its student holds this video."""
    form = HttpResult.of(site.get(ASSIGNMENT, id=video.assignment.cmid, action="editsubmission")).page
    if form.select_one(f"[name=s3video_s3_key][value='{video.key}']") is None:
        raise AssertionError("expected the student's form to hold their video, seen it without")


def expect_nobody_elses(page: BeautifulSoup, person: Person) -> None:
    """The page shows no videos but the person's own."""
    if seen := {key for key in shown(page) if not belongs_to(key, person.id)}:
        raise AssertionError(f"expected nobody else's video on a student's page, seen {_told(seen)} of other students")


def expect_handed_in_with_video(pages: Sequence[BeautifulSoup]) -> None:
    """What each student's own page calls a submission has its video."""
    if without := [page for page in pages if _has_status(page, "submitted") and not shown(page)]:
        raise AssertionError(
            "expected the submission with its video, or none, seen the student told that they have submitted, and no "
            f"video ({len(without)} of {counted(len(pages), 'student')} tried)"
        )


@contextmanager
def told_which_stays(
    student: MoodleClient, teacher: MoodleClient, first: Video, videos: Mapping[str, str]
) -> Iterator[None]:
    """Where what happens within fails, its message tells which of the `videos`, words by key, people find then.

    `student` and `teacher` are sessions of who handed in the `first` video, and of a teacher.
    """
    try:
        yield
    except AssertionError as failed:
        page, row = assignment_page(student, first.assignment), row_of(grading_table(teacher, first).page, first.person)
        on_page, in_row = (
            listed([words for key, words in videos.items() if key in shown(there)]) or "no video"
            for there in (page, row)
        )
        raise AssertionError(f"{failed} (then their page has {on_page}, the teacher's table {in_row})") from failed


def expect_unknown(site: MoodleClient, video: Video) -> list[str]:
    """No page on a marker's way to the video names its owner; returns what was looked at."""
    pages = {
        "the table of submissions": grading_table(site, video),
        "the grader": grader(site, video),
        "the video's own page": video_page(site, video),
        "the player's address": playback_url(site, video),
    }
    texts = {name: f"{' '.join(answer.hops)} {answer.text}" for name, answer in pages.items()}
    texts["the download"] = unquote_plus(str(download_address(site, video).headers))
    told = {name: words for name, text in texts.items() if (words := names(text, video.person))}
    if told:
        seen = "; ".join(f"{' and '.join(words)} in {name}" for name, words in told.items())
        raise AssertionError(f"expected nothing that tells a marker whose video it is, seen {seen}")
    return [*texts]


def names(text: str, person: Person) -> list[str]:
    """What a text tells of who somebody is; a user name may begin another word, such as a course's."""
    plain = unquote(html.unescape(text))
    signs = {"the name": person.name, "the user name": person.username, "the e-mail address": person.email}
    return [
        words for words, sign in signs.items() if sign and re.search(rf"(?<![\w-]){re.escape(sign)}(?![\w-])", plain)
    ]


def expect_nobodys(key: str, person: Person) -> None:
    """The address of a video does not hold the number of its owner, by which Moodle tells who that is."""
    if f"{person.id}" in re.split(r"[/_]", key)[:-1]:
        raise AssertionError(
            f"expected an address that does not tell whose video it is, seen the owner's number in it, {person.id}: "
            "whoever watches sends it to the CDN, and it opens that person's profile in Moodle"
        )


def expect_sound(answer: HttpResult, what: str) -> None:
    """Moodle did what it was asked for, and neither broke nor complained."""
    said = complaint(answer.page) if answer.text else ""
    if answer.status >= 400 or said:
        raise AssertionError(f"expected {what}, seen {answered(answer.status)}{f': {said}' if said else ''}")


def expect_in_worksheet(answer: HttpResult, person: Person) -> None:
    """The answer is Moodle's file with a row for each student, and has this one."""
    expect_sound(answer, "a grading worksheet")
    if "html" in content_type(answer.headers[-1]) or person.name not in answer.text:
        raise AssertionError(f"expected a grading worksheet with the student in it, seen {answer.seen}")


def expect_status(page: BeautifulSoup, status: str, words: str) -> None:
    """Of a submission on its student's own page: "draft", "submitted", "reopened"."""
    if not _has_status(page, status):
        cell = page.select_one(STATUS)
        said = cell.get_text(" ", strip=True) if cell else "no status"
        raise AssertionError(f"expected {words}, seen “{said}”")


def _has_status(page: BeautifulSoup, status: str) -> bool:
    cell = page.select_one(STATUS)
    return cell is not None and f"submissionstatus{status}" in cell.get_attribute_list("class")


def expect_not_lost(teacher: MoodleClient, student: MoodleClient, video: Video, confirmed: HttpResult) -> None:
    """The teacher has the video, or the student was told that it is not taken; what is said to be there is."""
    there = video.key in shown(row_of(grading_table(teacher, video).page, video.person))
    if confirmed.succeeded and not there:
        raise AssertionError("expected the teacher to have the video that the plugin has confirmed, seen none")
    if not confirmed.succeeded and not confirmed.message:
        raise AssertionError(f"expected the student to be told that the video is not taken, seen {confirmed.seen}")
    page = assignment_page(student, video.assignment)
    if there and video.key not in shown(page):
        raise AssertionError("expected the student to see the video that the teacher has, seen none")


def expect_points(page: BeautifulSoup, points: int) -> None:
    """The student finds the points among the feedback on their page."""
    seen = " ".join(" ".join(part.get_text(" ", strip=True) for part in page.select(".feedback")).split())
    if not re.search(rf"\b{points}([.,]0+)?\s*[/%(]", seen):
        raise AssertionError(f"expected the student to find the grade {points}, seen {seen or 'no feedback'}")
