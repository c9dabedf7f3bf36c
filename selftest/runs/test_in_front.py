"""What stands in front of a site, or in S3's place: named, lived with, and never taken for the plugin."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Page
from pydantic import SecretStr

from checks.firewall import expect_name_seen, expect_seen
from checks.installation import TASK
from checks.sql_injection import PageParameters
from checks.tasks import expect_success
from checks.xss import NAME
from clients.addresses import MANAGE_VIDEOS
from clients.errors import ConfigurationError, KeyRefused, NotCheckable, Unreachable
from clients.http import Session
from clients.http_result import HttpResult
from clients.moodle.client import MoodleClient
from clients.moodle.tasks import Task
from media import MP4, Clip
from pages.login import LoginPage
from runner.configuration.connect import new_bucket
from runner.configuration.environment import Environment, load
from runner.configuration.environment_tables import Account
from runner.doctor.doctor import examine
from runner.doctor.findings import Finding
from selftest.proof.warm import warm_replica
from selftest.runs.static_pages import MOODLE, SITE, Show
from selftest.runs.students import Open, own_session

Switch = Callable[..., None]

SHORT = "[budgets]\npage = 5\nprobe = 0.5\n"


@pytest.fixture
def switch(environment: Environment) -> Iterator[Switch]:
    """Switches site profiles on, all others off."""
    with Session(environment.verify, 10) as session:

        def switch(**wanted: object) -> None:
            named = {name.replace("_", "-"): value for name, value in wanted.items()}
            assert session.put(environment.url("/__replica__/site"), json=named).ok

        yield switch
        switch()


def told(findings: Sequence[Finding], *names: str) -> str:
    """What the doctor says that is not well, in the order of its levels; of everything, or by these names."""
    found = [one for one in findings if one.level != "ok" and (not names or one.name in names)]
    return "\n".join(f"{one.level} {one.name}: {one.sentence} {one.remedy}" for one in found)


# -- firewalls ------------------------------------------------------------------------------------


def test_what_a_firewall_refuses_the_plugin_has_not_seen(site: MoodleClient, switch: Switch) -> None:
    PageParameters(site).expect_literal(MANAGE_VIDEOS, 1)
    switch(attack_firewall=True)
    refused = r"in front of the site refuses courseid=.*1=1 wherever it is asked \(status 403, “403 Forbidden”\)"
    with pytest.raises(NotCheckable, match=refused):
        PageParameters(site).expect_literal(MANAGE_VIDEOS, 1)


def test_a_name_that_a_firewall_refuses_the_plugin_has_not_seen(
    environment: Environment, open_reservation: Open, switch: Switch, tmp_path: Path
) -> None:
    _, (workspace,) = open_reservation()
    assignment = workspace.assignment()
    student = own_session(workspace, workspace.student(assignment.course), environment)
    clip = Clip(tmp_path / f"{NAME}.mp4")
    clip.path.write_bytes(MP4.path.read_bytes())
    expect_name_seen(student, assignment, clip)
    switch(attack_firewall=True)
    with pytest.raises(NotCheckable, match="in front of the site refuses filename="):
        expect_name_seen(student, assignment, clip)
    expect_name_seen(student, assignment, MP4)


def test_what_the_plugin_refuses_is_the_plugin_s(site: MoodleClient) -> None:
    answer = HttpResult.of(site.get("/no-such-page.php", search="' OR 1=1"))
    assert answer.status == 404
    expect_seen(site, answer, {"search": "' OR 1=1"})


# -- what keeps everybody out ---------------------------------------------------------------------


def test_basic_auth_has_a_key(environment: Environment, switch: Switch) -> None:
    switch(basic_auth=True)
    said = told(examine(environment, []), "site", "first page")
    assert "bad site" in said
    assert "HTTP 401" in said
    assert "Give it in the environment file: [basic_auth]." in said
    basic = Account.model_construct(username="staging", password=SecretStr("in-front-of-Moodle-7"))
    shut = environment.model_copy(update={"basic_auth": basic})
    assert "in-front-of-Moodle-7" in shut.secrets()
    assert not re.search("^(bad|outage)", told(examine(shut, [])), re.M)


def test_a_challenge_is_quoted_and_the_key_named(environment: Environment, switch: Switch) -> None:
    switch(challenge=True)
    said = told(examine(environment, []), "site")
    assert "“Just a moment... Just a moment... Verify you are human" in said
    assert "user_agent in the environment file" in said
    known = environment.model_copy(update={"user_agent": "acceptance/1.0"})
    assert not re.search("^(bad|outage)", told(examine(known, [])), re.M)


def test_maintenance_is_called_so(environment: Environment, switch: Switch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clients.probes.PROBES", 1)
    switch(maintenance=True)
    said = told(examine(environment, []), "site")
    assert "outage site" in said
    assert "503, “Maintenance mode" in said
    assert "Have maintenance ended" in said


def test_too_many_requests_are_waited_for(
    environment: Environment, switch: Switch, monkeypatch: pytest.MonkeyPatch
) -> None:
    switch(too_many=2)
    with Session(environment.verify, 10) as session:
        assert {session.get(environment.base_url).status_code for _ in range(3)} == {200}
        switch(too_many=1)
        monkeypatch.setattr("clients.http.PATIENCE", 2)
        with pytest.raises(Unreachable, match="answers 429, too many requests"):
            session.get(environment.base_url)


# -- pages of Moodle ------------------------------------------------------------------------------


@pytest.mark.parametrize("drawn", ["", "within", "plain"])
def test_what_a_task_said_is_read_wherever_moodle_prints_it(site: MoodleClient, switch: Switch, drawn: str) -> None:
    switch(run_now=drawn)
    expect_success(Task(site, TASK).run())


def test_a_task_s_page_that_nobody_knows_is_not_judged(site: MoodleClient, switch: Switch) -> None:
    switch(run_now="unknown")
    with pytest.raises(NotCheckable, match=r"does not show what it said .* Task logs, and sign"):
        Task(site, TASK).run()


@pytest.mark.parametrize("how", ["accordion", "tab"])
def test_a_folded_log_in_form_is_opened(
    environment: Environment, tab: Page, show: Show, site: MoodleClient, how: str
) -> None:
    folded = {
        "accordion": "<details><summary>Local</summary>{}</details>",
        "tab": "<ul><li><a href='#local' onclick='local.hidden = false'>Guests</a></ul><div id=local hidden>{}</div>",
    }[how]
    page = show(folded.format("<form id=login><input id=username><input id=password></form>"))
    LoginPage(page, MOODLE)._unfold()
    assert page.locator("#username").is_visible()


def test_a_log_in_form_that_nothing_opens_is_for_the_site_s_people(show: Show, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.login.OPENS", 0.1)
    page = show("<p>No account?</p><div hidden><form id=login><input id=username><input id=password></form></div>")
    with pytest.raises(ConfigurationError, match=f"form of {SITE} is folded up, and nothing .* Set login_path"):
        LoginPage(page, MOODLE)._unfold()


# -- storage, CDN, certificates -------------------------------------------------------------------


def test_a_neighbour_in_the_cors_rule(environment: Environment, switch: Switch) -> None:
    switch(cors_two_sites=True)
    (cors,) = [one for one in examine(environment, []) if one.name == "CORS"]
    assert cors.sentence.endswith("and refuses another site that was tried.")


@pytest.mark.parametrize(
    ("profile", "level", "words"),
    [
        ("storage=no-conditions", "ok bucket", "not tried: .*deleting, for it does not know conditions"),
        ("storage=encrypted", "ok bucket", "not tried: reading, for it holds no video yet"),
        ("storage=circle", "outage bucket", "not of S3, or leads in a circle"),
        ("storage=page", "outage bucket", "S3 answered 500"),
        ("storage=trickle", "outage bucket", "It answers, and comes to no end"),
        ("certificate=expired", "bad site", "certificate has expired. Have it renewed"),
        ("certificate=another-host", "bad site", "It is of another host: correct the address"),
    ],
)
def test_what_the_doctor_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, profile: str, level: str, words: str
) -> None:
    if profile == "storage=trickle":
        monkeypatch.setattr("runner.doctor.doctor.QUESTION", 1)
    elif level.startswith("outage"):
        monkeypatch.setattr("clients.probes.PROBES", 1)
    with warm_replica(tmp_path, "chromium", SHORT, [profile]) as warm:
        for name, value in warm.variables.items():
            monkeypatch.setitem(os.environ, name, value)
        findings = examine(load(str(warm.file)), [])
    seen = {f"{one.level} {one.name}": f"{one.sentence} {one.remedy}" for one in findings}
    assert level in seen, seen
    assert re.search(words, seen[level]), seen[level]


def test_a_cdn_that_is_down_is_an_outage(
    environment: Environment, switch: Switch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("clients.probes.PROBES", 1)
    switch(cdn_down=True)
    assert re.search("^outage CDN: .*502", told(examine(environment, [])), re.M)


def test_a_key_that_may_not_decrypt_is_no_finding_about_the_plugin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with warm_replica(tmp_path, "chromium", SHORT, ["storage=encrypted", "foreign-objects=1"]) as warm:
        for name, value in warm.variables.items():
            monkeypatch.setitem(os.environ, name, value)
        bucket = new_bucket(load(str(warm.file)))
        (key,) = bucket.keys("videos/")
        with pytest.raises(KeyRefused, match=r"S3 refuses the suite's key .* s3:GetObject"):
            bucket.digest(key)
