"""pytest plugin of every inner run, of the proof and of the soak: a random order of tests, and leaner traces."""

from __future__ import annotations

import random
from typing import Any

import pytest
from playwright.sync_api import BrowserContext

from pages.actor import NewContext


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--shuffle", type=int, metavar="SEED", help="run the tests in an order that the seed decides")


def pytest_configure(config: pytest.Config) -> None:
    if config.option.tracing != "off":
        config.pluginmanager.register(WithoutAFilm())  # after pytest-playwright, whose fixture it takes the place of


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.option.shuffle is not None:
        random.Random(config.option.shuffle).shuffle(items)


class WithoutAFilm:
    """A trace keeps the pages as they were; a film of them as well is a quarter of what a run in Firefox costs."""

    @pytest.fixture
    def new_context(self, new_context: NewContext, request: pytest.FixtureRequest) -> NewContext:
        def opened(**options: Any) -> BrowserContext:
            context = new_context(**options)
            context.tracing.stop()
            context.tracing.start(title=request.node.nodeid, snapshots=True, sources=True)
            return context

        return opened
