"""Everything that a run needs before its first test, in the order in which it can go wrong."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from checklist import foreign_files
from checklist.known_issues import KnownIssue, read
from checklist.visible import visible
from checklist.words import sentence
from checks.credentials import NAMES
from clients.errors import ConfigurationError, Unreachable
from clients.plugin.administration import plugin, plugin_settings, release
from redaction.environment import variables_without_secrets, without_secrets
from redaction.secrets import Secrets, redact
from runner.configuration import replica
from runner.configuration.context import RUN, RunContext
from runner.configuration.environment import Environment, decoded, load
from runner.configuration.environment_tables import ENGINES, Target
from runner.configuration.naming import UPGRADE_NAME
from runner.configuration.targets import survey
from runner.doctor.diagnosis import conclusion, diagnose, symptom
from runner.doctor.doctor import examine
from runner.doctor.findings import Finding, Level, print_findings
from runner.pytest_plugin.before_upgrade import leave
from runner.pytest_plugin.compat import has_workers, workers_of
from runner.pytest_plugin.plan import plan, print_plan, production_lines
from runner.pytest_plugin.state import State
from runner.reservation import upgrade
from runner.reservation.journal import folder as state_folder
from runner.reservation.reservation import SiteReservation
from runner.reservation.watchdog import Watched, watching

OF_A_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")
"""Variables by which git tells what it starts of the repository that it is in."""

TOOLS = ("pytest", "playwright", "pytest-playwright")


def prepare(config: pytest.Config, state: State, started: ExitStack) -> None:
    """Opens the run's workspace and its context, or sets `code` where no test is to run.

    What was `started` for the run ends with that stack. Raises ConfigurationError, Locked, Unreachable, SiteError,
    OSError.
    """
    option = config.option
    state.versions |= {"suite": suite_revision(), **{name: version(name) for name in TOOLS}}
    environment = _environment(state, started, option.site, option.fault)
    chosen = [*option.browser, *option.target]  # pytest-playwright's own takes the name of an engine, and no other
    known = _targets(environment, chosen)
    with without_secrets(environment.secrets()), _driver() as playwright:
        environment.check_devices(playwright.devices)
        found = survey(known, chosen, playwright, option.headed)
    state.targets = [
        replace(target, missing=_clean(state, target.missing), build=_clean(state, target.build)) for target in found
    ]
    if option.restore:
        restored = SiteReservation.restore(environment)
        state.problems += restored.problems
        if not state.problems:
            what = ", ".join(restored.settings) or "no note of a run named any setting"
            state.notes += [
                f"“{course}”, which waited for an upgrade, is removed with its video; the file of --before-upgrade is "
                "of no use any more: delete it."
                for course in restored.courses
                if course.startswith(UPGRADE_NAME)
            ]
            state.notes.append(
                f"What dead runs had left changed is put back: {what}. The plugin is enabled, its keys are filled in."
            )
        state.code = 0
        return
    if option.diagnose is not None:
        _diagnose(state, environment, option.diagnose)
        return
    _read_agreements(state, environment)
    _expect_rush_allowed(environment, option.rush, option.rush_workers)
    _examine(config, state, environment)
    able = [target.name for target in state.targets if not target.missing]
    if option.doctor:
        lacking = any(target.required and target.missing for target in state.targets)
        state.code = 7 if not able or (lacking and not state.partial) else 0
        return
    if option.before_upgrade:
        _leave(state, environment, Path(option.before_upgrade))
        return
    if not able:
        state.notes += [f"{target.name}: {target.missing}" for target in state.targets]
        state.code = 5 if state.partial else 7
        return
    option.browser = able
    if not environment.test_site:
        _expect_smoke_alone(config)
        state.tried = production_lines()
    _open(config, state, environment, started)


def _targets(environment: Environment, chosen: Iterable[str]) -> list[Target]:
    """Those of the file, the three engines, and nothing else. Raises ConfigurationError for another that is chosen."""
    named = [*(target.name for target in environment.targets), *ENGINES, *chosen]
    return [environment.target(name) for name in dict.fromkeys(named)]


def expect_readable(config: pytest.Config) -> None:
    """What only lists tests asks no host, but reads the files that a run would, and its options. Raises UsageError."""
    option = config.option
    ours = option.env == replica.NAME
    of_replica = _options_of_replica(option.site, option.fault)
    if not option.collectonly or (ours and not (option.target or option.rush or option.rush_workers or of_replica)):
        return
    try:
        if ours:
            replica.expect_known(*of_replica)
        environment = replica.described() if ours else load(option.env)
        targets = _targets(environment, [*option.browser, *option.target])
        _expect_rush_allowed(environment, option.rush, option.rush_workers)
        if ours:
            return
        _expect_replica(option.env, option.site, option.fault)
        environment.check_files()
        with without_secrets(environment.secrets()), _driver() as playwright:
            environment.check_devices(playwright.devices)
        today = datetime.now(UTC).date()
        _, problems = _known_issues(environment, {target.name for target in targets}, today)
        if problems := [*problems, *_expired_waivers(environment, today)]:
            raise ConfigurationError("\n".join(problems))
    except ConfigurationError as reason:
        raise pytest.UsageError(visible(str(reason))) from None


def _leave(state: State, environment: Environment, file: Path) -> None:
    report = leave(environment, state.run_id, file)
    state.problems += [f"clean-up: {problem}" for problem in dict.fromkeys(report.problems)]
    state.notes.append(
        f"a course with one video stays on the site, “{UPGRADE_NAME} …”, and {file} tells what was there. Upgrade the "
        f"plugin, then run: pytest --env={state.environment_name} --after-upgrade={file}. That removes both when all "
        "is as before; without the file pytest --restore does."
    )
    state.code = 0


def _diagnose(state: State, environment: Environment, words: str) -> None:
    try:
        step = symptom(words)
    except ValueError as unknown:
        raise ConfigurationError(f"{unknown}. Name one of them: pytest --diagnose T.5") from None
    findings = _without_secrets(state, diagnose(environment, step))
    print_findings(findings)
    print(f"\n{conclusion(step, findings)}")
    state.code = int(any(finding.level == "bad" for finding in findings))
    if not state.code:
        _expect_right(findings, "wrong")
        _expect_no_outage(findings)
    state.diagnosed = True


def _expect_right(findings: Iterable[Finding], level: Level) -> None:
    """Raises ConfigurationError where one has that level."""
    if told := [finding.told for finding in findings if finding.level == level]:
        raise ConfigurationError("\n".join(dict.fromkeys(told)))


def _expect_no_outage(findings: Iterable[Finding]) -> None:
    """Raises Unreachable."""
    if outages := [sentence(finding.sentence) for finding in findings if finding.level == "outage"]:
        raise Unreachable(" ".join(dict.fromkeys(outages)))


def _without_secrets(state: State, findings: Iterable[Finding]) -> list[Finding]:
    """Hosts and drivers repeat what they are sent, and the terminal is kept by a CI too."""
    return [
        replace(finding, sentence=_clean(state, finding.sentence), remedy=_clean(state, finding.remedy))
        for finding in findings
    ]


def _clean(state: State, text: str) -> str:
    return visible(redact(text, state.secrets.values() if state.secrets else []))


def _expect_smoke_alone(config: pytest.Config) -> None:
    if config.option.keep:
        raise ConfigurationError("Where test_site = false everything is removed at once: run without --keep.")
    if has_workers(config):
        raise ConfigurationError("Where test_site = false a run is one upload and no load: run without -n.")


def _expect_rush_allowed(environment: Environment, students: int, workers: Sequence[str] = ()) -> None:
    """Load is for a site whose owner has agreed to it. Raises ConfigurationError."""
    if workers and not students:
        raise ConfigurationError("--rush-workers says where the students of --rush N come from: add --rush N.")
    if students < 0:
        raise ConfigurationError(f"--rush {students} is no number of students: write 0, or how many hand in at once.")
    if not students:
        return
    if not environment.test_site:
        raise ConfigurationError("A rush is load, and test_site = false: run without --rush.")
    most = environment.rush.most if environment.rush else 0
    if students > most:
        raise ConfigurationError(
            f"--rush {students} is more than {environment.file.name} allows, which is {most}. Ask whoever runs the "
            "site, and write what they agree to as most into [rush]."
        )


def suite_revision() -> str:
    """The suite's git revision, with a + when files differ from it; not that of a repository around the suite."""
    own = {name: value for name, value in variables_without_secrets(()).items() if name not in OF_A_HOOK}
    own["GIT_CEILING_DIRECTORIES"] = str(replica.CHECKOUT.parent)
    with suppress(OSError, subprocess.CalledProcessError):
        describe = ["git", "describe", "--always", "--dirty=+", "--exclude=*"]
        done = subprocess.run(describe, cwd=replica.CHECKOUT, env=own, capture_output=True, text=True, check=True)
        return done.stdout.strip()
    return "no git revision"


def _environment(state: State, started: ExitStack, profiles: Sequence[str], faults: Sequence[str]) -> Environment:
    """Reads the environment, the replica's when that is up with these profiles and faults; remembers its secrets."""
    if state.environment_name == replica.NAME:
        options = _options_of_replica(profiles, faults)
        state.environment_name = str(started.enter_context(replica.running_replica(*options)))
    else:
        _expect_replica(state.environment_name, profiles, faults)
    state.environment = environment = load(state.environment_name)
    environment.check_files()
    storage = environment.storage
    state.tested = {"site": environment.base_url, "bucket": storage.bucket, "region": storage.region}
    state.secrets = Secrets(state_folder(environment.base_url) / f"{state.run_id}.secrets")
    for secret in environment.secrets():
        state.secrets.add(secret)
    return environment


def _options_of_replica(profiles: Iterable[str], faults: Iterable[str]) -> list[str]:
    return [*(f"--site={profile}" for profile in profiles), *(f"--fault={fault}" for fault in faults)]


def _expect_replica(name: str, profiles: Sequence[str], faults: Sequence[str]) -> None:
    """Raises ConfigurationError for what no other environment can be given."""
    if name != replica.NAME and (profiles or faults):
        raise ConfigurationError("--site and --fault are for the replica. Leave them out with --env.")


@contextmanager
def _driver() -> Iterator[Playwright]:
    """Raises ConfigurationError where it does not start."""
    with ExitStack() as started:
        try:
            playwright = started.enter_context(sync_playwright())
        except Exception as reason:  # Playwright has no class for it
            why, *_ = str(reason).splitlines() or [type(reason).__name__]
            raise ConfigurationError(
                f"Playwright's driver, a program of Node.js, does not start ({why}). Look whether NODE_OPTIONS, or "
                "a limit of memory, keeps it from that."
            ) from reason
        yield playwright


def _known_issues(
    environment: Environment, targets: Collection[str], today: date
) -> tuple[list[KnownIssue], list[str]]:
    """Those that hold, and what is wrong with the others. Raises ConfigurationError where the file cannot be read."""
    file = environment.known_issues_file
    if not os.path.lexists(file):  # a link that leads nowhere was meant to lead to one
        return [], []
    try:
        text = decoded(foreign_files.content(file))
    except (ValueError, OSError) as error:
        why = getattr(error, "strerror", None) or error
        raise ConfigurationError(f"{file}: cannot be read ({why}); save it as a file in UTF-8") from None
    known, problems = read(text, targets, today)
    return known, [f"{file}: {problem}" for problem in problems]


def _expired_waivers(environment: Environment, today: date) -> list[str]:
    return [f"{environment.file}: {one.expired}" for one in environment.waived if one.expires < today]


def _read_agreements(state: State, environment: Environment) -> None:
    """Known issues and waivers. A list that is out of date stops a release; a narrowed run is none."""
    today = state.started.date()
    state.known, problems = _known_issues(environment, {target.name for target in state.targets}, today)
    state.waived = [one for one in environment.waived if one.expires >= today]
    told = state.notes if state.partial else state.problems
    told += [*problems, *_expired_waivers(environment, today)]


def _examine(config: pytest.Config, state: State, environment: Environment) -> None:
    findings = _without_secrets(state, examine(environment, state.targets, config.option.rush_workers))
    if config.option.doctor:
        print_findings(findings)
        if not any(finding.level in ("bad", "outage") for finding in findings):
            large = config.option.large or environment.large.size
            print_plan(
                plan(environment, state.targets, large=large, workers=workers_of(config), crowd=config.option.rush)
            )
    state.notes += [f"{finding.name}: {finding.sentence}" for finding in findings if finding.level == "warn"]
    _expect_no_outage(findings)
    _expect_right(findings, "bad")


def _open(config: pytest.Config, state: State, environment: Environment, started: ExitStack) -> None:
    file = Path(config.option.after_upgrade) if config.option.after_upgrade else None
    left = upgrade.read(environment, file) if file else None
    reservation, workspace = SiteReservation.open(
        environment, state.run_id, workers_of(config), apart=has_workers(config), crowd=config.option.rush
    )
    state.reservation = reservation
    if left and file:
        reservation.expect_waiting(left, file)
    state.problems += [f"clean-up of an earlier run: {problem}" for problem in reservation.found.problems]
    if environment.test_site:  # elsewhere no setting is changed
        watched = Watched.of(environment, state.run_id, int(workspace["lock"]), reservation.new_site())
        started.enter_context(watching(watched, environment.secrets()))
    if reservation.taken:
        state.notes.append(
            f"S3 holds what is not this run's under {', '.join(reservation.taken)}: people with these ids are left "
            "out. Look whose it is."
        )
    state.versions["moodle"] = release(reservation.site)
    found = plugin(reservation.site)
    state.versions["assignsubmission_s3video"] = found.version if found else "absent"
    state.versions["theme"] = str(reservation.site.config.get("theme", "unknown"))
    assert state.secrets is not None
    settings = plugin_settings(reservation.site)
    values = [settings[name] for name in NAMES if settings.get(name) and name not in settings.forced]
    for secret in (
        *values,
        reservation.site.sesskey,
        *(cookie.value or "" for cookie in reservation.site.session.cookies),
    ):
        state.secrets.add(secret)  # what the run can read, the plugin can put into any page
    config.stash[RUN] = RunContext(
        run_id=state.run_id,
        environment_name=state.environment_name,
        folder=state.folder,
        secrets_file=state.secrets.path,
        secrets_key=state.secrets.key,
        targets=tuple(state.targets),
        workspace=workspace,
        large=config.option.large or environment.large.size,
        reads_only=not environment.test_site,
        left=left.model_dump() if left else {},
        left_file=file.resolve() if file else None,
        rush=config.option.rush,
        rush_workers=config.option.rush_workers,
    )
