"""What becomes of what a run prints decides nothing about the run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from checklist import standard_streams

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
