"""The settings form saved as it stands: what is sent, and that what the site did not keep is entered again.

Only that: what an administrator enters meanwhile stays, whenever the run is killed.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from clients.moodle.client import MoodleClient
from clients.moodle.model import Settings
from clients.plugin.administration import NotKept
from redaction.secrets import Secrets
from runner.reservation import changed_settings, settings_guard
from runner.reservation.changed_settings import MEANWHILE, LeftAsItIs, Note, Repaired, undo
from runner.reservation.clean_up import SETTING
from runner.reservation.journal import Journal
from runner.reservation.settings_guard import SettingsGuard
from runner.reservation.workspace import Workspace

BEFORE = Settings(
    {"s3_bucket": "a-b", "retention_days": "90", "aws_secret_key": "secret", "s3_region": "us-east-1", "token": "t"},
    forced=["s3_region"],
    masked=["token"],
)
SENT = {"s3_bucket": "a-b", "retention_days": "90"}


class Killed(BaseException):
    """What no run can catch."""


class Site:
    """A site that changes settings when they are saved, as `spoils` says, at each save or at the first."""

    base_url = "https://moodle.test"

    def __init__(self, *, always: bool = False, **spoils: str) -> None:
        self.settings = dict(BEFORE)
        self.spoils = spoils
        self.always = always
        self.sent: list[dict[str, str]] = []
        self.answered: Callable[[], object] = lambda: None

    def log_in_again(self) -> None: ...

    def read(self) -> Settings:
        return Settings(self.settings, BEFORE.forced, masked=BEFORE.masked)

    def save(self, values: dict[str, str]) -> tuple[Settings, dict[str, str]]:
        self.sent.append(values)
        spoils = self.spoils if self.always or len(self.sent) == 1 else {}
        self.settings |= values | spoils
        shown = self.read()
        self.answered()
        return shown, {}

    def save_and_look(self, values: dict[str, str]) -> None:
        self.save(values)
        if lost := [name for name, value in values.items() if self.settings[name] != value]:
            raise NotKept(f"the site did not keep {', '.join(lost)}.")


class Place:
    """A workspace on that site."""

    run_id = "run1"

    def __init__(self, site: Site) -> None:
        self.site = site
        self.journal = Journal(site.base_url, self.run_id)
        self.notes: list[str] = []

    def note(self, note: str) -> None:
        self.notes.append(note)

    def guard(self, folder: Path) -> SettingsGuard:
        return SettingsGuard(cast(Workspace, self), Secrets(folder / "secrets"))

    def undo(self) -> bool:
        """What the watchdog does, or the next run."""
        (entry,) = self.journal.entries(SETTING)
        return undo(cast(MoodleClient, self.site), Note.parse(entry["note"]), entry)


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    for module in (settings_guard, changed_settings):
        monkeypatch.setattr(module, "plugin_settings", Site.read)
        monkeypatch.setattr(module, "save_plugin_settings", Site.save_and_look)
    monkeypatch.setattr(settings_guard, "saved_settings", Site.save)
    return Place


def killed(place: Place, folder: Path, site: Site, *, answered: bool) -> None:
    """The run dies before the answer comes, or when it has noted what the answer says."""

    def die(*_: object) -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as dead:
        dead.setattr(settings_guard, "undo", die)
        if not answered:
            site.answered = die
        with pytest.raises(Killed):
            place.guard(folder).saved_as_it_is()
    site.answered = lambda: None


def test_neither_a_secret_nor_what_config_php_defines_is_sent(at: Any, tmp_path: Path) -> None:
    site = Site()
    place = at(site)
    assert place.guard(tmp_path).saved_as_it_is().expect_unchanged() == [*BEFORE]
    assert site.sent == [SENT]
    assert place.notes == ["settings:run1::", ""]
    assert place.journal.entries(SETTING) == []


def test_what_the_site_did_not_keep_is_told_and_entered_again(at: Any, tmp_path: Path) -> None:
    site = Site(retention_days="0")
    with pytest.raises(AssertionError, match="another one of retention_days"):
        at(site).guard(tmp_path).saved_as_it_is().expect_unchanged()
    assert site.sent[1:] == [{"retention_days": "90"}]
    assert site.settings == dict(BEFORE)


def test_what_somebody_enters_before_it_is_put_back_stays(at: Any, tmp_path: Path) -> None:
    site = Site(retention_days="0", s3_bucket="")
    site.answered = lambda: site.settings.update(retention_days="30") if len(site.sent) == 1 else None
    with pytest.raises(AssertionError, match="another one of s3_bucket, retention_days"):
        at(site).guard(tmp_path).saved_as_it_is().expect_unchanged()
    assert site.sent[1:] == [{"s3_bucket": "a-b"}]
    assert site.settings == dict(BEFORE) | {"retention_days": "30"}


def test_what_somebody_enters_while_the_site_keeps_all_stays(at: Any, tmp_path: Path) -> None:
    site = Site()
    site.answered = lambda: site.settings.update(retention_days="30", aws_secret_key="another")
    at(site).guard(tmp_path).saved_as_it_is().expect_unchanged()
    assert site.settings == dict(BEFORE) | {"retention_days": "30", "aws_secret_key": "another"}


def test_what_is_entered_before_the_save_is_what_is_saved(at: Any, tmp_path: Path) -> None:
    """The note in the lock takes a second to write."""
    site = Site()
    place = at(site)
    place.note = lambda _: site.settings.update(retention_days="30") if not site.sent else None
    place.guard(tmp_path).saved_as_it_is().expect_unchanged()
    assert site.sent == [SENT | {"retention_days": "30"}]


@pytest.mark.parametrize("answered", [False, True], ids=["no answer yet", "answered"])
def test_a_run_that_is_killed_before_it_put_a_value_back(at: Any, tmp_path: Path, answered: bool) -> None:
    site = Site(retention_days="0")
    place = at(site)
    killed(place, tmp_path, site, answered=answered)
    assert site.settings["retention_days"] == "0"
    assert place.undo()
    assert site.settings == dict(BEFORE)
    assert not place.undo(), "expected nothing to do twice"


def test_what_somebody_enters_after_a_kill_stays(at: Any, tmp_path: Path) -> None:
    site = Site(retention_days="0", s3_bucket="")
    place = at(site)
    killed(place, tmp_path, site, answered=True)
    site.settings["retention_days"] = "30"
    assert place.undo()
    assert site.settings == dict(BEFORE) | {"retention_days": "30"}


def test_a_save_without_an_answer_explains_nothing_later(
    at: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = Site()
    place = at(site)
    killed(place, tmp_path, site, answered=False)
    (entry,) = place.journal.entries(SETTING)
    site.settings["retention_days"] = "30"
    for late in (entry["at"] + MEANWHILE, entry["at"] - 1):
        monkeypatch.setattr("time.time", lambda late=late: late)
        with pytest.raises(LeftAsItIs, match="retention_days was “90” and is “30” now"):
            place.undo()
    assert site.settings["retention_days"] == "30"
    site.settings["retention_days"] = "90"
    assert not place.undo()


def test_a_value_that_the_site_never_keeps_is_told_and_settled(at: Any, tmp_path: Path) -> None:
    site = Site(always=True, retention_days="0")
    place = at(site)
    with pytest.raises(LeftAsItIs, match=r"did not keep retention_days.*retention_days “90” before.*by hand"):
        place.guard(tmp_path).saved_as_it_is()
    assert place.journal.entries(SETTING) == []
    assert place.notes[-1] == ""


def test_another_machine_says_where_to_look(at: Any) -> None:
    with pytest.raises(LeftAsItIs, match="known on the machine where it ran"):
        undo(cast(MoodleClient, Site()), Note.parse("settings:run1::"))


OTHER = {"retention_days": "30"}


def test_what_somebody_enters_while_the_credentials_are_wrong_stays(at: Any, tmp_path: Path) -> None:
    site = Site(s3_bucket="spoilt")
    with at(site).guard(tmp_path).one_character_off("aws_secret_key") as change:
        site.save({"aws_secret_key": change.changed})
        change.saved()
        site.settings |= OTHER
    assert site.settings == dict(BEFORE) | OTHER


def test_what_somebody_enters_before_the_credentials_are_wrong_stays(at: Any, tmp_path: Path) -> None:
    site = Site()
    place = at(site)
    place.note = lambda _: site.settings.update(OTHER)  # which takes a second to write
    with place.guard(tmp_path).one_character_off("aws_secret_key") as change:
        site.save({"aws_secret_key": change.changed})
        change.saved()
    assert site.settings == dict(BEFORE) | OTHER


def test_credentials_that_somebody_has_entered_meanwhile_stay(at: Any, tmp_path: Path) -> None:
    site = Site()
    place = at(site)

    def while_it_is_wrong() -> None:
        with place.guard(tmp_path).one_character_off("aws_secret_key") as change:
            site.save({"aws_secret_key": change.changed})
            change.saved()
            site.settings["aws_secret_key"] = "another"

    with pytest.raises(Repaired, match="somebody has entered another value since"):
        while_it_is_wrong()
    assert site.settings == dict(BEFORE) | {"aws_secret_key": "another"}
    assert place.journal.entries(SETTING) == []


@pytest.mark.parametrize("told", [True, False])
def test_credentials_that_the_site_spoils_are_put_back(at: Any, tmp_path: Path, told: bool) -> None:
    """Told or not: a save that breaks may have done that, too."""
    site = Site(aws_secret_key="spoilt", s3_bucket="")
    with at(site).guard(tmp_path).one_character_off("aws_secret_key") as change:
        site.save({"aws_secret_key": change.changed})
        if told:
            change.saved()
    assert site.settings == dict(BEFORE)
