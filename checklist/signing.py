"""Signatures of a run: who takes responsibility for it or for a line of it, and for which content of `results.json`.

A signature holds a digest, so that a file changed afterwards shows. It proves nobody's identity: whoever may write the
folder may sign. What people settle is signed in the same way, so that it holds for that run and no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from checklist import results
from checklist.decide import decide
from checklist.lines import LINES
from checklist.reason import reason
from checklist.results import NoResults, Run, put

FILE = "signatures.json"


@dataclass(frozen=True, slots=True)
class Signature:
    """`line` is empty where the whole run is signed; `sha256` is of `results.json`, in hex; `at` in UTC."""

    by: str
    note: str
    line: str
    at: datetime
    sha256: str


SIGNATURES = TypeAdapter(list[Signature])


def digest(folder: Path) -> str:
    """SHA-256 of the run's `results.json`, in hex. Raises OSError."""
    return sha256((folder / results.FILE).read_bytes()).hexdigest()


def sign(folder: Path, by: str, note: str, line: str = "") -> Signature:
    """Add a signature to those of a run. Raises OSError, NoResults."""
    signature = Signature(by, note, line, datetime.now(UTC).replace(microsecond=0), digest(folder))
    content = SIGNATURES.dump_json([*read(folder), signature], indent=1)
    put(folder / FILE, content.decode() + "\n")
    return signature


def read(folder: Path) -> Sequence[Signature]:
    """The signatures of a run, the earliest first. Raises NoResults when their file cannot be read."""
    try:
        return SIGNATURES.validate_json((folder / FILE).read_bytes())
    except FileNotFoundError:
        return []
    except (OSError, ValidationError):
        raise NoResults(f"{folder / FILE} cannot be read. Restore it from the copy that was signed.") from None


def settled(run: Run, folder: Path) -> Run:
    """The run, of which the lines for people that somebody has signed block no longer. Raises OSError, NoResults."""
    signed = {one.line for one in read(folder) if one.sha256 == digest(folder)}
    lines = [
        replace(entry, blocks=entry.blocks and not (LINES[entry.id].for_people and entry.id in signed))
        for entry in run.lines
    ]
    if run.verdict != "INCOMPLETE" or lines == run.lines:
        return run
    verdict, code = decide(lines, run.conditions)
    why = reason(verdict, lines, run.targets, run.conditions, run.defects)
    return replace(run, lines=lines, verdict=verdict, exit_code=code, reason=why)


def unsigned(run: Run) -> list[str]:
    """The lines for people that keep a run from GO."""
    return [entry.id for entry in run.lines if entry.blocks and LINES[entry.id].for_people]
