"""Whatever happens to a run while the plugin is disabled, it is enabled again: by the next run, or by others."""

import shutil
from collections.abc import Iterator

import pytest

from clients.moodle.client import MoodleClient
from clients.moodle.courses import Courses
from clients.plugin.administration import plugin, switch_plugin
from runner.configuration.environment import Environment
from runner.configuration.naming import CATEGORY, LOCK_NAME
from runner.reservation.reservation import SiteReservation
from selftest.runs.checkout import FAKE_BROWSER, GO, NO_GO, Checkout, expect, three_lines

KILLED = -9

DIES_MEANWHILE = f"""{FAKE_BROWSER}
from clients.plugin.administration import switch_plugin

@pytest.mark.lines("2.7.1")
def test_disabled(workspace, settings_guard, line):
    with line("2.7.1", "the plugin is disabled for a while"):
        with settings_guard.plugin_disabled():
            switch_plugin(workspace.site, on=False)
            die()
"""


def is_enabled(site: MoodleClient) -> bool:
    found = plugin(site)
    return found is not None and found.enabled


@pytest.fixture
def enabled_in_the_end(checkout: Checkout, site: MoodleClient) -> Iterator[None]:
    """And nothing is left to put back."""
    yield
    try:
        assert is_enabled(site)
        assert [path for path in checkout.state.rglob("*") if path.is_file()] == []
    finally:
        switch_plugin(site, on=True)


@pytest.fixture
def killed(checkout: Checkout, site: MoodleClient, enabled_in_the_end: None) -> None:
    """A run died while the plugin was disabled."""
    checkout.tests(test_it=DIES_MEANWHILE)
    assert checkout.run(checkout.file(), "--browser=chromium").code == KILLED
    assert not is_enabled(site)


@pytest.mark.usefixtures("killed")
@pytest.mark.parametrize("option", ["--restore", "--tb=short"])
def test_the_run_after_one_that_was_killed(checkout: Checkout, site: MoodleClient, option: str) -> None:
    checkout.tests(test_it=three_lines())
    following = checkout.run(checkout.file(), "--browser=chromium", option)
    assert following.code == GO, following.text
    assert option == "--restore" or "is disabled, by the run" in " ".join(following.text.split())
    assert is_enabled(site)


@pytest.mark.usefixtures("killed")
def test_another_machine_without_the_journal(
    checkout: Checkout, environment: Environment, site: MoodleClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    courses = Courses(site)
    category = courses.category(CATEGORY)
    assert category is not None
    (lock,) = [course for course, name in courses.within(category).items() if name == LOCK_NAME]
    courses.write_summary(lock, "Held by somebody, run killed until 2020-01-01T00:00:00Z.")
    monkeypatch.setenv("XDG_STATE_HOME", f"{checkout.state}-elsewhere")
    assert SiteReservation.restore(environment).problems == []
    assert is_enabled(site)
    monkeypatch.setenv("XDG_STATE_HOME", str(checkout.state))
    assert SiteReservation.restore(environment).problems == [], "expected nothing to do twice"


@pytest.mark.usefixtures("killed")
def test_where_the_lock_is_deleted_and_the_journal_gone_the_restore_looks_at_the_site(
    checkout: Checkout, site: MoodleClient
) -> None:
    courses = Courses(site)
    category = courses.category(CATEGORY)
    assert category is not None
    for course, name in courses.within(category).items():
        if name == LOCK_NAME:
            courses.delete(course)
    shutil.rmtree(checkout.state)
    restored = checkout.run(checkout.file(), "--restore")
    expect(restored, NO_GO, "NO-GO", "The S3 Video plugin is disabled on")
    assert "is put back" not in restored.text
    switch_plugin(site, on=True)
    expect(checkout.run(checkout.file(), "--restore"), GO, "READY", "no note of a run named any setting")
