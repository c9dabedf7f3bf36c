"""Kinds of values in an environment file, and what they must be like.

Each message says what is wrong and how to write it instead, and repeats nothing that could be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote, urlsplit

import pytest_html  # type: ignore[import-untyped]
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationInfo

import checklist
from checklist.visible import whole
from clients import addresses
from redaction.secret_patterns import SHORTEST_SECRET

ORDINARY = """moodle student teacher manager password secret staging testing example failed passed firefox webkit chrome
chromium playwright s3video-acceptance-lock localhost Mozilla/5.0 application/json text/html video/mp4 /videos/
AccessDenied Traceback"""
"""What else a run says, in its messages and in pages."""

NUMBER = r"[\d.,:/ -]{1,16}"
"""A number of bytes, a time, a version, an address."""


PREFIX = "S3V_"
"""Begins the names of variables in the examples; no password that people use does."""


@dataclass(frozen=True)
class Source:
    """What the validators need to know: the file being read, its text, and the variables it may name."""

    file: Path
    variables: Mapping[str, str | None]
    text: str = ""


ADDRESSES = ("ws_endpoint", "webdriver", "cdp_endpoint")
"""Keys whose variables hold an address of a browser."""


def _secret(name: object, info: ValidationInfo[Source]) -> str:
    # A secret pasted in by mistake must not be echoed, so only what is surely a name is ever shown.
    if not isinstance(name, str) or not re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+", name):
        raise ValueError(
            "must be the name of an environment variable, in capitals and with an underscore, such as "
            "S3V_ADMIN_PASSWORD; write the secret itself into .env, and its name here"
        )
    value = info.context.variables.get(name)
    if not value:
        # SUMMER_2027 may be a name, or a password.
        shown = f"the environment variable {name}" if name.startswith(PREFIX) or name in info.context.variables else ""
        raise ValueError(f"{shown or 'the environment variable that it names'} is not set; export it or add it to .env")
    if value != value.strip() and "-----BEGIN" not in value:
        raise ValueError(
            f"the value of {name} begins or ends with a blank or a line break, as secrets that are pasted do; "
            "set it without"
        )
    if whole(value) != value or "\0" in value:
        raise ValueError(f"the value of {name} holds bytes that are no UTF-8; set it anew")
    if re.fullmatch(r"\d+(\.\d+){3}:\d+", value):
        raise ValueError(f"the value of {name} is an address without its beginning; write http:// before it")
    text = info.context.text
    if info.field_name in ADDRESSES:
        if "://" not in value or value.endswith("://"):
            return value  # `of_scheme` tells
        text = re.sub(r"#.*", "", text)  # an example that somebody left beside the key
        if value in text:
            raise ValueError(f"the value of {name} is an address of the site's or its stores'; give it a browser's")
    if len(value) < SHORTEST_SECRET:
        raise ValueError(
            f"the value of {name} is shorter than {SHORTEST_SECRET} characters, so the secret scan "
            "could not look for it; choose a longer one"
        )
    if re.fullmatch(NUMBER, value):
        raise ValueError(
            f"the value of {name} is made of digits alone, so the secret scan would take numbers and times in reports "
            "for it; choose another one"
        )
    if value in text or value in our_words():
        raise ValueError(
            f"the value of {name} is ordinary text, which stands in this file or in the suite's own reports, so the "
            "secret scan would find it everywhere; choose another one"
        )
    return value


@lru_cache(maxsize=1)
def our_words() -> str:
    """What stands in every report, whatever was tested."""
    rooms = (Path(checklist.__file__).parent, Path(pytest_html.__file__).parent / "resources")
    files = [file for room in rooms for file in room.rglob("*") if file.suffix in (".toml", ".html", ".css", ".js")]
    files.append(Path(addresses.__file__))
    return "\n".join([*(file.read_bytes().decode(errors="replace") for file in files), ORDINARY])


def an_rsa_key(secret: SecretStr) -> SecretStr:
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


def an_ssh_key(secret: SecretStr) -> SecretStr:
    import asyncssh  # takes long, and most environments have no shell

    pem = secret.get_secret_value().replace("\\n", "\n")
    try:
        asyncssh.import_private_key(pem)
    except (asyncssh.KeyImportError, ValueError):
        raise ValueError(
            "the variable does not hold a private SSH key without a passphrase; give it the whole text of the key's "
            "file, line breaks may be written as \\n"
        ) from None
    return SecretStr(pem)


def a_host_key(key: str) -> str:
    import asyncssh

    try:
        asyncssh.import_public_key(key)
    except (asyncssh.KeyImportError, ValueError):
        raise ValueError(
            "is no public key; write it like ssh-ed25519 AAAA…, without the name that ssh-keyscan prints first"
        ) from None
    return key


HOST = r"(\[[0-9A-Fa-f:.]+\]|[\w-]+(\.[\w-]+)*)(:\d+)?"
PATH = r"(/[\w.~%-]+)*/?"


def _https_url(url: str) -> str:
    remedy = "write it like https://moodle.staging.example.edu or https://host:8443/moodle"
    try:
        parts = urlsplit(url)
        complete = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise ValueError(f"is not a valid address; {remedy}") from None
    if parts.scheme != "https" or not complete:
        raise ValueError(f"must be a complete https address; {remedy}")
    if any(part in (".", "..") for part in unquote(parts.path).split("/")):
        raise ValueError(f"must hold no . or .. in its path; {remedy}")
    if "@" in parts.netloc or parts.query or parts.fragment or re.search(r"\s", url):
        raise ValueError(f"must hold no user name, query, fragment or space; {remedy}")
    if not re.fullmatch(HOST, parts.netloc) or not re.fullmatch(PATH, parts.path):
        raise ValueError(f"holds a character that browsers and programs read in different ways; {remedy}")
    return url.rstrip("/")


def _text(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty; fill it in")
    if not text.isprintable():
        raise ValueError("holds a line break or another character that cannot be printed; write it in one line")
    return text


def host(domain: str) -> str:
    """Raises ValueError for a port that is none."""
    port = domain.partition(":")[2]
    if port and not 0 < int(port) < 65536:
        raise ValueError(f"has the port {port}, and ports go from 1 to 65535; correct it")
    return domain


def beside(file: Path, path: Path) -> Path:
    """Where a path leads that is relative to `file`. Raises ValueError."""
    try:
        place = (file.parent / path.expanduser()).resolve()
        with suppress(FileNotFoundError, NotADirectoryError, PermissionError):
            place.stat()  # from Python 3.13 on a link to itself is told here
    except (RuntimeError, OSError):
        raise ValueError("leads nowhere: there is no such person, or a link leads to itself; correct it") from None
    return place


def like(pattern: str, remedy: str) -> AfterValidator:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise ValueError(remedy)
        return text

    return AfterValidator(check)


Secret = Annotated[SecretStr, BeforeValidator(_secret)]


def of_scheme(*schemes: str, such_as: str) -> AfterValidator:
    """A secret address that begins with one of these, `such_as` one that people read where it does not."""

    def check(address: SecretStr) -> SecretStr:
        try:
            parts = urlsplit(address.get_secret_value())
            usable = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
        except ValueError:
            usable = False
        if not usable:
            begins = " or ".join(f"{scheme}://" for scheme in schemes)
            raise ValueError(
                f"the variable does not hold an address that begins with {begins}; give it one, such as {such_as}"
            )
        return address

    return AfterValidator(check)


HttpsUrl = Annotated[str, AfterValidator(_https_url)]

HttpUrl = Annotated[
    str, like(f"http://{HOST}", "must be an address without TLS and path; write it like http://host:8080")
]

SitePath = Annotated[
    str, like(r"/[^/\\\s#][^\\\s#]*", "must be a path below base_url; write it like /login/index.php?loginredirect=0")
]

ServerPath = Annotated[
    str,
    like(
        r"/(?!.*(?:^|/)\.\.(?:/|$))[^\x00-\x1f\x7f]*",
        "must be a path on the server from its root, such as /var/www/moodle",
    ),
]

Text = Annotated[str, AfterValidator(_text)]


def _path(path: object) -> str:
    if not isinstance(path, str):
        raise ValueError("must be a path; write it in quotation marks")
    return _text(path)


LocalPath = Annotated[Path, BeforeValidator(_path)]
"""On this machine."""

Header = Annotated[Text, like(r"[\x20-\x7e]+", "must be made of letters, digits and signs of ASCII, as HTTP takes it")]

LARGEST = 1_000_000

Positive = Annotated[float, Field(ge=0.01, le=LARGEST, allow_inf_nan=False, strict=True)]
