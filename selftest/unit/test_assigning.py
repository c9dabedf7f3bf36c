"""What X.1 reads of a page: whose video it shows, what it tells of a submission, and of people."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from checks import assigning
from clients.moodle.model import Assignment, Course, Person

KEY, OTHER = "videos/7/1_ab/a clip.mp4", "videos/8/2_cd/b.mp4"

ADA = Person(id=7, username="s3va-07", email="ada@example.invalid", name="Ada L", suspended=False, password="secret")

ASSIGNMENT = Assignment(cmid=1, id=2, name="Test", course=Course(1, "Course", "course"), context=1)


def page(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "lxml")


def link(key: str, submission: int) -> str:
    address = f"/mod/assign/submission/s3video/view_video.php?id={submission}&amp;s3key={key.replace(' ', '%20')}"
    return f'<a class="s3video-watch-link" href="{address}">Ready</a>'


def player(key: str, submission: int) -> str:
    return f'<div class="s3video-player-container" data-s3-key="{key}" data-submission-id="{submission}"></div>'


def test_a_page_shows_videos_by_links_and_by_players() -> None:
    both = page(link(KEY, 3) + player(OTHER, 4))
    assert assigning.shown(both) == {KEY, OTHER}
    assert [assigning.submission_of(both, key) for key in (KEY, OTHER, "videos/9/x")] == [3, 4, 0]
    assigning.expect_shown(both, [KEY, OTHER], "there")


@pytest.mark.parametrize(
    ("html", "expected", "told"),
    [
        ("", [KEY], "expected one video there, seen no video"),
        (link(KEY, 3), [], "expected no video there, seen one video"),
        (link(OTHER, 3), [KEY], "expected one video there, seen one video, another one"),
        (link(OTHER, 3) + link(KEY, 4), [KEY], "expected one video there, seen 2 videos"),
    ],
)
def test_other_videos_than_expected(html: str, expected: list[str], told: str) -> None:
    with pytest.raises(AssertionError) as failure:
        assigning.expect_shown(page(html), expected, "there")
    assert str(failure.value) == told


def test_a_students_row() -> None:
    table = page(f"<table><tr class='user7'><td>{link(KEY, 3)}</td></tr><tr class='user8'><td>-</td></tr></table>")
    assert assigning.shown(assigning.row_of(table, ADA)) == {KEY}
    assert assigning.shown(assigning.row_of(page("<p>"), ADA)) == set()


def test_the_owners_number_in_a_key() -> None:
    assigning.expect_nobodys("videos/f3a9/1_7b/7.mp4", ADA)
    with pytest.raises(AssertionError, match="the owner's number in it, 7"):
        assigning.expect_nobodys(KEY, ADA)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Participant 4711, course s3va-0712-main, http://x/?a=1", []),
        ("<td>Ada L</td>", ["the name"]),
        ("by s3va-07, ada%40example.invalid", ["the user name", "the e-mail address"]),
    ],
)
def test_who_somebody_is(text: str, told: list[str]) -> None:
    assert assigning.names(text, ADA) == told


@pytest.mark.parametrize("html", ["", "<td class='submissionstatusdraft'>Draft</td>"])
def test_another_status(html: str) -> None:
    with pytest.raises(AssertionError, match=r"expected a submission, seen “(Draft|no status)”"):
        assigning.expect_status(page(f"<table><tr>{html}</tr></table>"), "submitted", "a submission")
    assigning.expect_status(page("<td class='submissionstatussubmitted cell'>x</td>"), "submitted", "a submission")


def test_points_among_the_feedback() -> None:
    assigning.expect_points(page("<div class='feedback'>Grade 73.00 / 100.00</div>"), 73)
    for html in ("", "<div class='feedback'>173 / 200</div>", "<p>73 / 100</p>"):
        with pytest.raises(AssertionError, match="expected the student to find the grade 73"):
            assigning.expect_points(page(html), 73)


def test_nobody_elses_video() -> None:
    assigning.expect_nobody_elses(page(link(KEY, 3)), ADA)
    theirs = KEY.replace(f"videos/{ADA.id}/", "videos/8/")
    with pytest.raises(AssertionError, match="seen one video of other students"):
        assigning.expect_nobody_elses(page(link(KEY, 3) + link(theirs, 3)), ADA)


def test_a_submission_without_its_video() -> None:
    status = "<table><tr><td class='submissionstatussubmitted cell'>x</td></tr></table>"
    whole = [page(status + link(KEY, 3)), page(status.replace("submitted", "new"))]
    assigning.expect_handed_in_with_video(whole)
    told = r"seen the student told that they have submitted, and no video \(1 of 3 students tried\)"
    with pytest.raises(AssertionError, match=told):
        assigning.expect_handed_in_with_video([*whole, page(status)])
