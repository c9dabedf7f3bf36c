"""What comes in from outside, at the one place where its kind is read: it is taken, or refused in words.

Nothing else comes out of a border than what it promises to raise: no traceback ends a run with a code that means
something else.
"""

import copy
import json
import os
import tomllib
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest
import tomlkit
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from checklist import history, known_issues, results, signing
from checklist.results import NoResults, text_of
from clients.addresses import AJAX
from clients.errors import ConfigurationError, UnexpectedAnswer
from clients.http_result import HttpResult, of_form
from clients.plugin.api import CONFIRMED, PROMISE, promised_key
from runner.configuration.environment import _dotenv, load
from runner.reservation.changed_settings import NoNote, Note
from runner.reservation.journal import Journal
from runner.reservation.lock import SUMMARY
from runner.reservation.seal import NotOurs, Seal
from selftest.unit.sample_runs import no_go

corpus = settings(max_examples=60, deadline=2000, suppress_health_check=[HealthCheck.function_scoped_fixture])
"""Milliseconds an example: whatever comes in is settled within seconds."""

ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=30),
    st.sampled_from(
        ["", "\x00", "\udcff", "\u202e", "../../etc/passwd", "<script>", "(a+)+$", "9" * 5000, "javascript:x"]
    ),
    st.dates().map(str),
)

VALUES = st.recursive(
    ODD, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner), max_leaves=6
)

RUBBISH = st.one_of(
    st.binary(max_size=200),
    st.sampled_from(
        [b"", b"\xff\xfe{}", b"\xef\xbb\xbf{}", b"[" * 100_000, b'{"a":' * 50_000, b"null", b"{}", b"[]", b"7"]
    ),
    VALUES.map(lambda value: json.dumps(value).encode(errors="replace")),
)


def places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something stands in a JSON value."""
    inside: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inside = list(value.items())
    elif isinstance(value, list):
        inside = list(enumerate(value[:3]))
    return [one for key, inner in inside for one in [(*path, key), *places(inner, (*path, key))]]


def changed(value: Any, data: st.DataObject) -> Any:
    """The same with one or two things in it taken out, or others in their place."""
    value = copy.deepcopy(value)
    for _ in range(data.draw(st.integers(1, 2))):
        there = places(value)
        if not there:
            return value
        *way, last = data.draw(st.sampled_from(there))
        spot = value
        for key in way:
            spot = spot[key]
        if data.draw(st.booleans()) and isinstance(spot, dict):
            del spot[last]
        else:
            spot[last] = data.draw(VALUES)
    return value


def taken_or_told(read: Callable[[], object], refusal: type[BaseException], word: str) -> None:
    """What is read is taken, or refused in a sentence that names what it is about."""
    try:
        read()
    except refusal as why:
        told = str(why)
    else:
        return
    assert word in told


# -- files of a run -------------------------------------------------------------------------------

TEXT = text_of(no_go())
RUN = json.loads(TEXT)


@corpus
@given(RUBBISH)
def test_results_that_are_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / results.FILE).write_bytes(content)
    with pytest.raises(NoResults):
        results.read(tmp_path)


@corpus
@given(st.data())
def test_results_that_were_changed(tmp_path: Path, data: st.DataObject) -> None:
    (tmp_path / results.FILE).write_bytes(json.dumps(changed(RUN, data)).encode(errors="replace"))
    taken_or_told(lambda: results.read(tmp_path), NoResults, results.FILE)


SIGNATURE = [
    {
        "by": "Ada",
        "note": "ok",
        "line": "2.8.6",
        "at": "2026-11-29T10:00:00Z",
        "sha256": "0" * 64,
        "files": "",
        "ssh": "",
    }
]


@corpus
@given(st.one_of(RUBBISH, st.just(b"")), st.data())
def test_signatures(tmp_path: Path, content: bytes, data: st.DataObject) -> None:
    (tmp_path / results.FILE).write_text(TEXT, "utf-8")
    text = content or json.dumps(changed(SIGNATURE, data)).encode(errors="replace")
    (tmp_path / signing.FILE).write_bytes(text)
    taken_or_told(lambda: signing.verify(tmp_path), NoResults, signing.FILE)


@corpus
@given(st.lists(RUBBISH, max_size=3))
def test_the_history(tmp_path: Path, lines: list[bytes]) -> None:
    (tmp_path / "history.jsonl").write_bytes(b"\n".join(lines))
    assert history.read(tmp_path) == []
    history.left_out(tmp_path)


# -- what users write -----------------------------------------------------------------------------

ENVIRONMENT = """
base_url = "https://moodle.example.edu"
test_site = true
login_path = "/login/index.php"
user_agent = "a/1"
required_lines = ["3.1.1"]
[accounts]
admin = { username = "admin", password = "S3V_BORDER_PASSWORD" }
[accounts.given]
student = [{ username = "ann", password = "S3V_BORDER_PASSWORD" }]
teacher = { username = "bob", password = "S3V_BORDER_PASSWORD" }
[basic_auth]
username = "staging"
password = "S3V_BORDER_PASSWORD"
[storage]
bucket = "videos"
region = "us-east-1"
access_key = "S3V_BORDER_PASSWORD"
secret_key = "S3V_BORDER_PASSWORD"
[cdn]
domain = "d1.cloudfront.net"
[[targets]]
name = "chromium"
engine = "chromium"
[[allowed_console]]
pattern = "MathJax"
reason = "closed network"
[budgets]
page = 15
[large]
size = "1GiB"
"""


@pytest.fixture
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3V_BORDER_PASSWORD", "Right-Horse-7-Battery")


@corpus
@given(RUBBISH)
@pytest.mark.usefixtures("password")
def test_environment_files_that_are_none(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "border.toml"
    file.write_bytes(content)
    taken_or_told(lambda: load(str(file)), ConfigurationError, str(file))


@corpus
@given(st.data())
@pytest.mark.usefixtures("password")
def test_environment_files_that_were_changed(tmp_path: Path, data: st.DataObject) -> None:
    content = changed(tomllib.loads(ENVIRONMENT), data)
    try:
        text = tomlkit.dumps(content).encode(errors="replace")
    except (ValueError, TypeError, AttributeError):
        return  # nothing that TOML can say
    file = tmp_path / "border.toml"
    file.write_bytes(text)
    taken_or_told(lambda: load(str(file)), ConfigurationError, str(file))


@corpus
@given(
    st.one_of(RUBBISH, st.text(max_size=60).map(lambda text: f"A={text}\nexport B='{text}".encode(errors="replace")))
)
def test_dotenv(tmp_path: Path, content: bytes) -> None:
    (tmp_path / ".env").write_bytes(content)
    taken_or_told(lambda: _dotenv(tmp_path / ".env"), ConfigurationError, ".env")


ISSUE = {
    "known": [
        {
            "line": "2.7.5",
            "target": "chromium",
            "message": "expected the limit",
            "link": "https://issues.example.edu/7",
            "owner": "Ada",
            "expires": date(2027, 1, 31),
        }
    ]
}


@corpus
@given(st.one_of(RUBBISH.map(lambda content: content.decode(errors="replace")), st.just("")), st.data())
def test_known_issues(text: str, data: st.DataObject) -> None:
    if not text:
        try:
            text = tomlkit.dumps(changed(ISSUE, data))
            text.encode()  # a file is UTF-8, which has no half of a pair
        except (ValueError, TypeError, AttributeError):
            return
    found, problems = known_issues.read(text, {"chromium"}, date(2026, 11, 29))
    assert isinstance(found, list)
    assert all(isinstance(problem, str) for problem in problems)


# -- what stands on the site and in the state folder ----------------------------------------------


class Where:
    base_url = "https://moodle.example.edu"

    class storage:
        class secret_key:
            @staticmethod
            def get_secret_value() -> str:
                return "a-secret"


@corpus
@given(st.one_of(st.text(max_size=300), VALUES))
def test_notes_of_locks(text: object) -> None:
    with pytest.raises(NoNote):
        Note.parse(text)
    with pytest.raises(NotOurs):
        Seal(cast(Any, Where)).opened(str(text))
    SUMMARY.search(str(text))


@corpus
@given(st.lists(RUBBISH, max_size=4), VALUES)
def test_journals(tmp_path: Path, lines: list[bytes], value: object) -> None:
    with pytest.MonkeyPatch.context() as state:
        state.setenv("XDG_STATE_HOME", str(tmp_path))
        journal = Journal("https://moodle.example.edu", "run")
        journal._make_folder()
        odd = [json.dumps({"kind": "setting", name: value}).encode(errors="replace") for name in ("id", "note", "key")]
        journal.path.write_bytes(b"\n".join([*lines, *odd, b'{"kind": "settled"}']) + b"\n")
        own = journal.record("setting", note="plugin:run::")
        entries = journal.entries("setting")
        assert own in [entry.get("id") for entry in entries]
        assert all(isinstance(entry.get("note"), str | None) for entry in entries)


# -- what the plugin answers ----------------------------------------------------------------------

PROMISED = {
    "success": True,
    "data": {
        "url": "https://s3.example/b/",
        "fields": {"key": "k"},
        "s3_key": "videos/7/1_a/c.mp4",
        "submission_id": "9",
    },
}

FORMS: dict[str, TypeAdapter[Any]] = {"promise": PROMISE, "confirmation": CONFIRMED}


@corpus
@given(st.one_of(RUBBISH, st.just(b"")), st.data(), st.sampled_from(sorted(FORMS)))
def test_answers_of_the_plugin(content: bytes, data: st.DataObject, form: str) -> None:
    body = content or json.dumps(changed(PROMISED, data)).encode(errors="replace")
    answer = HttpResult(
        status=200,
        hops=["https://moodle.example.edu/mod/assign/submission/s3video/ajax/get_upload_url.php"],
        headers=[{"Content-Type": "application/json"}],
        body=body,
        text=body.decode(errors="replace"),
    )
    asked: list[Callable[[], object]] = [
        lambda: answer.data,
        lambda: answer.succeeded,
        lambda: answer.source,
        lambda: answer.message,
        lambda: answer.seen,
        partial(answer.given, FORMS[form]),
    ]
    for ask in asked:
        taken_or_told(ask, UnexpectedAnswer, "expected ")
    assert isinstance(promised_key(answer.text), str)


@pytest.mark.parametrize(
    "body",
    [b"[]", b"[7]", b"[{}]", b"[" * 100_000, b'{"success": true, "data": []}', b'{"success": true}', b"7", b"\xff"],
)
def test_answers_that_broke_a_check(body: bytes) -> None:
    answer = HttpResult(
        status=200,
        hops=[f"https://moodle.example.edu{AJAX}"],
        headers=[{"Content-Type": "application/json"}],
        body=body,
        text=body.decode(errors="replace"),
    )
    for ask in (lambda: answer.data, lambda: answer.source, lambda: answer.given(PROMISE)):
        taken_or_told(ask, UnexpectedAnswer, "expected ")
    assert promised_key(answer.text) == ""


def test_the_address_of_a_bucket_as_the_sdk_of_aws_writes_it() -> None:
    of_form({"data": PROMISED["data"] | {"url": "https://bucket.s3.us-east-1.amazonaws.com"}}, PROMISE)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("url", "http://s3.example/b/", "url"),
        ("url", "https://user@s3.example/", "url"),
        ("url", "https://user@s3.example", "url"),
        ("url", "https://", "url"),
        ("url", 7, "url"),
        ("fields", [], "fields"),
        ("fields", {"key": None}, "fields.key"),
        ("s3_key", "", "s3_key"),
        ("s3_key", ["videos/7/"], "s3_key"),
        ("s3_key", "videos/7/\n", "s3_key"),
        ("submission_id", True, "submission_id"),
        ("submission_id", -1, "submission_id"),
        ("submission_id", "9; DROP", "submission_id"),
        ("submission_id", 1e308, "submission_id"),
    ],
)
def test_a_lie_in_one_field_is_told_by_its_name(name: str, value: object, told: str) -> None:
    of_form(PROMISED, PROMISE)
    with pytest.raises(UnexpectedAnswer, match=f"expected the plugin's answer to give {told}"):
        of_form({"data": PROMISED["data"] | {name: value}}, PROMISE)  # type: ignore[operator]


# -- what stands in the place of a file -----------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "read", "refusal"),
    [
        (results.FILE, results.read, NoResults),
        (results.FILE, signing.digest, OSError),
        (signing.FILE, signing.read, NoResults),
    ],
)
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_a_pipe_is_not_waited_for(
    tmp_path: Path,
    name: str,
    read: Callable[[Path], object],
    refusal: type[BaseException],
    make: Callable[[Path], None],
) -> None:
    make(tmp_path / name)
    with pytest.raises(refusal):
        read(tmp_path)
