"""Which symptom somebody means, and what is told of its causes."""

import pytest

from checklist.lines import LINES
from clients.errors import NotCheckable
from runner.configuration.environment import Environment
from runner.doctor import diagnosis
from runner.doctor.diagnosis import LOOKS, SYMPTOMS, Sight, conclusion, diagnose, symptom
from selftest.unit.environment_files import LoadSite


@pytest.fixture
def environment(load_site: LoadSite) -> Environment:
    return load_site()


@pytest.mark.parametrize("words", ["videos won't play", "Videos Won\u2019t Play", "won't play", "T.5", "t.5", "5"])
def test_a_symptom(words: str) -> None:
    assert symptom(words).id == "T.5"


@pytest.mark.parametrize("words", ["", "T.7", "a", "videos will not play"])
def test_none_or_several(words: str) -> None:
    with pytest.raises(ValueError, match=r"is none of the symptoms .* T\.1 Plugin Not Appearing After Installation;"):
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
