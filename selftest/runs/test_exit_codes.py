"""Runs that cannot start, and how a run ends: one clear message, the contract's exit code, nothing left behind."""

import json
import re
import resource
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import trustme

from runner.environment_tables import Budgets
from selftest.runs.checkout import (
    GO,
    INCOMPLETE,
    INTERRUPTED,
    NO_GO,
    NO_TESTS,
    OUTAGE,
    WRONG,
    Checkout,
    expect,
    expect_told,
    three_lines,
)
from services.moodle.plugin import plugin_settings

pytestmark = pytest.mark.usefixtures("nothing_left")


@pytest.fixture(autouse=True)
def passing_tests(checkout: Checkout) -> None:
    checkout.tests(test_it=three_lines())


@contextmanager
def silent_server() -> Iterator[str]:
    """The address of a host that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"https://127.0.0.1:{server.getsockname()[1]}"


# -- what keeps a run from starting ---------------------------------------------------------------


def test_an_environment_that_does_not_exist(checkout):
    expect_told(checkout.run("--env", "nowhere"), WRONG, "MISCONFIGURED", "there is no such environment", "has replica")


def test_a_secret_that_is_missing(checkout):
    run = checkout.run(checkout.file(access_key='"S3V_NOT_SET"'))
    expect_told(run, WRONG, "MISCONFIGURED", "the environment variable S3V_NOT_SET is not set", "add it to .env")


def test_a_wrong_password(checkout):
    run = checkout.run(checkout.file(), variables={"S3V_REPLICA_ADMIN_PASSWORD": "not-the-password"})
    expect_told(run, WRONG, "MISCONFIGURED", "Logging in as admin failed", "Check the user name and the password.")
    assert "not-the-password" not in run.text


def test_a_site_that_refuses(checkout):
    run = checkout.run(checkout.file(base_url='"https://127.0.0.1:1"'))
    expect_told(run, OUTAGE, "OUTAGE", "127.0.0.1:1 cannot be reached", "Connection refused")


def test_hosts_that_hang(checkout):
    assert Budgets().probe == 10
    with silent_server() as address:
        hanging = {"base_url": f'"{address}"', "endpoint": f'"{address}"', "domain": f'"{address[8:]}"'}
        run = checkout.run(checkout.file("[budgets]\nprobe = 1", **hanging))
    expect_told(run, OUTAGE, "OUTAGE", "did not answer within 1", "S3 does not answer", "The CDN does not answer")


def test_a_certificate_that_is_not_trusted(checkout, tmp_path):
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    run = checkout.run(checkout.file(ca_file=f'"{tmp_path / "other.pem"}"'))
    expect(run, WRONG, "MISCONFIGURED", "The certificate of localhost", "is not trusted", "Set ca_file")


def test_a_site_without_the_plugin(checkout):
    absent = "import runner.doctor\nrunner.doctor.plugin = lambda site: None"
    checkout.tests(test_it=three_lines(), conftest=absent)
    run = checkout.run(checkout.file())
    expect_told(run, WRONG, "MISCONFIGURED", "assignsubmission_s3video is not installed. Do steps 2.2 to 2.4")


def test_a_plugin_that_is_disabled(checkout, site):
    switch = "/mod/assign/adminmanageplugins.php"
    chosen = {"subtype": "assignsubmission", "plugin": "s3video", "sesskey": site.sesskey}
    site.get(switch, action="hide", **chosen)
    try:
        run = checkout.run(checkout.file())
    finally:
        site.get(switch, action="show", **chosen)
    expect_told(run, WRONG, "MISCONFIGURED", "is disabled. Do step 2.6 of the checklist.")


def test_a_site_that_nobody_marked(checkout):
    expect_told(
        checkout.run(checkout.file(test_site="false")),
        *(WRONG, "MISCONFIGURED", "is not marked as a test site", "set test_site = true"),
    )


def test_a_site_without_the_category(checkout):
    checkout.tests(test_it=three_lines(), conftest="import runner.doctor\nrunner.doctor.CATEGORY = 'no-such-category'")
    run = checkout.run(checkout.file())
    expect_told(run, WRONG, "MISCONFIGURED", "There is no course category with the ID number no-such-category")


def test_a_bucket_that_does_not_exist(checkout):
    run = checkout.run(checkout.file(bucket='"no-such-bucket"'))
    expect(run, WRONG, "MISCONFIGURED", "no bucket has that name")


def test_a_key_that_may_not_list(checkout, site):
    plugin = plugin_settings(site)
    theirs = {
        "S3V_REPLICA_STORAGE_KEY": plugin["aws_access_key"],
        "S3V_REPLICA_STORAGE_SECRET": plugin["aws_secret_key"],
    }
    run = checkout.run(checkout.file(), variables=theirs)
    expect_told(run, WRONG, "MISCONFIGURED", "S3 refuses the suite's key (403 AccessDenied", "It needs s3:ListBucket")
    assert plugin["aws_secret_key"] not in run.text


def test_a_machine_without_browsers(checkout, tmp_path):
    nowhere = {"PATH": str(tmp_path), "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}
    run = checkout.run(checkout.file(), variables=nowhere)
    expect(run, INCOMPLETE, "INCOMPLETE", "get it with: playwright install chromium")
    results = json.loads((checkout.reports / "results.json").read_text("utf-8"))
    assert (results["verdict"], results["exit_code"]) == ("INCOMPLETE", 7)


def test_a_port_that_is_in_use_is_no_hindrance(checkout):
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 8443))
            taken.listen()
        except OSError:
            pass  # it is in use already
        run = checkout.run("--doctor")
    expect(run, GO, "READY", "✓ site: https://localhost:")
    assert "https://localhost:8443 " not in run.text


def test_a_replica_that_does_not_start(checkout):
    folder = checkout.folder / ".replica"
    shutil.rmtree(folder, ignore_errors=True)
    folder.touch()
    run = checkout.run()
    folder.unlink()
    expect_told(run, WRONG, "MISCONFIGURED", "cannot be made (Not a directory)", "The replica did not start")


def test_reports_that_cannot_be_made(checkout):
    if checkout.reports.exists():
        checkout.reports.rename(checkout.folder / "reports-before")
    checkout.reports.write_text("in the way")
    run = checkout.run(checkout.file())
    checkout.reports.unlink()
    assert run.code == WRONG, run.text
    assert re.search(r"reports/\S+ cannot be made \(.+\); free or unlock reports/", run.text)
    assert "Traceback" not in run.text


def test_a_state_folder_that_cannot_be_made(checkout, tmp_path):
    (tmp_path / "state").touch()
    run = checkout.run(checkout.file(), variables={"XDG_STATE_HOME": str(tmp_path / "state")})
    expect_told(run, WRONG, "MISCONFIGURED", f"{tmp_path}/state", "cannot be written (Not a directory)")


def test_an_output_that_would_empty_the_reports(checkout):
    checkout.reports.mkdir(exist_ok=True)
    (checkout.reports / "kept").touch()
    run = checkout.run(checkout.file(), "--output", "reports")
    assert run.code == WRONG
    assert "--output reports would empty " in run.text
    assert (checkout.reports / "kept").exists()


def test_a_test_that_does_not_exist(checkout):
    run = checkout.run(checkout.file(), "tests/test_it.py::test_other")
    expect(run, WRONG, "MISCONFIGURED", "not found", "test_other")


# -- what a run ends with -------------------------------------------------------------------------


def test_go_is_told_in_words_and_in_files(checkout):
    run = checkout.run(checkout.file())
    expect(run, GO, "GO", "✓ 2.7.1 chromium line 1", "chromium 3 passed", "report: reports/")
    results = json.loads((checkout.reports / "results.json").read_text("utf-8"))
    assert (results["verdict"], results["exit_code"], results["schema"]) == ("GO", 0, 1)
    assert {line["verdict"] for line in results["lines"] if line["browser"] == "chromium"} == {"passed"}
    folder = checkout.reports / "latest"
    assert {"results.json", "report.html", "junit.xml"} <= {path.name for path in folder.iterdir()}
    for secret in checkout.secrets.values():
        assert secret not in run.text


def test_go_with_two_workers(checkout):
    run = checkout.run(checkout.file(), "-n", "2")
    expect(run, GO, "GO", "chromium 3 passed")


def test_a_failed_line(checkout):
    checkout.tests(test_it=three_lines('assert number != 2, "expected no two, seen one"'))
    run = checkout.run(checkout.file())
    expect(run, NO_GO, "NO-GO", "✗ 2.7.2 chromium", "failed: expected no two, seen one", "2 passed, 1 failed")


def test_lines_that_no_test_reaches(checkout):
    checkout.tests(test_it=three_lines(before='raise RuntimeError("the rest is silence")'))
    run = checkout.run(checkout.file())
    expect(run, INCOMPLETE, "INCOMPLETE", "· 2.7.2 chromium", "not reached: the rest is silence", "3 not reached")


@pytest.mark.parametrize(
    "narrowed",
    [("tests/test_it.py",), ("--browser", "chromium")],
    ids=" ".join,
)
def test_a_narrowed_run_is_never_go(checkout, narrowed):
    expect(checkout.run(checkout.file(), *narrowed), GO, "PARTIAL")


def test_a_narrowed_run_keeps_pytest_s_codes(checkout):
    expect(checkout.run(checkout.file(), "-k", "nothing_of_that_name"), NO_TESTS, "PARTIAL")


def test_a_secret_in_the_reports(checkout):
    leaks = """(run.folder / "notes.txt").write_text(secret)
    (run.folder / "trace.zip").write_bytes(b"PK\\x03\\x04 torn")"""
    checkout.tests(test_it=three_lines("print(secret); assert secret == number", before=leaks, after="print(secret)"))
    run = checkout.run(checkout.file())
    expect(
        run, NO_GO, "NO-GO", "a secret (secret) stands in 20", "/notes.txt", "archive that cannot be read", "/trace.zip"
    )
    assert run.text.count("a secret (") == 2, run.text
    assert checkout.secrets["S3V_REPLICA_ADMIN_PASSWORD"] not in run.text


def test_a_lock_that_is_lost_stops_the_run(checkout):
    lost = """
from runner.hold import Hold
from services.errors import SiteError
def expect_kept(self):
    raise SiteError("There is no such course.")
Hold.expect_kept = expect_kept
"""
    checkout.tests(test_it=three_lines(), conftest=lost)
    run = checkout.run(checkout.file())
    expect(run, NO_GO, "NO-GO", "the site's lock was lost: There is no such course.", "3 passed", "3 not run")


def test_a_disk_that_is_full(checkout):
    def small_files_only() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (16384, 16384))

    unmeasured = {"COVERAGE_PROCESS_CONFIG": ""}  # coverage needs a file of its own
    run = checkout.run(checkout.file(), preexec_fn=small_files_only, variables=unmeasured)
    expect(run, WRONG, "MISCONFIGURED", "cannot be written (File too large). Free or unlock it, and run again.")


def test_what_cannot_be_cleaned_up_is_named_and_restored_later(checkout):
    keeps = """
from services.moodle.courses import Courses
Courses.delete = lambda self, course: None
"""
    checkout.tests(test_it=three_lines(), conftest=keeps)
    run = checkout.run(checkout.file())
    expect(run, NO_GO, "NO-GO", "clean-up: The course S3 Video acceptance run", "is still there")

    checkout.tests(test_it=three_lines())
    expect(checkout.run(checkout.file(), "--restore"), GO, "READY", "What dead runs had left changed is put back.")


def test_a_second_ctrl_c_ends_the_clean_up_and_the_next_run_goes_on_with_it(checkout):
    impatient = """
from runner.hold import Hold
def interrupted(self, **options):
    raise KeyboardInterrupt
Hold.close = interrupted
"""
    checkout.tests(test_it=three_lines(), conftest=impatient)
    run = checkout.run(checkout.file())
    assert run.code == INTERRUPTED
    assert "INTERRUPTED while cleaning up" in run.text
    assert "Traceback" not in run.text

    checkout.tests(test_it=three_lines())
    expect(checkout.run(checkout.file()), GO, "GO")


# -- the doctor -----------------------------------------------------------------------------------


def test_the_doctor_is_quick_and_changes_nothing(checkout):
    started = time.monotonic()
    run = checkout.run(checkout.file(), "--doctor")
    assert time.monotonic() - started < 15
    expect(run, GO, "READY", "✓ site: ", "✓ plugin: ", "✓ bucket: ", "A run would do this:", "- Targets: chromium")
    assert "report: " not in run.text


def test_the_doctor_says_what_is_missing(checkout):
    run = checkout.run(checkout.file(bucket='"no-such-bucket"', test_site="false"), "--doctor")
    expect(run, WRONG, "MISCONFIGURED", "✗ test site: ", "✗ bucket: ", "✓ CDN: ")
