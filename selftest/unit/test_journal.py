"""The journal survives what kills a run, and tells dead runs from living ones."""

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from runner.reservation.journal import Journal, folder

SITE = "https://moodle.staging.example.edu:8443/moodle"


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    return tmp_path


def test_lies_outside_the_checkout_by_site(state: Path) -> None:
    assert folder(SITE) == state / "s3video-acceptance" / "moodle.staging.example.edu_8443_moodle"


def test_only_its_owner_may_read_it() -> None:
    journal = Journal(SITE, "run")
    journal.live()
    journal.record("setting", name="aws_secret_key", original="secret")
    with journal.lock():
        for path in [*folder(SITE).iterdir()]:
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(folder(SITE).stat().st_mode) == 0o700


def test_gives_entries_of_a_kind_until_they_are_settled() -> None:
    journal = Journal(SITE, "run")
    first = journal.record("setting", name="aws_secret_key", original="a")
    journal.record("account", username="s3va-01")
    journal.record("setting", name="aws_access_key", original="b")
    journal.settle(first)

    (left,) = Journal(SITE, "run").entries("setting")
    assert (left["name"], left["original"]) == ("aws_access_key", "b")
    assert [entry["username"] for entry in journal.entries("account")] == ["s3va-01"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(original=st.text(), cut=st.integers(min_value=0, max_value=400))
def test_a_torn_line_costs_no_other(tmp_path: Path, original: str, cut: int) -> None:
    journal = Journal(SITE, "run")
    journal.record("setting", name="kept", original=original)
    whole = journal.path.stat().st_size
    journal.record("setting", name="torn", original="x" * 300)
    os.truncate(journal.path, max(whole, journal.path.stat().st_size - cut))
    journal.record("setting", name="later", original=original)

    kept = [entry for entry in journal.entries("setting") if entry["name"] != "torn"]
    assert [(entry["name"], entry["original"]) for entry in kept] == [("kept", original), ("later", original)]
    journal.path.unlink()


def test_a_full_disk_is_told_before_anything_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(SITE, "run")
    monkeypatch.setattr(os, "write", lambda file, data: len(data) // 2)
    with pytest.raises(OSError, match="No space left"):
        journal.record("setting", name="aws_secret_key", original="a")


def test_workers_append_to_one_journal() -> None:
    writer = (
        "import sys; from runner.reservation.journal import Journal; journal = Journal(sys.argv[1], 'run');"
        "[journal.record('account', username=f'{sys.argv[2]}-{n}') for n in range(50)]"
    )
    workers = [subprocess.Popen([sys.executable, "-c", writer, SITE, name], cwd=_checkout()) for name in ("a", "b")]
    assert [worker.wait(30) for worker in workers] == [0, 0]
    names = {entry["username"] for entry in Journal(SITE, "run").entries("account")}
    assert names == {f"{worker}-{n}" for worker in "ab" for n in range(50)}


def test_a_run_is_dead_as_soon_as_its_process_is() -> None:
    run = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys; from runner.reservation.journal import Journal;"
            "journal = Journal(sys.argv[1], 'run'); journal.live();"
            "journal.record('setting', name='aws_secret_key', original='a'); print('ready', flush=True);"
            "sys.stdin.read()",
            SITE,
        ],
        cwd=_checkout(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert run.stdout is not None
    assert run.stdout.readline() == "ready\n"
    assert not Journal(SITE, "run").is_dead()
    assert Journal.left_behind(SITE, "next") == []

    run.send_signal(signal.SIGKILL)
    run.wait(10)
    assert Journal(SITE, "run").is_dead()
    (left,) = Journal.left_behind(SITE, "next")
    assert [entry["original"] for entry in left.entries("setting")] == ["a"]


def test_a_run_of_another_machine_is_not_known_to_be_dead() -> None:
    assert not Journal(SITE, "elsewhere").is_dead()


def test_of_a_dead_run_nothing_stays() -> None:
    journal = Journal(SITE, "dead")
    journal.record("account", username="s3va-01")
    secrets = journal.path.with_suffix(".secrets")
    secrets.write_text("hunter22", encoding="utf-8")
    Journal.left_behind(SITE, "next")[0].remove()
    assert list(folder(SITE).iterdir()) == []


def test_a_living_run_keeps_what_others_put_beside_its_journal() -> None:
    journal = Journal(SITE, "run")
    journal.live()
    journal.record("account", username="s3va-01")
    secrets = journal.path.with_suffix(".secrets")
    secrets.write_text("hunter22", encoding="utf-8")
    journal.remove()
    assert list(folder(SITE).iterdir()) == [secrets]


def test_what_is_no_entry_is_passed_over() -> None:
    journal = Journal(SITE, "run")
    journal.record("account", username="s3va-01")
    with journal.path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(["a list"]) + "\n" + json.dumps({"no": "kind"}) + "\n" + "\x00\x00\n")
    assert len(journal.entries("account")) == 1


def _checkout() -> Path:
    return Path(__file__).resolve().parents[2]
