"""What goes wrong, told apart by who must act: every message ends with what to do next."""

from __future__ import annotations

from collections.abc import Mapping


class ConfigurationError(Exception):
    """An environment cannot be used as it is described; the message says what to change, and where."""


class KeyRefused(ConfigurationError):
    """S3 refuses the suite's own key what it needs: no finding about the plugin."""


class Unreachable(Exception):
    """The host does not answer, or not within its time limit: an outage, not a finding."""


class UnexpectedAnswer(Exception):
    """The host has answered, and not with what it has to: evidence about what is tested, "expected …, seen …"."""


class SiteError(Exception):
    """A step on the site failed: what was tried, where, what the page said, what to do.

    `refused` maps the form's field names to Moodle's complaint about each.
    """

    def __init__(self, message: str, refused: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.refused = dict(refused or {})


class LoginRefused(SiteError):
    """The account could not log in."""


class LoginInterrupt(LoginRefused):
    """The account has logged in, and meets the page at `path` before every other."""

    def __init__(self, message: str, path: str) -> None:
        super().__init__(message)
        self.path = path


def root_of(error: BaseException) -> str:
    """What the operating system or TLS said, without the layers of libraries around it."""
    while type(error).__module__ not in ("builtins", "socket", "ssl"):
        inner = error.__cause__ or error.__context__
        if inner is None:
            break
        error = inner
    return str(getattr(error, "verify_message", "") or getattr(error, "strerror", "") or error)


class NotCheckable(Exception):
    """This environment cannot tell whether the line holds; the message says why."""


def untrusted(url: str, error: BaseException) -> str:
    """What is wrong with the certificate of `url`, and who mends it."""
    why = root_of(error)
    if "expired" in why or "not yet valid" in why:
        remedy = "Have it renewed, or set this machine's clock if that is wrong."
    elif "ostname mismatch" in why or "not valid for" in why or "IP address mismatch" in why:
        remedy = "It is of another host: correct the address, or have a certificate issued for this one."
    else:
        remedy = "Set ca_file in the environment file to the authority that issued it."
    return f"The certificate of {url} is not trusted: {why.rstrip('.')}. {remedy}"
