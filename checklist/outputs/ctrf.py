"""`ctrf.json`: the run in the Common Test Report Format 1.0, a test for each line on each target (https://ctrf.io).

Held against `schema/ctrf.schema.json` of github.com/ctrf-io/ctrf at 84ddec5.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from checklist.gallery import PICTURE
from checklist.lines import LINES, STEPS
from checklist.reason import called
from checklist.results import Run, put
from checklist.verdicts import Entry, Verdict

FILE = "ctrf.json"

STATUS = {
    Verdict.PASSED: "passed",
    Verdict.FAILED: "failed",
    Verdict.NOT_REACHED: "other",
    Verdict.NOT_RUN: "pending",
    Verdict.NOT_CHECKABLE: "skipped",
    Verdict.BY_HAND: "pending",
}

TITLES = {step.id: f"{step.id} {step.title}" for step in STEPS}


def write(run: Run, folder: Path) -> None:
    """Write `folder/ctrf.json`. Raises OSError."""
    put(folder / FILE, json.dumps(document(run), indent=1, ensure_ascii=False) + "\n")


def document(run: Run) -> dict[str, Any]:
    """Lines that another target covers, or that are for people, are left out unless a GO waits for them."""
    entries = [entry for entry in run.lines if entry.checks or entry.blocks]
    tally = Counter(STATUS[entry.verdict] for entry in entries)
    start, duration = round(run.started.timestamp() * 1000), round(run.seconds * 1000)
    targets = {target.name: called(target) for target in run.targets}
    summary = {status: tally[status] for status in dict.fromkeys(STATUS.values())}
    return {
        "reportFormat": "CTRF",
        "specVersion": "1.0.0",
        "timestamp": run.started.isoformat(timespec="seconds"),
        "generatedBy": "s3video-acceptance",
        "results": {
            "tool": {"name": "s3video-acceptance", "version": run.versions.get("suite", "")},
            "summary": {
                "tests": len(entries),
                **summary,
                "start": start,
                "stop": start + duration,
                "duration": duration,
            },
            "tests": [_test(entry, targets.get(entry.browser, entry.browser)) for entry in entries],
            "environment": {
                "appName": "assignsubmission_s3video",
                "appVersion": run.versions.get("assignsubmission_s3video", ""),
                "testEnvironment": run.environment,
                "healthy": run.verdict != "OUTAGE",
            },
            "extra": {
                "verdict": run.verdict,
                "exit_code": run.exit_code,
                "reason": run.reason,
                "run_id": run.run_id,
                "defects": [asdict(defect) for defect in run.defects],
            },
        },
    }


def _test(entry: Entry, browser: str) -> dict[str, Any]:
    line = LINES[entry.id]
    shots = [path for check in entry.checks for path in check.evidence.get("screenshots", ())]
    shots += [check.evidence[PICTURE]["path"] for check in entry.checks if PICTURE in check.evidence]
    return {
        "name": f"{entry.id} {line.text} [{entry.browser}]",
        "status": STATUS[entry.verdict],
        "rawStatus": entry.verdict.value,
        "duration": round(entry.seconds * 1000),
        "suite": [TITLES[line.step]],
        "type": "e2e",
        "browser": browser,
        **({"message": entry.message} if entry.message else {}),
        "attachments": [
            {"name": Path(path).name, "contentType": guess_type(path)[0] or "image/png", "path": path} for path in shots
        ],
        "labels": {"blocks": entry.blocks, "known": bool(entry.known)},
    }
