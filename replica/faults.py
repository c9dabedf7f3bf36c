"""Defects that can be switched on, as `faults.toml` beside this file describes them.

What a fault must turn red stands there too, in its table `expected`: that is for the proof, and not read here.
"""

import tomllib
from dataclasses import asdict, dataclass, field
from pathlib import Path

LARGE = 32 * 2**20
"""Bytes. Defects of large videos begin above this; the videos of all steps but 2.12 are smaller."""


@dataclass(frozen=True)
class Fault:
    """A defect: name, the sentence a developer would commit it with, how the replica does it, where it was seen."""

    name: str
    sentence: str
    mechanism: str
    source: str


def _read() -> dict[str, Fault]:
    tables = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    return {
        name: Fault(name, **{key: text for key, text in table.items() if key != "expected"})
        for name, table in tables.items()
    }


CATALOGUE = _read()


@dataclass
class Faults:
    """The set of active faults; ValueError for a name that is not in the catalogue."""

    active: frozenset[str] = field(default_factory=frozenset)

    def replace(self, names: list[str]) -> None:
        unknown = sorted(set(names) - CATALOGUE.keys())
        if unknown:
            raise ValueError(f"unknown fault {', '.join(unknown)}; `python -m replica --list-faults` names them all")
        self.active = frozenset(names)

    def on(self, name: str) -> bool:
        """Whether a fault is active. KeyError for a name that nobody described."""
        return CATALOGUE[name].name in self.active


def listing() -> list[dict[str, str]]:
    """All faults as plain dictionaries, for --list-faults."""
    return [asdict(fault) for fault in CATALOGUE.values()]
