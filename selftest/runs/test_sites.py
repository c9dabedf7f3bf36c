"""Acceptance runs on sites with habits of their own: what they do about them, and what they tell."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runner.environment import Environment
from runner.ours import CATEGORY
from selftest.runs.checkout import GO, PROJECT, Checkout, expect
from services.http import Session
from services.moodle.courses import Courses
from services.moodle.site import Site

Switch = Callable[..., None]
UPLOAD = "tests/test_2_07_upload.py"
ERRORS = "tests/test_2_11_errors.py"
PAST_SSO = 'login_path = "/login/index.php?loginredirect=0"'


@pytest.fixture
def habits(environment: Environment) -> Iterator[Switch]:
    """Switches habits of the replica on, all others off; `_` stands for the dash in a name."""
    session = Session(environment.verify, 30)

    def switch(**wanted: object) -> None:
        answer = session.put(
            environment.url("/__replica__/site"), json={n.replace("_", "-"): v for n, v in wanted.items()}
        )
        assert answer.ok, answer.text

    yield switch
    switch()


@pytest.fixture(scope="module")
def real(checkout: Checkout) -> Checkout:
    """The checkout with the checklist's lines and the acceptance tests of two steps."""
    shutil.copy(PROJECT / "checklist" / "checklist.toml", checkout.folder / "checklist")
    checkout.tests()
    for test in (UPLOAD, ERRORS):
        shutil.copy(PROJECT / test, checkout.folder / Path(test).parent)
    return checkout


@pytest.fixture(scope="module")
def category(site: Site) -> int:
    category = Courses(site).category(CATEGORY)
    assert category is not None
    return category


def test_a_site_that_asks_for_much(real: Checkout, habits: Switch, category: int) -> None:
    """Single sign-on in front, policies and a required profile field behind; its own defaults; crowds of everything."""
    habits(
        sso="loginredirect", policy="tool", profile=True, no_dashboard=True, statement="locked", cutoff_default=True,
        many_categories=40, many_people=130, async_delete=1,
    )  # fmt: skip
    tests = [f"{UPLOAD}::test_set_up", f"{UPLOAD}::test_upload"]
    run = real.run(real.file(first=f"{PAST_SSO}\ncategory_id = {category}"), *tests)
    expect(run, GO, "PARTIAL")
