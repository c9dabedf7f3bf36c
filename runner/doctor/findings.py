"""What the doctor has found, and how it tells it."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from checklist.words import sentence

Level = Literal["ok", "warn", "bad", "outage", "wrong"]

SIGNS: dict[Level, str] = {"ok": "✓", "warn": "!", "bad": "✗", "outage": "✗", "wrong": "✗"}


@dataclass(frozen=True)
class Finding:
    """`bad` keeps a run from starting, as does `outage`; `warn` does not. `remedy` is empty where nothing is wrong.

    Where causes are looked for, `bad` is one, and `wrong` says that the environment file or an account is: that tells
    nothing of the site.
    """

    name: str
    level: Level
    sentence: str
    remedy: str = ""

    @property
    def told(self) -> str:
        return " ".join(map(sentence, filter(None, (self.sentence, self.remedy))))


def print_findings(findings: Sequence[Finding]) -> None:
    width = shutil.get_terminal_size((120, 24)).columns
    for finding in findings:
        text = f"{finding.name}: {finding.told if finding.remedy else finding.sentence}"
        print(textwrap.fill(text, width, initial_indent=f"{SIGNS[finding.level]} ", subsequent_indent="    "))
