"""What docs/architecture.md says: facts and judgements live apart, and files, names and fixtures are where it says."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_playwright import pytest_playwright

import fixtures.run

PROJECT = Path(__file__).resolve().parents[2]
DOCUMENTS = [*sorted((PROJECT / "docs").glob("*.md")), PROJECT / "README.md", PROJECT / "CONTRIBUTING.md"]
SOURCES = [
    f"/{file.relative_to(PROJECT).as_posix()}"
    for folder in PROJECT.iterdir()
    if folder.is_dir() and not folder.name.startswith(".") and folder.name != "reports"
    for file in folder.rglob("*.py")
] + ["/conftest.py"]

JUDGING = re.compile(r"_?expect_")


def judgements(source: str) -> Iterator[str]:
    """What in a module judges, by line: an assertion with words, AssertionError, a name in expect_."""
    for node in ast.walk(ast.parse(source)):
        line = getattr(node, "lineno", 0)
        names = [getattr(node, field, None) for field in ("id", "attr", "name")]
        if "AssertionError" in names or (isinstance(node, ast.Assert) and node.msg is not None):
            yield f"{line}: AssertionError"
        elif named := [name for name in names if isinstance(name, str) and JUDGING.match(name)]:
            yield f"{line}: {named[0]}"


@pytest.mark.parametrize(
    "source",
    [
        "def look(seen):\n    if not seen:\n        raise AssertionError('expected it, seen nothing')",
        "def look(seen):\n    return AssertionError('expected it, seen nothing')",
        "class Wrong(AssertionError): ...",
        "def look(seen):\n    assert seen, 'expected it, seen nothing'",
        "class Bucket:\n    def expect_stored(self, key): ...",
        "def _expect_stored(key): ...",
        "from checks.tasks import expect_success",
        "bucket.expect_stored('k')",
    ],
)
def test_what_judges(source: str) -> None:
    assert list(judgements(source))


def test_what_gives_facts() -> None:
    facts = (
        "def expectation(text):\n    assert isinstance(text, str)\n    raise UnexpectedAnswer('expected it, seen none')"
    )
    assert list(judgements(facts)) == []


@pytest.mark.parametrize("room", ["clients", "network"])
def test_a_room_of_facts_judges_nothing(room: str) -> None:
    files = sorted((PROJECT / room).rglob("*.py"))
    assert len(files) > 1
    found = [
        f"{file.relative_to(PROJECT)}:{one}" for file in files for one in judgements(file.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_python_files_that_a_document_names_exist(document: Path) -> None:
    named = set(re.findall(r"`([\w./-]+\.py)`", document.read_text(encoding="utf-8")))
    missing = [name for name in sorted(named) if not any(source.endswith(f"/{name}") for source in SOURCES)]
    assert missing == []


def test_what_the_walk_names_stands_in_its_file() -> None:
    text = (PROJECT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`([\w/]+/\w+\.py)`,\s+`(\w+(?:\.\w+)?)`", text)
    assert len(named) > 5
    missing = []
    for file, names in named:
        source = (PROJECT / file).read_text(encoding="utf-8")
        defined = set(re.findall(r"^ *(?:def|class) (\w+)", source, re.M))
        missing += [f"{name} in {file}" for name in names.split(".") if name not in defined]
    assert missing == []


def test_every_fixture_stands_in_the_table() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*) \|$", str(fixtures.run.__doc__), re.M)
    told = {(module, name) for module, names in rows for name in re.findall(r"`(\w+)`", names)}
    defined = {
        (file.stem, node.name)
        for file in (PROJECT / "fixtures").glob("*.py")
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and any("fixture" in ast.unparse(one) for one in node.decorator_list)
        if not node.name.startswith("_")
    }
    overridden = {(module, name) for module, name in defined - told if hasattr(pytest_playwright, name)}
    assert told == defined - overridden
