"""The files of a run in its folder, and what leads to them."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from checklist import foreign_files, history, results
from checklist.outputs import ctrf, junit
from checklist.results import Run


def write(run: Run, folder: Path) -> None:
    """Everything that is said of a run, into its folder. Raises OSError."""
    from checklist import report  # what draws it is not needed before

    results.write(run, folder)
    report.write(run, folder, history.read(folder.resolve().parent))
    ctrf.write(run, folder)
    junit.write(run, folder)


def publish(run: Run, folder: Path) -> None:
    """Makes the run, written already, the latest in the folder of all reports. Raises OSError."""
    reports = folder.parent
    results.put(reports / results.FILE, (folder / results.FILE).read_text(encoding="utf-8"))
    latest = reports / "latest"
    latest.unlink(missing_ok=True)
    latest.symlink_to(folder.name, target_is_directory=True)
    history.append(run, reports)


def tell_job(text: str, annotations: Iterable[str] = ()) -> str:
    """Adds Markdown to the summary of the job on GitHub that this is part of, if it is, and prints its annotations.

    Returns why that was not possible, which changes nothing of the run; else nothing.
    """
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    try:
        if path:
            with foreign_files.appended(Path(path)) as file:
                file.write(text.encode(errors="backslashreplace"))
            for annotation in annotations:
                print(annotation, flush=True)
    except (OSError, ValueError) as error:
        return f"the job's summary, {path}, cannot be written ({getattr(error, 'strerror', None) or error})"
    return ""
