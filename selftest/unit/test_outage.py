"""What counts as an outage: a host that stays silent when it is asked again, and nothing else."""

import pytest
import requests

from clients.errors import Unreachable
from clients.moodle.client import MoodleClient
from clients.probes import PROBES
from clients.s3 import Bucket
from runner.configuration.environment import Environment
from runner.pytest_plugin.outage import outage


def changed(environment: Environment, table: str, **values: object) -> Environment:
    return environment.model_copy(update={table: getattr(environment, table).model_copy(update=values)})


def test_hosts_that_answer_are_none(environment: Environment) -> None:
    assert outage(environment, apart=0) == ""


def test_each_silent_host_is_named(environment: Environment) -> None:
    nowhere = environment.model_copy(update={"base_url": "https://127.0.0.1:1"})
    nowhere = changed(nowhere, "storage", endpoint="https://127.0.0.1:2")
    told = outage(changed(nowhere, "cdn", domain="127.0.0.1:3"), apart=0)
    for host in ("127.0.0.1:1 cannot be reached", "S3 does not answer at https://127.0.0.1:2", "https://127.0.0.1:3/"):
        assert host in told


@pytest.mark.parametrize(("status", "silent"), [(503, True), (404, False), (200, False)])
def test_a_login_page_that_breaks_is_an_outage(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, status: int, silent: bool
) -> None:
    answer = requests.Response()
    answer.status_code = status
    monkeypatch.setattr(MoodleClient, "get", lambda *_: answer)
    told = outage(environment, apart=0)
    assert told == (f"The log-in page of {environment.base_url} answers {status}." if silent else "")


def test_a_refusal_is_an_answer(environment: Environment) -> None:
    assert outage(changed(environment, "storage", bucket="no-such-bucket"), apart=0) == ""


@pytest.mark.parametrize("silent", range(1, PROBES + 1))
def test_a_host_that_answers_when_asked_again_is_none(
    environment: Environment, monkeypatch: pytest.MonkeyPatch, silent: bool
) -> None:
    asked = []

    def probe(_: Bucket) -> None:
        asked.append(1)
        if len(asked) <= silent:
            raise Unreachable("S3 does not answer.")

    monkeypatch.setattr(Bucket, "probe", probe)
    assert outage(environment, apart=0) == ("S3 does not answer." if silent == PROBES else "")
    assert len(asked) == min(silent + 1, PROBES)
