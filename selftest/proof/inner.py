"""pytest plugin of every inner run, of the proof and of the soak: reports of its own, and a random order of tests."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from fixtures import run


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--inner-reports", type=Path, required=True, metavar="FOLDER", help="where the inner run reports")
    parser.addoption("--shuffle", type=int, metavar="SEED", help="run the tests in an order that the seed decides")


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Iterator[None]:
    """Before the run places its reports."""
    run.REPORTS = config.option.inner_reports
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.option.shuffle is not None:
        random.Random(config.option.shuffle).shuffle(items)
