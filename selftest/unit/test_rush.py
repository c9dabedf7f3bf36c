"""Locust drives a rush in processes of its own, here and by workers, and what became of each student is told."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qs

import pytest
import requests

import media
from checks.rush import expect_everybody_through, expect_keys_apart
from clients.errors import ConfigurationError, NotCheckable
from clients.moodle.client import MoodleClient
from clients.moodle.model import Assignment, Course, Person
from clients.rush import load
from clients.rush.load import Answer, Crowd, Outcome, Rush, Student
from runner.configuration.replica import CHECKOUT
from runner.pytest_plugin.options import machines
from runner.pytest_plugin.preparation import _expect_rush_allowed

ASSIGNMENT = Assignment(cmid=1, id=5, name="Rush", course=Course(1, "Course", "course"), context=1)


class Site(ThreadingHTTPServer):
    """The plugin's scripts and S3, at one address; who has the session "refused" gets no upload URL."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Scripts)
        self.stored: dict[str, int] = {}
        self.cookies_at_storage: list[str] = []


class Scripts(BaseHTTPRequestHandler):
    server: Site

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        session = self.headers.get("Cookie", "").rpartition("=")[2]
        if self.path == "/store":
            self.server.cookies_at_storage += [session] if session else []
            self.server.stored[body.split(b'name="key"\r\n\r\n')[1].split(b"\r\n")[0].decode()] = len(body)
            self._answer(204)
            return
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        if form["sesskey"] != f"key of {session}":
            self._answer(403, {"success": False, "error": "Another session's key."})
        elif "s3_key" in form:
            self._answer(200, {"success": form["s3_key"] in self.server.stored, "data": {"status": "ready"}})
        elif session == "refused":
            self._answer(429, {"success": False, "error": "Too many."})
        else:
            key = f"videos/{session}/1_00000000/{form['filename']}"
            url = f"http://127.0.0.1:{self.server.server_port}/store"
            self._answer(
                200, {"success": True, "data": {"url": url, "fields": {"key": key}, "s3_key": key, "submission_id": 3}}
            )

    def _answer(self, status: int, content: object = None) -> None:
        body = json.dumps(content).encode() if content else b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as site:
        site.daemon_threads = True
        Thread(target=site.serve_forever, args=(0.01,)).start()
        yield site
        site.shutdown()


def crowd(site: Site, folder: Path, *sessions: str) -> Crowd:
    clip = media.MP4
    students = []
    for number, session in enumerate(sessions, start=1):
        own = requests.Session()
        # Of Moodle's host alone: S3 is another one, and gets none.
        own.cookies.set("MoodleSession", session, domain="127.0.0.1", path="/mod")
        client = SimpleNamespace(
            session=own, sesskey=f"key of {session}", url=f"http://127.0.0.1:{site.server_port}{{}}".format
        )
        person = Person(id=number, username=session, password="")
        students.append(
            Student(person, cast(MoodleClient, client), media.padded(clip, clip.bytes + 1000 + number, folder))
        )
    return Crowd(students, ASSIGNMENT, clip, verify=True, timeout=10)


@pytest.mark.parametrize(
    "workers",
    [
        pytest.param((), id="alone"),
        pytest.param(("127.0.0.1", "localhost"), id="two workers", marks=pytest.mark.nightly),
    ],
)
def test_locust_lets_everybody_hand_in(workers: tuple[str, ...], site: Site, tmp_path: Path) -> None:
    promised: list[tuple[int, str]] = []
    students = crowd(site, tmp_path, "1", "2", "refused", "4", "5")
    rush = students.rush(workers, lambda student, key: promised.append((student, key)))
    done = {outcome.student for outcome in rush.outcomes if outcome.done}
    assert done == {1, 2, 4, 5}
    assert {student for student, _ in promised} == done
    assert {key for _, key in promised} == site.stored.keys()
    sent = sorted(student.clip.bytes for student in students.students if student.person.id in done)
    assert all(0 < size - least < 1000 for size, least in zip(sorted(site.stored.values()), sent, strict=True))
    assert not site.cookies_at_storage
    refused = next(outcome for outcome in rush.outcomes if not outcome.done)
    assert (refused.answers["upload URL"].status, refused.answers["upload URL"].refused) == (429, "Too many.")
    assert rush.seconds["confirmation"]["slowest"] > 0
    with pytest.raises(AssertionError, match="all 5 students to hand in, seen 4: 1 did not get an upload URL: “Too ma"):
        expect_everybody_through(rush, 5)


def test_pytest_is_not_patched_by_locust() -> None:
    """Locust brings a plugin for pytest, and patches sockets and threads wherever it is imported."""
    code = (
        "import sys, pytest; pytest.main(['--collect-only', '-q', 'tests/test_x_2_rush.py']); "
        "sys.exit(any(name in sys.modules for name in ('locust', 'gevent', 'pytest_locust.plugin')))"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=CHECKOUT, check=False, capture_output=True).returncode == 0


def test_a_locust_that_does_not_start_is_told(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nonsense = tmp_path / "students.py"
    nonsense.write_text("raise SystemExit('no such thing')\n", encoding="utf-8")
    monkeypatch.setattr(load, "STUDENTS", nonsense)
    with pytest.raises(ConfigurationError, match="Locust, which drives the rush, ended before its time: no such thing"):
        crowd(site, tmp_path, "1").rush((), lambda student, key: None)


def test_without_locust_it_is_not_checkable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "find_spec", lambda name: None)
    with pytest.raises(NotCheckable, match="pip install --group rush"):
        load.require_locust()


def test_a_worker_elsewhere_reaches_the_leader_by_ssh_alone() -> None:
    command = load._worker("ada@load-1.example.edu", 5557)
    assert command[:2] == ["ssh", "-o"]
    assert command[command.index("-R") + 1] == "5557:127.0.0.1:5557"
    assert command[command.index("ada@load-1.example.edu") + 1] == "locust"


SSH = """#!/bin/sh
echo "$*" > {asked}
case "$*" in
    *good*) echo "locust 2.46.1 from /usr/lib/python3/dist-packages (Python 3.11)" ;;
    *gone*) echo "ssh: connect to host gone port 22: No route to host" >&2; exit 255 ;;
    *bare*) echo "sh: 1: locust: not found" >&2; exit 127 ;;
    *mute*) exit 1 ;;
    *slow*) exec sleep 60 ;;
esac
"""


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in place of SSH; returns the file with what it was asked."""
    program, asked = tmp_path / "ssh", tmp_path / "asked"
    program.write_text(SSH.format(asked=asked), encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return asked


def test_a_worker_that_is_ready(ssh: Path) -> None:
    assert load.find_locust("ada@good") == "2.46.1"
    assert ssh.read_text("utf-8") == "-o BatchMode=yes -o ConnectTimeout=10 ada@good locust --version\n"
    assert load.find_locust("127.0.0.1") == version("locust")


@pytest.mark.parametrize(
    ("host", "told"),
    [
        (
            "gone",
            "gone of --rush-workers cannot take part in a rush (ssh: connect to host gone port 22: No route to host)",
        ),
        ("bare", "bare of --rush-workers cannot take part in a rush (sh: 1: locust: not found)"),
        ("mute", "mute of --rush-workers cannot take part in a rush (it ended with 1 and said nothing)"),
        ("slow", "slow of --rush-workers does not say within 0.3 s which Locust it has"),
    ],
)
def test_a_worker_that_is_not(ssh: Path, monkeypatch: pytest.MonkeyPatch, host: str, told: str) -> None:
    monkeypatch.setattr(load, "ANSWERS", 0.3 if host == "slow" else 30)
    with pytest.raises(ConfigurationError) as refused:
        load.find_locust(host)
    assert str(refused.value).startswith(told)


def test_a_machine_without_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match="is not installed on this machine"):
        load.find_locust("lab-1")


@pytest.mark.parametrize("text", ["-oProxyCommand=x", "a b", "one,,two", ""])
def test_what_is_no_machine_is_refused(text: str) -> None:
    with pytest.raises(Exception, match="is no machine"):
        machines(text)


@pytest.mark.parametrize(("most", "students", "refused"), [(30, 30, False), (30, 31, True), (None, 1, True)])
def test_more_than_the_file_allows_is_refused(most: int | None, students: int, refused: bool) -> None:
    environment: Any = SimpleNamespace(
        test_site=True, rush=most and SimpleNamespace(most=most), file=Path("staging.toml")
    )
    if not refused:
        _expect_rush_allowed(environment, students)
        return
    with pytest.raises(ConfigurationError, match=r"more than staging\.toml allows.*most into \[rush\]"):
        _expect_rush_allowed(environment, students)


def test_no_rush_where_tests_may_not_write() -> None:
    environment: Any = SimpleNamespace(test_site=False)
    with pytest.raises(ConfigurationError, match="run without --rush"):
        _expect_rush_allowed(environment, 3)


@pytest.mark.parametrize(
    ("students", "workers", "told"), [(0, ["lab-1"], "add --rush N"), (-3, (), "--rush -3 is no number of students")]
)
def test_a_rush_of_nobody_is_a_mistake(students: int, workers: list[str], told: str) -> None:
    environment: Any = SimpleNamespace(test_site=True)
    with pytest.raises(ConfigurationError, match=told):
        _expect_rush_allowed(environment, students, workers)


def outcome(student: int, key: str) -> Outcome:
    return Outcome(student, key, 1, {step: Answer(200, 0.1, "", True) for step in ("upload URL", "confirmation")})


def test_a_key_of_another_student_is_told() -> None:
    apart = [outcome(7, "videos/7/1700000000_aa/a.mp4"), outcome(8, "videos/8/1700000000_bb/a.mp4")]
    assert expect_keys_apart(apart, 1700000000) == 2
    with pytest.raises(AssertionError, match="seen 2 students get videos/7/"):
        expect_keys_apart([apart[0], outcome(8, apart[0].key)], 1700000000)
    with pytest.raises(AssertionError, match="in the folder of student 8, seen them get videos/7/"):
        expect_keys_apart([outcome(8, apart[0].key)], 1700000000)


def test_who_is_still_at_it_is_told() -> None:
    done = [outcome(number, f"videos/{number}/1_a/a.mp4") for number in range(3)]
    assert Counter(one.done for one in done) == {True: 3}
    with pytest.raises(AssertionError, match="seen 2 still at it"):
        expect_everybody_through(Rush(done, {}, 80), 5)
    with pytest.raises(AssertionError, match="within 60 s, seen it take 80 s"):
        expect_everybody_through(Rush(done, {}, 80), 3)
