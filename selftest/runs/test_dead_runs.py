"""What a run that was killed leaves, and who clears it up."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from clients.moodle.client import MoodleClient
from clients.moodle.courses import Courses
from clients.plugin.administration import plugin_settings
from runner.configuration.connect import new_bucket
from runner.configuration.environment import Environment
from runner.configuration.naming import COURSE_NAME, LOCK_NAME
from runner.reservation.journal import folder
from runner.reservation.lock import Locked
from runner.reservation.reservation import SiteReservation
from selftest.proof.warm import Warm
from selftest.runs.students import Open, send

pytestmark = pytest.mark.usefixtures("state")

KILLED = """
import json, sys
from media import MP4
from runner.reservation.changed_settings import Change
from runner.reservation.clean_up import SETTING
from runner.configuration.environment import load
from runner.reservation.reservation import SiteReservation
from runner.reservation.workspace import Workspace
from selftest.runs.students import own_session
from clients.plugin.administration import plugin_settings, save_plugin_settings
from clients.plugin.api import begin_upload

environment = load(sys.argv[1])
hold, state = SiteReservation.open(environment, "killed")
workspace = Workspace(environment, state, "main")
assignment = workspace.assignment()
student, manager = workspace.student(assignment.course), workspace.manager()
promised = begin_upload(own_session(workspace, student, environment), assignment, MP4)
change = Change("aws_secret_key", plugin_settings(workspace.site)["aws_secret_key"])
workspace.note(str(change.note("killed")))
workspace.journal.record(SETTING, note=str(change.note("killed")))
save_plugin_settings(workspace.site, {change.name: change.changed})
print(json.dumps(promised), flush=True)
sys.stdin.read()
"""


def killed_run(warm: Warm) -> dict[str, Any]:
    """A run that dies by SIGKILL in the middle, a setting changed; gives the form for what it had begun to upload."""
    run = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(warm.file)],
        cwd=Path(__file__).resolve().parents[2],
        env=warm.variables | {"XDG_STATE_HOME": os.environ["XDG_STATE_HOME"]},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert run.stdout is not None
    promised: dict[str, Any] = json.loads(run.stdout.readline())
    run.send_signal(signal.SIGKILL)
    run.wait(10)
    return promised


@pytest.mark.parametrize("finish", ["open", "restore"])
def test_the_next_run_clears_up_after_a_killed_one(
    environment: Environment, warm: Warm, site: MoodleClient, category: int, finish: str, open_reservation: Open
) -> None:
    rate = plugin_settings(site)["aws_secret_key"]
    promised = killed_run(warm)
    send(promised, warm.ca_file)
    assert plugin_settings(site)["aws_secret_key"] != rate

    if finish == "open":
        reservation, _ = open_reservation()
        report = reservation.found
        assert reservation.close().problems == []
    else:
        report = SiteReservation.restore(environment)
    assert report.problems == []
    assert report.settings == ["aws_secret_key"]
    assert len(report.courses) == 1
    assert len(report.people) == 2
    assert plugin_settings(site)["aws_secret_key"] == rate
    assert new_bucket(environment).keys(promised["s3_key"]) == []
    assert not [name for name in Courses(site).within(category).values() if name.startswith((COURSE_NAME, LOCK_NAME))]
    assert list(folder(environment.base_url).iterdir()) == []


def test_another_machine_puts_back_what_a_killed_run_changed_and_deletes_nothing_on_s3(
    environment: Environment,
    warm: Warm,
    site: MoodleClient,
    category: int,
    monkeypatch: pytest.MonkeyPatch,
    open_reservation: Open,
) -> None:
    rate = plugin_settings(site)["aws_secret_key"]
    promised = killed_run(warm)
    assert not [path for path in Path(os.environ["XDG_STATE_HOME"]).rglob("*") if path.is_file() and told(path, rate)]
    (lock,) = [course for course, name in Courses(site).within(category).items() if name == LOCK_NAME]
    here = os.environ["XDG_STATE_HOME"]
    monkeypatch.setenv("XDG_STATE_HOME", f"{here}/elsewhere")
    with pytest.raises(Locked, match="run killed"):
        SiteReservation(environment, "early")

    Courses(site).write_summary(lock, "Held by somebody, run killed until 2020-01-01T00:00:00Z.")
    report = SiteReservation.restore(environment)
    assert (report.settings, report.problems) == (["aws_secret_key"], [])
    assert plugin_settings(site)["aws_secret_key"] == rate
    assert len(report.people) == 2
    send(promised, warm.ca_file)
    assert SiteReservation.restore(environment).left_by_plugin == []
    assert new_bucket(environment).keys(promised["s3_key"]) == [promised["s3_key"]]
    reservation, _ = open_reservation()
    assert reservation.taken == [promised["s3_key"].rpartition("/")[0].rpartition("/")[0] + "/"]
    assert reservation.close().not_promised == []

    monkeypatch.setenv("XDG_STATE_HOME", here)
    assert [stored.key for stored in SiteReservation.restore(environment).left_by_plugin] == [promised["s3_key"]]


def told(file: Path, value: str) -> bool:
    return f'"{value}"'.encode() in file.read_bytes()
