"""What a traced run keeps as evidence: no secret is in it, and no settings. Videos need Playwright's own ffmpeg."""

import json
import zipfile
from pathlib import Path

import pytest

from redaction.secret_patterns import MARK
from redaction.secrets import scan
from selftest.runs.checkout import NO_GO, Checkout, expect

pytestmark = pytest.mark.usefixtures("nothing_left")

TEST = """
import pytest

@pytest.mark.lines("2.7.1", "2.7.2", "2.7.3")
def test_it(student, admin_in_private, assignment, small_clip, line):
    with line("2.7.1", "an upload", blocks=True):
        student.log_in_by_form()
        student.open(assignment).add_submission().widget.choose(small_clip.path).expect_ended()
    with line("2.7.2", "while the administrator is at the settings"):
        admin_in_private.log_in_by_form()
        admin_in_private.plugin_settings()
        assert False, "expected more, seen the settings"
    with line("2.7.3", "and when he has left them"):
        admin_in_private.dashboard()
        assert False, "expected more, seen the dashboard"
"""


@pytest.fixture(scope="module")
def folder(checkout: Checkout) -> Path:
    checkout.tests(test_it=TEST)
    run = checkout.run(checkout.file(), "--tracing=on", "--browser=chromium")
    expect(run, NO_GO, "PARTIAL", "expected more, seen the settings", "expected more, seen the dashboard")
    assert "a secret" not in run.text
    return (checkout.reports / "latest").resolve()


def test_no_secret_is_in_it(folder: Path, checkout: Checkout) -> None:
    assert len(checkout.secrets) > 3
    assert scan(folder, checkout.secrets.values()) == []


def test_the_trace_holds_the_network_redacted(folder: Path) -> None:
    """There is one, of the student: who opens settings is not traced."""
    (trace,) = folder.rglob("*.zip")
    with zipfile.ZipFile(trace) as archive:
        assert archive.testzip() is None
        (network,) = [archive.read(name).decode() for name in archive.namelist() if name.endswith(".network")]
    requests = [
        json.loads(line)["snapshot"]["request"] for line in network.splitlines() if '"resource-snapshot"' in line
    ]
    assert {"GET", "POST"} <= {request["method"] for request in requests}
    assert MARK in network


def test_no_screenshot_is_taken_of_settings(folder: Path) -> None:
    shots = sorted(path.name for path in (folder / "screenshots").iterdir())
    assert [name.split("-")[1] for name in shots] == ["2.7.2", "2.7.3", "2.7.3"], shots
