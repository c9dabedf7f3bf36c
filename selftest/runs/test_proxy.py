"""A machine that reaches the world by a proxy which asks for a name: requests, boto3 and browsers go through it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from runner.configuration.environment import load
from runner.configuration.replica import describe, started, variables
from selftest.runs.checkout import OUTAGE, Checkout, expect

Run = Callable[..., Any]

UPLOAD = """
import pytest

@pytest.mark.lines("2.7.1", "2.7.2", "2.7.3")
def test_upload(student, assignment, small_clip, line):
    student.log_in_by_form()
    upload = student.open(assignment).add_submission().widget.choose(small_clip.path)
    for each in ("2.7.1", "2.7.2", "2.7.3"):
        with line(each, "there"):
            upload.expect_success()
"""


@pytest.fixture(scope="module")
def behind_a_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Checkout, dict[str, Any]]]:
    """A copy of the project, and what a replica with a proxy in front of it said of itself."""
    folder = tmp_path_factory.mktemp("proxy")
    with started("--proxy", "0", "--dir", str(folder / "replica")) as ready, pytest.MonkeyPatch.context() as process:
        for name, value in variables(ready).items():
            process.setenv(name, value)
        checkout = Checkout(tmp_path_factory.mktemp("checkout"), load(str(describe(ready, folder))), variables(ready))
        checkout.tests(test_it=UPLOAD)
        yield checkout, ready


def seen(ready: dict[str, Any]) -> dict[str, int]:
    answer = requests.get(f"{ready['base_url']}/__replica__/proxy", verify=ready["ca_file"], timeout=10)
    hosts: dict[str, int] = answer.json()["hosts"]
    return hosts


def through(proxy: str) -> dict[str, str]:
    """A machine's variables, in both spellings; nothing is reached without the proxy."""
    return {"HTTPS_PROXY": proxy, "https_proxy": proxy, "NO_PROXY": "", "no_proxy": ""}


@pytest.mark.parametrize("browser", ["chromium", pytest.param("firefox", marks=pytest.mark.nightly)])
def test_a_run_through_a_proxy(behind_a_proxy: tuple[Checkout, dict[str, Any]], browser: str) -> None:
    checkout, ready = behind_a_proxy
    before = seen(ready)
    run = checkout.run(checkout.file(), "--browser", browser, variables=through(ready["proxy"]))
    assert "3 passed" in run.text, run.text
    assert urlsplit(ready["proxy"]).password not in run.text
    hosts = {urlsplit(ready["base_url"]).netloc, urlsplit(ready["storage"]["endpoint"]).netloc, ready["cdn"]["domain"]}
    asked = {host: count - before.get(host, 0) for host, count in seen(ready).items()}
    assert hosts <= {host for host, count in asked.items() if count > 0}


def test_a_proxy_that_refuses_is_an_outage_with_a_remedy(behind_a_proxy: tuple[Checkout, dict[str, Any]]) -> None:
    checkout, ready = behind_a_proxy
    stranger = ready["proxy"].replace("acceptance:", "nobody:")
    run = checkout.run(checkout.file(), variables=through(stranger))
    expect(run, OUTAGE, "OUTAGE", "cannot be reached")
    assert urlsplit(ready["proxy"]).password not in run.text
