"""Runs that are told to stop, killed, or lose the site in the middle of an upload."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psutil
import pytest

from clients import http
from clients.moodle.client import MoodleClient
from clients.moodle.courses import Courses
from runner.configuration.connect import new_bucket
from runner.configuration.environment import Environment
from runner.configuration.naming import CATEGORY, COURSE_NAME
from selftest.proof.warm import Warm
from selftest.runs.checkout import (
    ASKED_ONCE,
    FAKE_BROWSER,
    GO,
    INTERRUPTED,
    OUTAGE,
    UPLOADS,
    Checkout,
    Ended,
    expect,
    read_until,
    three_lines,
)

IN_THE_MIDDLE = "2.7.2   chromium  on its way"
SHORT = "[budgets]\npage = 5\nupload = 3\nprobe = 0.5"

pytestmark = pytest.mark.usefixtures("nothing_left")


@pytest.fixture(autouse=True)
def an_upload(checkout: Checkout) -> None:
    checkout.tests(test_it=UPLOADS)


@contextmanager
def stopped(process: psutil.Process) -> Iterator[None]:
    """Meanwhile the process takes connections and answers nothing."""
    process.suspend()
    try:
        yield
    finally:
        process.resume()


@pytest.fixture
def replica(warm: Warm) -> psutil.Process:
    return next(one for one in psutil.Process().children() if str(warm.file.parent / "replica") in one.cmdline())


def results(checkout: Checkout) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((checkout.reports / "results.json").read_text("utf-8"))
    return found


UNHEARD = pytest.mark.skipif(
    signal.getsignal(signal.SIGHUP) is signal.SIG_IGN,
    reason="under nohup a run does not hear that its terminal is gone",
)


@pytest.mark.parametrize(
    ("tell", "number"),
    [
        pytest.param(os.kill, signal.SIGINT, marks=pytest.mark.nightly),
        (os.killpg, signal.SIGINT),
        pytest.param(os.kill, signal.SIGTERM, marks=pytest.mark.nightly),
        pytest.param(os.killpg, signal.SIGTERM, marks=pytest.mark.nightly),
        pytest.param(os.killpg, signal.SIGHUP, marks=UNHEARD),
        pytest.param(os.kill, signal.SIGQUIT, marks=pytest.mark.nightly),
    ],
    ids=["SIGINT", "Ctrl-C", "SIGTERM", "SIGTERM to all", "the connection is gone", "SIGQUIT"],
)
def test_a_run_that_is_told_to_stop_in_the_middle_of_an_upload(
    checkout: Checkout, tell: Callable[[int, int], None], number: int
) -> None:
    with checkout.started(checkout.file(), "--browser", "chromium") as process:
        seen = read_until(process, IN_THE_MIDDLE)
        tell(process.pid, number)
        seen += process.communicate()[0]
    run = Ended(process.returncode, seen)
    expect(run, INTERRUPTED, "INTERRUPTED", "✓ 2.7.2")
    assert "clean-up: " not in run.text
    assert results(checkout)["exit_code"] == INTERRUPTED
    assert "passed" not in {line["verdict"] for line in results(checkout)["lines"] if line["id"] == "2.7.3"}


def test_a_run_that_is_told_to_stop_five_times(checkout: Checkout) -> None:
    with checkout.started(checkout.file(), "--browser", "chromium") as process:
        seen = read_until(process, IN_THE_MIDDLE)
        for _ in range(5):
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(0.3)
        seen += process.communicate()[0]
    assert process.returncode == INTERRUPTED, seen
    assert "Traceback" not in seen
    expect(checkout.run(checkout.file(), "--restore"), GO, "READY")


def test_a_terminal_that_shows_ascii_only(checkout: Checkout) -> None:
    told = checkout.run(checkout.file(), "--doctor", variables={"PYTHONIOENCODING": "ascii"})
    expect(told, GO, "READY")


BAD_MOMENTS = """
import os, time
from _pytest.capture import FDCapture, MultiCapture

class Gone:
    def __del__(self):
        os.kill(os.getpid(), 2)
        time.sleep(0)

def capture():
    begun = MultiCapture(None, FDCapture(1), FDCapture(2))
    begun.start_capturing()
    try:
        yield os.kill(os.getpid(), 2)
    finally:
        begun.stop_capturing()
"""


@pytest.mark.parametrize("moment", ["Gone()", "begun = capture(); next(begun)"], ids=["dropped", "capturing"])
def test_a_run_that_is_told_to_stop_at_a_bad_moment(checkout: Checkout, moment: str) -> None:
    checkout.tests(test_it=BAD_MOMENTS + three_lines(before=f"{moment}; time.sleep(600)"))
    expect(checkout.run(checkout.file()), INTERRUPTED, "INTERRUPTED")


def test_a_run_that_is_killed_in_the_middle_of_an_upload(
    checkout: Checkout, environment: Environment, site: MoodleClient
) -> None:
    with checkout.started(checkout.file(), "--browser", "chromium") as process:
        read_until(process, IN_THE_MIDDLE)
        (started, *others) = [one for one in checkout.processes() if one.pid != process.pid]
        process.kill()
        process.wait()
    _, alive = psutil.wait_procs([started, *others], timeout=20)
    assert alive == []

    category = Courses(site).category(CATEGORY)
    assert category is not None
    left = Courses(site).within(category).values()
    assert [name for name in left if name.startswith(COURSE_NAME)]
    assert len(list(checkout.state.rglob("*.alive"))) == 1

    checkout.tests(test_it=three_lines())
    expect(checkout.run(checkout.file()), GO, "GO")
    assert new_bucket(environment).keys("videos/") == []


def test_a_killed_run_is_restored_without_another_run(checkout: Checkout) -> None:
    checkout.tests(test_it=three_lines("import os; workspace.student(workspace.new_course()); os.kill(os.getpid(), 9)"))
    assert checkout.run(checkout.file()).code == -signal.SIGKILL
    assert list(checkout.state.rglob("*.alive"))
    expect(checkout.run(checkout.file(), "--restore"), GO, "READY", "What dead runs had left changed is put back:")


@pytest.mark.parametrize("host", ["site", pytest.param("storage", marks=pytest.mark.nightly)])
def test_a_host_that_falls_silent_in_the_middle_is_an_outage_and_no_finding(
    checkout: Checkout, replica: psutil.Process, host: str
) -> None:
    silent = replica if host == "site" else replica.children()[0]
    told = {"site": "localhost:", "storage": "S3 does not answer"}[host]
    checkout.tests(test_it=UPLOADS, conftest=ASKED_ONCE)
    with checkout.started(checkout.file(SHORT)) as process:
        seen = read_until(process, IN_THE_MIDDLE)
        with stopped(silent):
            seen += process.communicate()[0]
    run = Ended(process.returncode, seen)
    expect(run, OUTAGE, "OUTAGE", told, "clean-up: put off")
    verdicts = {line["verdict"] for line in results(checkout)["lines"]}
    assert "failed" not in verdicts
    assert "not reached" in verdicts
    assert "outage: " in json.dumps(results(checkout)["lines"])

    expect(checkout.run(checkout.file(), "--restore"), GO, "READY")


@pytest.mark.parametrize("host", [pytest.param("site", marks=pytest.mark.nightly), "storage"])
def test_a_host_that_falls_silent_before_clean_up_is_an_outage_and_no_finding(
    checkout: Checkout, replica: psutil.Process, host: str
) -> None:
    silent = replica if host == "site" else replica.children()[0]
    checkout.tests(test_it=three_lines(after=f"os.kill({silent.pid}, {signal.SIGSTOP})"), conftest=ASKED_ONCE)
    try:
        run = checkout.run(checkout.file(SHORT), "--browser", "chromium")
    finally:
        silent.resume()
    expect(run, OUTAGE, "OUTAGE", "✓ 2.7.3", "clean-up: cut short; the next run goes on with that")
    verdicts = {line["verdict"] for line in results(checkout)["lines"] if line["browser"] == "chromium"}
    assert verdicts == {"passed"}

    expect(checkout.run(checkout.file(), "--restore"), GO, "READY")


ENDS_BADLY = """
import pytest
import requests

@pytest.fixture
def back(environment):
    yield
    profile = f"{environment.base_url}/__replica__/site"
    requests.put(profile, json={"cdn-down": True}, verify=environment.verify).raise_for_status()
    raise AssertionError("the CDN did not forget it")

@pytest.mark.lines("2.7.1", "2.7.2", "2.7.3")
def test_it(back, environment, line):
    for number in (1, 2, 3):
        with line(f"2.7.{number}", "fine"):
            pass
"""


def test_a_host_that_is_silent_where_a_test_breaks_outside_its_lines_is_an_outage(
    checkout: Checkout, environment: Environment
) -> None:
    checkout.tests(test_it=FAKE_BROWSER + ENDS_BADLY, conftest=ASKED_ONCE)
    try:
        run = checkout.run(checkout.file(), "--browser", "chromium")
    finally:
        http.request("PUT", f"{environment.base_url}/__replica__/site", json={}, verify=environment.verify)
    expect(run, OUTAGE, "OUTAGE", "✓ 2.7.3", "The CDN answers 502 at ")

    expect(checkout.run(checkout.file(), "--restore"), GO, "READY")


FORM = """
import pytest

@pytest.mark.lines("2.7.1", "2.7.2", "2.7.3")
def test_form(student, assignment, line):
    with line("2.7.1", "logged in"):
        student.log_in_by_form()
    with line("2.7.2", "in the form"):
        student.open(assignment).add_submission()
    with line("2.7.3", "still there"):
        pass
"""

WITHOUT = {
    "256 descriptors": ["bash", "-c", 'ulimit -n 256; exec "$@"', "bash"],
    "no /dev/shm": [
        *("unshare", "--mount", "bash", "-c"),
        'mount -t tmpfs -o size=4k,ro none /dev/shm && exec "$@"',
        "bash",
    ],
}


@pytest.mark.nightly
@pytest.mark.parametrize("what", WITHOUT)
def test_a_machine_that_has_little(checkout: Checkout, what: str) -> None:
    if what == "no /dev/shm" and subprocess.run(["unshare", "--mount", "true"], check=False).returncode:
        pytest.skip("nobody may mount anything here")
    checkout.tests(test_it=FORM)
    expect(checkout.run(checkout.file(), "--browser", "chromium", before=WITHOUT[what]), GO, "PARTIAL")


CDN_DIES = """
import pytest
import requests
from clients.errors import Unreachable

@pytest.mark.lines("2.7.1", "2.7.2", "2.7.3")
def test_playback(submission, delivery, video_access, environment, line):
    with line("2.7.1", "it plays"):
        signed = video_access.signed_url(submission.owner.site(), submission)
    answer = requests.put(
        f"{environment.base_url}/__replica__/site", json={"cdn-down": True}, verify=environment.verify
    )
    answer.raise_for_status()
    with line("2.7.2", "a URL without a signature is refused"):
        delivery.expect_refused(signed.partition("?")[0], "without a signature")
    with line("2.7.3", "it plays still"):
        video_access.signed_url(submission.owner.site(), submission)
"""
"""The CDN's server goes in the middle, and what stands before it answers 502 from then on."""


def test_a_cdn_that_dies_in_the_middle_is_an_outage_and_refuses_nothing(
    checkout: Checkout, environment: Environment
) -> None:
    checkout.tests(test_it=CDN_DIES, conftest=ASKED_ONCE)
    try:
        run = checkout.run(checkout.file(), "--browser", "chromium")
    finally:
        http.request("PUT", f"{environment.base_url}/__replica__/site", json={}, verify=environment.verify)
    expect(run, OUTAGE, "OUTAGE", "✓ 2.7.1", "The CDN answers 502 at ")
    verdicts = {line["id"]: line["verdict"] for line in results(checkout)["lines"] if line["browser"] == "chromium"}
    assert verdicts == {"2.7.1": "passed", "2.7.2": "not reached", "2.7.3": "not reached"}

    expect(checkout.run(checkout.file(), "--restore"), GO, "READY")


def test_a_page_that_fails_is_a_finding_and_no_outage(checkout: Checkout) -> None:
    checkout.tests(test_it=three_lines('assert workspace.site.get("/no-such-page.php").ok, "seen 404"'))
    run = checkout.run(checkout.file())
    expect(run, 1, "NO-GO", "✗ 2.7.1")
