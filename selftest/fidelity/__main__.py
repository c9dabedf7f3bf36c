"""Asks a real site and the replica the same things, and tells where they differ: `make fidelity ENV=NAME`.

Exit code 1 where something differs and nobody has said why, or a reason no longer holds; 4 where the site cannot be
asked, 5 where another run has it.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from checklist.standard_streams import make_safe
from clients.errors import ConfigurationError, NotCheckable, SiteError, Unreachable
from replica.versions import VERSIONS
from runner.configuration.environment import Environment, load
from runner.configuration.replica import CHECKOUT, running_replica
from runner.reservation.lock import Locked
from selftest.fidelity import compare, document
from selftest.fidelity.facts import Facts
from selftest.fidelity.questions import ask

KNOWN = CHECKOUT / "reports" / "fidelity.json"


def version_of(release: str) -> str:
    """The replica's version for a release of Moodle: the last one before it with the same first number, or the next."""
    spoken = {_numbers(name): name for name in VERSIONS}
    wanted = _numbers(release)
    before = [numbers for numbers in spoken if numbers <= wanted and numbers[0] == wanted[0]]
    after = [numbers for numbers in spoken if numbers > wanted]
    return spoken[max(before) if before else min(after, default=max(spoken))]


def _numbers(release: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", release)[:2]))


def main() -> int:
    make_safe()
    parser = argparse.ArgumentParser(prog="python -m selftest.fidelity", description=__doc__)
    parser.add_argument("--env", required=True, help="the real site: a name in environments/, or a .toml file")
    parser.add_argument("--keep", type=Path, help="write what the site answered into this file")
    parser.add_argument("--kept", type=Path, help="take the site's answers from such a file; the site is not asked")
    parser.add_argument("--document", type=Path, default=CHECKOUT / "docs" / "fidelity.md")
    options = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 200)

    def done(part: str) -> None:
        console.print(f"  {part}", style="dim")

    try:
        if options.kept:
            release, facts = json.loads(options.kept.read_text("utf-8"))
        else:
            release, facts = _asked(load(options.env), done)
        if options.keep:
            options.keep.write_text(json.dumps([release, facts], indent=1), "utf-8")
        version = version_of(release)
        with running_replica(f"--site=moodle={version}") as file:
            _, replica = _asked(load(str(file)), done)
    except Locked as locked:
        console.print(str(locked))
        return 5
    except (ConfigurationError, NotCheckable, SiteError, Unreachable) as problem:
        console.print(str(problem))
        return 4
    judged = compare.judge(facts, replica, compare.read(), version)
    console.print(document.table(judged))
    console.print(
        f"{judged.facts} facts of Moodle {release}: {len(judged.unexplained)} differ unexplained, "
        f"{len(judged.accepted)} accepted, {len(judged.out_of_date)} reasons out of date"
    )
    known = json.loads(KNOWN.read_text("utf-8")) if KNOWN.exists() else {}
    plugin = facts.get("plugins overview / release", "unknown")
    known[version] = document.told(judged, moodle=release, plugin=plugin, at=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC")
    KNOWN.parent.mkdir(exist_ok=True)
    KNOWN.write_text(json.dumps(known, indent=1), "utf-8")
    options.document.write_text(document.write(known), "utf-8")
    return 0 if judged.good else 1


def _asked(environment: Environment, done: Callable[[str], None]) -> tuple[str, Facts]:
    done(f"asking {environment.base_url}")
    environment.check_files()
    return ask(environment, done)


if __name__ == "__main__":
    sys.exit(main())
