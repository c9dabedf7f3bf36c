"""Upload URLs that are asked for without the widget: what is refused for its own sake, and what for another reason."""

import json
from types import SimpleNamespace
from typing import Any, cast

import pytest
import requests

from checks.refusals import DirectUpload
from clients.errors import NotCheckable
from selftest.unit.visitors import response

YES = {"success": True, "data": {}}
WRONG = {"success": False, "error": "Not a video.", "error_type": "validation_error"}
UNKNOWN = {"success": False, "error": "The file is too large.", "error_type": "unknown"}
LIMIT = {"success": False, "error": "Too many requests.", "error_type": "unknown"}
CLOSED = {"success": False, "error": "Submissions are closed.", "error_type": "unknown"}
SESSION = {"error": "Your session has timed out.", "errorcode": "servicerequireslogin"}


class Site:
    """Answers one after the other, and notes what is asked."""

    def __init__(self, *answers: object) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def post(self, path: str, data: dict[str, object]) -> requests.Response:
        self.asked.append(str(data["filename"]))
        return response(self.answers.pop(0), 200, path, {})


def ask(site: Site, times: int = 1) -> list[str]:
    good = SimpleNamespace(path=SimpleNamespace(name="good.mp4"), bytes=300, mime="video/mp4")
    direct = DirectUpload(cast(Any, site), cast(Any, SimpleNamespace(id=3)), cast(Any, good))
    return [direct.expect_refused("notes.txt", 13, "text/plain", "a text file") for _ in range(times)]


def test_what_is_refused_for_its_own_sake() -> None:
    site = Site(YES, WRONG, WRONG)
    assert ask(site, 2) == ["Not a video.", "Not a video."]
    assert site.asked == ["good.mp4", "notes.txt", "notes.txt"]


def test_a_refusal_of_no_known_type_is_told_by_a_good_video_right_after() -> None:
    site = Site(YES, UNKNOWN, YES)
    assert ask(site) == ["The file is too large."]
    assert site.asked == ["good.mp4", "notes.txt", "good.mp4"]


@pytest.mark.parametrize("told", [{"error": "[[error_notes.txt]]"}, {"guidance": "[[error_size_guidance]]"}])
def test_a_refusal_in_unfinished_texts_is_a_finding(told: dict[str, str]) -> None:
    with pytest.raises(AssertionError, match=r"a refusal in finished texts, seen .*\[\[error_"):
        ask(Site(YES, {**WRONG, **told}))


def test_what_is_granted_is_a_finding() -> None:
    with pytest.raises(AssertionError, match="expected the server to refuse a text file, seen an upload URL for it"):
        ask(Site(YES, YES))


@pytest.mark.parametrize("reason", [LIMIT, CLOSED, SESSION], ids=["rate limit", "closed", "session over"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_what_is_refused_to_anybody_is_no_refusal(when: str, reason: dict[str, object]) -> None:
    answers = [reason] if when == "before" else [YES, reason, reason]
    with pytest.raises(NotCheckable, match=f"refuses a good video too, asked {when} the wrong one: {reason['error']}"):
        ask(Site(*json.loads(json.dumps(answers))))
