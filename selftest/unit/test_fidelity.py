"""What the comparison of a real site with the replica tells, and what it lets pass."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from clients.http_result import HttpResult
from selftest.fidelity import document
from selftest.fidelity.__main__ import version_of
from selftest.fidelity.compare import ACCEPTED, Accepted, Difference, differences, judge, read
from selftest.fidelity.facts import NOTHING, Book, Facts, Normal, condition_of, keys
from selftest.fidelity.hooks import HOOKS

ROOT = Path(__file__).resolve().parents[2]
LIMIT = "settings / upload_rate_limit / label"


def answered(body: object, status: int = 200, **headers: str) -> HttpResult:
    text = body if isinstance(body, str) else json.dumps(body)
    kind = "text/html" if isinstance(body, str) else "application/json"
    sent = {"Content-Type": kind} | {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpResult(status=status, hops=["https://site.example/x"], headers=[sent], body=text.encode(), text=text)


def script(body: object, status: int = 200, **headers: str) -> Facts:
    book = Book(Normal({}))
    book.script("upload URL", answered(body, status, **headers))
    return book.facts


REFUSAL = {"success": False, "error": "Too many.", "error_type": "rate_limit", "can_retry": True, "guidance": "Wait."}


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({**REFUSAL, "error_type": "unknown"}, ("error_type", "rate_limit", "unknown")),
        ({**REFUSAL, "can_retry": False}, ("can_retry", "True", "False")),
        ({**REFUSAL, "error": "Too few."}, ("error", "Too many.", "Too few.")),
        ({**REFUSAL, "guidance": ""}, ("guidance", "Wait.", "(empty)")),
    ],
)
def test_what_a_script_says(other: dict[str, object], told: tuple[str, str, str]) -> None:
    aspect, site, replica = told
    assert differences(script(REFUSAL), script(other)) == [Difference(f"upload URL / {aspect}", site, replica)]


def test_a_key_that_is_missing() -> None:
    without = {name: value for name, value in REFUSAL.items() if name != "guidance"}
    told = {one.fact: one for one in differences(script(REFUSAL), script(without))}
    assert "guidance" not in told["upload URL / keys"].replica
    assert told["upload URL / guidance"].replica == NOTHING


def test_a_number_that_is_text() -> None:
    (told,) = differences(script({"data": {"submission_id": "7"}}), script({"data": {"submission_id": 7}}))
    assert (told.site, told.replica) == ("data.submission_id: str", "data.submission_id: int")


def test_status_and_headers() -> None:
    told = differences(script(REFUSAL, 429, Cache_Control="no-store"), script(REFUSAL, 400))
    assert [(one.fact, one.site, one.replica) for one in told] == [
        ("upload URL / status", "429", "400"),
        ("upload URL / cache-control", "no-store", NOTHING),
    ]


def test_the_order_in_a_cache_control_is_no_difference() -> None:
    assert not differences(
        script(REFUSAL, Cache_Control="no-store, no-cache"), script(REFUSAL, Cache_Control="no-cache,no-store")
    )


def test_a_page_in_place_of_json() -> None:
    page = '<p class="errormessage">No.</p>'
    told = {one.fact: one.replica for one in differences(script(REFUSAL), script(page))}
    assert told["upload URL / JSON"] == "none"
    assert told["upload URL / error"] == "No."


def settings(unit: str, default: str = "10") -> Facts:
    return {LIMIT: f"Upload Rate Limit (per {unit})", "settings / upload_rate_limit / default": f"Default: {default}"}


def test_a_unit_and_a_default() -> None:
    assert differences(settings("hour", "100"), settings("minute")) == [
        Difference(LIMIT, "Upload Rate Limit (per hour)", "Upload Rate Limit (per minute)"),
        Difference("settings / upload_rate_limit / default", "Default: 100", "Default: 10"),
    ]


def field(html: str) -> Facts:
    book = Book(Normal({}))
    book.fields("form", BeautifulSoup(f"<form>{html}</form>", "lxml").form)
    return book.facts


def test_fields_of_forms() -> None:
    hidden, shown = '<input type="hidden" name="key">', '<input name="key">'
    assert differences(field(hidden), field(shown)) == [Difference("form / field key", "hidden", "text")]
    assert differences(field(hidden), field("")) == [Difference("form / field key", "hidden", NOTHING)]
    yes, both = (
        "<select name=a><option value=1>Yes</select>",
        "<select name=a><option value=0>No<option value=1>Yes</select>",
    )
    assert len(differences(field(yes), field(both))) == 1


def test_a_hook_that_is_gone() -> None:
    books = [Book(Normal({})) for _ in range(2)]
    for book, html in zip(books, ('<a class="s3video-watch-link">', "<a>"), strict=True):
        book.hooks("assignment", BeautifulSoup(html, "lxml"), HOOKS["assignment"])
    assert [one.fact for one in differences(books[0].facts, books[1].facts)] == ["assignment / .s3video-watch-link"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("videos/7/1795435200_0a1b2c3d/clip.mp4", "videos/12/1795435999_ffffffff/clip.mp4"),
        ("Sunday, 29 November 2026, 1:05 PM", "Monday, 30 November 2026, 11:15 AM"),
        ("view.php?id=7&userid=12", "view.php?id=901&userid=4"),
        ("Please wait 42 seconds, then", "Please wait 7 seconds, then"),
    ],
)
def test_what_is_unique_is_no_difference(one: str, other: str) -> None:
    normal = Normal({})
    assert normal(one) == normal(other)


@pytest.mark.parametrize(
    ("one", "other"), [("5.0 GB", "4.0 GB"), ("clip.mp4", "clip.webm"), ("Default: 10", "Default: 100")]
)
def test_what_is_not_unique_is(one: str, other: str) -> None:
    normal = Normal({})
    assert normal(one) != normal(other)


def test_a_longer_name_goes_before_one_that_is_in_it() -> None:
    assert Normal({"Ann": "STUDENT", "Ann Lee": "TEACHER"})("Ann Lee and Ann") == "TEACHER and STUDENT"


def test_keys_of_a_form_for_storage_are_not_looked_into() -> None:
    assert keys({"data": {"fields": {"policy": "x"}, "url": "y"}}) == ["data.fields: dict", "data.url: str"]


def test_conditions_of_a_form() -> None:
    assert condition_of(["content-length-range", 1, 5]) == ("content-length-range", "1–5")
    assert condition_of({"key": "videos/x"}) == condition_of(["eq", "$key", "videos/x"])
    assert condition_of({"X-Amz-Date": "1"}) == condition_of(["eq", "$x-amz-date", "2"])


# -- what is accepted -----------------------------------------------------------------------------

HOURS = Accepted("settings / *_rate_limit / label", "The checklist says minutes.", site="*(per hour)")


def test_an_accepted_difference_and_its_reason() -> None:
    judged = judge(settings("hour"), settings("minute"), [HOURS], "4.5")
    assert judged.good
    assert [(one.fact, known.reason) for one, known in judged.accepted] == [(LIMIT, "The checklist says minutes.")]


def test_another_difference_at_an_accepted_place_is_told() -> None:
    judged = judge(settings("day"), settings("minute"), [HOURS], "4.5")
    assert [one.site for one in judged.unexplained] == ["Upload Rate Limit (per day)"]
    assert judged.out_of_date == [HOURS]


def test_a_reason_that_no_longer_holds_is_told() -> None:
    judged = judge(settings("minute"), settings("minute"), [HOURS], "4.5")
    assert not judged.good
    assert judged.out_of_date == [HOURS]


def test_a_reason_for_another_version_neither_covers_nor_is_out_of_date() -> None:
    other = replace(HOURS, moodle=("5.1",))
    assert judge(settings("minute"), settings("minute"), [other], "4.5").good
    assert judge(settings("hour"), settings("minute"), [other], "4.5").unexplained


def test_brackets_in_a_pattern_are_brackets() -> None:
    known = Accepted("*", "x", site="*[[assignment]]*")
    assert known.covers(Difference("columns", "Course | [[assignment]] | Student", "Assignment"))
    assert not known.covers(Difference("columns", "Course | assignment | Student", "Assignment"))


def test_the_list_of_what_is_accepted() -> None:
    accepted = read(ACCEPTED)
    assert accepted
    assert all(one.reason.endswith(".") for one in accepted)


def test_hooks_are_those_of_the_page_objects() -> None:
    """Whatever stands in quotes or brackets, each class, id, attribute and its value is in a page object too."""
    folders = ("pages", "checks", "clients", "fixtures")
    said = " ".join(file.read_text("utf-8") for folder in folders for file in (ROOT / folder).rglob("*.[pj][ys]"))
    names = {
        name
        for hooks in HOOKS.values()
        for hook in hooks
        for name in re.findall(r"[\w-]*s3video[\w-]+|[\w-]{4,}", hook)
    }
    known = said + " ".join(f"assignsubmission_{name}" for name in ("s3video", "s3video_enabled"))
    parts = {part for name in names for part in ([name] if name in known else name.split("_"))}
    assert sorted(part for part in parts if part not in known) == []


# -- the document ---------------------------------------------------------------------------------


def test_the_document_names_versions_and_reasons() -> None:
    judged = judge(settings("hour", "100"), settings("minute"), [HOURS], "4.5")
    one = document.told(judged, moodle="4.5.6", plugin="1.0.0", at="2026-11-29")
    same = document.told(
        judge(settings("hour"), settings("minute"), [HOURS], "5.1"), moodle="5.0.6", plugin="1.0.0", at="x"
    )
    said = document.write({"4.5": one, "5.1": same})
    assert "| 4.5 | 4.5.6 | 1.0.0 | 2026-11-29 | 2 | 1 | 1 |" in said
    assert said.index("## Unexplained") < said.index("## The checklist says minutes.")
    assert f"| {LIMIT} | Upload Rate Limit (per hour) | Upload Rate Limit (per minute) | all |" in said
    assert "| settings / upload_rate_limit / default | Default: 100 | Default: 10 | 4.5 |" in said


@pytest.mark.parametrize(
    ("release", "version"),
    [("4.1.11", "4.1"), ("4.2.3", "4.1"), ("4.4.2", "4.1"), ("4.5.6", "4.5"), ("5.0.6", "5.1"), ("5.1", "5.1")],
)
def test_which_version_the_replica_speaks_as(release: str, version: str) -> None:
    assert version_of(release) == version
