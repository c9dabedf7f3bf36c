"""The suite in strangers' hands: `python -m selftest.machines` prints the table of docs/machines.md.

A clone of the checkout's HEAD is set up with PYTHON (`make .venv/ready`), and used as strangers do: by another user, by
one whom the machine has no name for, in a path with blanks and umlauts, without the right to write into the checkout,
without HOME. Each asks the doctor, and runs one test in Chromium. As root on Linux; `--python` may be given several
times. Exit code 0 when all came to what they should.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from checklist.standard_streams import make_safe

CHECKOUT = Path(__file__).resolve().parents[1]

COMMANDS = {
    "doctor": (["--doctor"], "READY: "),
    "one test": (["tests/test_2_07_upload.py::test_set_up", "--browser", "chromium"], "PARTIAL: "),
}

LIMIT = 400
"""Seconds a command."""


@dataclass(frozen=True)
class Condition:
    """`user` is an id, 0 this one; `folder` where the checkout is; `without` are variables that are not set."""

    name: str
    user: int = 0
    folder: str = "checkout"
    read_only: bool = False
    without: tuple[str, ...] = ()


CONDITIONS = (
    Condition("nothing in particular"),
    Condition("another user", user=65534),
    Condition("a user whom the machine has no name for", user=54321),
    Condition("a path with blanks and umlauts", folder="Prüfung der Größe/my  check out"),
    Condition("a checkout that may not be written to", user=65534, read_only=True),
    Condition("no HOME", without=("HOME",)),
)


def prepared(folder: Path, condition: Condition, venv: Path) -> Path:
    """The checkout of a stranger, with the common environment of Python packages."""
    place = folder / condition.folder
    place.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", str(CHECKOUT), str(place)], check=True)
    (place / ".venv").symlink_to(venv)
    for path in (place, *place.rglob("*")):
        if condition.user and not path.is_symlink():
            os.chown(path, condition.user, condition.user)
        if condition.read_only and not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222)
    return place


def seen(folder: Path, condition: Condition, place: Path, options: list[str]) -> tuple[int, str]:
    home = folder / "home"
    home.mkdir(exist_ok=True)
    if condition.user:
        os.chown(home, condition.user, condition.user)
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("S3V_", "PYTEST_", "XDG_"))}
    variables |= {"HOME": str(home), "TMPDIR": str(home)}
    own = {name: value for name, value in variables.items() if name not in condition.without}
    reports = [f"--reports={home / 'reports'}"] if condition.read_only else []
    who = {"user": condition.user, "group": condition.user, "extra_groups": []} if condition.user else {}
    done = subprocess.run(
        [".venv/bin/pytest", *options, *reports],
        cwd=place,
        env=own,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
        **who,  # type: ignore[call-overload]
    )
    return done.returncode, done.stdout + done.stderr


def table(python: str) -> bool:
    """Prints the rows of one Python; whether all are as they should be."""
    good = True
    with tempfile.TemporaryDirectory(prefix="machines-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        base = folder / "base"
        subprocess.run(["git", "clone", "-q", str(CHECKOUT), str(base)], check=True)
        subprocess.run(["make", ".venv/ready", f"PYTHON={python}"], cwd=base, check=True, stdout=subprocess.DEVNULL)
        version = subprocess.run([python, "-V"], capture_output=True, text=True, check=True).stdout.split()[-1]
        for number, condition in enumerate(CONDITIONS):
            own = folder / str(number)
            own.mkdir()
            place = prepared(own, condition, base / ".venv")
            cells = []
            for what, (options, verdict) in COMMANDS.items():
                code, text = seen(own, condition, place, options)
                fine = code == 0 and verdict in text and "Traceback" not in text
                good = good and fine
                last = next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
                cells.append(f"{code}, {verdict.strip(': ')}" if fine else f"**{code}**, {last[:120]}")
                if not fine:
                    print(f"{condition.name}, {what}:\n{text[-3000:]}", file=sys.stderr)
            print(f"| {_system()} | {version} | {condition.name} | {' | '.join(cells)} |", flush=True)
            shutil.rmtree(own, ignore_errors=True)
    return good


def _system() -> str:
    told = platform.freedesktop_os_release()
    return f"{told.get('NAME', '').split()[0]} {told.get('VERSION_ID', '')}".strip()


def main() -> int:
    make_safe()
    parser = argparse.ArgumentParser(prog="python -m selftest.machines", description="The suite in strangers' hands.")
    parser.add_argument("--python", action="append", metavar="PYTHON", help="which one, python3 by default")
    options = parser.parse_args()
    print(f"| system | Python | condition | {' | '.join(COMMANDS)} |")
    print(f"|---|---|---|{'---|' * len(COMMANDS)}")
    results = [table(python) for python in options.python or ["python3"]]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
