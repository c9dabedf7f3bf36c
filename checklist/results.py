"""`results.json`, the machine-readable outcome of a run (format: docs/contract.md)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from checklist.verdicts import Entry, TargetState

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class Run:
    """What a run was: `started` in UTC, `versions` by component, such as `{"moodle": "4.5.6"}`."""

    run_id: str
    started: datetime
    environment: str
    verdict: str
    exit_code: int
    versions: Mapping[str, str]
    targets: Sequence[TargetState]
    lines: Sequence[Entry]
    notes: Sequence[str] = ()
    figures: Mapping[str, Any] | None = None


def write(run: Run, folder: Path, latest: Path) -> None:
    """Write `folder/results.json` and a copy of it at `latest`, each whole or not at all."""
    document = {
        "schema": SCHEMA,
        "run_id": run.run_id,
        "started": run.started.isoformat(timespec="seconds"),
        "verdict": run.verdict,
        "exit_code": run.exit_code,
        "environment": run.environment,
        "versions": dict(run.versions),
        "targets": [asdict(target) for target in run.targets],
        "lines": [asdict(entry) for entry in run.lines],
        "notes": list(run.notes),
        "figures": dict(run.figures or {}),
    }
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    for path in (folder / "results.json", latest):
        draft = path.with_suffix(".tmp")
        draft.write_text(text, encoding="utf-8")
        os.replace(draft, path)
