"""Options that a run cannot do without, or cannot do as asked: usage, told in a sentence."""

import re
import subprocess
import sys
from argparse import Namespace
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from runner.configuration.replica import CHECKOUT, NAME
from runner.pytest_plugin import preparation
from runner.pytest_plugin.compat import has_workers, workers_of
from runner.pytest_plugin.options import expect_one_mode, expect_usable, place_reports
from runner.pytest_plugin.preparation import expect_readable
from runner.pytest_plugin.state import State, _stem
from selftest.unit.environment_files import SITE

WHOLE: dict[str, object] = {
    "htmlpath": None,
    "xmlpath": None,
    "browser": [],
    "browser_channel": None,
    "device": None,
    "env": "staging",
    "before_upgrade": None,
    "after_upgrade": None,
}


def config(without: str = "", **changes: Any) -> pytest.Config:
    option = {name: value for name, value in {**WHOLE, **changes}.items() if name != without}
    hook = SimpleNamespace(pytest_xdist_auto_num_workers=lambda config: 3)
    given = SimpleNamespace(args=option.pop("args", ()))
    return cast(pytest.Config, SimpleNamespace(option=Namespace(**option), hook=hook, invocation_params=given))


def test_nothing_is_wrong_with_a_usual_one() -> None:
    expect_usable(config())


@pytest.mark.parametrize(
    ("without", "plugin"), [("htmlpath", "html"), ("xmlpath", "junitxml"), ("browser", "playwright")]
)
def test_a_plugin_that_is_left_out(without: str, plugin: str) -> None:
    with pytest.raises(pytest.UsageError, match=f"a run needs pytest's plugin {plugin}; leave out -p no:{plugin}"):
        expect_usable(config(without))


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        (
            "browser_channel",
            "msedge",
            "--browser-channel is not for a run: a target has its channel in the environment",
        ),
        ("device", "iPhone 15", "--device is not for a run: a target has its device in the environment"),
    ],
)
def test_what_would_be_ignored(name: str, value: str, told: str) -> None:
    with pytest.raises(pytest.UsageError, match=told):
        expect_usable(config(**{name: value}))


MODES: dict[str, Any] = {
    "collectonly": False,
    "doctor": False,
    "diagnose": None,
    "restore": False,
    "before_upgrade": None,
    "after_upgrade": None,
    "keep": False,
}


@pytest.mark.parametrize(
    ("asked", "flags"),
    [
        ({"doctor": True, "diagnose": "T.5"}, "--doctor and --diagnose"),
        ({"doctor": True, "diagnose": ""}, "--doctor and --diagnose"),
        ({"doctor": True, "restore": True}, "--doctor and --restore"),
        ({"diagnose": "T.5", "restore": True}, "--diagnose and --restore"),
        ({"collectonly": True, "doctor": True}, "--collect-only and --doctor"),
        ({"collectonly": True, "diagnose": "T.5"}, "--collect-only and --diagnose"),
        ({"collectonly": True, "restore": True}, "--collect-only and --restore"),
        ({"restore": True, "keep": True}, "--keep and --restore"),
        ({"before_upgrade": "a", "after_upgrade": "a"}, "--before-upgrade and --after-upgrade"),
        ({"doctor": True, "before_upgrade": "a"}, "--doctor and --before-upgrade"),
    ],
)
def test_two_modes(asked: dict[str, Any], flags: str) -> None:
    with pytest.raises(pytest.UsageError, match=f"^{flags} do different things; ask for one at a time$"):
        expect_one_mode(config(**MODES | asked))


@pytest.mark.parametrize("mode", [*MODES, ""])
def test_one_mode(mode: str) -> None:
    expect_one_mode(config(**MODES | ({mode: True} if mode else {})))


def test_two_modes_end_before_anything_is_asked() -> None:
    command = [sys.executable, "-m", "pytest", "--doctor", "--diagnose", "T.5", "--env=nowhere"]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        4,
        "ERROR: --doctor and --diagnose do different things; ask for one at a time\n\n",
    )


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"before_upgrade": ""}, "need the name of a file after the equals sign"),
        ({"after_upgrade": ""}, "need the name of a file after the equals sign"),
        ({"before_upgrade": "a", "env": "replica"}, "the replica ends with its run"),
        ({"after_upgrade": "a", "env": "replica"}, "the replica ends with its run"),
    ],
)
def test_an_upgrade_that_cannot_be(changes: dict[str, str], told: str) -> None:
    with pytest.raises(pytest.UsageError, match=told):
        expect_usable(config(**changes))
    expect_usable(config(after_upgrade="a"))
    with pytest.raises(pytest.UsageError, match="write --after-upgrade=FILE, with an equals sign"):
        expect_usable(config(args=("--after-upgrade", "a"), after_upgrade="a"))


def test_an_empty_name_is_no_folder_for_reports() -> None:
    given = SimpleNamespace(option=Namespace(reports=""), invocation_params=SimpleNamespace(args=["--reports="]))
    with pytest.raises(pytest.UsageError, match="--reports= names no folder"):
        place_reports(cast(pytest.Config, given), "run")


@pytest.mark.parametrize(("asked", "workers"), [("auto", 3), ("logical", 3), (2, 2), (0, 1), (None, 1)], ids=str)
def test_how_many_workers(asked: object, workers: int) -> None:
    given = config(numprocesses=asked)
    assert workers_of(given) == workers
    assert has_workers(given) is (workers > 1)


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("staging", "staging"),
        ("environments/a b.toml", "a_b"),
        ("a\n\x1b[31mred", "a_31mred"),
        ("a" * 300, "a" * 60),
        ("", "environment"),
        ("../../x.toml", "x"),
    ],
)
def test_an_environment_s_name_in_reports(name: str, stem: str) -> None:
    assert _stem(name) == stem


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("{state}/s3video-acceptance/x.jsonl", "name another folder in XDG_STATE_HOME"),
        ("{temporary}/x", "name another folder in TMPDIR"),
        ("{temporary}/reports/run/results.json", "name another folder by --reports=FOLDER"),
        ("/nowhere/x", "Free or unlock it, and run again."),
        ("/nowhere/keys.log", "or name another one in SSLKEYLOGFILE, and run again."),
    ],
)
def test_what_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, told: str) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("SSLKEYLOGFILE", "/nowhere/keys.log")
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "temporary"))
    folder = tmp_path / "temporary" / "reports" / "run"
    state = State("1", None, "x", folder, partial=False)  # type: ignore[arg-type]
    place = file.format(state=tmp_path / "state", temporary=tmp_path / "temporary")
    state.cannot_write(OSError(13, "Permission denied", place))
    assert state.misconfigured.startswith(f"{place} cannot be written (Permission denied).")
    assert told in state.misconfigured


def test_a_full_disk_is_found_where_the_error_names_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(temporary))
    monkeypatch.setattr("runner.pytest_plugin.state._has_room", lambda folder: folder != str(temporary))
    state = State("1", None, "x", tmp_path, partial=False)  # type: ignore[arg-type]
    state.cannot_write(OSError(28, "No space left on device"))
    assert state.misconfigured.startswith(f"{temporary} cannot be written (No space left on device).")


def listing(env: object = NAME, **asked: Any) -> pytest.Config:
    usual: dict[str, Any] = {"target": [], "rush": 0, "rush_workers": (), "site": [], "fault": []}
    return config(**usual | {"env": str(env), "collectonly": True, "browser": []} | asked)


@pytest.fixture
def no_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright starts no second driver where a test of this process has one."""
    monkeypatch.setattr(preparation, "_driver", lambda: nullcontext(SimpleNamespace(devices={})))


@pytest.mark.usefixtures("variables", "no_driver")
@pytest.mark.parametrize(
    ("asked", "more", "known", "told"),
    [
        ({"target": ["nowhere"]}, "", "", "no target is named nowhere; use one of chromium, firefox, webkit"),
        ({"target": [""]}, "", "", "no target is named “”; use one of chromium"),
        ({"rush": 31}, "test_site = true\nrush = { most = 30 }", "", "--rush 31 is more than site.toml allows"),
        ({"rush": -1}, "", "", "--rush -1 is no number of students"),
        ({"rush": 1}, "", "", "A rush is load, and test_site = false"),
        ({"rush_workers": ("load-1",)}, "", "", "add --rush N"),
        ({"site": ["below"]}, "", "", "--site and --fault are for the replica"),
        ({"fault": ["progress-hidden"]}, "", "", "--site and --fault are for the replica"),
        ({}, 'ca_file = "nowhere.pem"', "", "nowhere.pem cannot be used"),
        ({}, 'targets = [{ name = "p", engine = "webkit", device = "Pixel 77" }]', "", "Playwright knows no Pixel 77"),
        ({}, "", "known = 7", "known-issues.toml: it must hold [[known]] tables"),
        ({}, "", '[[known]]\nline = "2.7.5"\ntarget = "opera"', "the environment has no target opera"),
        ({}, "", "\0", "known-issues.toml: it is not valid TOML"),
        (
            {},
            'waived = [{ line = "2.13.3", reason = "none here", owner = "Ada", expires = 2020-01-01 }]',
            "",
            "site.toml: the waiver of 2.13.3 expired on 2020-01-01",
        ),
    ],
)
def test_listing_the_tests_refuses_what_a_run_would(
    tmp_path: Path, asked: dict[str, Any], more: str, known: str, told: str
) -> None:
    (tmp_path / "site.toml").write_text(f"{more}\n{SITE}", encoding="utf-8")
    if known:
        (tmp_path / "site.known-issues.toml").write_text(known, encoding="utf-8")
    with pytest.raises(pytest.UsageError, match=re.escape(told)):
        expect_readable(listing(tmp_path / "site.toml", **asked))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"target": ["nowhere"]}, "replica.toml: no target is named nowhere; use one of chromium"),
        ({"rush": 31}, "--rush 31 is more than replica.toml allows, which is 30"),
        ({"rush_workers": ("load-1",)}, "add --rush N"),
        ({"fault": ["progress-hiden"]}, "replica: unknown fault progress-hiden; `python -m replica --list-faults`"),
        ({"site": ["slow=never"]}, "replica: "),
    ],
)
def test_listing_the_tests_for_the_replica_starts_none(asked: dict[str, Any], told: str) -> None:
    with pytest.raises(pytest.UsageError, match=re.escape(told)):
        expect_readable(listing(**asked))
    expect_readable(listing(target=["pixel-7", "webkit"], rush=30, fault=["progress-hidden"], site=["slow=3"]))


def test_listing_the_tests_reads_the_environment_file(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text('base_ulr = "https://moodle.example"\n', encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "tests/test_3_production.py"]
    for options, told in (
        (["--env=nowhere"], "nowhere.toml: there is no such environment"),
        ([f"--env={file}"], "base_ulr: is not a key here; did you mean base_url"),
    ):
        done = subprocess.run([*command, *options], cwd=CHECKOUT, capture_output=True, text=True, check=False)
        assert (done.returncode, "Traceback" in done.stderr, told in done.stderr) == (4, False, True), done
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert (done.returncode, "test_smoke" in done.stdout) == (0, True), done
