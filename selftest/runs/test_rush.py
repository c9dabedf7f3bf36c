"""Three students hand in at once: what a rush says of a sound site, and of one that a rush slows down."""

import json
import shutil
from collections.abc import Iterator

import pytest

from clients import http
from runner.configuration.environment import Environment
from selftest.runs.checkout import PROJECT, Checkout, Ended

pytestmark = pytest.mark.usefixtures("nothing_left")

LINES = [f"X.2.{number}" for number in range(1, 7)]


@pytest.fixture(scope="module", autouse=True)
def a_rush(checkout: Checkout) -> None:
    for file in ("checklist.toml", "beyond.toml"):
        shutil.copy(PROJECT / "checklist" / file, checkout.folder / "checklist")
    checkout.tests(test_rush=(PROJECT / "tests" / "test_x_2_rush.py").read_text("utf-8"))


@pytest.fixture
def slow_site(environment: Environment) -> Iterator[None]:
    def put(*faults: str) -> None:
        address = environment.url("/__replica__/fault")
        assert http.request("PUT", address, json={"faults": faults}, verify=environment.verify).ok

    put("rush-slows-the-site")
    yield
    put()


def rush(checkout: Checkout) -> Ended:
    return checkout.run(checkout.file("[rush]\nmost = 3"), "--browser=chromium", "--rush=3")


def verdicts(checkout: Checkout) -> dict[str, str]:
    results = json.loads((checkout.reports / "results.json").read_text("utf-8"))
    return {line["id"]: line["verdict"] for line in results["lines"] if line["id"] in LINES}


def test_a_sound_site(checkout: Checkout) -> None:
    run = rush(checkout)
    assert verdicts(checkout) == dict.fromkeys(LINES, "passed"), run.text


@pytest.mark.usefixtures("slow_site")
def test_a_site_that_a_rush_slows_down(checkout: Checkout) -> None:
    run = rush(checkout)
    assert verdicts(checkout) == dict.fromkeys(LINES, "passed") | {"X.2.5": "failed"}, run.text


def test_nobody_asked_for_one(checkout: Checkout) -> None:
    run = checkout.run(checkout.file("[rush]\nmost = 3"), "--browser=chromium")
    assert set(verdicts(checkout).values()) == {"not checkable"}, run.text
    assert "--rush 30 lets 30 students hand in at once" in run.text
