"""`python -m checklist`: sign a run, verify what was signed, merge runs, write tickets, tell their history."""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import TextIO

from checklist import history, report, results, signing
from checklist.anew import as_judged, differences, expect_own
from checklist.lines import LINES
from checklist.merge import MAX_AGE, bring, merge
from checklist.outputs.summary import annotated, markdown
from checklist.publish import publish, tell_job, write
from checklist.report import tickets
from checklist.results import NoResults, Run
from checklist.standard_streams import make_safe
from checklist.terminal import told
from checklist.verdicts import Verdict
from checklist.visible import visible, whole
from checklist.words import listed

REPORTS = Path(__file__).resolve().parents[1] / "reports"

BROKEN = 1
USAGE = 4
INCOMPLETE = 7


def say(text: object, file: TextIO | None = None) -> None:
    """What people wrote and plugins said moves no cursor, and gives no order to a terminal or a job."""
    print(visible(str(text)), file=file)


def main(arguments: list[str] | None = None) -> int:
    """Returns the exit code: 0, 1 for a broken signature, 4 for usage, 7 for a required one that is missing."""
    make_safe()
    options = _parser().parse_args(arguments)
    try:
        return int(options.do(options))
    except NoResults as problem:
        say(f"checklist: {problem}", file=sys.stderr)
    except OSError as problem:
        what, why = problem.filename or "a file", problem.strerror or problem
        say(f"checklist: {what} cannot be used ({why}). Name another, or mend that.", file=sys.stderr)
    return USAGE


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m checklist", description="What is done with the results of runs.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    sign = commands.add_parser("sign", help="sign a run, or one line of it")
    sign.add_argument("line", nargs="?", default="", metavar="LINE", help="such as 2.8.6; without it, the whole run")
    sign.add_argument("--by", required=True, metavar="NAME")
    sign.add_argument("--note", required=True, metavar="TEXT")
    told = "SSH key that signs; its public part where an agent has it"
    sign.add_argument("--key", type=Path, metavar="FILE", help=told)
    verify = commands.add_parser("verify", help="whether a run is still what was signed")
    told = "who may sign, as ssh-keygen takes it; a signature without such a key is none"
    verify.add_argument("--allowed-signers", type=Path, metavar="FILE", help=told)
    for command, do in ((sign, _sign), (verify, _verify)):
        command.add_argument("--run", type=Path, default=REPORTS / "latest", metavar="FOLDER", help="reports/latest")
        command.set_defaults(do=do)
    pieces = commands.add_parser("merge", help="one verdict of several runs: shards, browsers, machines")
    pieces.add_argument("pieces", type=Path, nargs="+", metavar="DIR", help="the folder of a run, or its reports/")
    told = "how far apart the pieces may have begun (%(default)s)"
    pieces.add_argument("--max-age", type=_days, default=MAX_AGE.days, metavar="DAYS", help=told)
    pieces.set_defaults(do=_merge)
    past = commands.add_parser("history", help="verdicts and times of runs so far, and which lines are flaky")
    past.add_argument("--changed", action="store_true", help="only what is different since the run before the latest")
    past.set_defaults(do=_history)
    for command in (pieces, past):
        command.add_argument("--reports", type=Path, default=REPORTS, metavar="FOLDER", help="reports/")
    issues = commands.add_parser("issues", help="write a ticket for each defect of a run, and none twice")
    issues.add_argument("--run", type=Path, default=REPORTS / "latest", metavar="FOLDER", help="reports/latest")
    issues.add_argument("--to", type=Path, default=REPORTS / tickets.FOLDER, metavar="FOLDER", help="reports/issues")
    issues.add_argument("--github", action="store_true", help="open them as issues too, by the gh command")
    issues.set_defaults(do=_issues)
    schema = commands.add_parser("schema", help="print the format of results.json as JSON Schema")
    schema.set_defaults(do=_schema)
    return parser


def _days(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= 3650:
        raise argparse.ArgumentTypeError(f"{text} is no number of days from 1 to 3650")
    return int(text)


class _Parser(argparse.ArgumentParser):
    """Usage errors end with the code that they have in the whole suite."""

    def exit(self, status: int = 0, message: str | None = None):  # type: ignore[no-untyped-def]
        super().exit(USAGE if status else 0, message)


def _sign(options: argparse.Namespace) -> int:
    if options.line and options.line not in LINES:
        raise NoResults(f"{options.line} is no line of the checklist; name one, such as 2.8.6")
    if not options.by.strip() or not options.note.strip():
        raise NoResults("a signature needs a name and a note; give both")
    expect_own(run := results.read(options.run))
    if options.line:
        _expect_tried(run, options.line)
    by = _in_a_line(whole(options.by))
    signature = signing.sign(options.run, by, whole(options.note), options.line, options.key)
    run = signing.settled(results.read(options.run), options.run)
    _renew(options.run, run)
    what = f"{options.line} in run" if options.line else "run"
    say(f"{by} signed {what} {run.run_id} ({run.verdict}){_tested(signature)}")
    return 0


def _expect_tried(run: Run, line: str) -> None:
    """Raises NoResults for a line that a test judges, where none has in this run."""
    if not LINES[line].for_people and all(one.verdict is Verdict.NOT_RUN for one in run.lines if one.id == line):
        raise NoResults(
            f"{line} is judged by a test, and was not run in {run.run_id}; name a run that judged it, with --run"
        )


def _verify(options: argparse.Namespace) -> int:
    written = results.read(options.run)
    verified = signing.verify(options.run, options.allowed_signers)
    problems = differences(written)
    for one in verified:
        signature = one.signature
        state = f"BROKEN: {one.broken}" if one.broken else f"holds{_with(one)}"
        when = f"{signature.at:%Y-%m-%d %H:%M} UTC{_tested(signature)}"
        say(f"{signature.line or 'run':<8} {_in_a_line(signature.by)}, {when}: {state}")
        problems += ["a signature is broken"] if one.broken else []
    if not verified:
        say("nobody has signed this run")
        if (options.run / signing.SUMS).exists():
            problems.append(f"somebody had: {signing.SUMS} is there, and {signing.FILE} is not what it was")
    if options.allowed_signers and not any(not one.broken and not one.signature.line for one in verified):
        problems.append("nobody whose key is allowed has signed the whole run")
    run = signing.settled(as_judged(written), options.run, verified)
    _renew(options.run, run)
    for line in (unsigned := signing.unsigned(run)):
        say(f"{line} is required for a GO, and nobody has signed it")
    for problem in dict.fromkeys(problems):
        say(f"BROKEN: {problem}")
    say(f"{run.verdict}: run {run.run_id} of {run.environment}, {run.started:%Y-%m-%d %H:%M} UTC. {run.reason}")
    return BROKEN if problems else INCOMPLETE if unsigned else 0


def _in_a_line(name: str) -> str:
    """A name with a line feed in it would write a line of its own."""
    return " ".join(name.split())


def _tested(signature: signing.Signature) -> str:
    return f", tested in {listed(signature.targets)}" if signature.targets else ""


def _with(one: signing.Verified) -> str:
    if one.signer:
        return f", signed with the key of {one.signer}"
    return ", signed with a key; --allowed-signers tells whose" if one.signature.ssh else ", a note without a key"


def _schema(_: argparse.Namespace) -> int:
    print(json.dumps(results.json_schema(), indent=1))
    return 0


def _renew(folder: Path, run: Run) -> None:
    """Makes the report anew: it shows who has signed, and what was changed since."""
    report.write(run, folder, history.read(folder.resolve().parent))


def _merge(options: argparse.Namespace) -> int:
    folder = options.reports.resolve() / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%fZ}-merged"
    pieces = [piece / "latest" if (piece / "latest").is_dir() else piece for piece in options.pieces]
    runs = [results.read(piece) for piece in pieces]
    max_age = timedelta(days=options.max_age)
    for one in runs:
        expect_own(one)
    merge(runs, max_age)  # before anything is copied
    folder.mkdir(parents=True)
    placed = zip(runs, pieces, map(str, range(1, len(runs) + 1)), strict=True)
    run = merge([bring(one, piece, folder, name) for one, piece, name in placed], max_age)
    earlier = history.read(options.reports)
    run = replace(run, defects=history.dated(run.defects, history.past(run), earlier))
    write(run, folder)
    publish(run, folder)
    if untold := tell_job(markdown(run), annotated(run)):
        say(f"note: {untold}", file=sys.stderr)
    for line in told(run):
        say(line.text)
    say(f"  report: {folder / report.FILE}")
    return run.exit_code


def _issues(options: argparse.Namespace) -> int:
    run = results.read(options.run)
    for file in tickets.write(run, options.run, options.to):
        say(file)
    if options.github:
        for address in tickets.open_on_github(run):
            say(address)
    return 0


def _history(options: argparse.Namespace) -> int:
    if not options.reports.is_dir():
        raise NoResults(f"there is no folder {options.reports}; name the one that pytest --reports was given")
    past = history.read(options.reports)
    for number in history.left_out(options.reports):
        say(f"line {number} of {options.reports / history.FILE} is no run's, and is left out", file=sys.stderr)
    if not past:
        say(f"no run has been told of in {options.reports / history.FILE}", file=sys.stderr)
    elif options.changed:
        _changed([one for one in past if one.environment == past[-1].environment])
    else:
        _all(past)
    return 0


def _all(past: Sequence[history.Past]) -> None:
    for one in past:
        tally = Counter(str(line.verdict) for line in one.lines.values())
        told = ", ".join(f"{number} {verdict}" for verdict, number in tally.items()) or "no line judged"
        say(f"{one.started:%Y-%m-%d %H:%M} {one.environment:<12} {one.verdict:<13} {one.seconds:5.0f} s  {told}")
    for flip in history.flips(past):
        say(f"flaky: {_told(flip)}, and nothing had changed")


def _changed(past: Sequence[history.Past]) -> None:
    for before, after in pairwise(past[-2:]):
        if before.verdict != after.verdict:
            say(f"{after.environment}: {before.verdict} in {before.run_id}, {after.verdict} in {after.run_id}")
    for change in history.changes(past):
        if change.after == past[-1]:
            say(_told(change))


def _told(change: history.Change) -> str:
    before, after = (f"{one.lines[change.line].verdict} in {one.run_id}" for one in (change.before, change.after))
    return f"{change.line}: {before}, {after}"


if __name__ == "__main__":
    sys.exit(main())
