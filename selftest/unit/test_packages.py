"""A run against a site needs none of the replica's packages."""

import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from clients.errors import ConfigurationError
from runner.configuration.replica import CHECKOUT, started
from selftest.unit.environment_files import SITE, VARIABLES

GROUPS = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
REPLICAS = {re.sub(r"\[.*", "", package) for package in GROUPS["replica"]}
MODULES = {
    module
    for module, packages in packages_distributions().items()
    if REPLICAS & {package.casefold() for package in packages}
}

WITHOUT = f"""
import runpy, sys
from importlib.abc import MetaPathFinder

class Missing(MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in {MODULES}:
            raise ModuleNotFoundError(f"No module named {{name}}", name=name)

sys.meta_path.insert(0, Missing())
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
"""


def run(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`python -m module`, without the replica's packages."""
    command = [sys.executable, "-c", WITHOUT, module, *arguments]
    environment = {**os.environ, **VARIABLES}
    return subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False)


def test_the_acceptance_tests_are_collected_without_them() -> None:
    collected = run("pytest", "--collect-only", "-q")
    assert collected.returncode == 0, collected.stdout + collected.stderr
    assert "test_upload" in collected.stdout


def test_a_site_is_asked_without_them(tmp_path: Path) -> None:
    file = tmp_path / "nowhere.toml"
    file.write_text(SITE.replace("https://moodle.test/", "https://127.0.0.1:9/"), encoding="utf-8")
    asked = run("pytest", f"--env={file}", f"--reports={tmp_path}", "--doctor")
    assert asked.returncode == 6, asked.stdout + asked.stderr


def test_the_replica_needs_them() -> None:
    started = run("replica", "--json")
    assert started.returncode == 1
    assert "ModuleNotFoundError: No module named" in started.stderr


def test_a_replica_without_its_packages_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runner.configuration.replica.find_spec", lambda _: None)
    with (
        pytest.raises(ConfigurationError, match=r"not installed here\. Run make \.venv/ready.*pytest --env NAME"),
        started(),
    ):
        pass
