"""`--diagnose` on a site with one thing wrong: the cause is named, and what is right is no cause."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import trustme

from clients.addresses import LOGIN
from runner.configuration.connect import new_bucket
from runner.configuration.environment import Environment
from runner.configuration.replica import CHECKOUT
from runner.doctor.diagnosis import diagnose, symptom
from selftest.proof.warm import Warm

Switch = Callable[..., None]


@pytest.fixture
def switch(environment: Environment) -> Iterator[Switch]:
    """Switches on these faults, and no others."""

    def put(*faults: str) -> None:
        url = environment.url("/__replica__/fault")
        requests.put(url, json={"faults": faults}, verify=environment.verify, timeout=10).raise_for_status()

    yield put
    put()


def levels(environment: Environment, step: str) -> dict[str, str]:
    return {found.name.split(" ")[0]: found.level for found in diagnose(environment, symptom(step))}


@pytest.mark.parametrize("step", ["T.1", "T.2", "T.3", "T.4", "T.5", "T.6"])
def test_nothing_is_wrong(environment: Environment, step: str) -> None:
    assert "bad" not in levels(environment, step).values()


@pytest.mark.parametrize(
    ("fault", "step", "causes"),
    [
        ("plugin-unreadable", "T.1", {"T.1.2"}),
        ("overview-of-older-files", "T.1", {"T.1.3"}),
        ("php-log-error", "T.1", {"T.1.4"}),
        ("upgrade-pending", "T.2", {"T.2.1"}),
        ("database-user-without-create", "T.2", {"T.2.2"}),
        ("php-log-sql-error", "T.2", {"T.2.4"}),
        ("secret-key-empty", "T.3", {"T.3.1", "T.3.4"}),
        ("another-bucket-set", "T.3", {"T.3.5"}),
        ("cors-of-the-example", "T.4", {"T.4.1"}),
        ("private-key-cut", "T.5", {"T.5.2"}),
        ("cdn-in-few-places", "T.6", {"T.6.6"}),
    ],
)
def test_a_cause_is_named(environment: Environment, switch: Switch, fault: str, step: str, causes: set[str]) -> None:
    switch(fault)
    found = levels(environment, step)
    assert causes <= {line for line, level in found.items() if level == "bad"}


def diagnosed(file: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    asked = ["-m", "pytest", "-p", "no:cacheprovider", f"--env={file}", "--diagnose", "video won't play"]
    return subprocess.run(
        [sys.executable, *asked],
        cwd=CHECKOUT,
        env=os.environ | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_the_person_on_duty_reads(warm: Warm, switch: Switch) -> None:
    switch("private-key-cut")
    told = diagnosed(warm.file, warm.variables)
    assert told.returncode == 1
    last = "Videos Won't Play: 2 of 6 causes found (T.5.2; T.5.4). Mend that first, and look again."
    assert told.stdout.rstrip().splitlines()[-1] == last
    assert "NO-GO" not in told.stdout


def test_an_account_and_a_certificate_that_are_wrong(warm: Warm, tmp_path: Path) -> None:
    told = diagnosed(warm.file, warm.variables | {"S3V_REPLICA_ADMIN_PASSWORD": "not-the-password"})
    assert told.returncode == 4, told.stdout
    assert "MISCONFIGURED: Logging in as admin failed" in told.stdout

    trustme.CA().cert_pem.write_to_path(tmp_path / "other.pem")
    text = re.sub("(?m)^ca_file = .*$", f'ca_file = "{tmp_path / "other.pem"}"', warm.file.read_text(encoding="utf-8"))
    (tmp_path / "site.toml").write_text(text, encoding="utf-8")
    told = diagnosed(tmp_path / "site.toml", warm.variables)
    assert told.returncode == 4, told.stdout
    assert "is not trusted" in told.stdout


@pytest.mark.parametrize("step", ["T.1", "T.2", "T.3", "T.4", "T.5", "T.6"])
def test_production_is_only_read(environment: Environment, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    sent: list[tuple[str | None, str]] = []
    really = requests.Session.send

    def send(self: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        sent.append((request.method, urlsplit(request.url or "").path))
        return really(self, request, **options)

    monkeypatch.setattr(requests.Session, "send", send)
    stored = new_bucket(environment).keys("")
    assert "bad" not in levels(environment.model_copy(update={"test_site": False}), step).values()
    assert new_bucket(environment).keys("") == stored
    assert sent
    assert {path for method, path in sent if method not in ("GET", "HEAD", "OPTIONS")} <= {LOGIN}
