"""One staging stack under test, as described by a TOML file in `environments/`.

The keys are listed in `docs/keys.md`. Passwords and keys stand in the file only as names
of environment variables; their values come from the environment or from `.env` in the checkout.
"""

from __future__ import annotations

import difflib
import os
import ssl
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import parse_qsl, unquote, urlsplit
from urllib.request import getproxies

from dotenv import dotenv_values
from pydantic import BaseModel, PositiveInt, PrivateAttr, SecretStr, Strict, StrictBool, ValidationInfo, field_validator

from checklist import foreign_files
from checklist.lines import LINES, named
from checklist.tables import UNKNOWN_KEY, Mistake, Mistakes, validated
from checklist.waivers import Waiver, required
from clients.addresses import LOGIN
from clients.ca_bundle import authorities
from clients.errors import ConfigurationError
from redaction.secret_patterns import SHORTEST_SECRET
from runner.configuration.environment_tables import (
    ENGINES,
    OF_A_SECRET,
    STANDARD_TARGETS,
    Account,
    Accounts,
    AllowedConsole,
    Audit,
    Budgets,
    Cdn,
    Decided,
    EnvironmentTable,
    Large,
    Local,
    Monitoring,
    Rush,
    Server,
    Storage,
    Target,
)
from runner.configuration.environment_values import Header, HttpsUrl, HttpUrl, LocalPath, SitePath, Source, beside
from runner.configuration.naming import CATEGORY, SMOKE

TABLES = ("targets", "allowed_console", "waived")
"""Keys that are lists of tables."""

ENVIRONMENTS = Path(__file__).resolve().parents[2] / "environments"


class Environment(EnvironmentTable):
    """A validated environment file. Loading it neither touches the network nor needs `ca_file` to exist."""

    base_url: HttpsUrl
    test_site: StrictBool = False
    login_path: SitePath = LOGIN
    user_agent: Header | None = None
    plain_url: HttpUrl | None = None
    category_id: Annotated[PositiveInt, Strict()] | None = None
    ignore_https_errors: StrictBool = False
    ca_file: LocalPath | None = None
    accounts: Accounts
    basic_auth: Account | None = None
    smoke: StrictBool = False
    storage: Storage
    cdn: Cdn
    targets: tuple[Target, ...] = STANDARD_TARGETS
    allowed_console: tuple[AllowedConsole, ...] = ()
    budgets: Budgets = Budgets()
    large: Large = Large()
    audit: Audit | None = None
    monitoring: Monitoring | None = None
    rush: Rush | None = None
    local: Local = Local()
    server: Server | None = None
    decided: Decided = Decided()
    required_lines: tuple[str, ...] = ()
    waived: tuple[Waiver, ...] = ()

    _file: Path = PrivateAttr()

    def model_post_init(self, context: Source) -> None:
        self._file = context.file

    @field_validator("ca_file")
    @classmethod
    def _beside_the_file(cls, ca_file: Path | None, info: ValidationInfo[Source]) -> Path | None:
        if ca_file and info.data.get("ignore_https_errors"):
            raise ValueError("contradicts ignore_https_errors = true; keep one of the two")
        return ca_file and beside(info.context.file, ca_file)

    @field_validator("smoke")
    @classmethod
    def _of_given_people(cls, smoke: bool, info: ValidationInfo[Source]) -> bool:
        if (
            smoke
            and info.data.get("test_site") is False
            and "accounts" in info.data
            and not info.data["accounts"].given
        ):
            raise ValueError("where test_site = false it takes people who exist already; add [accounts.given]")
        return smoke

    @field_validator("required_lines")
    @classmethod
    def _that_can_be_settled(cls, lines: tuple[str, ...], info: ValidationInfo[Source]) -> tuple[str, ...]:
        meant = named(lines)
        if unknown := [line for line, ones in meant.items() if not ones]:
            raise ValueError(
                f"{', '.join(unknown)} is no line of the checklist; name lines, such as 3.1.1, or X.1.* for a step"
            )
        beyond = [line for line, ones in meant.items() if any(LINES[one].beyond for one in ones)]
        if beyond and info.data.get("test_site") is False:
            raise ValueError(f"where test_site = false no run judges {', '.join(beyond)}; leave it out")
        return tuple(dict.fromkeys(line for ones in meant.values() for line in ones))

    @field_validator("waived")
    @classmethod
    def _once_each(cls, waived: tuple[Waiver, ...]) -> tuple[Waiver, ...]:
        lines = [one.line for one in waived]
        if twice := sorted({line for line in lines if lines.count(line) > 1}):
            raise ValueError(f"{', '.join(twice)} is waived twice; keep one of the entries")
        return waived

    @field_validator("targets")
    @classmethod
    def _unique_names(cls, targets: tuple[Target, ...]) -> tuple[Target, ...]:
        names = [target.name for target in targets]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two targets are named {name}; rename one")
        return targets or STANDARD_TARGETS

    @property
    def mark(self) -> str:
        """ID number of the course category in which everything is created, and without which nothing is."""
        return CATEGORY if self.test_site else SMOKE

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
        """What requests and boto3 take as `verify`: `ca_file` adds to the public authorities."""
        if self.ignore_https_errors:
            return False
        return authorities(self.ca_file) if self.ca_file else True

    def secrets(self) -> list[str]:
        """Every secret value of this environment, for the redaction and the scan; a key in an address too."""
        values = list(_secret_values(self))
        ways = [(target.webdriver, target.cdp_endpoint, target.ws_endpoint) for target in self.targets]
        parts = [urlsplit(address.get_secret_value()) for way in ways for address in way if address]
        keys = [unquote(part.password or "") for part in parts]
        keys += [value for part in parts for name, value in parse_qsl(part.query) if OF_A_SECRET.search(name)]
        return [*values, *(key for key in keys if len(key) >= SHORTEST_SECRET)]

    def required_on(self, today: date) -> set[str]:
        """Lines that must be settled for a GO on that day, although they may stay open elsewhere."""
        return {*self.required_lines, *(required(self.waived, today) if self.test_site else ())}

    @property
    def http_url(self) -> str:
        """Where the site is asked for without TLS; empty where nobody says, and no port 80 goes with its own."""
        host = self.origin.partition("//")[2]
        return self.plain_url or ("" if ":" in host else f"http://{host}")

    @property
    def origin(self) -> str:
        """The site as browsers name it to other hosts: scheme, host and port."""
        scheme, host = self.base_url.split("/")[0::2][:2]
        return f"{scheme}//{host}"

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
            f"{self._file}: no target is named {name or '“”'}; use one of {known}, or add it under [[targets]]"
        )

    def check_files(self) -> None:
        """Raise ConfigurationError unless the `ca_file`, if there is one, holds certificates."""
        if self.ca_file:
            try:
                foreign_files.content(self.ca_file)
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
            if target.device is None or target.by_webdriver:  # its driver emulates it, and knows the name
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
    if file.exists() and not file.is_file():
        raise ConfigurationError(f"{file}: is a folder, or no file; name the environment's TOML file")
    if not file.is_file():
        known = sorted(path.stem for path in root.glob("*.toml") if "." not in path.stem)
        raise ConfigurationError(
            f"{file}: there is no such environment; {root} has {', '.join(known) or 'none'}. "
            "For a new one copy environments/staging.example.toml"
        )
    try:
        text = decoded(foreign_files.content(file))
        content = tomllib.loads(text)
    except ValueError as error:
        raise ConfigurationError(f"{file}: is not valid TOML in UTF-8: {error}; correct it there") from None
    except RecursionError:
        raise ConfigurationError(f"{file}: is nested too deeply; write its tables as docs/keys.md") from None
    except OSError as error:
        raise _unreadable(file, error) from None
    source = Source(file, {**_dotenv(root.parent / ".env"), **os.environ}, text)
    _expect_proxies()
    try:
        return validated(Environment, content, source)
    except Mistakes as mistakes:
        raise _configuration_error(file, [_problem(mistake) for mistake in mistakes.found]) from None


def decoded(content: bytes) -> str:
    """Text of a file in UTF-8, with a byte order mark or without. Raises ValueError."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ValueError("it is in UTF-16; save it as UTF-8")
    return content.decode("utf-8-sig").replace("\r\n", "\n")


def _expect_proxies() -> None:
    """Raises ConfigurationError for a variable that names a proxy by no address."""
    for scheme, address in getproxies().items():
        if scheme == "no" or not address:
            continue
        try:
            parts = urlsplit(address if "//" in address else f"http://{address}")
            usable = bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable:
            raise ConfigurationError(
                f"the environment variable {scheme.upper()}_PROXY holds no address of a proxy; write it like "
                "http://proxy.example.edu:3128, or unset it"
            )


def _secret_values(value: object) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, BaseModel | tuple):
        for one in value if isinstance(value, tuple) else (inner for _, inner in value):
            yield from _secret_values(one)


def _dotenv(file: Path) -> dict[str, str | None]:
    if not os.path.lexists(file):
        return {}
    try:
        return dotenv_values(stream=StringIO(decoded(foreign_files.content(file))), interpolate=False)
    except ValueError:
        raise ConfigurationError(f"{file}: is not UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise _unreadable(file, error) from None


def _unreadable(file: Path, error: OSError) -> ConfigurationError:
    return ConfigurationError(f"{file}: cannot be read ({error.strerror}); put a file there that you may read")


def _configuration_error(file: Path, problems: list[str]) -> ConfigurationError:
    return ConfigurationError("\n  ".join([f"{file}:", *problems]))


def _problem(mistake: Mistake) -> str:
    match mistake.kind:
        case "missing":
            sentence = "is missing; add it"
        case kind if kind == UNKNOWN_KEY:
            keys = {key for table in EnvironmentTable.__subclasses__() for key in table.model_fields}
            close = difflib.get_close_matches(mistake.key, keys, 1)
            hint = f"did you mean {close[0]}" if close else "remove it"
            sentence = f"is not a key here; {hint} (docs/keys.md lists the keys)"
        case "model_type":
            sentence = f"must be a table; write it under [{mistake.place}], see docs/keys.md"
        case "tuple_type":
            form = f"tables, each under [[{mistake.place}]]" if mistake.place in TABLES else 'texts, such as ["3.1.1"]'
            sentence = f"must be a list of {form}; see docs/keys.md"
        case "value_error":
            sentence = mistake.said
        case _:
            sentence = f"{mistake.said.replace('Input', 'input', 1)}; correct it, see docs/keys.md"
    return f"{mistake.place}: {sentence}"
