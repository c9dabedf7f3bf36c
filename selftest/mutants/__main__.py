"""Command line: `python -m selftest.mutants --help`.

Exit code 0 when all was judged that was asked for, 1 when not, 2 when it was told to stop, 4 on usage.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from pathlib import Path

from filelock import FileLock, Timeout
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from checklist.standard_streams import make_safe
from clients.errors import ConfigurationError, SiteError, Unreachable
from runner.configuration.environment import load
from runner.configuration.replica import CHECKOUT
from selftest.mutants import report, sample, syntax
from selftest.mutants.edits import Edit, read
from selftest.mutants.folder import FolderError, PluginFolder
from selftest.mutants.site import OnSite
from selftest.mutants.suite import SuiteDied
from selftest.mutants.work import Judged, Stop, Work, judge_edits, judge_mutants


def main() -> int:
    make_safe()
    parser = argparse.ArgumentParser(
        prog="python -m selftest.mutants", description="Do the tests tell a changed plugin?"
    )
    parser.add_argument("--plugin", required=True, type=Path, help="the plugin's folder on the test site")
    parser.add_argument("--env", required=True, help="the environment, by name or file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--number", type=int, default=150, help="mutants to be judged")
    parser.add_argument("--minutes", type=float, default=0, help="time for everything; the next start goes on")
    parser.add_argument("--files", default="", help="patterns of files, separated by commas, such as ajax/*")
    parser.add_argument("--edits", type=Path, nargs="+", default=[], help="changes that somebody else has written")
    parser.add_argument("--only", default="", help="ids of edits, separated by commas")
    parser.add_argument("--suite", type=Path, default=CHECKOUT, help="the checkout whose tests judge")
    parser.add_argument("--state", type=Path, default=CHECKOUT / "reports" / "mutants", help="where it goes on from")
    parser.add_argument("--patience", type=float, default=240, help="seconds for the tests of one change")
    parser.add_argument("--after", default="", help="command that has the site see changed files; their names come in")
    parser.add_argument("--wrap", default="", help="command that starts each run of the suite")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        environment = load(options.env)
        if not environment.test_site:
            raise ConfigurationError(f"{environment.name} is not marked as a test site (test_site = true)")
        state = options.state.resolve()
        state.mkdir(parents=True, exist_ok=True)
        with FileLock(state / "lock", timeout=0):
            return _work(options, state, environment.file.resolve(), OnSite(environment, options.after))
    except Timeout:
        print(f"Mutants are judged already with the state in {options.state}: wait until that ends.", file=sys.stderr)
        return 4
    except (ConfigurationError, FolderError, SiteError, Unreachable, SuiteDied) as reason:
        print(reason, file=sys.stderr)
        return 4
    except KeyboardInterrupt:
        return 2


def _work(options: argparse.Namespace, state: Path, environment: Path, site: OnSite) -> int:
    chosen = _chosen(options)
    plugin = PluginFolder(options.plugin, state)
    console = Console()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)

        def progress(what: str, done: int | None = None, of: int | None = None) -> None:
            bar.update(task, description=what[:70], completed=done, total=of)
            if not console.is_terminal or done is None or ":" in what:
                place = f"{done + 1} of {of}  " if done is not None else ""
                console.print(
                    f"{time.strftime('%H:%M:%S')} {place}{what}", markup=False, highlight=False, soft_wrap=True
                )

        work = Work(
            plugin,
            site,
            options.suite.resolve(),
            environment,
            state,
            wrap=options.wrap,
            minutes=options.minutes,
            patience=options.patience,
            progress=progress,
        )
        code = 0
        try:
            with work.at_work():
                work.prepare()
                code = (
                    _edits(chosen, options, work, plugin, state)
                    if options.edits
                    else _mutants(options, work, plugin, state)
                )
        except Stop as stop:
            console.print(f"{stop}; the next start goes on from here", markup=False)
            code = 1
    return code


def _chosen(options: argparse.Namespace) -> list[Edit]:
    """The edits to be judged. Raises ConfigurationError for a file that is none of edits."""
    try:
        found = read(options.edits)
    except (OSError, ValueError, KeyError) as error:
        raise ConfigurationError(f"{', '.join(map(str, options.edits))} cannot be read as edits: {error}") from None
    return [edit for edit in found if not options.only or edit.id in options.only.split(",")]


def _edits(chosen: list[Edit], options: argparse.Namespace, work: Work, plugin: PluginFolder, state: Path) -> int:
    judged = Judged(state / "edits.jsonl")
    try:
        judge_edits(work, plugin.original, chosen, judged)
    finally:
        (state / "edits.md").write_text(report.edits(judged.all.values()), encoding="utf-8")
    return int(any(not judged.is_settled(edit.id, options.patience) for edit in chosen))


def _mutants(options: argparse.Namespace, work: Work, plugin: PluginFolder, state: Path) -> int:
    files = sample.wanted(plugin.original, tuple(filter(None, options.files.split(","))))
    every = [mutant for file in files for mutant in syntax.mutants(file, plugin.original[file])]
    judged = Judged(state / "mutants.jsonl")
    try:
        judge_mutants(work, plugin.original, sample.in_order(every, options.seed), options.number, judged)
    finally:
        (state / "mutants.md").write_text(report.mutants(judged.all.values()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
