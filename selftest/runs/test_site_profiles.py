"""Site profiles that the acceptance tests themselves have to live with: they turn nothing red."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from clients.moodle.accounts import Accounts
from clients.moodle.client import MoodleClient
from clients.moodle.courses import Courses
from runner.configuration.environment import Environment
from runner.configuration.naming import DOMAIN
from selftest.runs.checkout import PROJECT, Checkout
from selftest.runs.students import PASSWORD


@pytest.fixture(scope="module")
def acceptance(checkout: Checkout) -> Checkout:
    """The copy has the project's own tests and checklist."""
    for room in ("checklist", "tests"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(PROJECT / room, checkout.folder / room, ignore=ignored, dirs_exist_ok=True)
    return checkout


@pytest.fixture
def profile(environment: Environment) -> Iterator[Callable[[str], None]]:
    """Switches site profiles on, for the test."""

    def switch(on: dict[str, Any]) -> None:
        url = environment.url("/__replica__/site")
        requests.put(url, json=on, verify=environment.verify, timeout=10).raise_for_status()

    yield lambda names: switch(dict.fromkeys(names.split(), True))
    switch({})


WHOLE_STEPS = {
    "pending-forever": ["2_07_upload", "2_08_playback"],
    "closed-network debugdisplay": ["2_08_playback"],
    "no-full-screen": ["2_08_playback"],
    "language": ["2_07_upload", "2_08_playback", "2_09_access", "2_10_admin", "2_11_errors"],
}


@pytest.mark.parametrize(
    ("name", "tests"),
    [
        ("closed-network debugdisplay", "2_08_playback.py::test_playback"),
        ("no-full-screen", "2_08_playback.py::test_controls"),
        ("language", "2_09_access.py::test_second_student"),
        ("language", "x_6_words.py::test_times"),
        *(
            pytest.param(name, f"{step}.py", marks=pytest.mark.nightly)
            for name, steps in WHOLE_STEPS.items()
            for step in steps
        ),
    ],
)
def test_a_site_profile_turns_nothing_red(
    acceptance: Checkout, profile: Callable[[str], None], nothing_left: None, name: str, tests: str
) -> None:
    profile(name)
    run = acceptance.run(acceptance.file(), f"tests/test_{tests}", "--browser", "chromium")
    checks = [check for line in results(acceptance.reports)["lines"] for check in line["checks"]]
    assert run.code == 0, run.text
    assert [(check["title"], check["message"]) for check in checks if check["verdict"] != "passed"] == []
    warnings = {warning for check in checks for warning in check["evidence"].get("warnings", [])}
    told = {
        "pending-forever": "stayed busy with block_weather/forecast",
        "closed-network debugdisplay": "/local/coursebadge/",
    }
    assert bool(warnings) == (name in told)
    assert all(told[name] in warning for warning in warnings)


def test_a_versioned_bucket_cannot_show_that_a_video_is_gone(
    acceptance: Checkout, profile: Callable[[str], None], nothing_left: None
) -> None:
    profile("versioned")
    run = acceptance.run(acceptance.file(), "tests/test_2_10_admin.py", "--browser", "chromium", "-k", "delete_video")
    checks = [check for line in results(acceptance.reports)["lines"] for check in line["checks"]]
    assert run.code == 0, run.text
    (untold,) = [check for check in checks if check["verdict"] != "passed"]
    assert (untold["title"], untold["verdict"]) == ("S3 keeps no old version of the deleted video", "not checkable")
    assert "is a delete marker, and the video is behind it" in untold["message"]


def test_given_people_may_have_the_same_name(acceptance: Checkout, site: MoodleClient, nothing_left: None) -> None:
    people = {part: f"namesake-{part}" for part in ("student", "second_student", "teacher")}
    for name in people.values():
        Accounts(site, Courses(site)).create(name, f"{name}@{DOMAIN}", "Alex", "Smith", PASSWORD)
    acceptance.secrets["S3V_NAMESAKE_PASSWORD"] = PASSWORD
    given = [f'{part} = {{ username = "{name}", password = "S3V_NAMESAKE_PASSWORD" }}' for part, name in people.items()]
    file = acceptance.file("\n".join(["", "[accounts.given]", *given, ""]))
    run = acceptance.run(file, "tests/test_2_10_admin.py", "--browser", "chromium", "-k", "manage_videos")
    checks = [check for line in results(acceptance.reports)["lines"] for check in line["checks"]]
    assert run.code == 0, run.text
    assert {check["verdict"] for check in checks} == {"passed"}


def results(reports: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((reports / "results.json").read_text(encoding="utf-8"))
    return found
