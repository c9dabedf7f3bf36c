"""A run is killed by SIGKILL while a setting is changed: its watchdog puts that back, and knows no secret of it."""

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator

import psutil
import pytest
import requests
from tenacity import retry, retry_if_result, stop_after_delay, wait_fixed

from clients.moodle.client import MoodleClient
from clients.moodle.courses import Courses
from clients.plugin.administration import plugin, plugin_settings, save_plugin_settings, switch_plugin
from runner.configuration.environment import Environment
from runner.configuration.naming import CATEGORY, LOCK_NAME
from runner.reservation.watchdog import Watched, put_back, watching
from selftest.runs.checkout import FAKE_BROWSER, GO, Checkout, expect, read_until, three_lines
from selftest.runs.students import Open

STOPS_MEANWHILE = f"""{FAKE_BROWSER}
import signal
from clients.plugin.administration import save_plugin_settings, switch_plugin

@pytest.mark.lines("2.7.1", "2.7.2")
def test_changed(workspace, settings_guard, line):
    with line("2.7.1", "nothing is changed"):
        pass
    with line("2.7.2", "the {{what}} is changed for a while"):
        {{change}}
"""

SECRET = """with settings_guard.one_character_off("aws_secret_key") as change:
            save_plugin_settings(workspace.site, {change.name: change.changed})
            signal.pause()"""

PLUGIN = """with settings_guard.plugin_disabled():
            switch_plugin(workspace.site, on=False)
            signal.pause()"""


SAVE = """from runner.reservation import settings_guard as guard
        guard.undo = lambda *_: signal.pause()
        settings_guard.saved_as_it_is()"""
"""What the site made of it is known, and is to be put back now."""


def is_right(site: MoodleClient, secret: str) -> bool:
    found = plugin(site)
    return plugin_settings(site)["aws_secret_key"] == secret and found is not None and found.enabled


def within(seconds: float, so: Callable[[], bool]) -> bool:
    """Whether that comes to be so in time."""
    waiting = retry(
        retry=retry_if_result(lambda seen: not seen),
        stop=stop_after_delay(seconds),
        wait=wait_fixed(0.3),
        retry_error_callback=lambda _: False,
    )
    return bool(waiting(so)())


def watchdog_of(process: "subprocess.Popen[str]") -> psutil.Process:
    alive = [one for one in psutil.Process(process.pid).children() if one.status() != psutil.STATUS_ZOMBIE]
    (found,) = [one for one in alive if "runner.reservation.watchdog" in one.cmdline()]
    return found


@pytest.mark.parametrize(("what", "change"), [("secret", SECRET), ("plugin", PLUGIN)])
def test_a_run_that_is_killed_while_a_setting_is_changed(
    checkout: Checkout, environment: Environment, site: MoodleClient, what: str, change: str
) -> None:
    right = plugin_settings(site)["aws_secret_key"]
    checkout.tests(test_it=STOPS_MEANWHILE.format(what=what, change=change))
    with checkout.started(checkout.file()) as process:
        read_until(process, "2.7.1")
        assert within(20, lambda: not is_right(site, right))
        watchdog = watchdog_of(process)
        known = "\n".join([*watchdog.cmdline(), *watchdog.environ().values()])
        assert [secret for secret in [*environment.secrets(), right] if secret in known] == []
        process.kill()
        process.wait()
    try:
        assert within(40, lambda: is_right(site, right))
        _, alive = psutil.wait_procs([watchdog], timeout=20)
        assert alive == []
    finally:
        switch_plugin(site, on=True)
    category = Courses(site).category(CATEGORY)
    assert category is not None
    (lock,) = [course for course, name in Courses(site).within(category).items() if name == LOCK_NAME]
    assert Courses(site).idnumber(lock) == ""

    checkout.tests(test_it=three_lines())
    expect(checkout.run(checkout.file()), GO, "GO")


@pytest.fixture
def saving_empties_the_domain(environment: Environment) -> Iterator[None]:
    url = environment.url("/__replica__/fault")
    for faults in (["saving-empties-another-setting"], []):
        requests.put(url, json={"faults": faults}, verify=environment.verify, timeout=10).raise_for_status()
        if faults:
            yield


@pytest.mark.usefixtures("saving_empties_the_domain")
@pytest.mark.parametrize("watched", [True, False])
def test_a_run_that_is_killed_while_a_plugin_spoils_what_it_saves(
    checkout: Checkout, site: MoodleClient, watched: bool
) -> None:
    before = plugin_settings(site)
    checkout.tests(test_it=STOPS_MEANWHILE.format(what="form", change=SAVE))
    with checkout.started(checkout.file()) as process:
        read_until(process, "2.7.1")
        assert within(20, lambda: plugin_settings(site)["cloudfront_domain"] == "")
        assert within(20, lambda: '"made"' in "".join(path.read_text() for path in checkout.state.rglob("*.jsonl")))
        save_plugin_settings(site, {"playback_rate_limit": "31"})
        if not watched:
            os.kill(watchdog_of(process).pid, signal.SIGKILL)
        process.kill()
        process.wait()
    if not watched:
        expect(checkout.run(checkout.file(), "--restore"), GO, "READY", "put back: settings")
    right = {**before, "playback_rate_limit": "31"}
    try:
        assert within(40, lambda: plugin_settings(site) == right)
    finally:
        save_plugin_settings(site, {"playback_rate_limit": before["playback_rate_limit"]})
    expect(checkout.run(checkout.file(), "--restore"), GO, "READY")


def test_where_the_watchdog_dies_too_the_next_run_does_it(checkout: Checkout, site: MoodleClient) -> None:
    right = plugin_settings(site)["aws_secret_key"]
    checkout.tests(test_it=STOPS_MEANWHILE.format(what="secret", change=SECRET))
    with checkout.started(checkout.file()) as process:
        read_until(process, "2.7.1")
        assert within(20, lambda: not is_right(site, right))
        os.kill(watchdog_of(process).pid, signal.SIGKILL)
        process.kill()
        process.wait()
    assert not is_right(site, right)
    expect(checkout.run(checkout.file(), "--restore"), GO, "READY", "aws_secret_key")
    assert is_right(site, right)


def test_a_run_that_ends_well_leaves_no_watchdog(checkout: Checkout) -> None:
    checkout.tests(test_it=three_lines())
    expect(checkout.run(checkout.file()), GO, "GO")
    assert checkout.processes() == []


def test_what_is_as_it_was_stays_noted(environment: Environment, open_reservation: Open) -> None:
    """A request of the killed run may still be on its way."""
    reservation, (workspace,) = open_reservation()
    note = f"plugin:{reservation.run_id}::"
    entry = workspace.journal.record("setting", note=note)
    watched = Watched.of(environment, reservation.run_id, workspace._lock, reservation.new_site())
    with pytest.MonkeyPatch.context() as short:
        short.setattr("runner.reservation.watchdog.AFTER", 1)
        put_back(watched)
    assert [one["id"] for one in reservation.journal.entries("setting")] == [entry]
    workspace.journal.settle(entry)


def test_the_handover_is_no_file_and_no_argument(environment: Environment, open_reservation: Open) -> None:
    reservation, (workspace,) = open_reservation()
    watched = Watched.of(environment, reservation.run_id, workspace._lock, reservation.new_site())
    told = json.loads(watched.model_dump_json())
    assert told["cookies"]
    assert [secret for secret in environment.secrets() if secret in watched.model_dump_json()] == []
    with watching(watched, environment.secrets()):
        (child,) = [one for one in psutil.Process().children() if "runner.reservation.watchdog" in one.cmdline()]
        assert told["cookies"][0]["value"] not in " ".join([*child.cmdline(), *child.environ().values()])
    assert not child.is_running()
