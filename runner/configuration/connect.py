"""How a run reaches what its environment describes: one place that turns the file's tables into clients."""

from __future__ import annotations

from typing import Any

from checks.plugin_key import PluginKey
from checks.source import Source
from clients.aws.account import Access
from clients.boto import new_client
from clients.cdn import CDN
from clients.errors import NotCheckable
from clients.moodle.client import MoodleClient, Shared
from clients.repository import Repository
from clients.s3 import Bucket
from clients.server.commands import Place
from clients.server.host import Host
from clients.server.shell import Here, Shell, Ssh
from runner.configuration.environment import Environment
from runner.configuration.environment_tables import Monitoring


def new_site(environment: Environment, timeout: float | None = None) -> MoodleClient:
    """A session of its own, nobody logged in; `timeout` in seconds, the budget of a page by default."""
    timeout = timeout or environment.budgets.page
    shared = _shared.get(environment.base_url)
    site = MoodleClient(environment.base_url, environment.verify, timeout, environment.login_path, shared)
    if basic := environment.basic_auth:
        site.session.auth = basic.username, basic.password.get_secret_value()
    if environment.user_agent:
        site.session.headers["User-Agent"] = " ".join((str(site.session.headers["User-Agent"]), environment.user_agent))
    return site


def share_sessions(environment: Environment, admin: MoodleClient) -> None:
    """From now on everybody has one session on the site in this process; that of `admin` is the administrator's."""
    admin.shared = _shared.setdefault(environment.base_url, Shared())
    admin.share(environment.accounts.admin.username, admin.session.cookies)


_shared: dict[str, Shared] = {}


def new_bucket(environment: Environment, *, attempts: int = 3, timeout: float | None = None) -> Bucket:
    storage, timeout = environment.storage, timeout or environment.budgets.page
    keys = storage.access_key.get_secret_value(), storage.secret_key.get_secret_value()
    client = _s3(environment, *keys, timeout=timeout, attempts=attempts)
    return Bucket(storage.bucket, client, verify=environment.verify, timeout=timeout)


def new_plugin_key(environment: Environment, access_key: str, secret_key: str) -> PluginKey:
    """The plugin's own key, as its settings have it."""
    client = _s3(environment, access_key, secret_key, timeout=environment.budgets.page)
    return PluginKey(environment.storage.bucket, client)


def _s3(environment: Environment, access_key: str, secret_key: str, *, timeout: float, attempts: int = 3) -> Any:
    storage = environment.storage
    return new_client(
        "s3",
        region=storage.region,
        access_key=access_key,
        secret_key=secret_key,
        endpoint=storage.endpoint,
        verify=environment.verify,
        timeout=timeout,
        attempts=attempts,
    )


def new_access(environment: Environment, timeout: float | None = None) -> Access:
    """The way into the AWS account. Raises NotCheckable where the environment gives no key for that."""
    audit = environment.audit
    if audit is None:
        raise NotCheckable("the environment file has no key to read the AWS account with ([audit])")
    return Access(
        audit.access_key.get_secret_value(),
        audit.secret_key.get_secret_value(),
        audit.endpoint,
        environment.verify,
        timeout or environment.budgets.page,
    )


def monitoring_of(environment: Environment) -> Monitoring:
    """What CloudWatch, Cost Explorer and Budgets are asked. Raises NotCheckable where nobody wants that."""
    if environment.monitoring is None:
        raise NotCheckable(
            "write what S3 and CloudFront are expected to cost in a month, in dollars, as monthly_costs in [monitoring]"
        )
    return environment.monitoring


def new_source(environment: Environment) -> Source:
    """The plugin's repository. Raises NotCheckable where the environment names none."""
    if environment.local.repository is None:
        raise NotCheckable("name the plugin's git repository on this machine as repository in [local]")
    return Source(Repository(environment.local.repository))


def new_host(environment: Environment) -> Host:
    """The way to Moodle's server. Raises NotCheckable where the environment gives none."""
    return Host(new_shell(environment))


def new_shell(environment: Environment) -> Shell:
    """Raises NotCheckable where the environment gives no way to the server."""
    server = environment.server
    if server is None:
        raise NotCheckable(
            'the environment file gives no shell on Moodle\'s server: add [server] with ssh = "user@host" and moodle'
        )
    place = Place(
        server.moodle, server.php, server.php_log, server.web_log, server.backups, server.log_watcher, server.restored
    )
    if server.ssh is None:
        return Shell(Here(environment.secrets()), place)
    key = server.key.get_secret_value() if server.key else None
    return Shell(Ssh(server.ssh, key, server.host_key, environment.budgets.probe), place)


def new_cdn(environment: Environment) -> CDN:
    own, budgets = environment.cdn, environment.budgets
    return CDN(
        own.domain,
        verify=environment.verify,
        timeout=budgets.probe,
        invalidation=budgets.invalidation,
        key_pair_id=own.key_pair_id,
        private_key=own.private_key.get_secret_value() if own.private_key else None,
    )
