"""The work itself: a baseline, and then one change after the other, on a site, with a run of the suite."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from selftest.mutants import syntax
from selftest.mutants.edits import DoesNotFit, Edit, applied, right
from selftest.mutants.folder import PluginFolder
from selftest.mutants.judge import (
    NO_EFFECT,
    SETTLED,
    UNDECIDED,
    Baseline,
    Failure,
    Order,
    Verdict,
    is_enough,
    verdict_of,
    wanted,
)
from selftest.mutants.sample import wanted as wanted_files
from selftest.mutants.site import OnSite
from selftest.mutants.suite import Suite, SuiteDied
from selftest.mutants.syntax import Mutant

A_TEST = 480
"""Seconds for one test; the longest takes a third of that."""

A_SESSION = 40
"""Changes after which a run begins anew, on a site that it finds clean."""


class Progress(Protocol):
    def __call__(self, what: str, done: int | None = None, of: int | None = None) -> None: ...


@dataclass
class Coverage:
    """Which statements of which file each test executes."""

    hits: dict[str, list[str]]
    """By test, as `file:number`."""

    def tests_of(self, file: str, number: int | None) -> set[str]:
        """Those that execute the statement; with None, those that execute any of the file."""
        if number is not None:
            return {test for test, hits in self.hits.items() if f"{file}:{number}" in hits}
        return {test for test, hits in self.hits.items() if any(hit.rpartition(":")[0] == file for hit in hits)}


class Stop(Exception):
    """The time is over, or somebody has pressed Ctrl-C."""


class Work:
    """`state` is where everything lies that the next start goes on with."""

    def __init__(
        self,
        plugin: PluginFolder,
        site: OnSite,
        suite: Path,
        environment: Path,
        state: Path,
        *,
        wrap: str = "",
        minutes: float = 0,
        patience: float = 240,
        progress: Progress,
    ) -> None:
        """`minutes` for everything (0: no limit), `patience` in seconds for the tests of one change."""
        self._plugin, self._site, self._state = plugin, site, state
        self._suite_folder, self._environment, self._wrap = suite, environment, wrap
        self._end = time.monotonic() + minutes * 60 if minutes else None
        self.patience = patience
        self.progress = progress
        self._suite: Suite | None = None
        self._uses = 0
        self._fresh = True
        self.baseline = Baseline()
        self.coverage = Coverage({})
        self.lines: dict[str, list[str]] = {}

    # -- the run of the suite ---------------------------------------------------------------------

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """At the end the plugin is as it was, and the run has cleaned up."""
        if self._plugin.restored:
            self._site.changed(self._plugin.restored)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):  # a second one would leave the plugin changed
                signal.signal(number, signal.SIG_IGN)
            self._put({})
            self._close()

    def _put(self, files: Mapping[str, bytes]) -> None:
        if changed := self._plugin.put(files):
            self._site.changed(changed)

    def _close(self) -> None:
        suite, self._suite = self._suite, None
        if suite is not None:
            self._put({})
            suite.__exit__(None, None, None)

    def _running(self) -> Suite:
        if self._suite is not None and (self._suite.stopped or self._uses >= A_SESSION):
            self._close()
        if self._suite is None:
            self.progress("a run of the suite begins")
            self._put({})
            for attempt in range(3):
                reports = self._state / "sessions" / f"{time.strftime('%Y%m%dT%H%M%S')}-{attempt}"
                try:
                    self._suite = Suite(self._suite_folder, self._environment, reports, self._wrap).__enter__()
                    break
                except SuiteDied as died:
                    if attempt == 2:
                        raise
                    self.progress(f"the run does not begin: {died}")
            assert self._suite is not None
            self.lines, self._uses = self._suite.lines, 0
        return self._suite

    def _run(self, test: str, want: Collection[str] | None, *, cut: bool = True) -> Mapping[str, Any]:
        """What the test comes to. Raises SuiteDied; the plugin may be changed then."""
        suite = self._running() if self._suite is None else self._suite
        every = [line for lines in self.lines.values() for line in lines]
        known = self.baseline.known(test) if cut else every
        try:
            answer = suite.run(test, known=known, wanted=want, fresh=self._fresh, seconds=A_TEST)
        except SuiteDied:
            suite.kill()
            self._close()
            raise
        self._fresh = False
        return answer

    def look_at_the_clock(self) -> None:
        if self._end is not None and time.monotonic() > self._end:
            raise Stop("the time is over")

    # -- before the first change ------------------------------------------------------------------

    def prepare(self) -> None:
        """Baseline and coverage, from the state where they are of the same plugin and suite."""
        file = self._state / "baseline.json"
        known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
        if known.get("plugin") != self._plugin.digest:
            known = {"plugin": self._plugin.digest, "hits": {}, "failures": {}, "seconds": {}}
        self.coverage = Coverage(known["hits"])
        self.baseline = Baseline(known["failures"], known["seconds"])

        def save() -> None:
            known["lines"] = self.lines
            _write(file, known)

        self.lines = known.get("lines", {})
        if self.lines and not known.get("doubt") and not self.lines.keys() - self.coverage.hits.keys():
            return
        original = self._plugin.original
        with_probes = dict(self._site.probes())
        for name in wanted_files(original):
            with_probes[name] = syntax.probed(name, original[name], name, self._site.head(name))
        self._running()
        todo = [test for test in self.lines if test not in self.coverage.hits]
        if todo:
            self._put(with_probes)
            self._site.hits()
        for number, test in enumerate(todo):
            self.look_at_the_clock()
            self.progress(f"which statements does {test} execute?", number, len(todo))
            self._running()
            self._put(with_probes)
            try:
                answer = self._run(test, None, cut=False)
            except SuiteDied as died:
                self.progress(f"{test}: {died}")
                continue
            self.coverage.hits[test] = sorted(self._site.hits())
            if not Failure.of(test, answer):
                self.baseline.add(test, answer)
                known["failures"], known["seconds"] = self.baseline.failures, self.baseline.seconds
            elif test not in known.setdefault("doubt", []):
                known["doubt"].append(test)
            save()
        self._put({})
        doubt = list(known.get("doubt", ()))
        for number, test in enumerate(doubt):
            self.look_at_the_clock()
            self.progress(f"does {test} fail without a change?", number, len(doubt))
            self._running()
            try:
                self.baseline.add(test, self._run(test, None, cut=False))
            except SuiteDied as died:
                self.progress(f"{test}: {died}")
                continue
            known["doubt"].remove(test)
            known["failures"], known["seconds"] = self.baseline.failures, self.baseline.seconds
            save()

    # -- one change -------------------------------------------------------------------------------

    def judge(
        self,
        id_: str,
        files: Mapping[str, bytes],
        tests: Collection[str],
        order: Order,
        right: Sequence[str] | None,
        before: Verdict | None,
    ) -> Verdict:
        """Deploys the files, and runs those of the tests until it is settled what they tell.

        The tests of the `right` lines run in any case, others while there is patience; a verdict `before` is gone on
        with.
        """
        verdict = Verdict(id_, UNDECIDED, patience=self.patience)
        if before is not None and before.verdict != UNDECIDED:
            verdict.told_by, verdict.ran, verdict.seconds = before.told_by, before.ran, before.seconds
            tests = before.left
        main = next(iter(files))
        left = order.of([test for test in tests if test in self.baseline.failures], main, self.lines, right or ())
        spent, started = verdict.seconds, time.monotonic()

        def goes_on() -> bool:
            patient = spent + time.monotonic() - started < self.patience
            return bool(left) and (patient or self.judges(left[0], right))

        try:
            if goes_on():
                self._running()
                self._uses += 1
                self._fresh = True
                started = time.monotonic()
                self._put(files)
            while goes_on():
                test = left.pop(0)
                verdict.ran.append(test)
                answer = self._run(test, wanted(self.lines.get(test, ()), right or ()))
                verdict.told_by += self.baseline.new(Failure.of(test, answer))
                if answer["stopped"]:
                    verdict.note = f"the run stopped: {answer['stopped']}"
                    if not verdict.told_by:
                        verdict.told_by.append(Failure(test, "", verdict.note))
                if verdict.told_by and (right is None or is_enough(verdict.told_by, right, left, self.lines)):
                    break
                if self._suite is None or self._suite.stopped:
                    self._close()
                    self._running()
                    self._put(files)
            verdict.verdict = verdict_of(verdict.told_by, right, executed=True)
        except SuiteDied as died:
            verdict.note = str(died)
            if verdict.told_by:
                verdict.verdict = verdict_of(verdict.told_by, right, executed=True)
        finally:
            self._put({})
        verdict.left = left
        verdict.seconds = round(spent + time.monotonic() - started, 1)
        return verdict

    def judges(self, test: str, right: Sequence[str] | None) -> bool:
        return bool(right and set(self.lines.get(test, ())) & set(right))


# -- mutants and edits --------------------------------------------------------------------------------


class Judged:
    """The state file: a line for each change that is judged."""

    def __init__(self, file: Path) -> None:
        self._file = file
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        every = [Verdict.from_json(json.loads(line)) for line in lines]
        self.all = {verdict.id: verdict for verdict in every}

    def add(self, verdict: Verdict) -> None:
        self.all[verdict.id] = verdict
        with self._file.open("a", encoding="utf-8") as out:
            print(json.dumps(verdict.to_json(), ensure_ascii=False), file=out, flush=True)

    def is_settled(self, id_: str, patience: float) -> bool:
        return id_ in self.all and self.all[id_].is_settled(patience)


def judge_mutants(
    work: Work, original: Mapping[str, bytes], queue: Sequence[Mutant], number: int, judged: Judged
) -> None:
    """The first so many of the queue that have an effect."""
    order = Order(work.baseline)
    statements = {file: syntax.statements(file, original[file]) for file in {mutant.file for mutant in queue}}
    done = 0
    for mutant in queue:
        if done >= number:
            return
        if judged.is_settled(mutant.id, work.patience):
            verdict = judged.all[mutant.id]
        else:
            work.look_at_the_clock()
            at = syntax.at(statements[mutant.file], mutant.change.start)
            tests = work.coverage.tests_of(mutant.file, at)
            if tests:
                work.progress(f"{mutant.id} {mutant.change.kind}", done, number)
                changed = _with_source(mutant, original)
                verdict = work.judge(mutant.id, changed, tests, order, None, judged.all.get(mutant.id))
            else:
                verdict = Verdict(mutant.id, NO_EFFECT, note="no test executes it")
            about = {"file": mutant.file, "kind": mutant.change.kind, "line": mutant.line}
            verdict.about = {**about, "old": mutant.old, "new": mutant.new}
            judged.add(verdict)
            work.progress(f"{verdict.verdict}: {mutant.id} {_by(verdict)}", done, number)
        order.learn(mutant.file, verdict)
        done += verdict.verdict in SETTLED - {NO_EFFECT}


def _by(verdict: Verdict) -> str:
    first = f" by {verdict.told_by[0].test} {verdict.told_by[0].line}" if verdict.told_by else ""
    return f"({verdict.seconds:.0f} s, {len(verdict.ran)} tests){first}"


def _with_source(mutant: Mutant, original: Mapping[str, bytes]) -> dict[str, bytes]:
    """The changed file; and its source, where that is the same."""
    changed = {mutant.file: mutant.applied(original[mutant.file])}
    source = mutant.file.replace("/build/", "/src/").replace(".min.js", ".js")
    if source != mutant.file and original.get(source) == original[mutant.file]:
        changed[source] = changed[mutant.file]
    return changed


def judge_edits(work: Work, original: Mapping[str, bytes], edits: Sequence[Edit], judged: Judged) -> None:
    order = Order(work.baseline)
    for done, edit in enumerate(edits):
        if judged.is_settled(edit.id, work.patience):
            verdict = judged.all[edit.id]
        else:
            work.look_at_the_clock()
            work.progress(edit.id, done, len(edits))
            try:
                files, places = applied(edit, original)
            except DoesNotFit as why:
                verdict = Verdict(edit.id, UNDECIDED, note=f"does not fit: {why}")
            else:
                verdict = work.judge(
                    edit.id,
                    files,
                    likely_tests(work.lines, work.coverage, original, places),
                    order,
                    right(edit.lines),
                    judged.all.get(edit.id),
                )
                verdict.note = verdict.note or ("" if verdict.ran else _why_not(work, edit))
            verdict.about = {"lines": [*edit.lines], "sentence": edit.sentence}
            verdict.about["files"] = sorted({file for file, _, _ in edit.changes})
            judged.add(verdict)
            work.progress(f"{verdict.verdict}: {edit.id} {_by(verdict)}", done, len(edits))
        order.learn(verdict.about["files"][0], verdict)


def _why_not(work: Work, edit: Edit) -> str:
    if any(work.judges(test, right(edit.lines)) for test in work.baseline.failures):
        return "no test that judges its lines executes what is changed"
    return "no test judges its lines"


def likely_tests(
    lines: Mapping[str, Collection[str]],
    coverage: Coverage,
    original: Mapping[str, bytes],
    places: Sequence[tuple[str, int]],
) -> set[str]:
    """Those that execute what is changed; all, where nobody can tell."""
    tests: set[str] = set()
    for file, offset in places:
        if file.startswith("amd/src/"):
            continue
        if not wanted_files([file]):
            return {*lines}
        number = syntax.at(syntax.statements(file, original[file]), offset)
        tests |= coverage.tests_of(file, number)
    return tests


def _write(file: Path, content: object) -> None:
    part = file.with_suffix(".part")
    part.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    part.replace(file)
