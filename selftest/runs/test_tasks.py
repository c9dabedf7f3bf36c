"""Steps 4.2 and 4.3 on a site that runs no tasks from the browser, and on one whose cron is faster than the suite."""

from collections.abc import Iterator
from typing import Any

import pytest
from bs4 import BeautifulSoup

from checks.installation import TASK
from checks.privacy import expect_deleted, expect_export
from checks.tasks import expect_runnable
from clients.errors import NotCheckable, SiteError
from clients.http import Session
from clients.moodle import data_requests
from clients.moodle.client import MoodleClient
from clients.moodle.data_requests import DataRequests, Kind
from clients.moodle.tasks import RUN_ADHOC, Task
from runner.configuration.environment import Environment
from selftest.runs.students import Open


@pytest.fixture
def no_run_now(environment: Environment) -> Iterator[None]:
    session, url = Session(environment.verify, 10), environment.url("/__replica__/site")
    assert session.put(url, json={"no-run-now": True}).ok
    yield
    assert session.put(url, json={}).ok


@pytest.mark.usefixtures("no_run_now", "state")
def test_a_site_whose_tasks_nobody_may_run(
    site: MoodleClient, open_reservation: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotCheckable, match=r"Path to PHP CLI|path to the PHP CLI .* and sign: php admin/cli"):
        expect_runnable(Task(site, TASK))
    _, (workspace,) = open_reservation()
    monkeypatch.setattr(data_requests, "CRON", 0)
    requests = DataRequests(site, workspace.accounts)
    student = workspace.disposable_user(workspace.new_course())
    for kind in Kind:
        with pytest.raises(NotCheckable, match=r"stays pending: .* Run cron, .* and sign"):
            requests.process(kind, student)


def gone() -> BeautifulSoup:
    """What Moodle 4.5.6 says where cron has just run the task."""
    return BeautifulSoup('<div role="main"><pre>Server Time: Sat !!! Invalid task ID !!!</pre></div>', "lxml")


def refused() -> BeautifulSoup:
    raise SiteError("Invalid task ID")


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize("answer", [gone, refused])
def test_cron_was_faster(
    site: MoodleClient, open_reservation: Open, monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    send, seen = MoodleClient.send, 0

    def faster(self: MoodleClient, step: str, path: str, *args: Any, **options: Any) -> BeautifulSoup:
        nonlocal seen
        page = send(self, step, path, *args, **options)
        seen += path == RUN_ADHOC
        return answer() if path == RUN_ADHOC else page

    monkeypatch.setattr(MoodleClient, "send", faster)
    _, (workspace,) = open_reservation()
    requests = DataRequests(site, workspace.accounts)
    student = workspace.disposable_user(workspace.new_course())
    expect_export(requests, requests.process(Kind.EXPORT, student))
    expect_deleted(requests, requests.process(Kind.DELETION, student))
    assert seen == 2


@pytest.mark.usefixtures("state")
def test_cron_was_faster_and_failed(
    site: MoodleClient, open_reservation: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, seen = MoodleClient.send, 0

    def failing(self: MoodleClient, step: str, path: str, *args: Any, **options: Any) -> BeautifulSoup:
        nonlocal seen
        seen += path == RUN_ADHOC
        return gone() if path == RUN_ADHOC and seen == 1 else send(self, step, path, *args, **options)

    monkeypatch.setattr(MoodleClient, "send", failing)
    monkeypatch.setattr(data_requests, "CRON", 0)
    _, (workspace,) = open_reservation()
    requests = DataRequests(site, workspace.accounts)
    asked = requests.process(Kind.EXPORT, workspace.disposable_user(workspace.new_course()))
    assert (seen, asked.said.splitlines()[-1].startswith("Adhoc task complete")) == (2, True)
    expect_export(requests, asked)


@pytest.mark.usefixtures("state")
def test_a_task_that_never_begins_is_no_matter_of_cron(
    site: MoodleClient, open_reservation: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = MoodleClient.send

    def dead(self: MoodleClient, step: str, path: str, *args: Any, **options: Any) -> BeautifulSoup:
        return gone() if path == RUN_ADHOC else send(self, step, path, *args, **options)

    monkeypatch.setattr(MoodleClient, "send", dead)
    monkeypatch.setattr(data_requests, "CRON", 0)
    _, (workspace,) = open_reservation()
    requests = DataRequests(site, workspace.accounts)
    asked = requests.process(Kind.EXPORT, workspace.disposable_user(workspace.new_course()))
    with pytest.raises(AssertionError, match=r"expected the task to end, seen .*Invalid task ID"):
        expect_export(requests, asked)
