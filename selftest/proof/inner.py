"""pytest plugin of every inner run, of the proof and of the soak: reports of its own, and a random order of tests."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api._generated import Tracing

from runner import run


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--inner-reports", type=Path, required=True, metavar="FOLDER", help="where the inner run reports")
    parser.addoption("--shuffle", type=int, metavar="SEED", help="run the tests in an order that the seed decides")


@pytest.fixture(autouse=True)
def traces_without_a_film(monkeypatch: pytest.MonkeyPatch) -> None:
    """A trace keeps the pages as they were; a film of them as well is a quarter of what a run in Firefox costs."""
    start = Tracing.start

    def without_a_film(tracing: Tracing, **options: Any) -> None:
        start(tracing, **{**options, "screenshots": False})

    monkeypatch.setattr(Tracing, "start", without_a_film)


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Iterator[None]:
    """Before the run places its reports."""
    run.REPORTS = config.option.inner_reports
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.option.shuffle is not None:
        random.Random(config.option.shuffle).shuffle(items)
