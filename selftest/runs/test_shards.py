"""Two shards with two workers each, in a browser that a Playwright server runs: what they come to together."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from checklist.results import FILE, RUN, Run
from runner.configuration.environment_tables import Target
from runner.configuration.targets import launch_of
from selftest.runs.checkout import GO, Checkout, merged, pieces_of

TESTS = """
import pytest
import media
from checks.traffic import expect_bypassed

@pytest.mark.lines("2.7.1")
def test_log_in(student, assignment, line):
    with line("2.7.1", "a student finds the form"):
        student.log_in_by_form()
        student.open(assignment).add_submission().widget.expect_ready()

@pytest.mark.lines("2.7.2")
def test_larger_than_a_message(student, assignment, small_clip, video_store, environment, network, tmp_path, line):
    clip = media.padded(small_clip, 51 * 1024**2, tmp_path)
    student.log_in_by_cookie()
    with line("2.7.2", "a file goes to the browser, and from there to storage"), network.measured() as traffic:
        upload = student.open(assignment).add_submission().widget.choose(clip.path)
        upload.expect_success()
        video_store.expect_stored(upload.receipt().key, clip.bytes, clip.mime, clip.sha256)
    with line("2.7.2", "through the suite's own proxy"):
        expect_bypassed(traffic, environment.base_url, clip.bytes)

@pytest.mark.lines("2.7.3")
@pytest.mark.parametrize("who", ["student", "teacher"])
def test_others(who, assignment, people, line):
    person = getattr(people, who)(assignment.course)
    with line("2.7.3", f"the {who} logs in"):
        person.log_in_by_form()
"""


def told(piece: Path) -> Run:
    """What a piece came to, on the few lines of the checkout's own checklist."""
    return RUN.validate_json((piece / FILE).read_bytes())


@pytest.fixture
def server(playwright: Playwright, tmp_path: Path) -> Iterator[str]:
    """The address of a Playwright server with one browser."""
    launch = launch_of(Target(name="chromium", engine="chromium"), playwright)
    options = {"args": launch.options["args"], "host": "127.0.0.1"}
    if path := launch.options.get("executable_path"):
        options["executablePath"] = path
    (tmp_path / "server.json").write_text(json.dumps(options), encoding="utf-8")
    command = [sys.executable, "-m", "playwright", "launch-server", "--browser", "chromium"]
    with subprocess.Popen(
        [*command, "--config", tmp_path / "server.json"], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout
        yield process.stdout.readline().strip()
        os.killpg(process.pid, signal.SIGTERM)  # Python and the driver, which closes its browser


@pytest.mark.nightly
@pytest.mark.usefixtures("nothing_left")
def test_shards_in_a_remote_browser(checkout: Checkout, server: str) -> None:
    checkout.tests(test_it=TESTS)
    checkout.secrets["S3V_SERVER"] = server
    file = checkout.file(engine='"chromium"\nws_endpoint = "S3V_SERVER"')
    pieces = pieces_of(checkout, *(("-n2", "--splits=2", f"--group={group}") for group in (1, 2)), file=file)
    tests = [{check.test for entry in told(piece).lines for check in entry.checks} for piece in pieces]
    assert all(tests)
    assert not tests[0] & tests[1]
    assert "a remote chromium" in told(pieces[0]).targets[0].build
    assert all(server not in path.read_text("utf-8", "replace") for piece in pieces for path in piece.glob("*.*"))
    run = merged(checkout, *pieces)
    assert run.code == GO, run.text
