"""The note in a site's lock: only what a run of this environment wrote is done, and only what a run changes."""

from collections.abc import Callable
from typing import cast

import pytest
from pydantic import SecretStr

from clients.moodle.client import MoodleClient
from clients.moodle.model import Settings
from clients.moodle.server import STRING_IDS
from runner.configuration.environment import Environment
from runner.reservation import changed_settings
from runner.reservation.changed_settings import (
    CHANGED,
    MAINTENANCE,
    SIGNS,
    STRINGS,
    SWITCH,
    Change,
    NoNote,
    Note,
    Repaired,
    undo,
)
from runner.reservation.seal import NotOurs, Seal
from selftest.unit.environment_files import LoadSite

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
CHANGE = Change("aws_secret_key", SECRET)
RUN = "112218151a2b"


@pytest.fixture
def environment(load_site: LoadSite) -> Environment:
    return load_site()


def test_what_a_run_sealed_another_machine_opens(environment: Environment, load_site: LoadSite) -> None:
    for note in (CHANGE.note(RUN), Note(SWITCH, RUN), Note(MAINTENANCE, RUN), Note(STRINGS, RUN)):
        sealed = Seal(environment).sealed(str(note))
        assert len(sealed) <= 100, "a course's ID number holds no more"
        assert SECRET[:8] not in sealed
        assert Note.parse(Seal(load_site()).opened(sealed)) == note


FORGED: dict[str, Callable[[str], str]] = {
    "no code": lambda sealed: sealed.rpartition(":")[0],
    "another setting": lambda sealed: sealed.replace("aws_secret_key", "aws_access_key"),
    "another run": lambda sealed: sealed.replace(RUN, "112218151a2c"),
    "another value": lambda sealed: sealed.replace(sealed.split(":")[2], "0" * 16),
    "another code": lambda sealed: sealed[:-1] + ("0" if sealed[-1] != "0" else "1"),
    "a shorter code": lambda sealed: sealed[:-1],
    "a word": lambda _: "hello",
    "nothing but colons": lambda _: ":::::",
    "no text": lambda _: "\udc80:",
    "a teacher's": lambda _: "retention_days:112218151a2b:" + "0" * 16 + ":" + "1" * 16,
}


@pytest.mark.parametrize("how", FORGED)
def test_what_was_forged_is_named_and_not_opened(environment: Environment, how: str) -> None:
    seal = Seal(environment)
    with pytest.raises(NotOurs, match="Nothing was done about it"):
        seal.opened(FORGED[how](seal.sealed(str(CHANGE.note(RUN)))))


def test_a_note_of_another_site_or_key_is_none(environment: Environment, load_site: LoadSite) -> None:
    sealed = Seal(environment).sealed(str(CHANGE.note(RUN)))
    elsewhere = environment.model_copy(update={"base_url": "https://other.example.edu"})
    with pytest.raises(NotOurs):
        Seal(elsewhere).opened(sealed)
    storage = environment.storage.model_copy(update={"secret_key": SecretStr("another-secret-of-the-suite")})
    with pytest.raises(NotOurs):
        Seal(environment.model_copy(update={"storage": storage})).opened(sealed)


@pytest.mark.parametrize(
    "text",
    [
        "hello",
        "",
        "a:b:c:d:e:f",
        "aws_secret_key:run1",
        "aws_secret_key:run1:0:1",
        f"retention_days:run1:{'0' * 16}:{'1' * 16}",
        f"cloudfront_private_key:run1:{'0' * 16}:{'1' * 16}",
        f"aws_secret_key:../../x:{'0' * 16}:{'1' * 16}",
        "plugin:run1:1:",
        "plugin:run1::\n",
        "maintenance:run1:0:",
        7,
        None,
        ["plugin"],
    ],
)
def test_what_no_run_writes_is_no_note(text: object) -> None:
    with pytest.raises(NoNote, match="is no note of a changed setting"):
        Note.parse(text)


def test_what_the_suite_changes_it_can_put_back() -> None:
    for name in CHANGED:
        note = Change(name, "Right9").note(RUN)
        assert Note.parse(str(note)) == note


def test_a_setting_that_the_site_has_no_longer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runner.reservation.changed_settings.plugin_settings", lambda _: Settings({}, []))
    with pytest.raises(Repaired, match="aws_secret_key"):
        undo(MoodleClient("https://moodle.test"), CHANGE.note(RUN))


def test_signs_at_the_end_of_a_secret_are_taken_off_by_whoever_finds_its_note() -> None:
    for signs in (SIGNS, ""):
        change = Change("aws_secret_key", SECRET, signs)
        note = Note.parse(str(change.note(RUN)))
        assert change.changed != SECRET == note.back(change.changed)


def test_texts_that_tell_where_they_come_from_are_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changed_settings, "switch_off", lambda site, which: which is STRING_IDS)
    assert undo(cast(MoodleClient, object()), Note.parse(str(Note(STRINGS, RUN))))
