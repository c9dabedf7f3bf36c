"""One staging stack under test, as described by a TOML file in `environments/`.

The keys are listed in `environments/README.md`. Passwords and keys stand in the file only as names
of environment variables; their values come from the environment or from `.env` in the checkout.
"""

from __future__ import annotations

import difflib
import os
import re
import ssl
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from dotenv import dotenv_values
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ByteSize,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    StrictBool,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails

from services.errors import ConfigurationError
from services.secrecy import SHORTEST_SECRET

ENVIRONMENTS = Path(__file__).resolve().parents[1] / "environments"

LARGEST_UPLOAD = 5 * 1024**3
"""Bytes; the plugin's own limit."""

SMALLEST_LARGE = 64 * 1024**2
"""Bytes, some 20 s; a shorter video would end before playback is judged."""


@dataclass(frozen=True)
class _Source:
    """What the validators need to know: the file being read and the variables it may name."""

    file: Path
    variables: Mapping[str, str | None]


def _secret(name: object, info: ValidationInfo[_Source]) -> str:
    # A secret pasted in by mistake must not be echoed, so only what is surely a name is ever shown.
    if not isinstance(name, str) or not re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+", name):
        raise ValueError(
            "must be the name of an environment variable, in capitals and with an underscore, such as "
            "S3V_ADMIN_PASSWORD; write the secret itself into .env, and its name here"
        )
    value = info.context.variables.get(name)
    if not value:
        raise ValueError(f"the environment variable {name} is not set; export it or add it to .env")
    if len(value) < SHORTEST_SECRET:
        raise ValueError(
            f"the value of {name} is shorter than {SHORTEST_SECRET} characters, so the secret scan "
            "could not look for it; choose a longer one"
        )
    return value


def _private_key(secret: SecretStr) -> SecretStr:
    pem = secret.get_secret_value().replace("\\n", "\n")
    try:
        usable = isinstance(load_pem_private_key(pem.encode(), password=None), RSAPrivateKey)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        usable = False
    if not usable:
        raise ValueError(
            "the variable does not hold an RSA private key in PEM without a passphrase; "
            "give it the whole text of pk-….pem, line breaks may be written as \\n"
        )
    return SecretStr(pem)


def _https_url(url: str) -> str:
    remedy = "write it like https://moodle.staging.example.edu or https://host:8443/moodle"
    try:
        parts = urlsplit(url)
        complete = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise ValueError(f"is not a valid address; {remedy}") from None
    if parts.scheme != "https" or not complete:
        raise ValueError(f"must be a complete https address; {remedy}")
    if "@" in parts.netloc or parts.query or parts.fragment or re.search(r"\s", url):
        raise ValueError(f"must hold no user name, query, fragment or space; {remedy}")
    return url.rstrip("/")


def _selective_pattern(pattern: re.Pattern[str]) -> re.Pattern[str]:
    if pattern.search(""):
        raise ValueError("would allow every message; make the pattern name the one it is for")
    return pattern


def _like(pattern: str, remedy: str) -> AfterValidator:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(remedy)
        return text

    return AfterValidator(check)


Secret = Annotated[SecretStr, BeforeValidator(_secret)]

HttpsUrl = Annotated[str, AfterValidator(_https_url)]

Text = Annotated[str, _like(r".*\S.*", "is empty; fill it in")]

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Account(_Table):
    """A person who can log in."""

    username: Text
    password: Secret


def _several(people: object) -> object:
    return [people] if isinstance(people, dict) else people


People = Annotated[tuple[Account, ...], BeforeValidator(_several)]


class GivenAccounts(_Table):
    """People who exist already, for sites where the suite may not create any: one or several for each part.

    Who is a student in one test may be the second or the suspended one in another; so may teachers.
    """

    student: People
    teacher: People
    second_student: People = ()
    other_teacher: People = ()
    other_student: People = ()
    suspended_student: People = ()
    manager: People = ()

    def people(self) -> Iterator[tuple[str, Account]]:
        """Every account with its part."""
        return ((part, account) for part, accounts in self for account in accounts)


class Accounts(_Table):
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


class Storage(_Table):
    """The plugin's bucket, seen with the suite's own key. Without `endpoint` it is on AWS."""

    bucket: Annotated[
        str, _like("[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", "is not a bucket name; give the name alone, as S3 shows it")
    ]
    region: Annotated[str, _like("[a-z0-9-]+", "is not a region; write it like us-east-1")]
    endpoint: HttpsUrl | None = None
    access_key: Secret
    secret_key: Secret


class Cdn(_Table):
    """The CloudFront distribution (`host` or `host:port`); the key pair makes URLs that expire soon."""

    domain: Annotated[
        str,
        _like("[A-Za-z0-9.-]+(:[0-9]+)?", "must be the bare domain, like d123.cloudfront.net, no https://, no path"),
    ]
    key_pair_id: Text | None = None
    private_key: Annotated[Secret, AfterValidator(_private_key)] | None = Field(None, validate_default=True)

    @field_validator("private_key")
    @classmethod
    def _both_or_none(cls, private_key: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if "key_pair_id" in info.data and (private_key is None) != (info.data["key_pair_id"] is None):
            raise ValueError("goes together with key_pair_id; give both or none")
        return private_key


Engine = Literal["chromium", "firefox", "webkit"]


class Target(_Table):
    """A browser, channel or device that a run covers. `device` is a name known to Playwright."""

    name: Annotated[str, _like("[a-z0-9][a-z0-9-]*", "must be made of a-z, 0-9 and hyphens; rename the target")]
    engine: Engine
    channel: Literal["chrome", "msedge"] | None = None
    device: Text | None = None
    required: StrictBool = True

    @field_validator("engine")
    @classmethod
    def _own_name(cls, engine: Engine, info: ValidationInfo) -> Engine:
        name = info.data.get("name")
        if name in ENGINES and name != engine:
            raise ValueError(f"a target named {name} runs in {name}; choose another name")
        return engine

    @field_validator("channel")
    @classmethod
    def _channel_of_chromium(cls, channel: str | None, info: ValidationInfo) -> str | None:
        if channel and info.data.get("engine") in ("firefox", "webkit"):
            raise ValueError(f'{channel} is a channel of chromium; set engine = "chromium" or leave the channel out')
        return channel


ENGINES: tuple[Engine, ...] = ("chromium", "firefox", "webkit")

STANDARD_TARGETS = tuple(Target(name=engine, engine=engine, required=engine != "webkit") for engine in ENGINES)


class AllowedConsole(_Table):
    """A console message that is not a finding, and why."""

    pattern: Annotated[re.Pattern[str], AfterValidator(_selective_pattern)]
    reason: Text


class Budgets(_Table):
    """Time limits in seconds; the others say their unit: Mbit/s, percent, KiB."""

    page: Positive = 15
    upload: Positive = 120
    play: Positive = 20
    probe: Positive = 10
    invalidation: Positive = 60
    upload_link_mbit: Positive = 24
    stall: Positive = 10
    stalled_percent: Annotated[Positive, Field(le=100)] = 5
    moodle_kib: Positive = 256


class Large(_Table):
    """`size` in bytes of the video of step 2.12."""

    size: Annotated[ByteSize, Field(ge=SMALLEST_LARGE, le=LARGEST_UPLOAD)] = ByteSize(1024**3)


def large_size(text: str) -> int:
    """Bytes of a size such as `1GiB`, within the limits of `[large]`. Raises ValueError."""
    return Large.model_validate({"size": text}).size


class Environment(_Table):
    """A validated environment file. Loading it neither touches the network nor needs `ca_file` to exist."""

    base_url: HttpsUrl
    test_site: StrictBool = False
    ignore_https_errors: StrictBool = False
    ca_file: Path | None = None
    accounts: Accounts
    storage: Storage
    cdn: Cdn
    targets: tuple[Target, ...] = STANDARD_TARGETS
    allowed_console: tuple[AllowedConsole, ...] = ()
    budgets: Budgets = Budgets()
    large: Large = Large()

    _file: Path = PrivateAttr()

    def model_post_init(self, context: _Source) -> None:
        self._file = context.file

    @field_validator("ca_file")
    @classmethod
    def _beside_the_file(cls, ca_file: Path | None, info: ValidationInfo[_Source]) -> Path | None:
        if ca_file and info.data.get("ignore_https_errors"):
            raise ValueError("contradicts ignore_https_errors = true; keep one of the two")
        return ca_file and (info.context.file.parent / ca_file).resolve()

    @field_validator("targets")
    @classmethod
    def _unique_names(cls, targets: tuple[Target, ...]) -> tuple[Target, ...]:
        names = [target.name for target in targets]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two targets are named {name}; rename one")
        return targets or STANDARD_TARGETS

    @property
    def file(self) -> Path:
        return self._file

    @property
    def name(self) -> str:
        return self._file.stem

    @property
    def known_issues_file(self) -> Path:
        """`NAME.known-issues.toml` beside `NAME.toml`, whether or not it exists."""
        return self._file.with_suffix(".known-issues.toml")

    @property
    def verify(self) -> bool | str:
        """What requests and boto3 take as `verify`."""
        if self.ignore_https_errors:
            return False
        return str(self.ca_file) if self.ca_file else True

    def secrets(self) -> list[str]:
        """Every secret value of this environment, for the redaction and the scan."""
        return list(_secret_values(self))

    def url(self, path: str) -> str:
        """The address of `path`, such as `/my/`, on this site."""
        return f"{self.base_url}/{path.lstrip('/')}"

    def target(self, name: str) -> Target:
        """The target of that name. The three engines are always there, not required unless listed so.

        Raises ConfigurationError for any other name that the file does not list.
        """
        for target in self.targets:
            if target.name == name:
                return target
        if name in ENGINES:
            return Target(name=name, engine=name, required=False)
        known = ", ".join(dict.fromkeys([*(target.name for target in self.targets), *ENGINES]))
        raise ConfigurationError(
            f"{self._file}: no target is named {name}; use one of {known}, or add it under [[targets]]"
        )

    def check_files(self) -> None:
        """Raise ConfigurationError unless the `ca_file`, if there is one, holds certificates."""
        if self.ca_file:
            try:
                ssl.create_default_context(cafile=self.ca_file)
            except OSError as error:
                raise ConfigurationError(
                    f"{self._file}: ca_file: {self.ca_file} cannot be used ({error.strerror}); "
                    "put the certificate authority there in PEM, or correct the path"
                ) from None

    def check_devices(self, devices: Mapping[str, Mapping[str, Any]]) -> None:
        """Raise ConfigurationError if a target's device is unknown or belongs to another engine.

        `devices` is `playwright.devices`: name -> descriptor with `default_browser_type`.
        """
        problems = []
        for target in self.targets:
            if target.device is None:
                continue
            if target.device not in devices:
                close = difflib.get_close_matches(target.device, devices, 1)
                hint = f"did you mean {close[0]}?" if close else "see playwright.devices for the names"
                problems.append(f"target {target.name}: device: Playwright knows no {target.device}; {hint}")
            elif (engine := devices[target.device]["default_browser_type"]) != target.engine:
                problems.append(
                    f"target {target.name}: device: {target.device} runs in {engine} only; "
                    f'set engine = "{engine}" or choose another device'
                )
        if problems:
            raise _configuration_error(self._file, problems)


def load(name_or_path: str, root: Path = ENVIRONMENTS) -> Environment:
    """Read the environment `root/NAME.toml`, or the file if a path ending in `.toml` is given.

    Secrets come from the process's environment variables, then from `.env` beside `root`. Raises
    ConfigurationError naming the file and everything that is wrong in it.
    """
    file = Path(name_or_path) if name_or_path.endswith(".toml") else root / f"{name_or_path}.toml"
    if not file.is_file():
        known = sorted(path.stem for path in root.glob("*.toml") if "." not in path.stem)
        raise ConfigurationError(
            f"{file}: there is no such environment; {root} has {', '.join(known) or 'none'}. "
            "For a new one copy environments/staging.example.toml"
        )
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigurationError(f"{file}: is not valid TOML in UTF-8: {error}; correct it there") from None
    except OSError as error:
        raise ConfigurationError(f"{file}: cannot be read ({error.strerror}); check its permissions") from None
    source = _Source(file, {**_dotenv(root.parent / ".env"), **os.environ})
    try:
        return Environment.model_validate(content, context=source)
    except ValidationError as error:
        raise _configuration_error(file, [_problem(details) for details in error.errors()]) from None


def _secret_values(value: object) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, BaseModel | tuple):
        for one in value if isinstance(value, tuple) else (inner for _, inner in value):
            yield from _secret_values(one)


def _dotenv(file: Path) -> dict[str, str | None]:
    try:
        return dotenv_values(file, interpolate=False)
    except ValueError:
        raise ConfigurationError(f"{file}: is not UTF-8; save it as UTF-8") from None


def _configuration_error(file: Path, problems: list[str]) -> ConfigurationError:
    return ConfigurationError("\n  ".join([f"{file}:", *problems]))


def _problem(details: ErrorDetails) -> str:
    place = ".".join(str(part + 1) if isinstance(part, int) else part for part in details["loc"])
    match details["type"]:
        case "missing":
            sentence = "is missing; add it"
        case "extra_forbidden":
            keys = {key for table in _Table.__subclasses__() for key in table.model_fields}
            close = difflib.get_close_matches(str(details["loc"][-1]), keys, 1)
            hint = f"did you mean {close[0]}" if close else "remove it"
            sentence = f"is not a key here; {hint} (environments/README.md lists the keys)"
        case "model_type":
            sentence = "must be a table; see environments/README.md"
        case "tuple_type":
            sentence = f"must be a list of tables, each under [[{place}]]; see environments/README.md"
        case "value_error":
            sentence = str(details["ctx"]["error"])
        case _:
            sentence = f"{details['msg'].replace('Input', 'input', 1)}; correct it, see environments/README.md"
    return f"{place}: {sentence}"
