"""Acceptance runs on sites of some profile: what they do about them, and what they tell."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clients.http import Session
from runner.configuration.environment import Environment
from selftest.runs.checkout import GO, PROJECT, WRONG, Checkout, expect

Switch = Callable[..., None]
UPLOAD = "tests/test_2_07_upload.py"
PLAYBACK = "tests/test_2_08_playback.py"
ERRORS = "tests/test_2_11_errors.py"
PAST_SSO = 'login_path = "/login/index.php?loginredirect=0"'
CHROMIUM = ("--browser", "chromium")


@pytest.fixture
def profiles(environment: Environment) -> Iterator[Switch]:
    """Switches site profiles on, all others off; `_` stands for the dash in a name."""
    session = Session(environment.verify, 30)

    def switch(**wanted: object) -> None:
        named = {name.replace("_", "-"): value for name, value in wanted.items()}
        assert session.put(environment.url("/__replica__/site"), json=named).ok

    yield switch
    switch()


@pytest.fixture(scope="module")
def real(checkout: Checkout) -> Checkout:
    """The checkout with the checklist's lines and the acceptance tests of two steps."""
    shutil.copy(PROJECT / "checklist" / "checklist.toml", checkout.folder / "checklist")
    checkout.tests()
    for test in (UPLOAD, ERRORS):
        shutil.copy(PROJECT / test, checkout.folder / Path(test).parent)
    return checkout


def lines(checkout: Checkout) -> dict[str, dict[str, Any]]:
    """What the last run says of each line."""
    results = json.loads((checkout.reports / "results.json").read_text(encoding="utf-8"))
    return {line["id"]: line for line in results["lines"] if line["browser"] in ("chromium", "all")}


# -- sites on which a run goes through ------------------------------------------------------------


@pytest.mark.nightly
def test_a_site_that_asks_for_much(real: Checkout, profiles: Switch, category: int) -> None:
    """Single sign-on in front, policies and a required profile field behind; its own defaults; crowds of everything."""
    profiles(
        sso="loginredirect", policy="tool", profile=True, no_dashboard=True, statement="locked", cutoff_default=True,
        many_categories=40, many_people=130, async_delete=1, firewall="acceptance",
    )  # fmt: skip
    tests = [f"{UPLOAD}::test_set_up", f"{UPLOAD}::test_upload"]
    run = real.run(
        real.file(first=f'{PAST_SSO}\ncategory_id = {category}\nuser_agent = "acceptance/1.0"'), *CHROMIUM, *tests
    )
    expect(run, GO, "PARTIAL")
    assert {line["verdict"] for id_, line in lines(real).items() if id_.startswith("2.7.")} == {"passed"}


def test_a_site_that_is_shut(real: Checkout, profiles: Switch) -> None:
    """A log-in of the web server's own; the log-in form is folded up, courses are hidden, a policy is tried out."""
    shutil.copy(PROJECT / PLAYBACK, real.folder / Path(PLAYBACK).parent)
    profiles(basic_auth=True, login_folded="accordion", hidden_courses=True, csp_report_only=True)
    real.secrets["S3V_BASIC"] = "in-front-of-Moodle-7"
    file = real.file(first='basic_auth = { username = "staging", password = "S3V_BASIC" }')
    run = real.run(file, *CHROMIUM, f"{UPLOAD}::test_upload", f"{PLAYBACK}::test_playback")
    expect(run, GO, "PARTIAL")
    seen = {id_: line["verdict"] for id_, line in lines(real).items() if id_ in ("2.7.8", "2.7.19", "2.8.1", "2.8.9")}
    assert set(seen.values()) == {"passed"}, seen


def test_a_site_that_limits_browsers(real: Checkout, profiles: Switch) -> None:
    profiles(too_many=15)
    run = real.run(real.file(), *CHROMIUM, f"{UPLOAD}::test_upload")
    expect(run, WRONG, "MISCONFIGURED", "answers 429, too many requests, to a browser")
    assert "failed" not in {line["verdict"] for line in lines(real).values()}


@pytest.mark.nightly
def test_a_site_below_a_path(real: Checkout) -> None:
    shutil.copy(PROJECT / PLAYBACK, real.folder / Path(PLAYBACK).parent)
    run = real.run("--site=below", *CHROMIUM, f"{UPLOAD}::test_upload", PLAYBACK)
    expect(run, GO, "PARTIAL", "/learn")
    judged = {line["verdict"] for id_, line in lines(real).items() if id_.startswith("2.8.")}
    assert judged == {"passed"}


def test_a_site_that_keeps_people_short(real: Checkout, profiles: Switch) -> None:
    """One session an account, and not for long; a policy of Moodle's own; the AWS keys are defined in config.php."""
    profiles(policy="core", single_session=True, session_seconds=6, statement="default", forced_settings=True)
    tests = [f"{UPLOAD}::test_set_up", f"{UPLOAD}::test_replacement", f"{ERRORS}::test_wrong_credentials"]
    run = real.run(real.file(), *CHROMIUM, *tests)
    expect(run, GO, "PARTIAL", "aws_access_key, aws_secret_key defined in config.php")
    seen = lines(real)
    assert {seen[f"2.7.{number}"]["verdict"] for number in (1, 2, 3, 4, 6, 7)} == {"passed"}
    for number in (5, 6, 7, 8):
        line = seen[f"2.11.{number}"]
        assert (line["verdict"], "config.php" in line["message"]) == ("not checkable", True)


# -- sites on which it cannot start ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "first", "words"),
    [
        ({"sso": "saml"}, "", "/login/index.php leads to .*/auth/sso/login, .*Set login_path"),
        ({"firewall": True}, "", r"HTTP 403.*403 Forbidden: you are not known here"),
        ({"mfa": True}, "", "admin is asked for a second factor: exempt it"),
        ({"course_field": True}, "", r"customfield_costcentre \(You must supply a value here.\). Make these fields"),
        ({}, "category_id = 987654", "course category 987654 .*Correct category_id"),
        ({}, "category_id = 1", "course category 1 has the ID number .*, not s3video-acceptance. Correct category_id"),
    ],
    ids=["single-sign-on", "firewall", "second-factor", "course-field", "no-such-category", "another-category"],
)
def test_one_sentence_says_what_to_do(
    real: Checkout, profiles: Switch, wanted: dict[str, object], first: str, words: str
) -> None:
    profiles(**wanted)
    run = real.run(real.file(first=first), *CHROMIUM, UPLOAD)
    expect(run, WRONG, "MISCONFIGURED")
    assert re.search(words, " ".join(run.text.split())), run.text


def test_workers_need_sessions(real: Checkout, profiles: Switch) -> None:
    profiles(single_session=True)
    run = real.run(real.file(), *CHROMIUM, UPLOAD, "-n", "2")
    expect(run, WRONG, "MISCONFIGURED", "limitconcurrentlogins", "Run without -n")
