"""The bench measures on real sites too: what its other ways upload is removed like everything else."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from runner.configuration.environment import Environment
from selftest.bench.__main__ import MEASURED
from selftest.runs.checkout import PROJECT, Checkout


@pytest.fixture
def objects_stay(environment: Environment, nothing_left: None) -> Iterator[None]:
    """As with the plugin 1.0.0, a submission that is removed leaves its object on S3."""

    def switch(*faults: str) -> None:
        url = environment.url("/__replica__/fault")
        requests.put(url, json={"faults": faults}, verify=environment.verify, timeout=10).raise_for_status()

    switch("removal-keeps-object")
    yield
    switch()


@pytest.mark.nightly
def test_what_other_ways_upload_is_removed(checkout: Checkout, objects_stay: None, tmp_path: Path) -> None:
    shutil.copytree(PROJECT / "selftest", checkout.folder / "selftest", ignore=shutil.ignore_patterns("__pycache__"))
    checkout.tests()
    options = ("-p", "selftest.bench.plugin", f"--bench={tmp_path / 'bench.jsonl'}", "--browser=chromium")
    run = checkout.run(checkout.file(), *options, "tests", f"{MEASURED}::test_other_upload", "-k", "bare")
    assert run.code == 0, run.text
