"""What a server that believes everything, or harms what is there, makes the checks of confirmations say."""

import base64
import json
from datetime import timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any, cast

import pytest

from checks import confirmation
from checks.confirmation import (
    expect_absent_refused,
    expect_closed,
    expect_owners_alone,
    expect_true_size,
    expect_unharmed,
    expect_unknown_refused,
)
from clients.errors import NotCheckable
from clients.http_result import of_form
from pages.upload import Receipt

CLIP = cast(Any, SimpleNamespace(path=SimpleNamespace(name="clip.mp4"), bytes=300, mime="video/mp4", sha256="ab"))
PLACE = cast(Any, SimpleNamespace(id=3))
SITE = cast(Any, None)


def answer(succeeded: bool, seen: str = "", **data: Any) -> SimpleNamespace:
    told = {"data": data}
    return SimpleNamespace(
        status=200 if succeeded else 403,
        succeeded=succeeded,
        seen=seen,
        text=seen,
        data=told,
        given=partial(of_form, told),
    )


FORM = answer(True, s3_key="videos/1/a.mp4", submission_id=7, url="https://s3.example.edu/b/", fields={})


@pytest.fixture
def plugin(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Answers what its attributes say."""
    plugin = SimpleNamespace(url=[FORM], confirmed=answer(False, "It did not arrive."), played=answer(True))
    monkeypatch.setattr(confirmation, "begin_upload", lambda *_: FORM.data["data"])
    monkeypatch.setattr(confirmation, "request_upload", lambda *_: plugin.url.pop(0))
    monkeypatch.setattr(confirmation, "send", lambda *_: None)
    monkeypatch.setattr(confirmation, "confirm_upload", lambda *_: plugin.confirmed)
    monkeypatch.setattr(confirmation, "playback_url", lambda *_: plugin.played)
    return plugin


def test_a_video_that_is_not_there(plugin: Any) -> None:
    assert expect_absent_refused(SITE, PLACE, CLIP) == "It did not arrive."
    plugin.confirmed = answer(True)
    with pytest.raises(AssertionError, match="a video that never reached S3 to be refused, seen it confirmed"):
        expect_absent_refused(SITE, PLACE, CLIP)


def test_a_size_that_is_not_so(plugin: Any) -> None:
    assert expect_true_size(SITE, PLACE, CLIP, True) == "refused: It did not arrive."
    plugin.url, plugin.confirmed = [FORM], answer(True, file_size=300)
    assert expect_true_size(SITE, PLACE, CLIP, True) == "confirmed with the 300 bytes that S3 holds"
    plugin.url, plugin.confirmed = [FORM], answer(True, file_size=600)
    with pytest.raises(AssertionError, match="that S3 holds, 300 bytes, seen it confirmed with 600 bytes"):
        expect_true_size(SITE, PLACE, CLIP, True)
    plugin.url = [answer(False, "Not now.")]
    with pytest.raises(NotCheckable, match="Not now"):
        expect_true_size(SITE, PLACE, CLIP, True)


def test_a_video_that_is_harmed(plugin: Any) -> None:
    asked: list[tuple[Any, ...]] = []
    video_store = cast(Any, SimpleNamespace(expect_stored=lambda *what: asked.append(what)))
    video = cast(Any, SimpleNamespace(key="videos/1/a.mp4", clip=CLIP))
    expect_unharmed(SITE, video, video_store, "a storm")
    assert asked == [("videos/1/a.mp4", 300, "video/mp4", "ab")]
    plugin.played = answer(False, "Video is not ready.")
    with pytest.raises(AssertionError, match=r"video to play after a storm, seen: Video is not ready\."):
        expect_unharmed(SITE, video, video_store, "a storm")


HARMED = (
    r"no harm to the upload of another student, seen the owner's upload shown as “Error” in the list of videos after "
    r"the confirmation of a second student was refused with status \d+ \(.*\), and before as “Pending”"
)


def test_an_upload_that_somebody_else_confirms_or_harms(plugin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[dict[str, str]] = []
    monkeypatch.setattr(confirmation, "listed", lambda *_, **__: rows.pop(0))
    place = cast(Any, SimpleNamespace(id=3, course=SimpleNamespace(id=2)))

    def told(*seen: str) -> dict[str, str]:
        rows[:] = [{"videos/1/a.mp4": f"Course Student videos/1/a.mp4 {status}"} if status else {} for status in seen]
        return expect_owners_alone(SITE, {"a second student": SITE}, SITE, place, CLIP, True)

    for status in ("Pending", ""):
        assert told(status, status) == {"a second student": "It did not arrive."}
    with pytest.raises(AssertionError, match=HARMED):
        told("Pending Sunday, 9:26 PM", "Error Sunday, 9:26 PM Delete")
    plugin.confirmed = answer(True)
    with pytest.raises(AssertionError, match="a second student to be refused, seen them confirm another student's"):
        told("Pending")


def test_an_assignment_that_is_closed(plugin: Any) -> None:
    plugin.url = [FORM, answer(False, "Closed.")]
    assert expect_closed(SITE, PLACE, PLACE, CLIP) == "Closed."
    plugin.url = [FORM, FORM]
    with pytest.raises(AssertionError, match="no upload URL after the cut-off date, seen that the server gave one"):
        expect_closed(SITE, PLACE, PLACE, CLIP)
    plugin.url = [answer(False, "Never.")]
    with pytest.raises(NotCheckable, match="Never"):
        expect_closed(SITE, PLACE, PLACE, CLIP)


def form(expiration: str, *conditions: Any) -> Receipt:
    policy = base64.b64encode(json.dumps({"expiration": expiration, "conditions": conditions}).encode()).decode()
    return Receipt("videos/1/a.mp4", 7, "https://s3", {"policy": policy, "x-amz-date": "20261129T120000Z"})


def test_how_long_a_form_is_valid_and_what_it_takes() -> None:
    assert form("2026-11-29T13:00:00Z").expect_lifetime(timedelta(hours=1)) == 3600
    with pytest.raises(AssertionError, match="valid for 1 hour at most, seen 7 days"):
        form("2026-12-06T12:00:00Z").expect_lifetime(timedelta(hours=1))
    form("2026-11-29T13:00:00.000Z", ["content-length-range", 1, 9]).expect_sizes(1, 9)
    with pytest.raises(AssertionError, match="expected a form for 1 to 9 bytes, seen one for 0 to 9"):
        form("2026-11-29T13:00:00Z", ["content-length-range", 0, 9]).expect_sizes(1, 9)


def test_a_key_that_nobody_asked_for(plugin: Any) -> None:
    video = cast(Any, SimpleNamespace(key="videos/1/2_a/clip.mp4", id=7))
    assert expect_unknown_refused(SITE, video) == "It did not arrive."
    plugin.confirmed = answer(True)
    with pytest.raises(AssertionError, match="a key that the plugin never gave to be refused, seen it confirmed"):
        expect_unknown_refused(SITE, video)
