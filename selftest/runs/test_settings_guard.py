"""Whatever happens to a run while the plugin's credentials are wrong, the right ones come back.

The runs are real ones, of a copy of the project, against a replica; they kill themselves at the point in question.
"""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.journal import Journal
from runner.settings_guard import KIND, one_character_off, restore
from runner.workspace import Workspace
from selftest.runs.checkout import FAKE_BROWSER, Checkout, Ended, three_lines
from services.errors import ConfigurationError, SiteError
from services.moodle.plugin import plugin_settings
from services.moodle.site import Site

GO, NO_GO, INTERRUPTED, OUTAGE = 0, 1, 2, 6
KILLED = -9
SETTING = "aws_secret_key"

GUARDED = f"""{FAKE_BROWSER}
import os
import resource
import signal
from pathlib import Path
from fixtures.journal import Journal
from fixtures.site import Site

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

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
def test_guarded(stage, plugin_settings, disk, line):
    with line("2.7.1", "the credentials are wrong for a while"):
        {{before}}
        with plugin_settings.one_character_off("{SETTING}") as change:
            {{journalled}}
            Path("changed").touch()
            save_plugin_settings(stage.site, {{{{change.name: change.changed}}}})
            {{broken}}
    with line("2.7.2", "and right again"):
        assert plugin_settings(stage.site)["{SETTING}"] == change.original
    with line("2.7.3", "as before"):
        pass
"""
FAIL = "raise AssertionError('expected a message in plain words')"
CTRL_C = "os.kill(os.getpid(), signal.SIGINT)"
NETWORK_LOST = "os.environ['HTTPS_PROXY'] = 'http://127.0.0.1:9'"

POINTS = {
    "journalled, not yet changed": {"journalled": "die()"},
    "broken": {"broken": "die()"},
    "about to restore": {"broken": "Site.save_plugin_settings = die"},
    "restored, not yet noted": {"broken": "Journal.settle = die"},
}
"""Where a run is killed."""


def guarded(before: str = "pass", journalled: str = "pass", broken: str = "pass") -> str:
    """A test that has wrong credentials for a while; what happens before, with the journal written, and meanwhile."""
    return GUARDED.format(before=before, journalled=journalled, broken=broken)


@pytest.fixture
def original(checkout: Checkout, site: Site) -> Iterator[str]:
    """The right value of the setting; in the end it is there again, and nothing is left to put back."""
    (checkout.folder / "changed").unlink(missing_ok=True)
    original = plugin_settings(site)[SETTING]
    yield original
    assert plugin_settings(site)[SETTING] == original
    assert [path for path in checkout.state.rglob("*") if path.is_file()] == []


def stored(site: Site) -> str:
    return plugin_settings(site)[SETTING]


def run(checkout: Checkout, *arguments: str, **options: dict[str, str]) -> Ended:
    return checkout.run(checkout.file(), "--browser=chromium", *arguments, **options)


@pytest.mark.parametrize("point", POINTS)
def test_a_run_that_is_killed(checkout, environment, site, original, monkeypatch, point):
    checkout.tests(test_it=guarded(**POINTS[point]))
    assert run(checkout).code == KILLED
    broken = point in ("broken", "about to restore")
    assert stored(site) == (one_character_off(original) if broken else original)

    monkeypatch.setenv("XDG_STATE_HOME", str(checkout.state))
    restored = Workspace.restore(environment)
    assert (restored.settings, restored.problems) == ([SETTING] if broken else [], [])
    assert stored(site) == original


@pytest.mark.parametrize("option", ["--restore", "--tb=short"])
def test_the_run_after_one_that_was_killed(checkout, site, original, option):
    checkout.tests(test_it=guarded(broken="die()"))
    assert run(checkout).code == KILLED
    checkout.tests(test_it=three_lines())
    following = run(checkout, option)
    assert following.code == GO, following.text
    assert stored(site) == original


def test_a_run_that_is_interrupted_by_hand(checkout, site, original):
    checkout.tests(test_it=guarded(broken=CTRL_C))
    assert run(checkout).code == INTERRUPTED
    assert (checkout.folder / "changed").exists()
    assert stored(site) == original


def test_a_check_that_fails_in_a_run_that_keeps_its_data(checkout, site, original):
    checkout.tests(test_it=guarded(broken=FAIL))
    ended = run(checkout, "--keep")
    assert ended.code == NO_GO, ended.text
    assert stored(site) == original
    run(checkout, "--restore")


def test_a_network_that_is_lost(checkout, site, original):
    checkout.tests(test_it=guarded(broken=NETWORK_LOST))
    ended = run(checkout)
    assert ended.code == OUTAGE, ended.text
    assert stored(site) == one_character_off(original)
    assert run(checkout, "--restore").code == GO
    assert stored(site) == original


def test_a_disk_that_is_full_before_the_change(checkout, site, original):
    checkout.tests(test_it=guarded(before="disk_full(stage.journal)"))
    ended = run(checkout)
    assert (ended.code, "No space left" in ended.text) == (NO_GO, True), ended.text
    assert not (checkout.folder / "changed").exists(), "expected no change without a journal"


def test_a_disk_that_fills_up_meanwhile(checkout, site, original):
    checkout.tests(test_it=guarded(broken="disk_full(stage.journal)"))
    ended = run(checkout)
    assert (ended.code, "No space left" in ended.text) == (NO_GO, True), ended.text
    assert stored(site) == original


OTHERS = f"""{FAKE_BROWSER}
import os

@pytest.mark.lines("2.7.3")
@pytest.mark.parametrize("number", range(4))
def test_other(stage, line, number):
    with line("2.7.3", "another test finds the right credentials"):
        assert plugin_settings(stage.site)["{SETTING}"] == os.environ["ORIGINAL"]
"""
FOR_A_WHILE = "[release(stage.site) for _ in range(20)]"


def test_other_workers_never_meet_wrong_credentials(checkout, site, original):
    checkout.tests(test_a=guarded(broken=f"{FOR_A_WHILE}; die()"), test_b=OTHERS)
    ended = run(checkout, "-n2", variables={"ORIGINAL": original})
    assert "crashed" in ended.text
    assert ended.text.count("✓ 2.7.3   chromium  another test finds the right credentials") == 4, ended.text
    assert stored(site) == original


def test_a_site_that_is_no_test_site_is_left_alone(environment):
    marked_off = environment.model_copy(update={"test_site": False, "base_url": "https://127.0.0.1:9"})
    with pytest.raises(ConfigurationError, match="not marked as a test site"):
        Workspace.attach(marked_off, {"run_id": "run"}, "gw0")


# -- what is put back, and what is not ------------------------------------------------------------


class FakeSite:
    base_url = "https://moodle.test"

    def __init__(self, **stored: str) -> None:
        self.stored = stored
        self.saved: list[dict[str, str]] = []

    def plugin_settings(self) -> dict[str, str]:
        return dict(self.stored)

    def save_plugin_settings(self, changes: dict[str, str]) -> None:
        self.saved.append(changes)
        self.stored |= changes


@pytest.fixture
def journal(tmp_path, monkeypatch) -> Journal:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return Journal("https://moodle.test", "dead")


def test_restores_what_a_dead_run_changed_and_nothing_else(journal):
    journal.record(KIND, name="secret", original="right", changed="wrong")
    journal.record(KIND, name="key", original="kept", changed="never written")
    site = FakeSite(secret="wrong", key="kept", days="90")
    assert restore(site, journal) == ["secret"]
    assert site.saved == [{"secret": "right"}]
    assert restore(site, journal) == []


def test_restores_the_first_value_of_a_setting_changed_twice(journal):
    journal.record(KIND, name="secret", original="right", changed="wrong")
    journal.record(KIND, name="secret", original="wrong", changed="wrong again")
    site = FakeSite(secret="wrong again")
    assert restore(site, journal) == ["secret"]
    assert site.stored == {"secret": "right"}


def test_leaves_a_repair_alone_and_tells_of_it_once(journal):
    journal.record(KIND, name="secret", original="right", changed="wrong")
    site = FakeSite(secret="a new one")
    with pytest.raises(SiteError, match=r"Run dead died .* secret .* somebody has entered another value since"):
        restore(site, journal)
    assert site.saved == []
    assert restore(site, journal) == []


def test_asks_the_site_for_nothing_when_nothing_was_changed(journal):
    assert restore(None, journal) == []


@given(st.text(min_size=1))
def test_one_character_off(text):
    other = one_character_off(text)
    assert len(other) == len(text)
    assert [a == b for a, b in zip(text, other, strict=True)].count(False) == 1


@given(st.from_regex(r"AKIA[A-Z0-9]{16}", fullmatch=True))
def test_a_key_id_one_character_off_still_looks_like_one(key):
    assert one_character_off(key).isalnum()
    assert one_character_off(key).isupper()
