"""Which symptom somebody means, and what is told of its causes."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from checklist.lines import LINES
from clients.errors import ConfigurationError, LoginRefused, NotCheckable, Unreachable
from runner.configuration.environment import Environment
from runner.doctor import diagnosis
from runner.doctor.diagnosis import LOOKS, SYMPTOMS, Sight, conclusion, diagnose, symptom
from runner.pytest_plugin import preparation
from runner.pytest_plugin.state import State
from selftest.unit.environment_files import LoadSite


@pytest.fixture
def environment(load_site: LoadSite) -> Environment:
    return load_site()


@pytest.mark.parametrize("number", range(1, 7))
def test_a_symptom_by_its_number_or_its_title(number: int) -> None:
    step = symptom(str(number))
    assert step.id == f"T.{number}"
    for words in (step.id, step.id.lower(), step.title, step.title.upper(), step.title.replace("'", "\u2019")):
        assert symptom(words) is step


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("T.1", "plugin missing"),
        ("T.1", "plugin does not apear"),  # codespell:ignore
        ("T.1", "s3 video is not in the list"),
        ("T.2", "Table 'mdl_assignsubmission_s3video' doesn't exist"),
        ("T.2", "database tabels missing"),  # codespell:ignore
        ("T.3", "Access Denied errors when uploading"),
        ("T.3", "Acess denyed"),  # codespell:ignore
        ("T.3", "cannot upload videos"),
        ("T.3", "upload fails"),
        ("T.4", "cors"),
        ("T.4", "handing in fails with a red network error"),
        ("T.4", "Network error during S3 upload"),
        ("T.4", "submitting ends with a netwrok error"),  # codespell:ignore
        ("T.4", "cros errors in browser"),  # codespell:ignore
        ("T.4", "No 'Access-Control-Allow-Origin' header is present"),
        ("T.5", "won't play"),
        ("T.5", "vidoes dont play"),  # codespell:ignore
        ("T.5", "Player loads but video doesn't play"),
        ("T.5", "students cant watch the videos"),  # codespell:ignore
        ("T.5", "the lecturer gets a spinner and no film"),
        ("T.5", "nothing happens when I press plya"),  # codespell:ignore
        ("T.6", "AWS bill higher than expected"),
        ("T.6", "hihg costs"),  # codespell:ignore
        ("T.6", "to expensive"),
    ],
)
def test_a_symptom_in_a_persons_words(number: str, words: str) -> None:
    assert symptom(words).id == number


@pytest.mark.parametrize("words", ["", "T.7", "a", "it is slow", "can't log in", "error", "no film"])
def test_what_is_no_symptom(words: str) -> None:
    with pytest.raises(ValueError, match=r"is none of the symptoms .* T\.1 Plugin Not Appearing After Installation;"):
        symptom(words)


def test_words_of_two_symptoms() -> None:
    with pytest.raises(ValueError, match=r"'video' speaks of T\.3 and T\.5 alike: .*; T\.5 Videos Won't Play"):
        symptom("video")
    for words in ("handing in fails", "students cannot hand in", "submitting doesn't work"):
        with pytest.raises(ValueError, match=r"speaks of T\.3 and T\.4 alike"):
            symptom(words)


def test_each_look_is_at_a_box_of_troubleshooting() -> None:
    assert {LINES[id_].step for id_ in LOOKS} == {step.id for step in SYMPTOMS}


def test_what_is_told(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    def cause(_: Sight) -> None:
        raise AssertionError("expected the key, seen another")

    def unknown(_: Sight) -> None:
        raise NotCheckable("no key")

    looks = {"T.5.1": (unknown, "Wait."), "T.5.2": (cause, "Paste it anew."), "T.5.3": (lambda _: None, "")}
    monkeypatch.setattr(diagnosis, "LOOKS", looks)
    step = symptom("T.5")
    findings = list(diagnose(environment, step))
    assert [finding.level for finding in findings] == ["warn", "bad", "ok", "warn", "warn", "warn"]
    assert findings[1].sentence == "This is a cause: expected the key, seen another."
    assert findings[1].remedy == "Paste it anew."
    assert conclusion(step, findings).startswith("Videos Won't Play: 1 of 6 causes found (T.5.2).")
    assert conclusion(step, findings[2:]).endswith("3 are left for you to look at.")


def test_a_host_that_does_not_answer(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(_: Sight) -> None:
        raise Unreachable("localhost cannot be reached")

    def cause(_: Sight) -> None:
        raise AssertionError("expected the key, seen another")

    looks: dict[str, Any] = {"T.5.1": (silent, "Wait."), "T.5.2": (lambda _: None, "")}
    monkeypatch.setattr(diagnosis, "LOOKS", looks)
    state = cast(State, SimpleNamespace(secrets=None, code=None, diagnosed=False))
    with pytest.raises(Unreachable, match=r"^localhost cannot be reached\.$"):
        preparation._diagnose(state, environment, "T.5")
    assert not state.diagnosed

    looks["T.5.2"] = (cause, "Paste it anew.")
    preparation._diagnose(state, environment, "T.5")
    assert (state.code, state.diagnosed) == (1, True)


@pytest.mark.parametrize("error", [ConfigurationError, LoginRefused])
def test_an_environment_that_is_wrong(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    """It tells nothing of the site, and that comes before a host that does not answer."""

    def wrong(_: Sight) -> None:
        raise error("Logging in as admin failed")

    def silent(_: Sight) -> None:
        raise Unreachable("localhost cannot be reached")

    def cause(_: Sight) -> None:
        raise AssertionError("expected the key, seen another")

    looks: dict[str, Any] = {"T.5.1": (wrong, ""), "T.5.2": (silent, ""), "T.5.3": (wrong, "")}
    monkeypatch.setattr(diagnosis, "LOOKS", looks)
    state = cast(State, SimpleNamespace(secrets=None, code=None, diagnosed=False))
    with pytest.raises(ConfigurationError, match=r"^Logging in as admin failed\.$"):
        preparation._diagnose(state, environment, "T.5")

    looks["T.5.4"] = (cause, "Paste it anew.")
    preparation._diagnose(state, environment, "T.5")
    assert (state.code, state.diagnosed) == (1, True)
