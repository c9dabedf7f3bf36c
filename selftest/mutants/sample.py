"""Which mutants of all that could be made are judged, and in which order. Pure."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from fnmatch import fnmatch

from selftest.mutants.syntax import Mutant

LEFT_OUT = ("tests/*", "db/*", "lang/*", "amd/src/*", "*.md", "version.php")
"""What is not served, or takes effect by an upgrade only; `FILES` asks for it by name."""


def wanted(files: Iterable[str], patterns: Sequence[str] = ()) -> list[str]:
    """The PHP and JavaScript files to be mutated."""
    code = sorted(file for file in files if file.endswith((".php", ".js")))
    if patterns:
        return [file for file in code if any(fnmatch(file, pattern) for pattern in patterns)]
    return [file for file in code if not any(fnmatch(file, pattern) for pattern in LEFT_OUT)]


def in_order(mutants: Sequence[Mutant], seed: int) -> list[Mutant]:
    """All of them, so that the first so many are spread over files and kinds; the same for the same seed."""
    chance = random.Random(seed)
    cells: dict[tuple[str, str], list[Mutant]] = defaultdict(list)
    for mutant in sorted(mutants, key=lambda mutant: mutant.id):
        cells[mutant.file, mutant.change.kind].append(mutant)
    for cell in cells.values():
        chance.shuffle(cell)
    found = []
    while cells:
        turn = sorted(cells)
        chance.shuffle(turn)
        for key in turn:
            found.append(cells[key].pop())
            if not cells[key]:
                del cells[key]
    return found
