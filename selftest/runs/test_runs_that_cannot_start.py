"""Runs that cannot start: one clear message, an exit code of docs/contract.md, nothing left behind."""

import json
import os
import re
import shutil
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from clients.moodle.client import MoodleClient
from clients.plugin.administration import plugin_settings, switch_plugin
from runner.configuration.environment_tables import Budgets
from selftest.runs.checkout import (
    GO,
    INCOMPLETE,
    OUTAGE,
    WRONG,
    Checkout,
    expect,
    expect_told,
    three_lines,
)

pytestmark = pytest.mark.usefixtures("nothing_left")


@pytest.fixture(autouse=True)
def passing_tests(checkout: Checkout) -> None:
    checkout.tests(test_it=three_lines())


@contextmanager
def silent_server() -> Iterator[str]:
    """The address of a host that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"https://127.0.0.1:{server.getsockname()[1]}"


def test_an_environment_that_does_not_exist(checkout: Checkout) -> None:
    expect_told(checkout.run("--env", "nowhere"), WRONG, "MISCONFIGURED", "there is no such environment", "has replica")


@pytest.mark.parametrize("option", ["--fault=progress-hidden", "--site=below"])
def test_what_the_replica_alone_has(checkout: Checkout, option: str) -> None:
    run = checkout.run("--env", "staging", option)
    expect_told(run, WRONG, "MISCONFIGURED", "--site and --fault are for the replica", "Leave them out")


def test_a_secret_that_is_missing(checkout: Checkout) -> None:
    run = checkout.run(checkout.file(access_key='"S3V_NOT_SET"'))
    expect_told(run, WRONG, "MISCONFIGURED", "the environment variable S3V_NOT_SET is not set", "add it to .env")


def test_a_driver_of_browsers_that_does_not_start(checkout: Checkout) -> None:
    run = checkout.run(checkout.file(), variables={"NODE_OPTIONS": "--require=/nowhere.js"})
    expect(run, WRONG, "MISCONFIGURED", "a program of Node.js, does not start", "Look whether NODE_OPTIONS")


def test_a_wrong_password(checkout: Checkout) -> None:
    run = checkout.run(checkout.file(), variables={"S3V_REPLICA_ADMIN_PASSWORD": "not-the-password"})
    expect_told(run, WRONG, "MISCONFIGURED", "Logging in as admin failed", "Check the user name and the password.")
    assert "not-the-password" not in run.text


def test_a_site_that_refuses(checkout: Checkout) -> None:
    run = checkout.run(checkout.file(base_url='"https://127.0.0.1:1"'))
    expect_told(run, OUTAGE, "OUTAGE", "127.0.0.1:1 cannot be reached", "Connection refused")
    assert run.text.count("127.0.0.1:1 cannot be reached") == 1


def test_hosts_that_hang(checkout: Checkout) -> None:
    assert Budgets().probe == 10
    with silent_server() as address:
        hanging = {"base_url": f'"{address}"', "endpoint": f'"{address}"', "domain": f'"{address[8:]}"'}
        run = checkout.run(checkout.file("[budgets]\nprobe = 1", **hanging))
    expect_told(run, OUTAGE, "OUTAGE", "did not answer within 1", "S3 does not answer", "The CDN does not answer")
    assert run.text.count("did not answer within") == 1


def test_a_certificate_that_is_not_trusted(checkout: Checkout, tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    run = checkout.run(checkout.file(ca_file=f'"{tmp_path / "other.pem"}"'))
    expect(run, WRONG, "MISCONFIGURED", "The certificate of localhost", "is not trusted", "Set ca_file")


def test_authorities_that_cannot_be_read_are_told_once(checkout: Checkout, tmp_path: Path) -> None:
    """Site, CDN and others have them in common."""
    option = checkout.file()
    file = checkout.folder / "site.toml"
    file.write_text(re.sub("(?m)^ca_file = .*$", "", file.read_text(encoding="utf-8")), encoding="utf-8")
    run = checkout.run(option, variables={"REQUESTS_CA_BUNDLE": str(tmp_path / "nowhere.pem")})
    expect(run, WRONG, "MISCONFIGURED", "REQUESTS_CA_BUNDLE")
    assert run.text.count("No authorities can be read from") == 1


def test_a_site_without_the_plugin(checkout: Checkout) -> None:
    absent = "import runner.doctor.doctor\nrunner.doctor.doctor.plugin = lambda site: None"
    checkout.tests(test_it=three_lines(), conftest=absent)
    run = checkout.run(checkout.file())
    expect_told(run, WRONG, "MISCONFIGURED", "assignsubmission_s3video is not installed. Do steps 2.2 to 2.4")


def test_a_plugin_that_is_disabled(checkout: Checkout, site: MoodleClient) -> None:
    switch_plugin(site, on=False)
    try:
        run = checkout.run(checkout.file())
    finally:
        switch_plugin(site, on=True)
    expect_told(run, WRONG, "MISCONFIGURED", "is disabled. Do step 2.6 of the checklist.")


def test_a_site_that_nobody_marked(checkout: Checkout) -> None:
    expect_told(
        checkout.run(checkout.file(test_site="false", smoke="false")),
        *(WRONG, "MISCONFIGURED", "is not marked as a test site", "Set test_site = true"),
    )


def test_a_site_without_the_category(checkout: Checkout) -> None:
    checkout.tests(
        test_it=three_lines(),
        conftest="from runner.configuration import environment\nenvironment.CATEGORY = 'no-such-category'",
    )
    run = checkout.run(checkout.file())
    expect_told(run, WRONG, "MISCONFIGURED", "there is no course category with the ID number no-such-category")


def test_a_bucket_that_does_not_exist(checkout: Checkout) -> None:
    run = checkout.run(checkout.file(bucket='"no-such-bucket"'))
    expect(run, WRONG, "MISCONFIGURED", "no bucket has that name")


def test_a_key_that_may_not_list(checkout: Checkout, site: MoodleClient) -> None:
    plugin = plugin_settings(site)
    theirs = {
        "S3V_REPLICA_STORAGE_KEY": plugin["aws_access_key"],
        "S3V_REPLICA_STORAGE_SECRET": plugin["aws_secret_key"],
    }
    run = checkout.run(checkout.file(), variables=theirs)
    expect_told(run, WRONG, "MISCONFIGURED", "S3 refuses the suite's key (403 AccessDenied", "It needs s3:ListBucket")
    assert plugin["aws_secret_key"] not in run.text


def test_a_machine_without_browsers(checkout: Checkout, tmp_path: Path) -> None:
    nowhere = {"PATH": str(tmp_path), "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}
    run = checkout.run(checkout.file(), variables=nowhere)
    expect(run, INCOMPLETE, "INCOMPLETE", "get it with: playwright install chromium")
    results = json.loads((checkout.reports / "results.json").read_text("utf-8"))
    assert (results["verdict"], results["exit_code"]) == ("INCOMPLETE", 7)
    expect(checkout.run(checkout.file(), "-k", "one", variables=nowhere), 5, "PARTIAL", "playwright install chromium")


def test_a_machine_of_a_rush_that_is_not_there(checkout: Checkout, tmp_path: Path) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text("#!/bin/sh\necho 'ssh: connect to host load-1 port 22: No route to host' >&2\nexit 255\n", "utf-8")
    ssh.chmod(0o755)
    options = (checkout.file("[rush]\nmost = 3"), "--rush=3", "--rush-workers=load-1")
    told = "load-1 of --rush-workers cannot take part in a rush (ssh: connect to host load-1 port 22: No route to host)"
    variables = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    expect_told(checkout.run(*options, variables=variables), WRONG, "MISCONFIGURED", told)
    expect(
        checkout.run(*options, "--doctor", variables=variables), WRONG, "MISCONFIGURED", "✗ rush worker load-1", told
    )


def test_a_port_that_is_in_use_is_no_hindrance(checkout: Checkout) -> None:
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


def test_a_replica_that_does_not_start(checkout: Checkout) -> None:
    folder = checkout.folder / ".replica"
    shutil.rmtree(folder, ignore_errors=True)
    folder.touch()
    run = checkout.run()
    folder.unlink()
    expect_told(run, WRONG, "MISCONFIGURED", "cannot be made (Not a directory)", "The replica did not start")


def test_reports_that_cannot_be_made(checkout: Checkout) -> None:
    if checkout.reports.exists():
        checkout.reports.rename(checkout.folder / "reports-before")
    checkout.reports.write_text("in the way")
    run = checkout.run(checkout.file())
    checkout.reports.unlink()
    assert run.code == WRONG, run.text
    assert re.search(r"reports/\S+ cannot be made \(.+\); free or unlock \S*reports", run.text)
    assert "Traceback" not in run.text


def test_a_state_folder_that_cannot_be_made(checkout: Checkout, tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    run = checkout.run(checkout.file(), variables={"XDG_STATE_HOME": str(tmp_path / "state")})
    expect_told(run, WRONG, "MISCONFIGURED", f"{tmp_path}/state", "cannot be written (Not a directory)")


def test_reports_without_an_equals_sign(checkout: Checkout, tmp_path: Path) -> None:
    run = checkout.run(checkout.file(), "--reports", str(tmp_path / "elsewhere"))
    assert run.code == WRONG, run.text
    assert f"write --reports={tmp_path / 'elsewhere'}, with an equals sign" in run.text
    assert not (tmp_path / "elsewhere").exists()


def test_an_output_that_would_empty_the_reports(checkout: Checkout) -> None:
    checkout.reports.mkdir(exist_ok=True)
    (checkout.reports / "kept").touch()
    run = checkout.run(checkout.file(), "--output", "reports")
    assert run.code == WRONG
    assert "--output reports would empty " in run.text
    assert (checkout.reports / "kept").exists()


def test_a_test_that_does_not_exist(checkout: Checkout) -> None:
    run = checkout.run(checkout.file(), "tests/test_it.py::test_other")
    expect(run, WRONG, "MISCONFIGURED", "not found", "test_other")


def test_the_doctor_is_quick_and_changes_nothing(checkout: Checkout) -> None:
    started = time.monotonic()
    run = checkout.run(checkout.file(), "--doctor")
    assert time.monotonic() - started < 30  # it took 16 s once, beside a run on real Moodle
    expect(run, GO, "READY", "✓ site: ", "✓ plugin: ", "✓ bucket: ", "A run would do this:", "- Targets: chromium")
    assert "report: " not in run.text


def test_the_doctor_says_what_is_missing(checkout: Checkout) -> None:
    run = checkout.run(checkout.file(bucket='"no-such-bucket"', test_site="false", smoke="false"), "--doctor")
    expect(run, WRONG, "MISCONFIGURED", "! test site: ", "✗ bucket: ", "✓ CDN: ")
