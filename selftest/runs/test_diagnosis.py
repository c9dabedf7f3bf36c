"""`--diagnose` on a site with one thing wrong: the cause is named, and what is right is no cause."""

from collections.abc import Callable, Iterator

import pytest
import requests

from runner.configuration.environment import Environment
from runner.doctor.diagnosis import diagnose, symptom

Switch = Callable[..., None]


@pytest.fixture
def switch(environment: Environment) -> Iterator[Switch]:
    """Switches on these faults, and no others."""

    def put(*faults: str) -> None:
        url = environment.url("/__replica__/fault")
        requests.put(url, json={"faults": faults}, verify=environment.verify, timeout=10).raise_for_status()

    yield put
    put()


def levels(environment: Environment, step: str) -> dict[str, str]:
    return {found.name.split(" ")[0]: found.level for found in diagnose(environment, symptom(step))}


@pytest.mark.parametrize("step", ["T.1", "T.2", "T.3", "T.4", "T.5", "T.6"])
def test_nothing_is_wrong(environment: Environment, step: str) -> None:
    assert "bad" not in levels(environment, step).values()


@pytest.mark.parametrize(
    ("fault", "step", "causes"),
    [
        ("plugin-unreadable", "T.1", {"T.1.2"}),
        ("overview-of-older-files", "T.1", {"T.1.3"}),
        ("php-log-error", "T.1", {"T.1.4"}),
        ("upgrade-pending", "T.2", {"T.2.1"}),
        ("database-user-without-create", "T.2", {"T.2.2"}),
        ("php-log-sql-error", "T.2", {"T.2.4"}),
        ("secret-key-empty", "T.3", {"T.3.1", "T.3.4"}),
        ("another-bucket-set", "T.3", {"T.3.5"}),
        ("cors-of-the-example", "T.4", {"T.4.1"}),
        ("private-key-cut", "T.5", {"T.5.2"}),
        ("cdn-in-few-places", "T.6", {"T.6.6"}),
    ],
)
def test_a_cause_is_named(environment: Environment, switch: Switch, fault: str, step: str, causes: set[str]) -> None:
    switch(fault)
    found = levels(environment, step)
    assert causes <= {line for line, level in found.items() if level == "bad"}
