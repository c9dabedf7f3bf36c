"""The suite's own options, and what all options say about a run: whether it is one, whether whole, where it reports."""

from __future__ import annotations

import os
from argparse import ArgumentTypeError
from pathlib import Path

import pytest
from platformdirs import user_state_path

from clients.rush.load import HOST
from runner.configuration.environment_tables import large_size
from runner.configuration.replica import CHECKOUT, NAME
from runner.pytest_plugin.compat import worker_of, write_reports_to

REPORTS = CHECKOUT / "reports"
TESTS = CHECKOUT / "tests"

PRODUCTION = "production"
PROVOKES = "provokes"
"""Marker of the tests that run where `test_site = false`: those that read, and the smoke test."""

PICTURES = ("none", "failures", "all")

NARROWING = (
    "keyword",
    "markexpr",
    "maxfail",
    "browser",
    "target",
    "lf",
    "failedfirst",
    "deselect",
    "ignore",
    "ignore_glob",
    "stepwise",
    "splits",
)


MODES = {
    "collectonly": "--collect-only",
    "doctor": "--doctor",
    "diagnose": "--diagnose",
    "restore": "--restore",
    "before_upgrade": "--before-upgrade",
    "after_upgrade": "--after-upgrade",
}
"""Options that ask for something else than a run, or for one of a kind of its own; "" is a symptom, too, if none that
anybody knows."""

NEEDED = {"htmlpath": "html", "xmlpath": "junitxml", "browser": "playwright"}
"""Options by which plugins are known."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("acceptance", "acceptance of the S3 Video plugin")
    group.addoption("--env", default=NAME, metavar="NAME|FILE.toml", help="environment under test")
    group.addoption("--target", action="append", default=[], metavar="NAME", help="only this target of the environment")
    group.addoption("--doctor", action="store_true", help="check the environment and print the plan; run nothing")
    group.addoption("--restore", action="store_true", help="put back what a dead run left changed; run nothing")
    group.addoption(
        "--diagnose",
        metavar="SYMPTOM",
        help="look at the causes of a symptom, such as “videos won't play”; run nothing",
    )
    group.addoption("--large", type=large_size, metavar="SIZE", help="size of the video of step 2.12, such as 1GiB")
    group.addoption(
        "--rush", type=int, default=0, metavar="N", help="let N students hand in at once (X.2); off by default"
    )
    group.addoption(
        "--rush-workers", type=machines, default=(), metavar="HOST,HOST", help="machines that these students come from"
    )
    group.addoption("--before-upgrade", metavar="FILE", help="leave a video, and write down what is there; run nothing")
    group.addoption("--after-upgrade", metavar="FILE", help="look whether what FILE tells of is still there (X.4.1)")
    group.addoption("--keep", action="store_true", help="leave what the run creates on the site until the next run")
    group.addoption(
        "--pictures",
        choices=PICTURES,
        default=PICTURES[-1],
        help="what is pictured: nothing, failures, what passed too",
    )
    group.addoption("--site", action="append", default=[], metavar="NAME[=VALUE]", help="a site profile")
    group.addoption("--fault", action="append", default=[], metavar="NAME", help="a fault of the replica")
    group.addoption("--reports", default=str(REPORTS), metavar="FOLDER", help="where the run reports")


def machines(text: str) -> tuple[str, ...]:
    """Of `--rush-workers`. Raises argparse's error for what is none."""
    hosts = tuple(text.split(","))
    if wrong := [host for host in hosts if not HOST.fullmatch(host)]:
        raise ArgumentTypeError(f"“{wrong[0]}” is no machine; write the names that SSH knows, with commas between")
    return hosts


def expect_one_mode(config: pytest.Config) -> None:
    """Raises UsageError where the command line asks for two things of which a run does one."""
    option = config.option
    asked = [flag for name, flag in MODES.items() if getattr(option, name) not in (None, False)]
    if option.restore and option.keep:
        asked = ["--keep", *asked]
    if len(asked) > 1:
        raise pytest.UsageError(f"{' and '.join(asked)} do different things; ask for one at a time")


def expect_usable(config: pytest.Config) -> None:
    """Raises UsageError for what the command line leaves out that a run needs, or asks for and would not get."""
    option = config.option
    for name, plugin in NEEDED.items():
        if name not in option:
            raise pytest.UsageError(f"a run needs pytest's plugin {plugin}; leave out -p no:{plugin}")
    for name in ("--before-upgrade", "--after-upgrade"):
        if name in config.invocation_params.args:  # pytest would take a file that is there for a place of tests
            raise pytest.UsageError(f"write {name}=FILE, with an equals sign")
    if "" in (option.before_upgrade, option.after_upgrade):
        raise pytest.UsageError("--before-upgrade= and --after-upgrade= need the name of a file after the equals sign")
    if (option.before_upgrade or option.after_upgrade) and option.env == NAME:
        raise pytest.UsageError("the replica ends with its run, and nobody upgrades it: name a site with --env")
    for name, key in (("browser_channel", "channel"), ("device", "device")):
        if getattr(option, name, None):
            asked = f"--{name.replace('_', '-')}"
            raise pytest.UsageError(
                f"{asked} is not for a run: a target has its {key} in the environment file, under [[targets]]; add one "
                "there, and choose it with --target NAME"
            )


def is_acceptance(config: pytest.Config) -> bool:
    """Whether this process is to run acceptance tests: no worker, nothing that only prints, and some of `tests/`."""
    option = config.option
    if option.help or option.version or option.showfixtures or option.markers or option.collectonly:
        return False
    paths = [(config.invocation_params.dir / arg.split("::")[0]).resolve() for arg in config.args]
    return worker_of(config) is None and any(path == CHECKOUT or path.is_relative_to(TESTS) for path in paths)


def is_narrowed(config: pytest.Config) -> bool:
    """Whether the run leaves out tests or targets, and so cannot be a GO."""
    whole = {CHECKOUT, TESTS}
    paths = [(config.invocation_params.dir / arg).resolve() for arg in config.args]
    return any(getattr(config.option, name, None) for name in NARROWING) or not any(path in whole for path in paths)


def unredacted(folder: Path) -> Path:
    """Where a run that reports into `folder` has its traces until they are redacted: only its user can read there."""
    return user_state_path("s3video-acceptance") / "artifacts" / folder.name


def place_reports(config: pytest.Config, name: str) -> Path:
    """Makes the run's folder of that name below `--reports`, and sends there what pytest and its plugins write.

    Raises UsageError when `--reports` is written with a space, when it cannot be made, or when an `--output` of its own
    would empty it.
    """
    option = config.option
    if "--reports" in config.invocation_params.args:
        # Once that folder is there, pytest takes it for a place of tests, and finds no conftest.py in it.
        raise pytest.UsageError(f"write --reports={option.reports}, with an equals sign")
    if not option.reports:
        raise pytest.UsageError("--reports= names no folder; name one, or leave it out")
    reports = Path(os.path.abspath(config.invocation_params.dir / option.reports))
    folder = reports / name
    if "output" in option and Path(option.output) != Path("test-results"):
        output = (config.invocation_params.dir / option.output).resolve()
        if reports.is_relative_to(output):
            raise pytest.UsageError(f"--output {option.output} would empty {reports}; name another folder")
    else:
        option.output = str(unredacted(folder))
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise pytest.UsageError(f"{folder} cannot be made ({error.strerror}); free or unlock {reports}") from None
    write_reports_to(option, folder)
    return folder
