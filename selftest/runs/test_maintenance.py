"""Whatever happens to a run while the site is in maintenance mode, it is open again: by the next run, or by others."""

from collections.abc import Iterator

import pytest

from clients.errors import SiteError
from clients.moodle.client import MoodleClient
from clients.moodle.courses import Courses
from clients.moodle.server import MAINTENANCE_MODE, STRING_IDS, SiteSwitch, is_on, switch, switch_off
from runner.configuration.environment import Environment
from runner.configuration.naming import CATEGORY, LOCK_NAME
from runner.reservation.reservation import SiteReservation
from selftest.runs.checkout import FAKE_BROWSER, Checkout, three_lines

GO = 0
KILLED = -9

DIES_MEANWHILE = f"""{FAKE_BROWSER}
from clients.moodle.server import MAINTENANCE_MODE, switch

@pytest.mark.lines("2.7.1")
def test_shut(workspace, settings_guard, line):
    with line("2.7.1", "the site is in maintenance mode for a while"):
        with settings_guard.maintenance():
            switch(workspace.site, MAINTENANCE_MODE, on=True)
            die()
"""


@pytest.fixture
def open_in_the_end(checkout: Checkout, site: MoodleClient) -> Iterator[None]:
    """And nothing is left to put back."""
    yield
    try:
        assert not is_on(site, MAINTENANCE_MODE)
        assert [path for path in checkout.state.rglob("*") if path.is_file()] == []
    finally:
        switch(site, MAINTENANCE_MODE, on=False)


@pytest.fixture
def killed(checkout: Checkout, site: MoodleClient, open_in_the_end: None) -> None:
    """A run died while the site was in maintenance mode."""
    checkout.tests(test_it=DIES_MEANWHILE)
    assert checkout.run(checkout.file(), "--browser=chromium").code == KILLED
    assert is_on(site, MAINTENANCE_MODE)


@pytest.mark.usefixtures("killed")
@pytest.mark.parametrize("option", [pytest.param("--restore", marks=pytest.mark.nightly), "--tb=short"])
def test_the_run_after_one_that_was_killed(checkout: Checkout, site: MoodleClient, option: str) -> None:
    checkout.tests(test_it=three_lines())
    following = checkout.run(checkout.file(), "--browser=chromium", option)
    assert following.code == GO, following.text
    assert option == "--restore" or "is in maintenance mode, by the run" in " ".join(following.text.split())
    assert not is_on(site, MAINTENANCE_MODE)


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
    assert not is_on(site, MAINTENANCE_MODE)
    monkeypatch.setenv("XDG_STATE_HOME", str(checkout.state))
    assert SiteReservation.restore(environment).problems == [], "expected nothing to do twice"


@pytest.mark.parametrize("which", [MAINTENANCE_MODE, STRING_IDS], ids=lambda which: which.field)
def test_a_switch_of_the_site(site: MoodleClient, which: SiteSwitch, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_on(site, which)
    try:
        switch(site, which, on=True)
        assert is_on(site, which)
        assert switch_off(site, which), "expected it to be necessary"
        assert not switch_off(site, which), "expected nothing to do twice"
        monkeypatch.setattr(site, "post", lambda *_: site.get("/"))
        with pytest.raises(SiteError, match=r"Switching .* on had no effect at .* Try it there by hand"):
            switch(site, which, on=True)
    finally:
        monkeypatch.undo()
        switch(site, which, on=False)
