"""What a disabled plugin may show, and what not."""

import pytest

from checks.access import VideoAccess
from checks.disabled_plugin import expect_no_upload, expect_no_upload_url, expect_plays_or_told, expect_upload
from clients.moodle.model import Assignment
from clients.plugin.api import Video
from selftest.unit.visitors import OWNER_ID, PLACE, SHOWN, FakeSite

BUTTON = "<form><input name=action value=editsubmission></form>"
WIDGET = "<main><div class=s3video-upload-interface>"
CRASHED = "<div class=errorbox>Exception - Call to undefined function</div>"


@pytest.fixture
def assignment(video: Video) -> Assignment:
    return video.assignment


@pytest.mark.parametrize("page", ["<main>Submitted for grading</main>", f"<main>No attempt{BUTTON}</main>"])
def test_a_page_without_an_upload(assignment: Assignment, page: str) -> None:
    asked = FakeSite(body=page)
    assert expect_no_upload(asked, assignment)
    assert len(asked.asked) == (2 if BUTTON in page else 1), "the form is looked at where the page leads there"


@pytest.mark.parametrize(
    ("page", "seen"),
    [(f"{BUTTON}{WIDGET}", "seen it in the student's form"), (CRASHED, "without an error, seen status 200")],
)
def test_a_page_with_an_upload_or_an_error(assignment: Assignment, page: str, seen: str) -> None:
    with pytest.raises(AssertionError, match=seen):
        expect_no_upload(FakeSite(body=page), assignment)


def test_the_upload_is_there_again_or_not(assignment: Assignment) -> None:
    expect_upload(FakeSite(body=WIDGET), assignment)
    with pytest.raises(AssertionError, match="seen a form without it"):
        expect_upload(FakeSite(body="<main>"), assignment)


def test_an_upload_url_while_disabled(video: Video) -> None:
    refusal = FakeSite(body={"success": False, "error": "The plugin is disabled."})
    assert expect_no_upload_url(refusal, video.assignment, video.clip) == "The plugin is disabled."
    with pytest.raises(AssertionError, match="seen that the server gave one"):
        expect_no_upload_url(FakeSite(body=PLACE), video.assignment, video.clip)


def test_an_old_video_plays_or_says_why_not(judge: VideoAccess, video: Video) -> None:
    assert expect_plays_or_told(judge, FakeSite(OWNER_ID, SHOWN), OWNER_ID, video)
    told = FakeSite(OWNER_ID, "<main>S3 Video is switched off. Ask your administrator.</main>")
    assert "switched off" in expect_plays_or_told(judge, told, OWNER_ID, video)
    with pytest.raises(AssertionError, match=r"to say why it does not, seen status 200 \(OK\) and “Welcome”"):
        expect_plays_or_told(judge, FakeSite(OWNER_ID, "<main>Welcome</main>"), OWNER_ID, video)
