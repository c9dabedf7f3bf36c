"""What becomes of what a run prints decides nothing about the run."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from checklist import standard_streams
from runner.configuration.replica import CHECKOUT

PRINTS = """
import os, sys
from checklist.standard_streams import make_safe
make_safe()
own = os.open({file!r}, os.O_WRONLY | os.O_CREAT)
os.write(own, b"a journal")
for number in range(3):
    print("to people", number, "\\udcff", flush=True)
    print("to people", number, file=sys.stderr, flush=True)
os.system("echo from a child; echo from a child >&2")
sys.exit(7)
"""


@pytest.mark.parametrize(
    "way", [">/dev/full", "2>/dev/full", ">/dev/full 2>&1", ">&-", "2>&-", "<&- >&- 2>&-", "| true"]
)
def test_output_that_cannot_be_written(tmp_path: Path, way: str) -> None:
    (tmp_path / "it.py").write_text(PRINTS.format(file=str(tmp_path / "own")), "utf-8")
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} {tmp_path / 'it.py'} {way}; exit ${{PIPESTATUS[0]}}"],
        env={**os.environ, "PYTHONPATH": str(Path(standard_streams.__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 7, done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "own").read_text() == "a journal"


WITHOUT_WORDS = {"media/make.py", "runner/reservation/watchdog.py"}
"""Programs that print nothing."""


def test_every_program_outlives_its_reader() -> None:
    files = (file for room in CHECKOUT.glob("[a-z]*/") if room.name != "reports" for file in room.rglob("*.py"))
    programs = {str(file.relative_to(CHECKOUT)): file.read_text("utf-8") for file in files}
    programs = {name: text for name, text in programs.items() if '\nif __name__ == "__main__"' in text}
    assert {"replica/__main__.py", "checklist/access.py", "selftest/proof/soak.py"} < programs.keys()
    careless = [name for name, text in programs.items() if not re.search(r"make_safe\(\)|as_far_as_read\(\)", text)]
    assert set(careless) == WITHOUT_WORDS


@pytest.fixture
def results(tmp_path: Path) -> Path:
    check = {"line": "2.9.4", "title": "no video", "verdict": "passed", "message": "", "evidence": {}}
    told: dict[str, object] = {"run_id": "1", "environment": "x", "started": "", "versions": {}}
    told["lines"] = [{"id": "2.9.4", "browser": "chromium", "checks": [check]}]
    file = tmp_path / "results.json"
    file.write_text(json.dumps(told), "utf-8")
    return file


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("checklist", ("schema",)),
        ("checklist.access", ("{results}",)),
        ("replica", ("--help",)),
        ("replica", ("--list-faults",)),
        ("replica", ("--list-site",)),
        ("selftest.new_check", ("--help",)),
    ],
)
def test_a_reader_that_has_gone(module: str, arguments: tuple[str, ...], results: Path) -> None:
    """`| head` ends before the program does."""
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-m", module, *(argument.format(results=results) for argument in arguments)],
            cwd=CHECKOUT,
            env={**os.environ, "PYTHONUNBUFFERED": ""},
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_document_on_a_full_disk_is_no_success(results: Path) -> None:
    command = f"{sys.executable} -m checklist.access {results} > /dev/full"
    assert subprocess.run(["bash", "-c", command], cwd=CHECKOUT, capture_output=True, check=False).returncode != 0
