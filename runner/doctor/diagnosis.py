"""`--diagnose`: what the document's Troubleshooting has people look at for a symptom, looked at; nothing is changed.

Each box of a step T.1 to T.6 either has a look here, or stays for people. A look that holds rules a cause out; one that
does not is a cause.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import cached_property

from checklist.lines import STEPS, Step
from checks.aws.bucket import CORS, Contents
from checks.aws.costs import Costs
from checks.aws.distribution import Distribution, Viewers
from checks.aws.iam import IAM, INVALIDATE, OBJECT_ACTIONS
from checks.https import Https
from checks.installation import TASK, Installation
from checks.plugin_configuration import PluginConfiguration
from checks.server_database import expect_may_create
from checks.server_files import expect_permissions
from checks.server_logs import expect_no_php_error, expect_no_sql_error
from checks.tasks import expect_has_run
from checks.usage import Usage
from checks.video_store import VideoStore
from clients.cdn import CDN
from clients.errors import ConfigurationError, LoginRefused, NotCheckable, SiteError, UnexpectedAnswer, Unreachable
from clients.moodle.client import MoodleClient
from clients.moodle.model import Settings
from clients.moodle.tasks import Task
from clients.plugin.administration import plugin_settings
from clients.plugin.video_list import listed
from clients.server.host import Host
from runner.configuration.connect import (
    monitoring_of,
    new_access,
    new_bucket,
    new_host,
    new_plugin_key,
    new_site,
    new_source,
)
from runner.configuration.environment import Environment
from runner.configuration.environment_tables import LARGEST_UPLOAD
from runner.doctor.findings import Finding

SYMPTOMS: tuple[Step, ...] = tuple(step for step in STEPS if step.id.startswith("T."))

ALSO_CALLED = {
    "T.1": "The plugin is missing, not visible, not found in the list of submission plugins",
    "T.2": "Error: the table doesn't exist, error reading from or writing to the database",
    "T.3": "Access denied, 403, forbidden, wrong key: upload of videos fails, cannot upload, hand in, submit",
    "T.4": "CORS policy, cross-origin request blocked, Access-Control-Allow-Origin, error in the console, "
    "network error during it, hand in, submit",
    "T.5": "The player loads, the video doesn't play, no playback, black screen, spinner, students cannot watch videos",
    "T.6": "The AWS bill is higher than expected, expensive, too much money, dear",
}
"""What people say of each symptom, the document's own sentence first."""

UNSAYING = """
    a after an and any anybody are can cannot can't does doesn't don't ends error errors fail fails for from in is it
    much my no not of on or our somebody student students than the there to too we when why will with won't work works
"""
"""Words that tell no symptom from another."""

FEW = 5
"""Of the videos that are ready so many are looked for on S3."""

SETTINGS_PAGE = "Correct it at Site administration > Plugins > S3 Video."


def symptom(words: str) -> Step:
    """The step of Troubleshooting with that number (`5` or `T.5`), or the one that these words speak of most.

    They need not be those of the title, and may be misspelt. Raises ValueError, which names all of them, where they
    speak of none, or of several alike.
    """
    for step in SYMPTOMS:
        if words.strip().casefold() in (step.id.casefold(), step.id[2:]):
            return step
    known = {step.id: _words(f"{step.title} {ALSO_CALLED[step.id]}") for step in SYMPTOMS}
    scores = dict.fromkeys(known, 0.0)
    every = set[str]().union(*known.values())
    for word in _words(words):
        spelt = word if word in every else _meant(word, every)
        meant = [id_ for id_, ones in known.items() if spelt in ones]
        for id_ in meant:
            scores[id_] += 1 / len(meant)
    best = [step for step in SYMPTOMS if scores[step.id] == max(scores.values()) > 0]
    if len(best) != 1:
        several = " and ".join(step.id for step in best)
        fits = f"speaks of {several} alike" if best else "is none of the symptoms of the document"
        everything = "; ".join(f"{step.id} {step.title}" for step in SYMPTOMS)
        raise ValueError(f"{words!r} {fits}: {everything}")
    return best[0]


def _meant(word: str, known: set[str]) -> str:
    """The known word that this one misspells; of four letters not more than the end may be another: film is no fail."""
    close = get_close_matches(word, known, 5, 0.75) if len(word) > 3 else []

    def fits(one: str) -> bool:
        return len(word) > 4 or len(one) != len(word) or sorted(one) == sorted(word) or one[:2] == word[:2]

    return next(filter(fits, close), word)


def _words(text: str) -> set[str]:
    """Those that mean something, without their endings."""
    said, unsaying = (set(re.findall(r"\w+", re.sub(r"['\u2019]", "", one.casefold()))) for one in (text, UNSAYING))
    return {re.sub(r"(?<=\w{3})(ing|ed|es|s)$", "", word) for word in said - unsaying}


@dataclass
class Sight:
    """What is looked at, each when it is asked for. Raises NotCheckable where the environment gives no way to it."""

    environment: Environment

    @cached_property
    def site(self) -> MoodleClient:
        site, admin = new_site(self.environment), self.environment.accounts.admin
        site.login(admin.username, admin.password.get_secret_value())
        return site

    @cached_property
    def host(self) -> Host:
        return new_host(self.environment)

    @cached_property
    def settings(self) -> Settings:
        return plugin_settings(self.site)

    @property
    def plugin_configuration(self) -> PluginConfiguration:
        return PluginConfiguration(self.settings)

    @property
    def installation(self) -> Installation:
        return Installation(self.site)

    @property
    def distribution(self) -> Distribution:
        return Distribution(new_access(self.environment), self.environment.cdn.domain)

    @property
    def viewers(self) -> Viewers:
        return Viewers(new_access(self.environment), self.environment.cdn.domain)

    @property
    def cors(self) -> CORS:
        return CORS(new_access(self.environment), self.environment.storage.bucket)

    @property
    def contents(self) -> Contents:
        return Contents(new_access(self.environment), self.environment.storage.bucket)

    @property
    def costs(self) -> Costs:
        return Costs(new_access(self.environment), monitoring_of(self.environment).monthly_costs)

    @property
    def iam(self) -> IAM:
        return IAM(new_access(self.environment), self.settings.get("aws_access_key", "").strip())

    @cached_property
    def ready(self) -> list[str]:
        if not (keys := list(listed(self.site, status="ready"))[:FEW]):
            raise NotCheckable("the plugin's list has no video that is ready")
        return keys

    def expect_key(self) -> None:
        access, secret = (self.settings.get(name, "").strip() for name in ("aws_access_key", "aws_secret_key"))
        if "aws_secret_key" in self.settings.forced:
            raise NotCheckable("aws_secret_key is set in config.php, which Moodle does not show")
        new_plugin_key(self.environment, access, secret).expect_writing()

    def expect_resources(self) -> None:
        self.plugin_configuration.expect("s3_bucket", self.environment.storage.bucket)
        self.plugin_configuration.expect("s3_region", self.environment.storage.region)

    def expect_permissions(self) -> None:
        self.iam.expect_allowed(OBJECT_ACTIONS, f"arn:aws:s3:::{self.environment.storage.bucket}/videos/1/clip.mp4")
        self.iam.expect_allowed([INVALIDATE], self.distribution.arn)

    def expect_cors(self) -> None:
        VideoStore(new_bucket(self.environment)).expect_uploads_from(self.environment.origin)

    def expect_https(self) -> None:
        Https(self.site, self.environment.http_url, self.environment.budgets.probe).expect_enforced()

    def expect_private_key(self) -> None:
        self.plugin_configuration.expect_private_key("cloudfront_private_key")
        self.viewers.expect_public_half(self._key_pair, self.settings["cloudfront_private_key"])

    def expect_key_pair(self) -> None:
        self.plugin_configuration.expect_secret("cloudfront_keypair_id")
        self.viewers.expect_trusted(self._key_pair)

    @property
    def _key_pair(self) -> str:
        return self.settings["cloudfront_keypair_id"].strip()

    def expect_signed_url(self) -> None:
        """By the plugin's own key, as its settings have it."""
        environment, key = self.environment, self.settings["cloudfront_private_key"].strip()
        self.plugin_configuration.expect_private_key("cloudfront_private_key")
        cdn = CDN(
            self.settings["cloudfront_domain"].strip(),
            verify=environment.verify,
            timeout=environment.budgets.probe,
            key_pair_id=self._key_pair,
            private_key=key,
        )
        with cdn.get(cdn.signed(self.ready[0]), "bytes=0-0") as answer:
            if not answer.ok:
                raise AssertionError(f"expected the CDN to serve what the plugin signs, seen {answer.status_code}")

    def expect_stored(self) -> None:
        bucket = new_bucket(self.environment)
        if lost := [key for key in self.ready if key not in bucket.keys(key)]:
            raise AssertionError(f"expected S3 to hold every video that is ready, seen {len(lost)} of {FEW} gone")

    def expect_retention(self) -> None:
        self.plugin_configuration.expect("retention_days", self.environment.decided.retention_days)


def _last_day() -> tuple[datetime, str]:
    return datetime.now(UTC) - timedelta(days=1), "of the last day"


Look = Callable[[Sight], object]

LOOKS: Mapping[str, tuple[Look, str]] = {
    "T.1.2": (lambda it: expect_permissions(it.host), "Set the permissions anew (step 2.2)."),
    "T.1.3": (lambda it: it.installation.expect_upgraded(), "Finish the upgrade: Site administration > Notifications."),
    "T.1.4": (lambda it: expect_no_php_error(it.host, *_last_day()), "Look at what PHP's log says of it."),
    "T.2.1": (lambda it: it.installation.expect_upgraded(), "Finish the upgrade: Site administration > Notifications."),
    "T.2.2": (lambda it: expect_may_create(it.host), "Grant CREATE to Moodle's user of the database."),
    "T.2.3": (
        lambda it: new_source(it.environment).expect_install_xml(),
        "Correct db/install.xml, and install the plugin anew.",
    ),
    "T.2.4": (lambda it: expect_no_sql_error(it.host, *_last_day()), "Look at what PHP's log says of it."),
    "T.3.1": (lambda it: it.expect_key(), f"Enter the plugin's key anew. {SETTINGS_PAGE}"),
    "T.3.2": (lambda it: it.expect_permissions(), "Correct the policy in IAM: appendix B has it."),
    "T.3.3": (lambda it: it.iam.expect_policy(), "Attach the policy to the plugin's user in IAM."),
    "T.3.4": (lambda it: it.expect_key(), f"Enter the plugin's key anew. {SETTINGS_PAGE}"),
    "T.3.5": (lambda it: it.expect_resources(), SETTINGS_PAGE),
    "T.4.1": (lambda it: it.cors.expect_origin(it.environment.origin), "Correct the bucket's CORS (step 1.2)."),
    "T.4.2": (lambda it: it.expect_cors(), "Correct the bucket's CORS (step 1.2)."),
    "T.4.3": (lambda it: it.expect_https(), "Lead http to https in the web server."),
    "T.5.1": (lambda it: it.distribution.expect_deployed(), "Wait for CloudFront; it takes up to 20 minutes."),
    "T.5.2": (lambda it: it.expect_private_key(), f"Paste the private key anew. {SETTINGS_PAGE}"),
    "T.5.3": (lambda it: it.expect_key_pair(), f"Enter the id of the key pair that CloudFront trusts. {SETTINGS_PAGE}"),
    "T.5.4": (lambda it: it.expect_signed_url(), "What the plugin signs the CDN refuses: look at T.5.2 and T.5.3."),
    "T.5.6": (lambda it: it.expect_stored(), "Find out who deleted them: a lifecycle rule, or another user of S3."),
    "T.6.1": (lambda it: it.costs.expect_last_month_as_estimated(), "Look which service is the dear one (4.6.5)."),
    "T.6.2": (lambda it: it.contents.expect_no_unusual_files(LARGEST_UPLOAD), "Find out who put them into the bucket."),
    "T.6.3": (lambda it: expect_has_run(Task(it.site, TASK), 2), "Look at the task's log, and at cron."),
    "T.6.4": (lambda it: it.expect_retention(), SETTINGS_PAGE),
    "T.6.5": (lambda it: Usage(it.site).expect_no_repeated_failures(), "Look at the dashboard whose uploads fail."),
    "T.6.6": (
        lambda it: it.distribution.expect_price_class(it.environment.decided.price_class),
        "Change the price class in CloudFront.",
    ),
}


def diagnose(environment: Environment, step: Step) -> Iterator[Finding]:
    """A finding for each box of the symptom.

    `bad` is a cause, `warn` is for people to look at; a host that does not answer (`outage`) could tell, and so could
    an account or a key that is not taken (`wrong`).
    """
    sight = Sight(environment)
    for line in step.lines:
        name = f"{line.id} {line.text}"
        look, remedy = LOOKS.get(line.id, (None, ""))
        if look is None:
            yield Finding(name, "warn", "No program can look at this from here; look at it yourself.")
            continue
        try:
            look(sight)
        except (AssertionError, UnexpectedAnswer) as seen:
            yield Finding(name, "bad", f"This is a cause: {str(seen).rstrip('.')}.", remedy)
        except Unreachable as reason:
            yield Finding(name, "outage", f"{str(reason).rstrip('.')}.")
        except (ConfigurationError, LoginRefused) as reason:
            yield Finding(name, "wrong", f"{str(reason).rstrip('.')}.")
        except (NotCheckable, SiteError) as reason:
            yield Finding(name, "warn", f"It cannot be told: {str(reason).rstrip('.')}.")
        else:
            yield Finding(name, "ok", "This is not the cause.")


def conclusion(step: Step, findings: list[Finding]) -> str:
    causes = [finding for finding in findings if finding.level == "bad"]
    unknown = sum(finding.level not in ("bad", "ok") for finding in findings)
    if causes:
        named = "; ".join(finding.name.split(" ", 1)[0] for finding in causes)
        return (
            f"{step.title}: {len(causes)} of {len(findings)} causes found ({named}). Mend that first, and look again."
        )
    left = f" {unknown} {'is' if unknown == 1 else 'are'} left for you to look at." if unknown else ""
    return f"{step.title}: none of the causes that could be looked at holds.{left}"
