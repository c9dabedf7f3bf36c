"""How a run ends: one clear message, an exit code of docs/contract.md, nothing left behind."""

import json
import resource

import pytest

from selftest.runs.checkout import (
    GO,
    INCOMPLETE,
    INTERNAL_ERROR,
    INTERRUPTED,
    NO_GO,
    NO_TESTS,
    WRONG,
    Checkout,
    expect,
    three_lines,
)

pytestmark = pytest.mark.usefixtures("nothing_left")


@pytest.fixture(autouse=True)
def passing_tests(checkout: Checkout) -> None:
    checkout.tests(test_it=three_lines())


def test_go_is_told_in_words_and_in_files(checkout: Checkout) -> None:
    run = checkout.run(checkout.file())
    expect(run, GO, "GO", "✓ 2.7.1 chromium line 1", "chromium 3 passed", "report: reports/")
    results = json.loads((checkout.reports / "results.json").read_text("utf-8"))
    assert (results["verdict"], results["exit_code"], results["schema"]) == ("GO", 0, 1)
    assert {line["verdict"] for line in results["lines"] if line["browser"] == "chromium"} == {"passed"}
    folder = checkout.reports / "latest"
    assert {"results.json", "report.html", "raw.html", "junit.xml"} <= {path.name for path in folder.iterdir()}
    assert {"moodle", "assignsubmission_s3video", "theme", "suite"} <= results["versions"].keys()
    assert {"site", "bucket", "region"} == results["tested"].keys()
    assert results["reason"].startswith("Every required line passed in ")
    for secret in checkout.secrets.values():
        assert secret not in run.text


def test_go_with_two_workers(checkout: Checkout) -> None:
    run = checkout.run(checkout.file(), "-n", "2")
    expect(run, GO, "GO", "chromium 3 passed")


def test_a_failed_line(checkout: Checkout) -> None:
    checkout.tests(test_it=three_lines('assert number != 2, "expected no two, seen one"'))
    run = checkout.run(checkout.file())
    expect(run, NO_GO, "NO-GO", "✗ 2.7.2 chromium", "failed: expected no two, seen one", "2 passed, 1 failed")


def test_what_a_page_said_is_shown_as_text_and_is_written(checkout: Checkout) -> None:
    said = "\\x1b[2J##[error]\\ud83d"
    checkout.tests(test_it=three_lines(f'print("{said}"); assert number != 2, "expected two, seen {said}"'))
    run = checkout.run(checkout.file())
    expect(run, NO_GO, "NO-GO", r"failed: expected two, seen \x1b[2J## [error]\ud83d")
    assert "\x1b[2J" not in run.text
    assert "##[error]" not in run.text
    assert json.loads((checkout.reports / "results.json").read_text("utf-8"))["verdict"] == "NO-GO"
    assert (checkout.reports / "latest" / "report.html").is_file()


def test_results_are_written_when_the_report_breaks(checkout: Checkout) -> None:
    broken = """
from checklist import report

def write(*_):
    raise KeyError("no such thing")

report.write = write
"""
    checkout.tests(test_it=three_lines(), conftest=broken)
    run = checkout.run(checkout.file())
    expect(run, INTERNAL_ERROR, "INTERNAL ERROR", "the reports could not be made: KeyError in conftest.py, line 5")
    results = json.loads((checkout.reports / "results.json").read_text("utf-8"))
    assert (results["verdict"], results["exit_code"]) == ("INTERNAL ERROR", 3)


def test_lines_that_no_test_reaches(checkout: Checkout) -> None:
    checkout.tests(test_it=three_lines(before='raise RuntimeError("the rest is silence")'))
    run = checkout.run(checkout.file())
    expect(run, INCOMPLETE, "INCOMPLETE", "· 2.7.2 chromium", "not reached: the rest is silence", "3 not reached")


@pytest.mark.parametrize(
    "narrowed",
    [("tests/test_it.py",), ("--browser", "chromium")],
    ids=" ".join,
)
def test_a_narrowed_run_is_never_go(checkout: Checkout, narrowed: tuple[str, ...]) -> None:
    expect(checkout.run(checkout.file(), *narrowed), GO, "PARTIAL")


def test_a_narrowed_run_keeps_pytest_s_codes(checkout: Checkout) -> None:
    expect(checkout.run(checkout.file(), "-k", "nothing_of_that_name"), NO_TESTS, "PARTIAL")


def test_a_secret_in_the_reports(checkout: Checkout) -> None:
    leaks = """(run.folder / "notes.txt").write_text(secret)
    (run.folder / "trace.zip").write_bytes(b"PK\\x03\\x04 torn")"""
    checkout.tests(test_it=three_lines("print(secret); assert secret == number", before=leaks, after="print(secret)"))
    run = checkout.run(checkout.file())
    expect(
        run, NO_GO, "NO-GO", "a secret (secret) stands in 20", "/notes.txt", "archive that cannot be read", "/trace.zip"
    )
    assert run.text.count("a secret (") == 2, run.text
    assert checkout.secrets["S3V_REPLICA_ADMIN_PASSWORD"] not in run.text


def test_a_lock_that_is_lost_stops_the_run(checkout: Checkout) -> None:
    lost = """
from runner.reservation.reservation import SiteReservation
from clients.errors import SiteError
def expect_kept(self):
    raise SiteError("There is no such course.")
SiteReservation.expect_kept = expect_kept
"""
    checkout.tests(test_it=three_lines(), conftest=lost)
    run = checkout.run(checkout.file())
    told = "The site's lock was lost: There is no such course. See who else works there, and run again."
    expect(run, WRONG, "MISCONFIGURED", told, "3 passed", "3 not run")


def test_a_set_up_that_the_site_refuses(checkout: Checkout) -> None:
    refuses = """
from clients.errors import SiteError
from clients.moodle.accounts import Accounts
def enrol(self, course, person, role):
    raise SiteError("Enrolling was not allowed.")
Accounts.enrol = enrol
"""
    checkout.tests(test_it=three_lines(before="workspace.student(workspace.new_course())"), conftest=refuses)
    told = "The site refuses what a run sets up. Enrolling was not allowed. Mend that on the site, and run again."
    expect(checkout.run(checkout.file()), WRONG, "MISCONFIGURED", told, "3 not reached")


def test_a_course_that_has_let_others_in(checkout: Checkout) -> None:
    """What came to it since is under test: then a refusal is a failed line."""
    refuses = """
from clients.errors import SiteError
from clients.moodle.accounts import Accounts
course = []
def enrol(self, wanted, person, role):
    if wanted in course:
        raise SiteError("Enrolling a second student failed.")
    course.append(wanted)
Accounts.enrol = enrol
"""
    checkout.tests(test_it=three_lines("workspace.student(workspace.assignment().course)"), conftest=refuses)
    run = checkout.run(checkout.file())
    expect(run, NO_GO, "NO-GO", "✓ 2.7.1", "✗ 2.7.2", "failed: Enrolling a second student failed.")


def test_a_disk_that_is_full(checkout: Checkout) -> None:
    def small_files_only() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (16384, 16384))

    unmeasured = {"COVERAGE_PROCESS_CONFIG": ""}  # coverage needs a file of its own
    run = checkout.run(checkout.file(), preexec_fn=small_files_only, variables=unmeasured)
    expect(run, WRONG, "MISCONFIGURED", "cannot be written (File too large). Free or unlock it, or name")


def test_what_cannot_be_cleaned_up_is_named_and_restored_later(checkout: Checkout) -> None:
    keeps = """
from clients.moodle.courses import Courses
Courses.delete = lambda self, course: None
Courses.still_open = lambda self, courses: set(courses)
"""
    checkout.tests(test_it=three_lines(), conftest=keeps)
    run = checkout.run(checkout.file())
    expect(run, NO_GO, "NO-GO", "clean-up: The course S3 Video acceptance run", "is still there")

    checkout.tests(test_it=three_lines())
    expect(checkout.run(checkout.file(), "--restore"), GO, "READY", "What dead runs had left changed is put back:")


def test_a_second_ctrl_c_ends_the_clean_up_and_the_next_run_goes_on_with_it(checkout: Checkout) -> None:
    impatient = """
from runner.reservation.reservation import SiteReservation
def interrupted(self, **options):
    raise KeyboardInterrupt
SiteReservation.close = interrupted
"""
    checkout.tests(test_it=three_lines(), conftest=impatient)
    run = checkout.run(checkout.file())
    assert run.code == INTERRUPTED
    assert "INTERRUPTED while cleaning up" in run.text
    assert "Traceback" not in run.text

    checkout.tests(test_it=three_lines())
    expect(checkout.run(checkout.file()), GO, "GO")
