"""What becomes of a person's data: exported whole and without anybody else's, and gone from everywhere once deleted."""

from __future__ import annotations

import io
import zipfile

from checks.tasks import expect_success
from clients.errors import NotCheckable
from clients.moodle.client import MoodleClient
from clients.moodle.data_requests import DataRequests, Export, Request
from clients.plugin.api import Video, playback_url
from clients.plugin.video_list import listed, unlisted
from clients.words import answered

ADHOC_DONE = "Adhoc task complete"


def expect_export(data_requests: DataRequests, request: Request) -> Export:
    """The export is ready; returns it."""
    if request.said:
        expect_success(request.said, ADHOC_DONE)
    answer = data_requests.download(request)
    if answer is None or not zipfile.is_zipfile(io.BytesIO(answer.content)):
        seen = answered(answer.status_code) if answer is not None else "no link to it"
        raise AssertionError(f"expected an export to download, seen {seen}")
    return Export(answer.content)


def expect_video(export: Export, key: str, mime: str) -> None:
    """It tells of the video: its key, and beside that its type."""
    if not (about := export.about(key)):
        raise AssertionError(f"expected the export to tell of {key}, seen {export.seen}")
    if not any(mime in said for said in about):
        raise AssertionError(f"expected the export to tell that {key} is {mime}, seen its key and no type of file")


def expect_silent_on(export: Export, key: str) -> None:
    """It has nothing of the video, which is another person's."""
    if export.about(key):
        raise AssertionError("expected the export to hold the person's own data, seen another person's video in it")


def expect_deleted(data_requests: DataRequests, request: Request) -> None:
    """The account is gone."""
    if request.said:
        expect_success(request.said, ADHOC_DONE)
    if data_requests.has_account(request):
        raise AssertionError("expected the account to be deleted, seen it among the site's people")


def expect_unlisted(site: MoodleClient, course: int, key: str) -> None:
    """The list of videos has the video no more."""
    if row := listed(site, courseid=course).get(key):
        raise AssertionError(f"expected {key} to be gone from the list of videos, seen {row}")


def expect_no_more_unlisted(site: MoodleClient, before: int | None) -> None:
    """As `unlisted` was `before`; None where it was not checkable."""
    if before is None:
        raise NotCheckable("it could not be told before how many rows no list shows")
    if (now := unlisted(site)) > before:
        raise AssertionError(f"expected no more rows than {before} that no list shows, seen the dashboard count {now}")


def expect_forgotten(site: MoodleClient, video: Video) -> None:
    """Whoever may see every video, such as the administrator of `site`, is given none by the plugin's player."""
    if playback_url(site, video).succeeded:
        raise AssertionError(f"expected the plugin to know nothing of {video.key}, seen it give an address to play it")
