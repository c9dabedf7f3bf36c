"""Writes the skeleton of a check: `make new-check LINE=2.8.8 NAME=playback-speed`, as docs/adding.md tells.

It is red until every "(to be written)" is: the page object's method fails, and a test of the suite lists what is left.
"""

from __future__ import annotations

import argparse
import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from checklist.lines import LINES, Line
from checklist.standard_streams import make_safe
from selftest.proof.outcome import expectations

TO_BE_WRITTEN = "(to be written)"
PROJECT = Path(__file__).resolve().parents[1]
FAULTS = PROJECT / "replica/faults.toml"


@dataclass(frozen=True)
class Block:
    """A `with line("2.8.8", …)` in a test."""

    file: Path
    node: ast.With

    @property
    def method_calls(self) -> Iterator[tuple[str, str]]:
        """What methods are called in it, each with the words that say on what."""
        for call in ast.walk(self.node):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                yield ast.unparse(call.func.value), call.func.attr


def main() -> int:
    make_safe()
    parser = argparse.ArgumentParser(prog="make new-check", description=__doc__)
    parser.add_argument("line", help="the line of the checklist, such as 2.8.8")
    parser.add_argument("name", help="a short name of what is checked, such as playback-speed")
    options = parser.parse_args()
    line = LINES.get(options.line)
    if line is None or not line.judged:
        parser.error(f"{options.line} is no line that a test can judge. docs/coverage.md lists those that are.")
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", options.name):
        parser.error(f"{options.name} is no name. Write it in small letters with dashes, such as playback-speed.")
    if f"[no-{options.name}]" in FAULTS.read_text(encoding="utf-8"):
        parser.error(f"there is a fault no-{options.name} already. Choose another name.")
    written = [*_check(line, options.name), _fault(line, f"no-{options.name}")]
    with (PROJECT / "docs/coverage.md").open("w", encoding="utf-8") as document:
        subprocess.run([sys.executable, "-m", "selftest.proof.coverage"], cwd=PROJECT, stdout=document, check=True)
    print(f'Replace each "{TO_BE_WRITTEN}" in:\n  ' + "\n  ".join(written))
    print(f"Then give the replica the fault no-{options.name}: docs/adding.md, step 3.")
    return 0


def _check(line: Line, name: str) -> Iterator[str]:
    """Adds the check behind the last one of its line, or a test where the line has none; where that was."""
    method = f"expect_{name.replace('-', '_')}"
    todo = f'raise AssertionError("expected {name.replace("-", " ")}, seen nothing: {TO_BE_WRITTEN}")'
    block = max(_blocks(line), key=lambda block: (block.file, block.node.lineno), default=None)
    if block is None:
        yield _test(line, name, todo)
        return
    subject, place = _page_object(block)
    if place is not None:
        file, end = place
        _insert(file, end, f'\n    def {method}(self) -> None:\n        """{TO_BE_WRITTEN}"""\n        {todo}\n')
        yield f"{file.relative_to(PROJECT)}:{end + 2}  {method}()"
        todo = f"{subject}.{method}()"
    opening = f'with line("{line.id}", "{TO_BE_WRITTEN}", extra=True):'
    indent, end = " " * block.node.col_offset, block.node.end_lineno or 0
    _insert(block.file, end, f"{indent}{opening}\n{indent}    {todo}\n")
    yield f"{block.file.relative_to(PROJECT)}:{end + 1}  {opening}"


def _test(line: Line, name: str, todo: str) -> str:
    phase, number = line.step.split(".")
    files = sorted((PROJECT / "tests").glob("test_*.py"))
    of_line = (file for file in files if f'"{line.id}"' in file.read_text(encoding="utf-8"))
    of_step = (file for file in files if file.name.startswith(f"test_{phase}_{int(number):02}_"))
    file = next(of_line, None) or next(of_step, None)
    if file is None:
        file = PROJECT / f"tests/test_{phase}_{int(number):02}_{name.replace('-', '_')}.py"
        file.write_text(
            f'"""Step {line.step}: {TO_BE_WRITTEN}"""\n\n'
            "import pytest\n\nfrom runner.pytest_plugin.lines import Lines\n",
            encoding="utf-8",
        )
    end = len(file.read_text(encoding="utf-8").splitlines())
    _insert(
        file,
        end,
        f'\n\n@pytest.mark.lines("{line.id}")\ndef test_{name.replace("-", "_")}(line: Lines) -> None:\n'
        f'    """{TO_BE_WRITTEN}"""\n    with line("{line.id}", "{TO_BE_WRITTEN}"):\n        {todo}\n',
    )
    return f"{file.relative_to(PROJECT)}:{end + 3}  a test"


def _blocks(line: Line) -> Iterator[Block]:
    for file in sorted((PROJECT / "tests").glob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.With(
                    items=[*_, ast.withitem(ast.Call(func=ast.Name("line"), args=[ast.Constant(line.id), *_]))]
                ):
                    yield Block(file, node)


def _page_object(block: Block) -> tuple[str, tuple[Path, int] | None]:
    """On what the block calls a method of a page object: the words for it, and the end of its class.

    None for the class where no method in it is one of just one page object.
    """
    for subject, method in block.method_calls:
        ends = [*_classes_with(method)]
        if len(ends) == 1:
            return subject, ends[0]
    return "", None


def _classes_with(method: str) -> Iterator[tuple[Path, int]]:
    for file in sorted((PROJECT / "pages").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and any(
                isinstance(one, ast.FunctionDef) and one.name == method for one in node.body
            ):
                yield file, node.end_lineno or 0


def _fault(line: Line, name: str) -> str:
    """Adds the fault behind those of its line, or else of the lines before it."""
    order = list(LINES)
    of_line = [fault for fault, expected in expectations().items() if line.id in expected.lines]
    before = [fault for fault, one in expectations().items() if order.index(one.lines[0]) < order.index(line.id)]
    text = FAULTS.read_text(encoding="utf-8")
    last = re.search(rf"(?ms)^\[{(of_line or before)[-1]}\.expected\]$.*?(?=^\[|\Z)", text)
    end = text[: last.end()].rstrip().count("\n") + 1 if last else 0
    keys = "".join(f'{key} = "{TO_BE_WRITTEN}"\n' for key in ("sentence", "mechanism", "source"))
    expected = f'[{name}.expected]\nlines = ["{line.id}"]\nsymptom = "{TO_BE_WRITTEN}"\n'
    _insert(FAULTS, end, f"\n[{name}]\n{keys}{expected}")
    return f"{FAULTS.relative_to(PROJECT)}:{end + 2}  [{name}]"


def _insert(file: Path, after: int, text: str) -> None:
    """Puts the text behind so many lines of the file."""
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join([*lines[:after], text, *lines[after:]]), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
