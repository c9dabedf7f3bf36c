"""Step 4.2 and 4.3 on a site that runs no tasks from the browser: nothing is judged, and what to do is told."""

from collections.abc import Iterator

import pytest

from runner.environment import Environment
from selftest.runs.students import Open
from services.errors import NotCheckable
from services.http import Session
from services.moodle import data_requests
from services.moodle.data_requests import DataRequests, Kind
from services.moodle.installation import TASK
from services.moodle.site import Site
from services.moodle.tasks import Task


@pytest.fixture
def no_run_now(environment: Environment) -> Iterator[None]:
    session, url = Session(environment.verify, 10), environment.url("/__replica__/site")
    assert session.put(url, json={"no-run-now": True}).ok
    yield
    assert session.put(url, json={}).ok


@pytest.mark.usefixtures("no_run_now", "state")
def test_a_site_whose_tasks_nobody_may_run(site: Site, open_hold: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotCheckable, match=r"Path to PHP CLI|path to the PHP CLI .* and sign: php admin/cli"):
        Task(site, TASK).expect_runnable()
    _, (workspace,) = open_hold()
    monkeypatch.setattr(data_requests, "CRON", 0)
    requests = DataRequests(site, workspace.accounts)
    student = workspace.leaver(workspace.new_course())
    for kind in Kind:
        with pytest.raises(NotCheckable, match=r"stays pending: .* Run cron, .* and sign"):
            requests.process(kind, student)
