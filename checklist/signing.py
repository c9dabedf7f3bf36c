"""Signatures of a run: who takes responsibility for it or for a line of it, and for which content of `results.json`.

A signature holds a digest, so that a file changed afterwards shows. It proves nobody's identity: whoever may write the
folder may sign.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from checklist import results
from checklist.results import NoResults, put

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
