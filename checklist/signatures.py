"""What people have signed: lines that no program judges here.

`NAME.signatures.toml`, beside the environment file `NAME.toml`, holds `[[signed]]` tables: `line`, `by`, `on` (a date)
and `note`. `python -m checklist sign` adds one; the last one of a line counts.
"""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated

import tomlkit
from pydantic import AfterValidator

from checklist.lines import LINES
from checklist.tables import UNKNOWN_KEY, Mistake, Mistakes, Table, validated


def _for_people(id_: str) -> str:
    line = LINES.get(id_)
    if line is None:
        raise ValueError(f"{id_} is no line of the checklist; name one line, such as 3.1.1")
    if not line.for_people:
        raise ValueError(f"{id_} ({line.text}) is judged by a run, nobody can sign it")
    return id_


def _given(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty")
    return text


class Signature(Table):
    line: Annotated[str, AfterValidator(_for_people)]
    by: Annotated[str, AfterValidator(_given)]
    on: date
    note: str = ""

    def __str__(self) -> str:
        return f"signed by {self.by} on {self.on}{f': {self.note}' if self.note else ''}"


def file_of(environment_file: Path) -> Path:
    return environment_file.with_suffix(".signatures.toml")


def read(text: str) -> tuple[dict[str, Signature], list[str]]:
    """The signatures by line, and a sentence for everything in `text` (TOML) that is none."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return {}, [f"it is not valid TOML: {error}; correct it there"]
    entries = content.pop("signed", [])
    if content or not isinstance(entries, list):
        return {}, ["it must hold [[signed]] tables and nothing else; see environments/README.md"]
    signed, problems = {}, []
    for number, entry in enumerate(entries, start=1):
        try:
            signature = validated(Signature, entry)
        except Mistakes as mistakes:
            problems.append(f"entry {number}: {'; '.join(map(_sentence, mistakes.found))}; correct or remove it")
        else:
            signed[signature.line] = signature
    return signed, problems


def sign(file: Path, signature: Signature) -> None:
    """Adds a signature to `file`, which need not exist. Raises ValueError when it holds something else, OSError."""
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    _, problems = read(text)
    if problems:
        raise ValueError(f"{file}: {'; '.join(problems)}")
    table = tomlkit.table()
    table.update(signature.model_dump())
    entries = tomlkit.aot()
    entries.append(table)
    added = tomlkit.dumps(tomlkit.document().add("signed", entries))
    file.write_text(f"{text.rstrip()}\n\n{added}".lstrip(), encoding="utf-8")


def _sentence(mistake: Mistake) -> str:
    if mistake.kind == UNKNOWN_KEY:
        return f"{mistake.key} is not a key here"
    if mistake.kind == "missing":
        return f"{mistake.key} is missing"
    return f"{mistake.key}: {mistake.said}"
