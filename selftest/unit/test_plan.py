"""What the doctor says a run would take, with one worker and with two."""

import re

import pytest
from pydantic import SecretStr

from checklist.verdicts import TargetState
from runner.configuration.environment import Environment
from runner.configuration.environment_tables import Account, GivenAccounts
from runner.pytest_plugin import plan as module
from runner.pytest_plugin.plan import plan
from selftest.unit.environment_files import LoadSite

CHROMIUM = TargetState("chromium", "chromium", required=True)


@pytest.fixture
def environment(load_site: LoadSite, monkeypatch: pytest.MonkeyPatch) -> Environment:
    monkeypatch.setattr(module, "_page_seconds", lambda _: 1.0)
    return load_site().model_copy(update={"test_site": True})


def minutes(environment: Environment, workers: int = 1) -> list[int]:
    (told,) = [one for one in plan(environment, [CHROMIUM], large=1, workers=workers) if one.startswith("Time: ")]
    return [int(number) for number in re.findall(r"(\d+) min", told)]


def with_people(environment: Environment, number: int) -> Environment:
    people = tuple(Account.model_construct(username=f"a{one}", password=SecretStr("secret")) for one in range(number))
    given = GivenAccounts.model_construct(student=people, teacher=people)
    accounts = environment.accounts.model_copy(update={"given": given})
    return environment.model_copy(update={"accounts": accounts})


def test_two_workers_are_told_where_the_people_serve_them(environment: Environment) -> None:
    alone, with_two = minutes(environment)
    assert alone > with_two
    assert minutes(environment, workers=2) == [with_two]
    assert minutes(with_people(environment, 2)) == [alone, with_two]
    assert minutes(with_people(environment, 1)) == [alone]
