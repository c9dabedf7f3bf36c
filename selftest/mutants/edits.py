"""Edits that somebody else has written: a sentence that says what is wrong, and the change that makes it so. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checklist.lines import LINES


@dataclass(frozen=True)
class Edit:
    """What must be told by one of `lines`."""

    id: str
    lines: tuple[str, ...]
    sentence: str
    changes: tuple[tuple[str, str, str], ...]


def right(lines: Iterable[str]) -> list[str]:
    """The lines, and those that they are judged by."""
    found = {}
    for line in lines:
        found[line] = True
        found |= {other.id: True for other in LINES.values() if line in LINES and other.is_followed_by(LINES[line])}
    return [*found]


class DoesNotFit(Exception):
    """The plugin has not exactly one place of that text."""


def read(files: Sequence[Path]) -> list[Edit]:
    found = []
    for file in files:
        content = json.loads(file.read_text(encoding="utf-8"))
        found += [_edit(entry) for entry in (content if isinstance(content, list) else content["faults"])]
    return found


def _edit(entry: Mapping[str, Any]) -> Edit:
    changes = tuple((one["file"], one["find"], one["replace"]) for one in entry["edits"])
    return Edit(entry["id"], tuple(entry["lines"]), entry["sentence"], changes)


def applied(edit: Edit, original: Mapping[str, bytes]) -> tuple[dict[str, bytes], list[tuple[str, int]]]:
    """The changed files, and where they begin to differ: file and byte. Raises DoesNotFit.

    A script that is served is a copy of its source: what changes the one, changes the other.
    """
    changed: dict[str, bytes] = {}
    places = []
    changes = list(edit.changes)
    files = {file for file, _, _ in changes}
    for file, find, new in edit.changes:
        other = _twin(file)
        if other and other in original and other not in files and original[other].count(find.encode()) == 1:
            changes.append((other, find, new))
        elif other and other not in files and file.startswith("amd/src/"):
            raise DoesNotFit(f"{other} is what is served, and does not have the text once")
    for file, find, new in changes:
        content = changed.get(file, original.get(file, b""))
        if (times := content.count(find.encode())) != 1:
            raise DoesNotFit(f"{file} has the text {times} times: {find[:80]}")
        at = content.index(find.encode())
        changed[file] = content.replace(find.encode(), new.encode())
        same = next((n for n, (a, b) in enumerate(zip(find, new, strict=False)) if a != b), min(len(find), len(new)))
        lead = len(find[:same].encode())
        lead += len(find[same:]) - len(find[same:].lstrip()) if same < len(find) else 0
        places.append((file, min(at + lead, len(content) - 1)))
    return changed, places


def _twin(file: str) -> str:
    if file.startswith("amd/src/"):
        return file.replace("/src/", "/build/").replace(".js", ".min.js")
    return file.replace("/build/", "/src/").replace(".min.js", ".js") if file.startswith("amd/build/") else ""
