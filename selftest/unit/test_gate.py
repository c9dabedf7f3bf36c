"""Who sees what in the gate on GitHub: secrets are one step's, and what may sign knows none."""

import re

from runner.configuration.replica import CHECKOUT

GATE = (CHECKOUT / ".github" / "workflows" / "gate.yml").read_text(encoding="utf-8")

JOBS = dict(re.findall(r"(?ms)^  (\w+):\n(.*?)(?=^  \w+:\n|\Z)", GATE.partition("\njobs:\n")[2]))


def steps(job: str) -> list[str]:
    return re.split(r"(?m)^      - ", JOBS[job].partition("    steps:\n")[2])[1:]


def test_secrets_are_of_the_two_steps_that_need_them() -> None:
    assert "secrets" not in JOBS["acceptance"].partition("    steps:\n")[0]
    having = [step for step in steps("acceptance") if "secrets." in step or "*secrets" in step]
    assert ["--strict" in having[0], "--restore" in having[1], len(having)] == [True, True, 2]


def test_on_a_mac_too() -> None:
    having = [step for step in steps("safari") if "secrets" in step]
    assert ["--target safari" in having[0], "--restore" in having[1], len(having)] == [True, True, 2]
    assert "secrets" not in JOBS["merged"]
    assert "merge on-linux/latest on-mac/latest" in JOBS["merged"]
    assert "continue-on-error" not in JOBS["merged"]


def test_addresses_of_browsers_reach_the_run() -> None:
    declared = re.findall(r"(?m)^      (S3V_\w+): \{required", GATE)
    assert "S3V_IPHONE_URL" in declared
    assert [name for name in declared if f"{name}: ${{{{ secrets.{name} }}}}" not in JOBS["acceptance"]] == []


def test_what_is_told_from_files_has_a_delimiter_that_nobody_knows() -> None:
    (told,) = [step for step in steps("acceptance") if "changed<<" in step]
    assert "$(openssl rand -hex 16)" in told


def test_what_may_sign_knows_no_secret_and_runs_nothing_that_was_installed() -> None:
    (step,) = steps("attest")
    assert "secrets" not in JOBS["attest"].partition("steps:")[0] + step
    assert "run:" not in step
    assert "id-token" not in JOBS["acceptance"] + GATE.partition("\njobs:\n")[0]


def test_actions_are_pinned_to_commits() -> None:
    used = re.findall(r"uses: ([\w/-]+)@(\S+)", GATE)
    assert used
    assert [action for action, at in used if not re.fullmatch(r"[0-9a-f]{40}", at)] == []
