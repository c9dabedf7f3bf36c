"""Whatever happens to a run while the plugin's credentials are wrong, the right ones come back.

The runs are real ones, of a copy of the project, against a replica; they kill themselves at the point in question.
"""

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clients.errors import ConfigurationError
from clients.moodle.client import MoodleClient
from clients.moodle.courses import Courses
from clients.plugin.administration import plugin_settings
from runner.configuration.environment import Environment
from runner.configuration.naming import LOCK_NAME, marked_category
from runner.reservation.changed_settings import Change, Note, Repaired, altered, undo
from runner.reservation.reservation import SiteReservation
from selftest.runs.checkout import ASKED_ONCE, FAKE_BROWSER, Checkout, Ended, three_lines

GO, NO_GO, INTERRUPTED, OUTAGE = 0, 1, 2, 6
KILLED = -9
SETTING = "aws_secret_key"

GUARDED = f"""{FAKE_BROWSER}
import os
import resource
import signal
from pathlib import Path
from runner.reservation.journal import Journal
from runner.reservation import settings_guard as guard
from clients.plugin.administration import plugin_settings, release, save_plugin_settings

def disk_full(journal):
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    journal.record("note", text="larger than any other file" * 1000)
    resource.setrlimit(resource.RLIMIT_FSIZE, (journal.path.stat().st_size + 10, most))

@pytest.fixture
def disk():
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)

@pytest.mark.lines("2.7.1", "2.7.2", "2.7.3")
def test_guarded(workspace, settings_guard, disk, line):
    with line("2.7.1", "the credentials are wrong for a while"):
        {{before}}
        with settings_guard.one_character_off("{SETTING}") as change:
            {{journalled}}
            Path("changed").touch()
            save_plugin_settings(workspace.site, {{{{change.name: change.changed}}}})
            {{broken}}
    with line("2.7.2", "and right again"):
        assert plugin_settings(workspace.site)["{SETTING}"] == change.original
    with line("2.7.3", "as before"):
        pass
"""
FAIL = "raise AssertionError('expected a message in plain words')"
CTRL_C = "os.kill(os.getpid(), signal.SIGINT)"
NETWORK_LOST = "os.environ['HTTPS_PROXY'] = 'http://127.0.0.1:9'"

POINTS = {
    "journalled, not yet changed": {"journalled": "die()"},
    "broken": {"broken": "die()"},
    "about to restore": {"broken": "guard.save_plugin_settings = die"},
    "restored, not yet noted": {"broken": "Journal.settle = die"},
}
"""Where a run is killed."""


def guarded(before: str = "pass", journalled: str = "pass", broken: str = "pass") -> str:
    """A test that has wrong credentials for a while; what happens before, with the journal written, and meanwhile."""
    return GUARDED.format(before=before, journalled=journalled, broken=broken)


@pytest.fixture
def original(checkout: Checkout, site: MoodleClient) -> Iterator[str]:
    """The right value of the setting; in the end it is there again, and nothing is left to put back."""
    (checkout.folder / "changed").unlink(missing_ok=True)
    original = plugin_settings(site)[SETTING]
    yield original
    assert plugin_settings(site)[SETTING] == original
    assert [path for path in checkout.state.rglob("*") if path.is_file()] == []


def stored(site: MoodleClient) -> str:
    return plugin_settings(site)[SETTING]


def run(checkout: Checkout, *arguments: str, **options: dict[str, str]) -> Ended:
    return checkout.run(checkout.file(), "--browser=chromium", *arguments, **options)


@pytest.mark.parametrize("point", POINTS)
def test_a_run_that_is_killed(
    checkout: Checkout,
    environment: Environment,
    site: MoodleClient,
    original: str,
    monkeypatch: pytest.MonkeyPatch,
    point: str,
) -> None:
    checkout.tests(test_it=guarded(**POINTS[point]))
    assert run(checkout).code == KILLED
    broken = point in ("broken", "about to restore")
    assert stored(site) == (altered(original) if broken else original)

    monkeypatch.setenv("XDG_STATE_HOME", str(checkout.state))
    restored = SiteReservation.restore(environment)
    assert (restored.settings, restored.problems) == ([SETTING] if broken else [], [])
    assert stored(site) == original


@pytest.mark.parametrize("option", ["--restore", pytest.param("--tb=short", marks=pytest.mark.nightly)])
def test_the_run_after_one_that_was_killed(checkout: Checkout, site: MoodleClient, original: str, option: str) -> None:
    checkout.tests(test_it=guarded(broken="die()"))
    assert run(checkout).code == KILLED
    checkout.tests(test_it=three_lines())
    following = run(checkout, option)
    assert following.code == GO, following.text
    assert stored(site) == original


NUMBER = f"""{FAKE_BROWSER}
import os
import signal
from clients.plugin.administration import plugin_settings

@pytest.mark.lines("2.7.1")
def test_number(workspace, settings_guard, line):
    with line("2.7.1", "the retention is short for a while"):
        with settings_guard.number("retention_days", 1):
            assert plugin_settings(workspace.site)["retention_days"] == "1"
            {{meanwhile}}
        assert plugin_settings(workspace.site)["retention_days"] == "90"
"""


def test_a_number_that_is_another_one_for_a_while(checkout: Checkout, site: MoodleClient) -> None:
    checkout.tests(test_it=NUMBER.format(meanwhile="pass"))
    ended = run(checkout)
    assert ended.code == GO, ended.text
    assert plugin_settings(site)["retention_days"] == "90"


def test_another_machine_puts_a_number_back_after_a_run_that_is_killed(
    checkout: Checkout, environment: Environment, site: MoodleClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout.tests(test_it=NUMBER.format(meanwhile="die()"))
    assert run(checkout).code == KILLED
    assert plugin_settings(site)["retention_days"] == "1"
    monkeypatch.setenv("XDG_STATE_HOME", f"{checkout.state}/elsewhere")
    courses = Courses(site)
    category = marked_category(courses)
    (lock,) = [course for course, name in courses.within(category).items() if name == LOCK_NAME]
    courses.write_summary(lock, "Held by somebody, run killed until 2020-01-01T00:00:00Z.")
    restored = SiteReservation.restore(environment)
    assert (restored.settings, restored.problems) == (["retention_days"], [])
    assert plugin_settings(site)["retention_days"] == "90"
    monkeypatch.setenv("XDG_STATE_HOME", str(checkout.state))
    assert SiteReservation.restore(environment).settings == []


def test_a_run_that_is_interrupted_by_hand(checkout: Checkout, site: MoodleClient, original: str) -> None:
    checkout.tests(test_it=guarded(broken=CTRL_C))
    assert run(checkout).code == INTERRUPTED
    assert (checkout.folder / "changed").exists()
    assert stored(site) == original


def test_a_check_that_fails_in_a_run_that_keeps_its_data(checkout: Checkout, site: MoodleClient, original: str) -> None:
    checkout.tests(test_it=guarded(broken=FAIL))
    ended = run(checkout, "--keep")
    assert ended.code == NO_GO, ended.text
    assert stored(site) == original
    run(checkout, "--restore")


def test_a_network_that_is_lost(checkout: Checkout, site: MoodleClient, original: str) -> None:
    checkout.tests(test_it=guarded(broken=NETWORK_LOST), conftest=ASKED_ONCE)
    ended = run(checkout)
    assert ended.code == OUTAGE, ended.text
    assert run(checkout, "--restore").code == GO  # unless the watchdog, whose network is not lost, was first
    assert stored(site) == original


def test_a_disk_that_is_full_before_the_change(checkout: Checkout, site: MoodleClient, original: str) -> None:
    checkout.tests(test_it=guarded(before="disk_full(workspace.journal)"))
    ended = run(checkout)
    assert (ended.code, "No space left" in ended.text) == (NO_GO, True), ended.text
    assert not (checkout.folder / "changed").exists(), "expected no change without a journal"


def test_a_disk_that_fills_up_meanwhile(checkout: Checkout, site: MoodleClient, original: str) -> None:
    checkout.tests(test_it=guarded(broken="disk_full(workspace.journal)"))
    ended = run(checkout)
    assert (ended.code, "No space left" in ended.text) == (NO_GO, True), ended.text
    assert stored(site) == original


OTHERS = f"""{FAKE_BROWSER}
import os
from clients.plugin.administration import plugin_settings

@pytest.mark.lines("2.7.3")
@pytest.mark.parametrize("number", range(4))
def test_other(workspace, line, number):
    with line("2.7.3", "another test finds the right credentials"):
        assert plugin_settings(workspace.site)["{SETTING}"] == os.environ["ORIGINAL"]
"""
FOR_A_WHILE = "[release(workspace.site) for _ in range(20)]"


def test_other_workers_never_meet_wrong_credentials(checkout: Checkout, site: MoodleClient, original: str) -> None:
    checkout.tests(test_a=guarded(broken=f"{FOR_A_WHILE}; die()"), test_b=OTHERS)
    ended = run(checkout, "-n2", variables={"ORIGINAL": original})
    assert "crashed" in ended.text
    assert ended.text.count("✓ 2.7.3   chromium  another test finds the right credentials") == 4, ended.text
    assert stored(site) == original


def test_a_site_that_is_no_test_site_is_left_alone(environment: Environment) -> None:
    marked_off = environment.model_copy(update={"test_site": False, "smoke": False, "base_url": "https://127.0.0.1:9"})
    with pytest.raises(ConfigurationError, match="not marked as a test site"):
        SiteReservation(marked_off, "run")


# -- what is put back, and what is not ------------------------------------------------------------


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the site holds."""
    stored = {"aws_secret_key": "Right9", "retention_days": "90"}
    monkeypatch.setattr("runner.reservation.changed_settings.plugin_settings", lambda _: dict(stored))
    monkeypatch.setattr(
        "runner.reservation.changed_settings.save_plugin_settings", lambda _, changes: stored.update(changes)
    )
    return stored


def undone(note: Note) -> bool:
    return undo(MoodleClient("https://moodle.test"), Note.parse(str(note)))


def test_puts_back_what_a_dead_run_changed_and_nothing_else(settings: dict[str, str]) -> None:
    change = Change("aws_secret_key", "Right9")
    note = change.note("dead")
    assert not undone(note), "expected nothing to do before the change was made"
    settings["aws_secret_key"] = change.changed
    assert undone(note)
    assert settings == {"aws_secret_key": "Right9", "retention_days": "90"}
    assert not undone(note), "expected nothing to do twice"


def test_leaves_a_repair_alone_and_tells_of_it(settings: dict[str, str]) -> None:
    note = Change("aws_secret_key", "Right9").note("dead")
    settings["aws_secret_key"] = "a new one"
    with pytest.raises(Repaired, match=r"dead had changed aws_secret_key .* somebody has entered another value since"):
        undone(note)
    assert settings["aws_secret_key"] == "a new one"


def test_a_number_stands_in_its_note(settings: dict[str, str]) -> None:
    note = Note.of_number("retention_days", "112512345678", 90, 1)
    assert not undone(note)
    settings["retention_days"] = "1"
    assert undone(note)
    assert settings["retention_days"] == "90"
    settings["retention_days"] = "30"
    with pytest.raises(Repaired, match="somebody has entered another value since"):
        undone(note)
    assert len(str(Note.of_number("playback_rate_limit", "112512345678", 10**9, 1))) <= 100


def test_a_note_tells_no_value_and_fits_an_id_number(settings: dict[str, str]) -> None:
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    note = str(Change("aws_secret_key", secret).note("112512345678"))
    assert secret[:8] not in note
    assert len(note) <= 100


@given(st.text(min_size=1))
def test_one_character_off_is_the_same_backwards(text: str) -> None:
    try:
        other = altered(text)
    except ValueError:
        assert not re.search("[A-Za-z0-9+/]", text)
        return
    assert len(other) == len(text)
    assert [a == b for a, b in zip(text, other, strict=True)].count(False) == 1
    assert altered(other) == text


@given(st.from_regex(r"AKIA[A-Z0-9]{16}", fullmatch=True))
def test_a_key_id_one_character_off_still_looks_like_one(key: str) -> None:
    assert altered(key).isalnum()
    assert altered(key).isupper()
