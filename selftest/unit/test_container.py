"""The container has Playwright's browsers for the Playwright that the suite is pinned to."""

import json
import re
import tomllib

import pytest

from runner.configuration.replica import CHECKOUT


def text_of(file: str) -> str:
    return (CHECKOUT / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("file", ["Containerfile", ".devcontainer/devcontainer.json"])
def test_the_image_is_that_of_the_pinned_playwright(file: str) -> None:
    packages = tomllib.loads(text_of("pyproject.toml"))["project"]["dependencies"]
    (pinned,) = (package.partition("==")[2] for package in packages if package.startswith("playwright"))
    assert re.findall(r"playwright/python:v([\d.]+)-", text_of(file)) == [pinned]


def test_what_stands_in_for_the_container_runs_what_the_container_runs() -> None:
    (entry,) = re.findall(r"(?m)^ENTRYPOINT (.+)$", text_of("Containerfile"))
    assert f'exec {" ".join(json.loads(entry))} "$@"' in text_of(".ci/container")
