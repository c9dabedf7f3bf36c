"""Which files the server must refuse, asked over HTTP and without the checks of the plugin's widget."""

from __future__ import annotations

import media
from checks.message_quality import unfinished
from clients.errors import NotCheckable
from clients.http_result import HttpResult
from clients.moodle.client import MoodleClient
from clients.moodle.model import Assignment
from clients.plugin.api import begin_upload, request_upload, send_and_confirm

VALIDATION = "validation_error"
"""The plugin's `error_type` of a refusal that is for the file's own sake; 1.0.0 has "unknown" for some of them too."""


class DirectUpload:
    """Asks for upload URLs as one person, over HTTP and without the widget's checks.

    `good` is a video that the plugin takes: what is refused for its own sake is told by it from what is refused to
    anybody, for a rate limit, a closed assignment or a session that is over.
    """

    def __init__(self, site: MoodleClient, assignment: Assignment, good: media.Clip) -> None:
        self._site = site
        self._assignment = assignment.id
        self._good = good
        self._granted = False

    def expect_refused(self, name: str, size: int, mime: str, why: str) -> str:
        """The plugin gives no upload URL for that file; returns its words. `why` says what is wrong with the file.

        Raises NotCheckable where a good video is refused as well, right before or right after.
        """
        if not self._granted:
            self._expect_granted("before")
            self._granted = True
        asked = request_upload(self._site, self._assignment, name, size, mime)
        if asked.succeeded:
            raise AssertionError(f"expected the server to refuse {why}, seen an upload URL for it")
        said = error_of(asked)
        if asked.data.get("error_type") != VALIDATION:
            self._expect_granted("after")
        return said

    def _expect_granted(self, when: str) -> None:
        clip = self._good
        asked = request_upload(self._site, self._assignment, clip.path.name, clip.bytes, clip.mime)
        if not asked.succeeded:
            raise NotCheckable(f"the server refuses a good video too, asked {when} the wrong one: {asked.seen}")


def provoke_failure(site: MoodleClient, assignment: Assignment) -> None:
    """The plugin refuses a text file, and notes that as a failed upload."""
    if request_upload(site, assignment.id, "notes.txt", 13, "text/plain").succeeded:
        raise AssertionError("expected the server to refuse a text file, seen an upload URL for it")


def expect_not_confirmed(site: MoodleClient, assignment: Assignment, file: media.Clip, verify: bool | str) -> str:
    """What is no video is refused when storage has it; returns the plugin's words. Raises SiteError before that."""
    confirmed = send_and_confirm(site, begin_upload(site, assignment, file), file, verify)
    if confirmed.succeeded:
        raise AssertionError(f"expected the server to refuse {file.path.name}, which is no video, seen it confirmed")
    return error_of(confirmed)


def error_of(answer: HttpResult) -> str:
    """What the plugin's script says is wrong, in finished texts; a page of Moodle's instead is no refusal of it."""
    if not isinstance(answer.data, dict):
        raise AssertionError(f"expected a refusal in JSON, seen {answer.seen}")
    said, guidance = (str(answer.data.get(name) or "") for name in ("error", "guidance"))
    if unfinished(f"{said} {guidance}"):
        raise AssertionError(f"expected a refusal in finished texts, seen “{said}”, “{guidance}”")
    return said
