"""The tables of an environment file."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from collections.abc import Iterator, Mapping
from ipaddress import IPv6Address
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ByteSize,
    Field,
    JsonValue,
    SecretStr,
    StrictBool,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from checklist.patterns import Selective
from checklist.tables import Table
from runner.configuration.environment_values import (
    HttpsUrl,
    LocalPath,
    Positive,
    Secret,
    ServerPath,
    Text,
    a_host_key,
    an_rsa_key,
    an_ssh_key,
    beside,
    host,
    like,
    of_scheme,
)

LARGEST_UPLOAD = 5 * 1024**3
"""Bytes; the plugin's own limit."""

SMALLEST_LARGE = 64 * 1024**2
"""Bytes, some 20 s; a shorter video would end before playback is judged."""


MOST_IN_A_RUSH = 200
"""Students; the suite's own people are 240, and other tests need some."""


class EnvironmentTable(Table):
    """One of this file's tables: a key that is none here may have been meant for one of theirs."""


class Account(EnvironmentTable):
    """A person who can log in."""

    username: Text
    password: Secret


def _several(people: object) -> object:
    return [people] if isinstance(people, dict) else people


def _somebody(people: tuple[Account, ...]) -> tuple[Account, ...]:
    if not people:
        raise ValueError("names nobody; give one account at least")
    return people


People = Annotated[tuple[Account, ...], BeforeValidator(_several)]


class GivenAccounts(EnvironmentTable):
    """People who exist already, for sites where the suite may not create any: one or several for each part.

    Who is a student in one test may be the second or the suspended one in another; so may teachers.
    """

    student: Annotated[People, AfterValidator(_somebody)]
    teacher: Annotated[People, AfterValidator(_somebody)]
    second_student: People = ()
    other_teacher: People = ()
    other_student: People = ()
    suspended_student: People = ()
    manager: People = ()

    def people(self) -> Iterator[tuple[str, Account]]:
        """Every account with its part."""
        return ((part, account) for part, accounts in self for account in accounts)


class Accounts(EnvironmentTable):
    admin: Account
    given: GivenAccounts | None = None

    @field_validator("given")
    @classmethod
    def _different_people(cls, given: GivenAccounts | None, info: ValidationInfo) -> GivenAccounts | None:
        people = list(given.people()) if given else []
        if admin := info.data.get("admin"):
            people.append(("admin", admin))
        by_name: dict[str, list[str]] = {}
        for role, account in people:
            by_name.setdefault(account.username.casefold(), []).append(role)
        for roles in by_name.values():
            if len(roles) > 1:
                raise ValueError(f"{' and '.join(sorted(roles))} are one account; give each a person of their own")
        return given


class Storage(EnvironmentTable):
    """The plugin's bucket, seen with the suite's own key. Without `endpoint` it is on AWS."""

    bucket: Annotated[
        str,
        like(
            r"(?!\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]",
            "is not a bucket name; give the name alone, as S3 shows it",
        ),
    ]
    region: Annotated[str, like("[a-z0-9-]+", "is not a region; write it like us-east-1")]
    endpoint: HttpsUrl | None = None
    access_key: Secret
    secret_key: Secret


class Cdn(EnvironmentTable):
    """The CloudFront distribution (`host` or `host:port`); the key pair makes URLs that expire soon."""

    domain: Annotated[
        str,
        like("[A-Za-z0-9.-]+(:[0-9]{1,5})?", "must be the bare domain, like d123.cloudfront.net, no https://, no path"),
        AfterValidator(host),
    ]
    key_pair_id: Text | None = None
    private_key: Annotated[Secret, AfterValidator(an_rsa_key)] | None = Field(default=None, validate_default=True)

    @field_validator("private_key")
    @classmethod
    def _both_or_none(cls, private_key: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if "key_pair_id" in info.data and (private_key is None) != (info.data["key_pair_id"] is None):
            raise ValueError("goes together with key_pair_id; give both or none")
        return private_key


Engine = Literal["chromium", "firefox", "webkit"]


CHANNELS: dict[str, Engine] = {"chrome": "chromium", "msedge": "chromium", "safari": "webkit", "webkitgtk": "webkit"}
"""Browsers that are installed, and the engine of each."""

NAMED = {"chrome": "chrome", "edge": "msedge", "msedge": "msedge", "safari": "safari", "webkitgtk": "webkitgtk"}
"""Words in a target's name that say what it runs in, and the channel of each."""

PHONES = {"android", "galaxy", "ipad", "iphone", "pixel"}
"""Words in a target's name that say that it is one, or a tablet."""

BRANDS = {"chrome": "Google Chrome", "msedge": "Microsoft Edge", "safari": "Safari"}
"""What browsers call themselves."""

BRANDS_TOLD = "(navigator.userAgentData?.brands ?? []).map((one) => one.brand)"
"""Asked of one of Chromium's engine, on a page that is secure."""

DEVICE_TOLD = """(async () => {
  const told = await navigator.userAgentData?.getHighEntropyValues(["platformVersion", "model"]);
  const {userAgent, platform, maxTouchPoints} = navigator;
  const isApple = /iPhone|iPad/.test(userAgent) || (/Mac/.test(platform) && maxTouchPoints > 0);
  const system = isApple ? "iOS" : /Android/.test(userAgent) ? "Android" : platform;
  return {
    platformName: told?.platform || system, platformVersion: told?.platformVersion || "", deviceName: told?.model || "",
  };
})()"""
"""On what a browser runs, in the words of WebDriver; asked on a page that is secure. An iPad calls itself a Mac."""

BY_WEBDRIVER = ("safari", "webkitgtk")
"""Channels that Playwright does not drive: a driver of WebDriver is started for them, on this machine."""


OF_A_SECRET = re.compile(r"(?i)(access|api)[_-]?key$|password$|secret$|token$")
"""How names end that clouds of browsers give to secrets."""


def _secret_names(value: JsonValue | Mapping[str, JsonValue]) -> Iterator[str]:
    """Of capabilities at any depth, as clouds call them: `accessKey`, `access_key`, `appium:keyPassword`."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if OF_A_SECRET.search(name) and inner:
                yield name
            yield from _secret_names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _secret_names(inner)


WEB, SOCKETS = ("http", "https"), ("ws", "wss")
"""How addresses begin."""


class Target(EnvironmentTable):
    """A browser, channel or device that a run covers. `device` is a name known to Playwright, which emulates it.

    `real` says which phone or tablet it is, where it is one. The browser is of this machine, or where one of the three
    addresses leads; such addresses hold tokens. `capabilities` go to the driver of WebDriver as they stand.
    """

    name: Annotated[str, like("[a-z0-9][a-z0-9-]*", "must be made of a-z, 0-9 and hyphens; rename the target")]
    engine: Engine
    channel: Literal["chrome", "msedge", "safari", "webkitgtk"] | None = Field(default=None, validate_default=True)
    device: Text | None = None
    ws_endpoint: Annotated[Secret, of_scheme(*SOCKETS, such_as="wss://host:3000")] | None = None
    webdriver: Annotated[Secret, of_scheme(*WEB, such_as="http://127.0.0.1:4723")] | None = None
    cdp_endpoint: Annotated[Secret, of_scheme("http", "https", "ws", "wss", such_as="http://127.0.0.1:9222")] | None = (
        None
    )
    real: Text | None = Field(default=None, validate_default=True)
    capabilities: Mapping[str, JsonValue] = Field(default_factory=dict)
    required: StrictBool = True

    @field_validator("engine")
    @classmethod
    def _own_name(cls, engine: Engine, info: ValidationInfo) -> Engine:
        name = info.data.get("name", "")
        if other := next((word for word in name.split("-") if word in ENGINES and word != engine), ""):
            raise ValueError(f"a target named {name} runs in {other}; choose another name")
        return engine

    @field_validator("channel")
    @classmethod
    def _channel_of_its_engine(cls, channel: str | None, info: ValidationInfo) -> str | None:
        if channel and info.data.get("engine", CHANNELS[channel]) != CHANNELS[channel]:
            engine = CHANNELS[channel]
            raise ValueError(f'{channel} is a channel of {engine}; set engine = "{engine}" or leave the channel out')
        name = info.data.get("name", "")
        if own := next((NAMED[word] for word in name.split("-") if NAMED.get(word, channel) != channel), ""):
            raise ValueError(f'a target named {name} runs in {own}; set channel = "{own}", or choose another name')
        return channel

    @field_validator("device", "ws_endpoint")
    @classmethod
    def _not_of_an_installed_driver(cls, given: object, info: ValidationInfo) -> object:
        channel = info.data.get("channel")
        if given and channel in BY_WEBDRIVER:
            raise ValueError(f"{channel} is driven by WebDriver, and as it is; remove this, or the channel")
        return given

    @field_validator("webdriver")
    @classmethod
    def _a_path_goes_behind(cls, address: SecretStr | None) -> SecretStr | None:
        if address and re.search("[?#]", address.get_secret_value()):
            raise ValueError("the variable's address holds ? or #, and a path goes behind it; write NAME:KEY@ into it")
        return address

    @field_validator("webdriver", "cdp_endpoint")
    @classmethod
    def _one_address(cls, address: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        others = [key for key in ("ws_endpoint", "webdriver") if key != info.field_name and info.data.get(key)]
        if address and others:
            raise ValueError(f"the target has {others[0]} already; a browser is driven in one way, so keep one")
        if address and info.field_name == "cdp_endpoint" and info.data.get("engine") in ("firefox", "webkit"):
            raise ValueError('only Chromium takes it; set engine = "chromium", or use webdriver')
        return address

    @field_validator("real")
    @classmethod
    def _somewhere(cls, real: str | None, info: ValidationInfo) -> str | None:
        if real and info.data.get("device"):
            raise ValueError("contradicts device, which is emulated; keep one of the two")
        ways = ("ws_endpoint", "webdriver", "cdp_endpoint")
        if real and info.data.keys() >= {*ways} and not any(info.data[way] for way in ways):  # else one is told already
            raise ValueError("no address leads to that device; add webdriver or cdp_endpoint")
        name = info.data.get("name", "")
        if PHONES.intersection(name.split("-")) and not real and "device" in info.data and not info.data["device"]:
            raise ValueError(
                f"a target named {name} is a phone or a tablet; say which by device, which is emulated, or by real, or "
                "choose another name"
            )
        return real

    @field_validator("capabilities")
    @classmethod
    def _for_a_driver(cls, given: Mapping[str, JsonValue], info: ValidationInfo) -> Mapping[str, JsonValue]:
        if given and not info.data.get("webdriver", "wrong") and info.data.get("channel") not in BY_WEBDRIVER:
            raise ValueError("are for a driver of WebDriver; add webdriver, or remove them")
        if secret := next(_secret_names(given), ""):
            raise ValueError(
                f"{secret} is a secret, and this file holds none; remove it, and write it into the address that "
                "webdriver's variable holds: https://NAME:KEY@hub.example.com/wd/hub"
            )
        return given

    @property
    def by_webdriver(self) -> bool:
        """Whether WebDriver drives the browser, and not Playwright: then it judges step 2.13 alone."""
        return bool(self.webdriver) or self.channel in BY_WEBDRIVER

    @property
    def is_remote(self) -> bool:
        return bool(self.ws_endpoint or self.webdriver or self.cdp_endpoint)


ENGINES: tuple[Engine, ...] = ("chromium", "firefox", "webkit")

STANDARD_TARGETS = tuple(Target(name=engine, engine=engine, required=engine != "webkit") for engine in ENGINES)


class AllowedConsole(EnvironmentTable):
    """A console message that is not a finding, and why."""

    pattern: Selective
    reason: Text


class Budgets(EnvironmentTable):
    """Time limits in seconds; the others say their unit: Mbit/s, percent, KiB, a ratio."""

    page: Positive = 15
    upload: Positive = 120
    play: Positive = 20
    probe: Positive = 10
    start: Positive = 5
    invalidation: Positive = 300
    upload_link_mbit: Positive = 24
    stall: Positive = 10
    stalled_percent: Annotated[Positive, Field(le=100)] = 5
    moodle_kib: Positive = 256
    moodle_seconds: Positive = 2
    moodle_ratio: Annotated[Positive, Field(ge=1)] = 5


class Audit(EnvironmentTable):
    """A key that reads how the AWS account is set up, and may nothing else."""

    access_key: Secret
    secret_key: Secret
    endpoint: HttpsUrl | None = None


WHO = r"[A-Za-z0-9_][\w.@+-]*"

PHP = rf"""(?x:
    (?: sudo (?:[ ]-[nHE]*u[ ]{WHO} | [ ]-[nHE]+)* (?:[ ]--)? [ ]
      | doas (?:[ ]-n)? [ ]-u[ ]{WHO} [ ]
      | runuser [ ]-u[ ]{WHO} [ ]-- [ ]
      | (?:docker|podman) [ ]exec (?:[ ]-i)? (?:[ ]-u[ ]{WHO})? [ ]{WHO} [ ]
    )?
    (?:/(?:[\w.+-]+/)*)? (?:[A-Za-z][\w.+]*-)? [a-z]*php[\w.+-]*
)"""
"""PHP as another user, or in a container. Any other program would do with the words that follow what it does with its
own: `rm -d … -r … -- MOODLE`."""


LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
"""Between the dots of a host's name, by RFC 1123."""


def _an_address(login: str) -> str:
    """Raises ValueError for a port, or an address of IPv6, that is none."""
    address = login.rpartition("@")[2]
    if address.startswith("["):
        inner, _, rest = address[1:].partition("]")
        try:
            IPv6Address(inner)
        except ValueError:
            raise ValueError(f"has no address of IPv6 in its brackets; {OF_SSH}") from None
        address = f"host{rest}"
    host(address)
    return login


OF_SSH = "write it user@host, user@host:22 or user@[2001:db8::1]:22"


class Server(EnvironmentTable):
    """A shell on Moodle's server, by SSH or on this machine: what is run there only reads."""

    ssh: (
        Annotated[
            Text,
            like(
                rf"[^@\s:]+@({LABEL}(\.{LABEL})*|\[[0-9A-Fa-f:.]+\])(:[0-9]{{1,5}})?",
                f"must be a user at a host; {OF_SSH}",
            ),
            AfterValidator(_an_address),
        ]
        | None
    ) = None
    local: StrictBool = Field(False, validate_default=True)
    key: Annotated[Secret, AfterValidator(an_ssh_key)] | None = None
    host_key: Annotated[Text, AfterValidator(a_host_key)] | None = None
    moodle: ServerPath
    php: Annotated[
        Text,
        like(
            PHP,
            "must be PHP alone, or after sudo, doas, runuser, docker exec or podman exec, because it is run; "
            "write it like sudo -n -u www-data php",
        ),
    ] = "php"
    php_log: ServerPath | None = None
    web_log: ServerPath | None = None
    backups: ServerPath | None = None
    log_watcher: Annotated[str, like(r"[\w.][\w.+-]*", "must be the name of a process, such as promtail")] | None = None
    restored: Annotated[str, like(r"\w+", "must be the name of a database, such as moodle_restored")] | None = None

    @field_validator("local")
    @classmethod
    def _one_way(cls, local: bool, info: ValidationInfo) -> bool:
        if "ssh" in info.data and local is (info.data["ssh"] is not None):
            raise ValueError('there is one way to the server: give ssh = "user@host", or local = true')
        return local

    @field_validator("key", "host_key")
    @classmethod
    def _of_ssh(cls, given: object, info: ValidationInfo) -> object:
        if given and info.data.get("local"):
            raise ValueError("is for ssh, and local = true takes none; remove one of the two")
        return given


class Decided(EnvironmentTable):
    """What the checklist leaves to those who set up a site, as they have decided it."""

    versioning: StrictBool = False
    lifecycle: StrictBool = True
    logging: StrictBool = True
    price_class: Literal["PriceClass_All", "PriceClass_200", "PriceClass_100"] = "PriceClass_All"
    other_origins: tuple[HttpsUrl, ...] = ()
    key_days: Positive = 90
    retention_days: Annotated[int, Field(gt=0, le=36500, strict=True)] = 90
    release: LocalPath | None = None
    production: LocalPath | None = None
    staging: LocalPath | None = None
    plugin_version: Text | None = None
    position: Annotated[int, Field(gt=0, strict=True)] | None = None
    on_by_default: StrictBool | None = None

    @field_validator("release", "production", "staging")
    @classmethod
    def _beside_the_file(cls, path: Path | None, info: ValidationInfo[Any]) -> Path | None:
        return _beside(path, info)

    @field_validator("production", "staging")
    @classmethod
    def _another_site(cls, path: Path | None, info: ValidationInfo[Any]) -> Path | None:
        file: Path = info.context.file
        if path and path == file.resolve():
            raise ValueError("is this file; name the other site's")
        if path and info.field_name == "staging" and path.stem == file.stem:
            raise ValueError("has this file's name, by which runs are told apart; rename one of the two")
        return path


def _beside(path: Path | None, info: ValidationInfo[Any]) -> Path | None:
    """Where a path leads that is relative to the environment file."""
    return path and beside(info.context.file, path)


class Rush(EnvironmentTable):
    """How many students a rush (`--rush`) may have: whoever runs the site has agreed to that load."""

    most: Annotated[int, Field(gt=0, le=MOST_IN_A_RUSH, strict=True)]


class Local(EnvironmentTable):
    """What lies on this machine: the plugin's git repository, and the file of the CDN's private key."""

    repository: LocalPath | None = None
    key_file: LocalPath | None = None

    @field_validator("repository", "key_file")
    @classmethod
    def _beside_the_file(cls, path: Path | None, info: ValidationInfo[Any]) -> Path | None:
        return _beside(path, info)


class Monitoring(EnvironmentTable):
    """What CloudWatch, Cost Explorer and Budgets are asked with the audit key.

    `monthly_costs` is what S3 and CloudFront are expected to cost in a month, in US dollars.
    """

    monthly_costs: Positive


def _size(size: object) -> ByteSize:
    told = "must be a size from 64MiB to 5GiB; write it like 1GiB"
    if isinstance(size, bool) or not isinstance(size, str | int):
        raise ValueError(told)
    try:
        found = TypeAdapter(ByteSize).validate_python(size)
    except (ValidationError, OverflowError):
        raise ValueError(told) from None
    if not SMALLEST_LARGE <= found <= LARGEST_UPLOAD:
        raise ValueError(told)
    return found


class Large(EnvironmentTable):
    """`size` in bytes of the video of step 2.12."""

    size: Annotated[ByteSize, BeforeValidator(_size)] = ByteSize(1024**3)


def large_size(text: str) -> int:
    """Bytes of a size such as `1GiB`, within the limits of `[large]`. Raises ArgumentTypeError."""
    try:
        return _size(text)
    except ValueError as wrong:
        raise ArgumentTypeError(f"{text!a} {wrong}") from None
