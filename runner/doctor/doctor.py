"""Is the environment ready for a run?

Reads only: Moodle's pages, the bucket, one preflight, the CDN; nothing is created, no browser is started.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from queue import Empty, Queue
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import requests

from checklist.verdicts import TargetState
from clients import clock, http
from clients.addresses import COMPONENT
from clients.aws.account import STS
from clients.errors import ConfigurationError, LoginRefused, NotCheckable, SiteError, Unreachable, root_of
from clients.moodle.client import MoodleClient
from clients.moodle.courses import Courses
from clients.moodle.first_page import fetch_assets
from clients.moodle.model import Settings
from clients.moodle.server import MAINTENANCE_MODE, is_on
from clients.plugin.administration import plugin, plugin_settings, release
from clients.probes import PROBES, persistently
from clients.rush.load import find_locust
from clients.server.commands import COMMANDS
from network.proxy import ProxiedNetwork
from runner.configuration.connect import new_access, new_bucket, new_cdn, new_host, new_site, new_source
from runner.configuration.environment import Environment
from runner.configuration.environment_tables import Account
from runner.configuration.naming import marked_category
from runner.doctor.findings import Finding
from runner.reservation.changed_settings import MAINTENANCE, SWITCH, NoNote, Note
from runner.reservation.clean_up import SETTING
from runner.reservation.journal import Journal
from runner.reservation.lock import notes
from runner.reservation.seal import NotOurs, Seal

OLDEST_MOODLE = (3, 9)
"""What the plugin's version.php asks for."""

FIRST_PAGE = 120
"""Seconds that each of its styles and scripts may take: Moodle makes them for whoever comes first, here and not in a
browser that would count it as the site's fault."""

QUESTION = 30
"""Seconds that a question of several requests may take at least, however short a probe's time is."""

OF_MOODLE = ("site", "first page")
"""Questions for which Moodle may have to make its pages anew."""

SETTINGS = f"/admin/settings.php?section={COMPONENT}"

REQUIRED = (
    "aws_access_key",
    "aws_secret_key",
    "s3_bucket",
    "s3_region",
    "cloudfront_domain",
    "cloudfront_keypair_id",
    "cloudfront_private_key",
)

STEP_2_5 = {"retention_days": "90", "upload_rate_limit": "10", "playback_rate_limit": "30"}

NAMED_BY_STEP_2_5 = {"cleanup": "Enable Automatic Cleanup", "size": "Maximum File Size", "mime": "Allowed MIME Types"}


Question = Callable[[Environment], Iterator[Finding]]


def examine(
    environment: Environment, targets: Sequence[TargetState], rush_workers: Sequence[str] = ()
) -> list[Finding]:
    """What is and is not ready; independent questions are asked at the same time, each answer within `budgets.probe`,
    what Moodle makes for its first page within `FIRST_PAGE`. A rush would come from the machines `rush_workers`."""
    given = environment.accounts.given
    people = list(given.people()) if given else []
    questions: list[tuple[str, Question]] = [
        ("site", _site),
        ("first page", _first_page),
        *((f"account {part}", partial(_account, part=part, account=account)) for part, account in people),
        ("bucket", _bucket),
        ("CDN", _cdn),
        ("network", _network),
        ("clock", _clock),
        ("audit key", _audit),
        ("server", _server),
        ("this machine", _this_machine),
        *((f"rush worker {host}", partial(_rush_worker, host=host)) for host in dict.fromkeys(rush_workers)),
    ]
    return [*_all_answers(environment, questions), *map(_target, targets)]


def _all_answers(environment: Environment, questions: Sequence[tuple[str, Question]]) -> Iterator[Finding]:
    """A host that sends a byte a second ends no wait of a library; so each question has an end of its own, and a wish
    to stop is heard meanwhile."""
    answers: dict[str, Queue[list[Finding]]] = {name: Queue() for name, _ in questions}

    def answer(name: str, question: Question) -> None:
        try:
            answers[name].put(_answered(environment, name, question))
        except Exception as error:
            told = f"The doctor's question broke: {type(error).__name__}: {error}."
            answers[name].put([Finding(name, "bad", told, "Tell who maintains the suite.")])

    for name, question in questions:
        Thread(target=answer, args=(name, question), name=f"doctor: {name}", daemon=True).start()
    began, patience = time.monotonic(), max(QUESTION, environment.budgets.probe * PROBES * 3)
    for name, _ in questions:
        until = began + max(patience, FIRST_PAGE * 1.5 if name in OF_MOODLE else 0)
        try:
            yield from answers[name].get(timeout=max(0.1, until - time.monotonic()))
        except Empty:
            sentence = "It answers, and comes to no end."
            yield Finding(name, "outage", sentence, "Look what stands between this machine and the host.")


def _answered(environment: Environment, name: str, question: Question) -> list[Finding]:
    """What it yields; a host that is silent is asked again, for Moodle may be slow only once, after an upgrade."""
    findings: list[Finding] = []

    def ask() -> None:
        findings.clear()
        for finding in question(environment):
            findings.append(finding)

    try:
        persistently(ask)
    except (ConfigurationError, SiteError) as reason:
        findings.append(Finding(name, "bad", str(reason)))
    except Unreachable as reason:
        findings.append(Finding(name, "outage", str(reason), "Start it, or correct its address, and try again."))
    return findings


def _site(environment: Environment) -> Iterator[Finding]:
    site = _reach(environment)
    if environment.ignore_https_errors:
        remedy = "Give ca_file instead of ignore_https_errors to know that it is the right site."
        yield Finding("site", "warn", f"{site.base_url} answers, its certificate is not checked.", remedy)
    else:
        yield Finding("site", "ok", f"{site.base_url} answers, its certificate is trusted.")
    yield _log_in(environment, site, "admin", environment.accounts.admin)
    if site.own_url != site.base_url:
        remedy = f'Set base_url = "{site.own_url}" in {environment.file}.'
        yield Finding("site", "bad", f"Moodle takes {site.own_url} for its own address.", remedy)
    yield _moodle(release(site))
    yield _test_site(environment, site)
    noted, odd = _noted(environment, site)
    yield from (Finding("lock", "warn", sentence) for sentence in odd)
    if is_on(site, MAINTENANCE_MODE):
        yield _maintenance(noted)
    yield from _plugin(environment, site, noted)


def _maintenance(noted: Sequence[Note]) -> Finding:
    if run := next((note.run_id for note in noted if note.name == MAINTENANCE), ""):
        sentence = f"The site is in maintenance mode, by the run {run}, which has not ended it."
        return Finding("maintenance", "warn", sentence, "The next run ends it, and so does pytest --restore.")
    sentence = "The site is in maintenance mode: nobody but administrators comes in."
    return Finding("maintenance", "bad", sentence, "End it (step 3.8 of the checklist), and try again.")


def _reach(environment: Environment) -> MoodleClient:
    site = new_site(environment, environment.budgets.probe)
    site.probe()
    return site


def _first_page(environment: Environment) -> Iterator[Finding]:
    _reach(environment)
    took = fetch_assets(new_site(environment, FIRST_PAGE))
    if took > environment.budgets.page:
        sentence = f"Its styles and scripts took {took:.0f} s, as after an upgrade or a purge of caches."
        yield Finding(
            "first page",
            "warn",
            sentence,
            "Where it is so every time, tell the server's administrator.",
        )
    else:
        yield Finding("first page", "ok", "Its styles and scripts were asked for before a browser does.")


def _moodle(release: str) -> Finding:
    if tuple(int(part) for part in release.split(".")[:2]) < OLDEST_MOODLE:
        return Finding("Moodle", "bad", f"The plugin does not support Moodle {release}.", "Upgrade Moodle.")
    return Finding("Moodle", "ok", f"Moodle {release}.")


def _test_site(environment: Environment, site: MoodleClient) -> Finding:
    if not (environment.test_site or environment.smoke):
        remedy = f"If tests may write there, set test_site = true in {environment.file}, or smoke = true for step 3.7."
        return Finding(
            "test site", "warn", f"{environment.name} is not marked as a test site: only --doctor runs.", remedy
        )
    try:
        marked_category(Courses(site), environment.category_id, environment.mark)
    except ConfigurationError as reason:
        return Finding("test site", "bad", str(reason))
    what = "as a test site" if environment.test_site else "for the smoke test, and what reads"
    return Finding("test site", "ok", f"Marked {what}: the course category {environment.mark} is there.")


def _plugin(environment: Environment, site: MoodleClient, noted: Sequence[Note]) -> Iterator[Finding]:
    found = plugin(site)
    if found is None:
        yield Finding("plugin", "bad", f"{COMPONENT} is not installed.", "Do steps 2.2 to 2.4 of the checklist.")
        return
    if found.enabled:
        yield Finding("plugin", "ok", f"{COMPONENT} {found.version} is installed and enabled.")
    elif run := next((note.run_id for note in noted if note.name == SWITCH), ""):
        sentence = f"{COMPONENT} {found.version} is disabled, by the run {run}, which has not enabled it again."
        yield Finding("plugin", "warn", sentence, "The next run enables it, and so does pytest --restore.")
    else:
        yield Finding("plugin", "bad", f"{COMPONENT} {found.version} is disabled.", "Do step 2.6 of the checklist.")
        return
    yield from _settings(environment, plugin_settings(site))


def _noted(environment: Environment, site: MoodleClient) -> tuple[list[Note], list[str]]:
    """What dead runs must put back, by the site's lock and by journals; and what stands there and is no such note."""
    if not environment.test_site:
        return [], []
    courses, seal = Courses(site), Seal(environment)
    journals = Journal.all_here(environment.base_url)
    in_locks = notes(courses, marked_category(courses, environment.category_id))
    asked: list[Callable[[], Note]] = [partial(lambda text: Note.parse(seal.opened(text)), text) for text in in_locks]
    asked += [partial(Note.parse, entry.get("note")) for journal in journals for entry in journal.entries(SETTING)]
    found, odd = [], []
    for ask in asked:
        try:
            found.append(ask())
        except (NoNote, NotOurs) as reason:
            odd.append(str(reason))
    return found, odd


def _settings(environment: Environment, settings: Settings) -> Iterator[Finding]:
    """Compares with step 2.5, and with what the environment file says; values of secrets are never quoted."""
    name, remedy = "plugin settings", f"Correct it at {environment.url(SETTINGS)} (step 2.5)."
    if empty := [key for key in REQUIRED if not settings.get(key, "").strip()]:
        yield Finding(name, "bad", f"{', '.join(empty)} not set.", remedy)
        return
    differing = []
    if forced := ", ".join(sorted(settings.forced & set(REQUIRED))):
        sentence = f"{forced} defined in config.php: what takes a change of them is not checkable."
        differing.append(
            Finding(name, "warn", sentence, "Nothing to do here, unless a run is to check step 2.11 whole.")
        )
    for key, ours, level in (
        ("s3_bucket", environment.storage.bucket, "bad"),
        ("s3_region", environment.storage.region, "warn"),
        ("cloudfront_domain", environment.cdn.domain, "bad"),
        ("cloudfront_keypair_id", environment.cdn.key_pair_id, "warn"),
    ):
        if ours is not None and settings[key].strip() != ours:
            sentence = f"{key} is {settings[key]} in Moodle and {ours} in {environment.file}."
            differing.append(Finding(name, "bad" if level == "bad" else "warn", sentence, "Correct one of the two."))
    for key, value in STEP_2_5.items():
        if settings.get(key, "").strip() != value:
            differing.append(Finding(name, "warn", f"{key} is {settings.get(key) or 'empty'}, not {value}.", remedy))
    missing = [label for part, label in NAMED_BY_STEP_2_5.items() if not any(part in key for key in settings)]
    if missing:
        sentence = f"Step 2.5 names settings that this plugin does not have: {', '.join(missing)}."
        differing.append(Finding(name, "warn", sentence, "Nothing to do here; tell the plugin's developer."))
    yield from differing or [Finding(name, "ok", "As in step 2.5 of the checklist.")]


def _account(environment: Environment, part: str, account: Account) -> Iterator[Finding]:
    yield _log_in(environment, _reach(environment), f"given.{part}", account)


def _log_in(environment: Environment, site: MoodleClient, key: str, account: Account) -> Finding:
    try:
        site.login(account.username, account.password.get_secret_value())
    except LoginRefused as refused:
        raise ConfigurationError(f"{refused} ({environment.file}: accounts.{key})") from refused
    return Finding(f"account {key.removeprefix('given.')}", "ok", f"{account.username} logs in.")


def _bucket(environment: Environment) -> Iterator[Finding]:
    bucket = new_bucket(environment, attempts=1, timeout=environment.budgets.probe)
    writes = environment.test_site or environment.smoke
    untried = bucket.check(deletes=writes)
    may = "listed, read and deleted from" if writes else "listed and read"
    aside = f" (not tried: {', and '.join(untried)})" if untried else ""
    yield Finding("bucket", "ok", f"{bucket.name} can be {may} with the suite's key{aside}.")
    origin, remedy = environment.origin, "Correct the bucket's CORS configuration (step 1.2)."
    allowed = bucket.unsigned.allowed_origin(origin)
    if allowed not in (origin, "*"):
        yield Finding("CORS", "bad", f"{bucket.name} refuses uploads from {origin}.", remedy)
    elif allowed == "*" or bucket.unsigned.allowed_origin("https://elsewhere.example.invalid"):
        yield Finding("CORS", "warn", f"{bucket.name} takes uploads from any site, not only {origin}.", remedy)
    else:
        yield Finding(
            "CORS", "ok", f"{bucket.name} takes uploads from {origin}, and refuses another site that was tried."
        )


def _cdn(environment: Environment) -> Iterator[Finding]:
    new_cdn(environment).probe()
    yield Finding("CDN", "ok", f"{environment.cdn.domain} answers.")


def _audit(environment: Environment) -> Iterator[Finding]:
    try:
        STS(new_access(environment, environment.budgets.probe)).check()
    except NotCheckable as reason:
        yield Finding("audit key", "warn", f"Phase 1 is not checkable: {reason}.")
    else:
        yield Finding("audit key", "ok", "AWS takes it.")


def _server(environment: Environment) -> Iterator[Finding]:
    try:
        host = new_host(environment)
        host.shell.check()
        host.facts  # noqa: B018
    except NotCheckable as reason:
        yield Finding("server", "warn", f"What takes a shell on the server is not checkable: {reason}.")
        return
    place = host.shell.place
    may = [command.shown(place) for command in COMMANDS if getattr(place, command.needs)]
    yield Finding(
        "server", "ok", f"{host.shell.name} lets the suite in. It runs these commands there, which only read:"
    )
    yield from (Finding("server", "ok", command) for command in may)
    if place.restored and host.facts.missing is None:
        sentence = f"Moodle's database user reads no database {place.restored} beside Moodle's own."
        yield Finding("server", "warn", sentence, f"Let it, or correct server.restored in {environment.file}.")
    for log, read in (("php_log", host.php_log), ("web_log", host.web_log)):
        if getattr(place, log):
            try:
                read()
            except NotCheckable as reason:
                yield Finding("server", "warn", str(reason), f"Correct server.{log} in {environment.file}.")


def _this_machine(environment: Environment) -> Iterator[Finding]:
    """Files and folders here that the environment file names: what lines need that are not checkable without."""
    local, decided = environment.local, environment.decided
    named = {
        "local.repository": local.repository,
        "local.key_file": local.key_file,
        "decided.release": decided.release,
        "decided.production": decided.production,
        "decided.staging": decided.staging,
    }
    for key, path in named.items():
        told = "" if path is None or os.path.exists(path) else f"{path} is not there."
        if key == "local.repository" and path and not told:
            try:
                new_source(environment)
            except NotCheckable as reason:
                told = str(reason)
        if told:
            yield Finding("this machine", "warn", f"{key}: {told}", f"Correct it in {environment.file}.")


def _rush_worker(environment: Environment, host: str) -> Iterator[Finding]:
    try:
        yield Finding(f"rush worker {host}", "ok", f"It has Locust {find_locust(host, environment.secrets())}.")
    except NotCheckable as reason:
        yield Finding(f"rush worker {host}", "warn", f"A rush is not checkable: {reason}.")


def _clock(environment: Environment) -> Iterator[Finding]:
    host = urlsplit(environment.base_url).netloc
    with http.Session(environment.verify, environment.budgets.probe) as session:
        try:
            headers = session.request("HEAD", environment.base_url, allow_redirects=False).headers
        except (Unreachable, ConfigurationError):
            return  # another question tells why
    if told := clock.wrong(headers, host):
        yield Finding("clock", "warn", told)
    else:
        how = "is that of" if clock.ahead(headers) is not None else "cannot be compared with that of"
        yield Finding("clock", "ok", f"This machine's clock {how} {host}.")


def _network(environment: Environment) -> Iterator[Finding]:
    """The way that browsers will go, which is not that of requests and boto3."""
    bucket = new_bucket(environment, attempts=1, timeout=environment.budgets.probe)
    with ProxiedNetwork(environment.budgets.probe) as network:
        for url in (environment.base_url, bucket.url, f"https://{environment.cdn.domain}/"):
            try:
                persistently(partial(_reach_through, network, url, environment))
            except Unreachable as reason:
                remedy = "Set HTTPS_PROXY (and NO_PROXY) as this machine needs them to reach it."
                yield Finding("network", "outage", str(reason), remedy)
                return
    yield Finding("network", "ok", "Browsers reach site, storage and CDN.")


def _reach_through(network: ProxiedNetwork, url: str, environment: Environment) -> None:
    limits: dict[str, Any] = {"verify": environment.verify, "timeout": environment.budgets.probe}
    session = requests.Session()
    session.trust_env = False  # or NO_PROXY would lead past it
    session.mount("https://", http.Trusting())
    try:
        with session:
            session.head(url, **limits, proxies={"https": network.url})
    except requests.exceptions.SSLError:
        return  # it answers; its certificate is another question
    except requests.RequestException as error:
        raise Unreachable(f"Browsers do not reach {urlsplit(url).netloc}: {root_of(error)}.") from error


def _target(target: TargetState) -> Finding:
    name = f"target {target.name}"
    if not target.missing:
        return Finding(name, "ok", f"Runs in {target.build}.")
    return Finding(name, "warn" if target.required else "ok", f"Not run: {target.missing}")
