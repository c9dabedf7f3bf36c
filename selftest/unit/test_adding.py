"""The recipe for a check in docs/adding.md, followed word for word on a copy of the project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import pytest

from runner.configuration.replica import CHECKOUT

NOT_COPIED = shutil.ignore_patterns(".git", ".venv", "reports", "__pycache__")


@dataclass(frozen=True)
class Block:
    """A block of the recipe: commands, or lines to take out of `file` and to put in."""

    file: str
    text: str

    @property
    def commands(self) -> list[str]:
        return [] if self.file else self.text.splitlines()


def recipe() -> Iterator[Block]:
    section = (CHECKOUT / "docs/adding.md").read_text(encoding="utf-8").split("\n## ")[1]
    assert section.startswith("A check\n")
    for language, file, text in re.findall(r'(?ms)^ *```(\w+)(?: title="(.+?)")?\n(.*?)^ *```$', section):
        assert (language == "diff") == bool(file), f"of {language} the recipe has no use"
        yield Block(file, dedent(text))


def needs_a_browser(command: str) -> bool:
    return "selftest.proof " in command


class Copy:
    """A copy of the project, with the packages of the one that it comes from."""

    def __init__(self, folder: Path) -> None:
        self.folder = shutil.copytree(CHECKOUT, folder / "project", ignore=NOT_COPIED)
        (self.folder / ".venv").mkdir()
        for entry in Path(sys.prefix).iterdir():
            if entry.name != "ready":
                (self.folder / ".venv" / entry.name).symlink_to(entry)
        (self.folder / ".venv/ready").touch()

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV"))}
        return subprocess.run(
            command, shell=True, cwd=self.folder, env=inherited, capture_output=True, text=True, check=False
        )

    def expect_done(self, command: str) -> None:
        done = self.run(command)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"

    def edit(self, block: Block) -> None:
        file = self.folder / block.file
        text = file.read_text(encoding="utf-8")
        lines = block.text.splitlines(keepends=True)
        before, after = ("".join(line[1:] for line in lines if line[0] in (" ", sign)) for sign in "-+")
        assert text.count(before) == 1, f"{block.file} does not have once:\n{before}"
        file.write_text(text.replace(before, after), encoding="utf-8")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A copy on which the recipe was followed, but for what takes a browser."""
    copy = Copy(tmp_path_factory.mktemp("adding"))
    skeleton, *rest = recipe()
    (make,) = skeleton.commands
    copy.expect_done(make)
    red = copy.run(".venv/bin/pytest -q selftest/unit/test_faults.py")
    assert red.returncode == 1
    assert "make new-check wrote a skeleton there" in red.stdout
    assert 'nothing in replica/ asks for faults.on("no-playback-speed")' in red.stdout
    for block in rest:
        if block.file:
            copy.edit(block)
    return copy


COMMANDS = [command for block in recipe() for command in block.commands if not command.startswith("make ")]


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(command, marks=[pytest.mark.nightly] if "mypy" in command else [])
        for command in COMMANDS
        if not needs_a_browser(command)
    ],
)
def test_what_the_recipe_says_to_run_is_green(copy: Copy, command: str) -> None:
    copy.expect_done(command)
