"""Two runs with an upgrade between them: what the first leaves the second judges, and removes."""

from pathlib import Path
from typing import Any

import pytest

from clients import http
from clients.moodle.client import MoodleClient
from clients.moodle.courses import Courses
from runner.configuration.environment import Environment
from runner.configuration.naming import CATEGORY, UPGRADE_NAME
from runner.pytest_plugin import before_upgrade
from selftest.runs.checkout import GO, NO_GO, WRONG, Checkout, expect, expect_told

pytestmark = pytest.mark.usefixtures("nothing_left")

TEST = """
import pytest
from checks import upgraded
from clients.plugin.administration import plugin_settings
from runner.reservation.upgrade import codes

@pytest.mark.lines("2.4.1")
def test_it(left, workspace, environment, line):
    with line("2.4.1", "as before"):
        assert left.key in left.model_dump_json()
        upgraded.expect_settings(left.settings, codes(environment, plugin_settings(workspace.site)))
"""

OTHER = """
import pytest

@pytest.mark.lines("2.4.1")
def test_other(workspace, line):
    with line("2.4.1", "another check"):
        pass
"""

CHECKLIST = """
[[steps]]
id = "2.4"
title = "One line"
boxes = ["one"]
"""


def waiting(site: MoodleClient) -> list[str]:
    courses = Courses(site)
    category = courses.category(CATEGORY)
    assert category is not None
    return [name for name in courses.within(category).values() if name.startswith(UPGRADE_NAME)]


@pytest.fixture
def once(checkout: Checkout) -> None:
    (checkout.folder / "checklist" / "checklist.toml").write_text(CHECKLIST, encoding="utf-8")
    checkout.tests(test_it=TEST)


@pytest.mark.usefixtures("once")
def test_before_and_after(checkout: Checkout, site: MoodleClient, environment: Environment, tmp_path: Path) -> None:
    file = tmp_path / "left"
    before, after = f"--before-upgrade={file}", f"--after-upgrade={file}"
    run = checkout.run(checkout.file(), before)
    expect(run, GO, "READY", "a course with one video stays on the site", f"--after-upgrade={file}")
    assert len(waiting(site)) == 1
    for secret in environment.secrets():
        assert secret not in file.read_text("utf-8")

    expect_told(checkout.run(checkout.file(), before), WRONG, "MISCONFIGURED", "is there already")
    other = tmp_path / "other"
    expect_told(checkout.run(checkout.file(), f"--before-upgrade={other}"), WRONG, "MISCONFIGURED", "of an earlier")
    assert not other.exists()

    expect(checkout.run(checkout.file(), after), WRONG, "MISCONFIGURED", "There was no upgrade")
    assert len(waiting(site)) == 1
    assert file.exists()

    http.request("PUT", f"{environment.base_url}/__replica__/upgrade", verify=str(environment.ca_file), timeout=10)
    checkout.tests(test_it=TEST.replace("assert left.key", "assert not left.key"))
    expect(checkout.run(checkout.file(), after), NO_GO, "NO-GO")
    assert len(waiting(site)) == 1
    assert file.exists()

    checkout.tests(test_it=TEST, test_other=OTHER)
    expect(checkout.run(checkout.file(), after, "-k", "other"), WRONG, "MISCONFIGURED", "left out the test of that")
    assert file.exists()

    checkout.tests(test_it=TEST)
    expect(checkout.run(checkout.file(), after), GO, "GO")
    assert waiting(site) == []
    assert not file.exists()
    expect_told(checkout.run(checkout.file(), after), WRONG, "MISCONFIGURED", "is not there")


@pytest.mark.usefixtures("once")
def test_restore_removes_what_waits(checkout: Checkout, site: MoodleClient, tmp_path: Path) -> None:
    file = tmp_path / "left"
    expect(checkout.run(checkout.file(), f"--before-upgrade={file}"), GO, "READY")
    expect(checkout.run(checkout.file(), "--restore"), GO, "READY", "which waited for an upgrade, is removed")
    assert waiting(site) == []
    run = checkout.run(checkout.file(), f"--after-upgrade={file}")
    expect(run, WRONG, "MISCONFIGURED", "no longer has the course")


def test_ctrl_c_when_the_video_waits_already_leaves_neither_it_nor_the_file(
    checkout: Checkout, site: MoodleClient, environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep = Courses.keep

    def told_to_stop(*arguments: Any) -> None:
        keep(*arguments)
        assert len(waiting(site)) == 1
        raise KeyboardInterrupt

    monkeypatch.setenv("XDG_STATE_HOME", str(checkout.state))
    monkeypatch.setattr(Courses, "keep", told_to_stop)
    file = tmp_path / "left"
    with pytest.raises(KeyboardInterrupt):
        before_upgrade.leave(environment, "113004550000", file)
    assert waiting(site) == []
    assert not file.exists()
