"""The doctor finds what is wrong, says what to do, and shows no secret."""

import os
import re
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr
from requests import ConnectTimeout, PreparedRequest, Response
from requests.adapters import HTTPAdapter

from checklist.lines import CONSOLES, LINES
from checklist.verdicts import TargetState
from clients import probes
from clients.anonymous_s3 import AnonymousS3
from clients.http import Session
from clients.moodle.accounts import Accounts
from clients.moodle.client import MoodleClient
from clients.moodle.courses import Courses
from clients.moodle.model import Plugin, Settings
from clients.moodle.server import MAINTENANCE_MODE
from clients.server.commands import COMMANDS
from runner.configuration.connect import new_shell
from runner.configuration.environment import Environment
from runner.configuration.environment_tables import Account, GivenAccounts
from runner.doctor import doctor
from runner.doctor.doctor import FIRST_PAGE, examine
from runner.doctor.findings import Finding, print_findings
from runner.pytest_plugin.plan import plan, print_plan
from selftest.unit.ssh_server import new_key

MIB = 1024**2
ANOTHER_HOST = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0l5uYbA1zAMdE7VvKqfEeCqyZ2ZpFNWBOCr3m2b1yH"
CHROMIUM = TargetState("chromium", "chromium", required=True, build="Playwright's build")
WEBKIT = TargetState("webkit", "webkit", required=True, missing="no webkit on this machine; get it with: …")


def changed(environment: Environment, table: str, **values: object) -> Environment:
    return environment.model_copy(update={table: getattr(environment, table).model_copy(update=values)})


def worst(findings: Sequence[Finding], name: str) -> tuple[str, str]:
    """The level, sentence and remedy of the finding of that name that matters most."""
    order = ("ok", "warn", "outage", "bad")
    found = max((finding for finding in findings if finding.name == name), key=lambda one: order.index(one.level))
    return found.level, f"{found.sentence} {found.remedy}"


def test_a_ready_site(environment: Environment, capsys: pytest.CaptureFixture[str]) -> None:
    findings = examine(environment, [CHROMIUM])
    assert not [finding for finding in findings if finding.level in ("bad", "outage")]
    names = {finding.name for finding in findings}
    assert names >= {
        "site",
        "first page",
        "account admin",
        "Moodle",
        "test site",
        "plugin",
        "bucket",
        "CORS",
        "CDN",
        "audit key",
        "target chromium",
    }

    print_findings(findings)
    print_plan(plan(environment, [CHROMIUM], large=64 * MIB))
    shown = capsys.readouterr().out
    assert "✓ CORS" in shown
    assert "Targets: chromium." in shown
    assert not [secret for secret in environment.secrets() if secret in shown]


def test_what_moodle_makes_for_its_first_page_is_waited_for(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    get = Session.get

    def made_anew(self: Session, url: str, **options: Any) -> Response:
        if "/theme/" in url:
            asked.append((urlsplit(url).path, self.limits["timeout"]))
        return get(self, url, **options)

    monkeypatch.setattr(Session, "get", made_anew)
    hasty = changed(environment, "budgets", page=0.001)
    level, said = worst(examine(hasty, [CHROMIUM]), "first page")
    assert level == "warn"
    assert re.search(r"took \d+ s, as after an upgrade or a purge of caches\. ", said)
    assert [*dict.fromkeys(asked)] == [
        ("/theme/replica/moodle.css", FIRST_PAGE),
        ("/theme/replica/moodle.js", FIRST_PAGE),
    ]


def test_hosts_that_are_silent_once_are_asked_again(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = set()
    send = HTTPAdapter.send

    def slow_at_first(self: HTTPAdapter, request: PreparedRequest, **options: Any) -> Response:
        question = (threading.get_ident(), urlsplit(str(request.url)).netloc)
        if question not in silent:
            silent.add(question)
            raise ConnectTimeout(request=request)
        return send(self, request, **options)

    monkeypatch.setattr(HTTPAdapter, "send", slow_at_first)
    findings = examine(environment, [CHROMIUM])
    assert len(silent) > len(("site", "first page", "CDN", "network"))
    assert not [finding for finding in findings if finding.level in ("bad", "outage")]


def test_what_a_run_would_do_is_told_by_its_tests(environment: Environment) -> None:
    sentences = "\n".join(plan(environment, [CHROMIUM, WEBKIT], large=64 * MIB, workers=2))
    assert "Targets: chromium." in sentences
    judged = [line for line in LINES.values() if line.judged and line.id != CONSOLES]
    on_each = sum(not line.per_run for line in judged)
    over_all = sum(line.over_targets for line in judged)
    of_the_site = len(judged) - on_each - over_all
    assert f"{on_each} on each target, {over_all} over all targets, {of_the_site} of the site" in sentences
    (mib,) = map(int, re.findall(r"about (\d+) MiB", sentences))
    assert re.search(r"Tests: \d+ in chromium, \d+ of the set-up", sentences)
    assert 150 < mib < 500
    assert "64 MiB of them in one file" in sentences
    assert "24 people of the suite's own" in sentences
    student = Account.model_construct(username="ann", password=SecretStr("secret-of-ann"))
    given = GivenAccounts.model_construct(student=(student,), teacher=(student,))
    told = "\n".join(plan(changed(environment, "accounts", given=given), [], large=MIB))
    assert "the given accounts enrolled there" in told


def test_a_target_without_its_browser(environment: Environment) -> None:
    assert worst(examine(environment, [WEBKIT]), "target webkit") == (
        "warn",
        "Not run: no webkit on this machine; get it with: … ",
    )


def test_a_wrong_administrator(environment: Environment) -> None:
    admin = environment.accounts.admin.model_copy(update={"password": SecretStr("wrong-password")})
    level, text = worst(examine(changed(environment, "accounts", admin=admin), []), "site")
    assert level == "bad"
    assert "Check the user name and the password" in text
    assert "wrong-password" not in text


def test_what_an_account_meets_is_named(environment: Environment, site: MoodleClient) -> None:
    username, password = f"newcomer-{os.getpid()}", SecretStr("Right-Horse-7-Battery")
    address = f"{username}@example.invalid"
    Accounts(site, Courses(site)).create(username, address, "New", "Comer", password.get_secret_value())
    unenrolled_user = Account.model_construct(username=username, password=password)
    given = GivenAccounts.model_construct(student=(unenrolled_user,), teacher=(environment.accounts.admin,))
    switch = partial(Session(environment.verify, 10).put, environment.url("/__replica__/site"))
    assert switch(json={"profile": True}).ok
    try:
        level, text = worst(examine(changed(environment, "accounts", given=given), []), "account student")
    finally:
        switch(json={})
    assert level == "bad"
    assert f"{username} has an incomplete profile" in text
    assert "/user/edit.php, which asks for Staff number" in text


def test_a_given_account_that_cannot_log_in(environment: Environment) -> None:
    nobody = Account.model_construct(username="nobody-at-all", password=SecretStr("wrong-password"))
    given = GivenAccounts.model_construct(student=(nobody,), teacher=(environment.accounts.admin,))
    findings = examine(changed(environment, "accounts", given=given), [])
    assert worst(findings, "account student")[0] == "bad"
    assert worst(findings, "account teacher")[0] == "ok"


def test_a_site_that_is_not_a_test_site(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    level, text = worst(examine(environment.model_copy(update={"test_site": False, "smoke": False}), []), "test site")
    assert (level, "test_site = true" in text) == ("warn", True), "expected a doctor that is of use on production"
    monkeypatch.setattr("runner.configuration.environment.CATEGORY", "no-such-category")
    level, text = worst(examine(environment, []), "test site")
    assert (level, "no course category with the ID number no-such-category" in text) == ("bad", True)


@pytest.mark.parametrize(
    ("plugin", "sentence"),
    [
        (None, "is not installed. Do steps 2.2 to 2.4"),
        (Plugin("2025102600", enabled=False), "is disabled. Do step 2.6"),
    ],
)
def test_the_plugin_is_not_there(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, plugin: Plugin | None, sentence: str
) -> None:
    monkeypatch.setattr(doctor, "plugin", lambda _: plugin)
    level, text = worst(examine(environment, []), "plugin")
    assert (level, sentence in text) == ("bad", True)


def test_a_site_that_somebody_else_maintains(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "is_on", lambda site, which: which is MAINTENANCE_MODE)
    level, text = worst(examine(environment, []), "maintenance")
    assert (level, "nobody but administrators comes in. End it" in text) == ("bad", True)


def test_an_old_moodle(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "release", lambda _: "3.8.2")
    assert worst(examine(environment, []), "Moodle") == (
        "bad",
        "The plugin does not support Moodle 3.8.2. Upgrade Moodle.",
    )


@pytest.mark.parametrize(
    ("name", "value", "level", "sentence"),
    [
        ("aws_secret_key", "", "bad", "aws_secret_key not set."),
        ("s3_bucket", "another-bucket", "bad", "s3_bucket is another-bucket in Moodle and "),
        ("cloudfront_domain", "d0.cloudfront.net", "bad", "Correct one of the two."),
        ("cloudfront_keypair_id", "K2OTHER", "warn", "cloudfront_keypair_id is K2OTHER in Moodle and "),
        ("s3_region", "eu-west-2", "warn", "s3_region is eu-west-2 in Moodle and us-east-1"),
        ("retention_days", "30", "warn", "retention_days is 30, not 90."),
        ("playback_rate_limit", "", "warn", "playback_rate_limit is empty, not 30."),
    ],
)
def test_settings_are_compared_with_step_2_5(
    environment: Environment, name: str, value: str, level: str, sentence: str
) -> None:
    settings = dict.fromkeys(doctor.REQUIRED, "set") | doctor.STEP_2_5
    settings |= {"s3_bucket": environment.storage.bucket, "s3_region": environment.storage.region}
    settings |= {"cloudfront_domain": environment.cdn.domain}
    settings |= {"cloudfront_keypair_id": environment.cdn.key_pair_id or ""}
    settings |= {"max_size": "", "mime_types": "", "auto_cleanup": ""}
    assert [one.level for one in doctor._settings(environment, Settings(settings))] == ["ok"]

    (finding,) = doctor._settings(environment, Settings(settings | {name: value}))
    assert (finding.level, sentence in f"{finding.sentence} {finding.remedy}") == (level, True)


def test_settings_that_step_2_5_names_and_the_plugin_lacks(environment: Environment) -> None:
    settings = Settings(dict.fromkeys(doctor.REQUIRED, "a-secret-value"))
    sentences = "".join(one.sentence for one in doctor._settings(environment, settings))
    assert "Enable Automatic Cleanup, Maximum File Size, Allowed MIME Types" in sentences


def test_settings_that_config_php_defines(environment: Environment) -> None:
    settings = Settings(dict.fromkeys(doctor.REQUIRED, "a-secret-value"), forced=["aws_secret_key"])
    (first, *_) = doctor._settings(environment, settings)
    assert (first.level, "aws_secret_key defined in config.php" in first.sentence) == ("warn", True)


def test_the_suite_s_own_key(environment: Environment) -> None:
    findings = examine(changed(environment, "storage", secret_key=SecretStr("not-the-secret-key")), [])
    level, text = worst(findings, "bucket")
    assert level == "bad"
    assert "storage.secret_key" in text
    assert "not-the-secret-key" not in text
    assert worst(examine(changed(environment, "storage", bucket="no-such-bucket"), []), "bucket")[0] == "bad"


@pytest.mark.parametrize(
    ("allowed", "level", "sentence"),
    [
        (lambda origin: None, "bad", "refuses uploads from"),
        (lambda origin: "*", "warn", "takes uploads from any site"),
        (lambda origin: origin, "warn", "takes uploads from any site"),
    ],
)
def test_cors(
    environment: Environment,
    monkeypatch: pytest.MonkeyPatch,
    allowed: Callable[[str], str | None],
    level: str,
    sentence: str,
) -> None:
    monkeypatch.setattr(AnonymousS3, "allowed_origin", lambda _, origin: allowed(origin))
    found = worst(examine(environment, []), "CORS")
    assert (found[0], sentence in found[1]) == (level, True)


def test_what_does_not_answer_is_an_outage(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "PROBES", 1)
    closed = environment.model_copy(update={"base_url": "https://127.0.0.1:1"})
    assert worst(examine(closed, []), "site")[0] == "outage"
    assert worst(examine(changed(environment, "storage", endpoint="https://127.0.0.1:1"), []), "bucket")[0] == "outage"
    assert worst(examine(changed(environment, "cdn", domain="127.0.0.1:1"), []), "CDN")[0] == "outage"


def test_a_certificate_that_is_not_trusted(environment: Environment) -> None:
    findings = examine(environment.model_copy(update={"ca_file": None}), [])
    for name in ("site", "bucket", "CDN"):
        level, text = worst(findings, name)
        assert (level, "not trusted" in text, "ca_file" in text) == ("bad", True, True)


def test_a_certificate_that_nobody_checks(environment: Environment) -> None:
    unchecked = environment.model_copy(update={"ca_file": None, "ignore_https_errors": True})
    assert worst(examine(unchecked, []), "site")[0] == "warn"


def test_a_site_under_another_name(environment: Environment) -> None:
    another = environment.model_copy(update={"base_url": environment.base_url.replace("localhost", "127.0.0.1")})
    level, text = worst(examine(another.model_copy(update={"ca_file": None, "ignore_https_errors": True}), []), "site")
    assert level == "bad"
    assert f'Set base_url = "{environment.base_url}"' in text


def test_an_account_that_nobody_may_read(environment: Environment) -> None:
    level, text = worst(examine(environment.model_copy(update={"audit": None}), []), "audit key")
    assert (level, "Phase 1 is not checkable: the environment file has no key" in text) == ("warn", True)


def test_the_servers_shell_and_all_that_is_run_there(environment: Environment) -> None:
    assert environment.server
    told = [finding for finding in examine(environment, []) if finding.name == "server"]
    assert {finding.level for finding in told} == {"ok"}
    assert "127.0.0.1" in told[0].sentence
    assert [finding.sentence for finding in told[1:]] == [
        command.shown(new_shell(environment).place) for command in COMMANDS
    ]
    level, text = worst(examine(environment.model_copy(update={"server": None}), []), "server")
    assert (level, 'add [server] with ssh = "user@host" and moodle' in text) == ("warn", True)


@pytest.mark.parametrize(
    ("change", "level", "sentence"),
    [
        ({"host_key": None}, "bad", "is not known here"),
        ({"host_key": ANOTHER_HOST}, "bad", "shows another host key"),
        ({"key": SecretStr(new_key())}, "bad", "refuses the key of [server]"),
        ({"ssh": "moodle@127.0.0.1:1"}, "outage", "does not answer by SSH"),
        ({"php": "php8.9"}, "warn", "cannot be run: sh: 1: php8.9: not found"),
    ],
)
def test_a_server_that_lets_nobody_in(
    environment: Environment, change: dict[str, Any], level: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes, "PROBES", 1)
    monkeypatch.setenv("HOME", "/nonexistent")
    found = worst(examine(changed(environment, "server", **change), []), "server")
    assert (found[0], sentence in found[1]) == (level, True), found
