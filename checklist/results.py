"""`results.json`, the machine-readable outcome of a run (format: docs/contract.md, docs/results.schema.json)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from functools import partial
from math import isfinite
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from checklist import foreign_files, sound
from checklist.decide import Conditions
from checklist.defects import Defect
from checklist.verdicts import Entry, TargetState
from checklist.visible import whole

FILE = "results.json"

LARGEST = 128 * 1024**2
"""Bytes."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a run was: `started` in UTC, `versions` by component, such as `{"moodle": "4.5.6"}`.

    `figures` are measures by name and target, `budgets` what they may come to; `reason` is the verdict's, in a
    sentence; `tested` says where: site, bucket, region. `conditions`, `known_issues` and `tests` (the lines of each
    test of the suite) are what a merge of several runs judges by. `defects` are what somebody has to mend, the worst
    first; `lines` say where each was seen. `required` are lines that the run had to settle although others like them
    may stay open, `waived` those that it had not to, and who has said so.
    """

    run_id: str
    started: datetime
    environment: str
    verdict: str
    exit_code: int
    versions: Mapping[str, str]
    targets: Sequence[TargetState]
    lines: Sequence[Entry]
    notes: Sequence[str] = ()
    figures: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    reason: str = ""
    seconds: float = 0.0
    tested: Mapping[str, str] = field(default_factory=dict)
    conditions: Conditions = field(default_factory=partial(Conditions, 0))
    known_issues: Sequence[Mapping[str, str]] = ()
    tests: Mapping[str, Sequence[str]] = field(default_factory=dict)
    defects: Sequence[Defect] = ()
    budgets: Mapping[str, float] = field(default_factory=dict)
    required: Sequence[str] = ()
    waived: Sequence[Mapping[str, str]] = ()
    schema: Literal[1] = 1


RUN = TypeAdapter(Run)


class NoResults(Exception):
    """A file is no `results.json`; the message says which and why."""


def write(run: Run, folder: Path) -> None:
    """Write `folder/results.json`, whole or not at all."""
    put(folder / FILE, text_of(run))


def text_of(run: Run) -> str:
    """The run as the text of `results.json`."""
    content = _plain(asdict(run))
    document = {"schema": content.pop("schema"), **content, "started": run.started.isoformat(timespec="seconds")}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    """What JSON in UTF-8 can hold, whatever a page, a plugin or a test had put there: results are written in any case.

    Half a surrogate pair is written out, what is no number becomes text, and what is no value says what it was.
    """
    if isinstance(value, str):
        return whole(value)
    if isinstance(value, float) and not isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {whole(str(name)): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    fits = value is None or isinstance(value, bool | int | float | datetime)
    return value if fits else f"({type(value).__name__}, which JSON does not hold)"


def put(path: Path, text: str) -> None:
    """Write a file, whole or not at all."""
    draft = path.with_suffix(".tmp")
    draft.unlink(missing_ok=True)
    with draft.open("x", encoding="utf-8", errors="backslashreplace") as file:  # never where a link leads
        file.write(text)
    os.replace(draft, path)


def read(folder: Path) -> Run:
    """The run that reported into `folder`; keys that are not known are left out. Raises NoResults."""
    path = folder / FILE
    try:
        run = _run_of(path)
    except OSError as error:
        raise NoResults(f"{path} cannot be read ({error.strerror}). Name the folder of a run.") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise NoResults(f"{path} is no results.json of this suite: {where}: {first['msg']}.") from None
    except ValueError as error:
        raise NoResults(f"{path} is no results.json of this suite: {error}.") from None
    for told in sound.faults(run):
        raise NoResults(f"{path} is no results.json of this suite: {told}.")
    return run


def _run_of(path: Path) -> Run:
    text = foreign_files.content(path, LARGEST)
    sound.finite(text)
    return RUN.validate_json(text, strict=True)


def json_schema() -> dict[str, Any]:
    """The format of `results.json` as JSON Schema."""
    schema = RUN.json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": FILE}
