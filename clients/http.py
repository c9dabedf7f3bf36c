"""HTTP with a time limit and a trust, in which an outage has a name."""

from __future__ import annotations

import ssl
import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from threading import Timer
from typing import Any
from urllib.parse import urlsplit

import certifi
import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from requests.cookies import RequestsCookieJar
from requests.exceptions import RequestException
from tenacity import retry, retry_if_exception_type, stop_after_attempt
from urllib3.util import create_urllib3_context

from clients.addresses import asked, shown
from clients.errors import ConfigurationError, SiteError, Unreachable, root_of, untrusted

exchanges: deque[dict[str, Any]] = deque(maxlen=40)
"""The latest requests of this process, as a failed line shows them: there is no page to see where it asks directly."""


@contextmanager
def told_if_it_fails() -> Iterator[None]:
    """What is asked in here is among the latest requests only where it ends in an error: else it shows nothing."""
    before = [*exchanges]
    yield
    exchanges.clear()
    exchanges.extend(before)


IDLE = 4
"""Seconds after which no connection is used again. Servers close those that idle, Apache after 5 s, load balancers
after 60, and a request that is on its way just then is lost."""


PATIENCE = 60
"""Seconds that a request waits in all for a host that is asked too often."""

LARGEST = 256 * 1024**2
"""Bytes of an answer that is read whole."""

LONGEST = 120
"""Seconds that it may take to come, once it has begun."""

CHUNK = 64 * 1024

THE_PLUGIN_S = "/s3video/"

NOBODY = "nobody"
"""Who sends what belongs to no session."""

while_it_changes = retry(retry=retry_if_exception_type(KeyError), stop=stop_after_attempt(10), reraise=True)
"""For what reads all variables of the process, as a search for its proxies does: Python trips over one that goes
meanwhile, and pytest takes PYTEST_CURRENT_TEST away after each phase of a test."""


def jar(cookies: Iterable[Mapping[str, Any]]) -> RequestsCookieJar:
    """A browser's cookies; a host without a dot has a name of its own in Python's jars."""
    jar = RequestsCookieJar()
    for cookie in cookies:
        domain = str(cookie["domain"])
        place = {"domain": domain if "." in domain else f"{domain}.local", "path": str(cookie["path"])}
        jar.set(str(cookie["name"]), str(cookie["value"]), **place)
    return jar


class _Bounded(requests.Response):
    """An answer that is read whole only where it comes to an end."""

    @property
    def content(self) -> bytes:
        """Raises requests' exceptions."""
        if self._content is False:  # type: ignore[comparison-overlap]
            self._content = b"".join(self._until_its_end())
        return self._content or b""

    def _until_its_end(self) -> Iterator[bytes]:
        size, begun = 0, time.monotonic()
        end = Timer(LONGEST, self._hang_up)  # a host that sends a byte a second is never silent for long
        end.daemon = True
        end.start()
        try:
            for some in self.iter_content(CHUNK):
                size += len(some)
                if size > LARGEST:
                    raise RequestException(f"it is larger than {LARGEST // 1024**2} MiB")
                yield some
        finally:
            end.cancel()
        if time.monotonic() - begun > LONGEST:
            raise requests.exceptions.ConnectionError(f"the answer did not end within {LONGEST} s")

    def _hang_up(self) -> None:
        with suppress(ValueError, OSError):  # it came to its end just now
            self.raw.shutdown()


class _Bounding(HTTPAdapter):
    def build_response(self, req: Any, resp: Any) -> requests.Response:
        response = super().build_response(req, resp)
        response.__class__ = _Bounded
        return response


class Trusting(_Bounding):
    """Reads the authorities once: requests would for each new connection, which takes 90 ms of a processor.

    Sessions share connections; one that mounts an adapter of its own does not.
    """

    def build_connection_pool_key_attributes(self, request: Any, verify: Any, cert: Any = None) -> Any:
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        if verify:
            pool["ssl_context"] = _context(pool.pop("ca_certs", None), pool.pop("ca_cert_dir", None))
        return host, pool

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """What it would have the connection read is in its context."""


@cache
def _context(file: str | None, folder: str | None) -> ssl.SSLContext:
    """Raises ConfigurationError where the authorities cannot be read."""
    context = create_urllib3_context()
    try:
        context.load_verify_locations(file if file or folder else certifi.where(), folder)
    except OSError as error:
        raise ConfigurationError(
            f"No authorities can be read from {file or folder}: {error}. Is that what REQUESTS_CA_BUNDLE should name?"
        ) from error
    return context


_CONNECTIONS = Trusting(pool_maxsize=20)
"""Of all sessions of this process."""


class _Nobody(AuthBase):
    """Logs nobody in."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class _Unnamed(requests.Session):
    """Reads no `~/.netrc`: the environment file alone decides who logs in where."""

    def __init__(self) -> None:
        super().__init__()
        self.auth = _Nobody()
        self.mount("http://", _Bounding())

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        """Takes a log-in along to its own host only."""
        if self.should_strip_auth(response.request.url, prepared_request.url):  # type: ignore[no-untyped-call]
            prepared_request.headers.pop("Authorization", None)


def request(method: str, url: str, **options: Any) -> requests.Response:
    """As `requests.request`: on a connection of its own, in nobody's session."""
    told = _noted(NOBODY, method, url, options)
    with _Unnamed() as session:
        session.mount("https://", Trusting())
        answer = session.request(method, url, **options)
    told |= {"status": answer.status_code, "seconds": round(answer.elapsed.total_seconds(), 3)}
    return answer


def _noted(sender: str, method: str, url: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """A request among the latest; its answer is not there yet."""
    told: dict[str, Any] = {"sender": sender, "method": method.upper(), "address": shown(url), "status": "no answer"}
    forms = [asked(options.get(kind), whole=THE_PLUGIN_S in url) for kind in ("params", "data")]
    if given := {name: value for form in forms for name, value in form.items()}:
        told["parameters"] = given
    exchanges.append(told)
    return told


class Session(_Unnamed):
    """Gives every request its time limit in seconds and its trust, and names an outage one."""

    merge_environment_settings = while_it_changes(requests.Session.merge_environment_settings)
    rebuild_proxies = while_it_changes(requests.Session.rebuild_proxies)

    def __init__(self, verify: bool | str, timeout: float) -> None:
        super().__init__()
        self.mount("https://", _CONNECTIONS)
        self.limits = {"verify": verify, "timeout": timeout}
        self.sender = NOBODY
        """Whose session it is, as reports tell it, such as "the student"."""
        self._used = time.monotonic()

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        if time.monotonic() - self._used > IDLE:
            self.close()
        options = {**self.limits, **kwargs}
        address = str(url)
        host = urlsplit(address).netloc
        told = _noted(self.sender, str(method), address, options)
        try:
            answer = self._patiently(method, address, *args, **options)
            told |= {"status": answer.status_code, "seconds": round(answer.elapsed.total_seconds(), 3)}
            return answer
        except requests.exceptions.SSLError as error:
            raise ConfigurationError(untrusted(host, error)) from error
        except requests.exceptions.Timeout as error:
            raise Unreachable(f"{host} did not answer within {options['timeout']} s ({address}).") from error
        except (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
            raise Unreachable(f"{host} cannot be reached ({address}): {root_of(error)}.") from error
        except (RequestException, ValueError) as error:  # ValueError: a redirect to what is no address
            raise SiteError(f"{host} gives an answer that cannot be followed ({address}): {root_of(error)}.") from error
        finally:
            self._used = time.monotonic()

    def _patiently(self, method: str | bytes, address: str, *args: Any, **options: Any) -> requests.Response:
        """Waits as long as a host that is asked too often tells (429, Retry-After), within `PATIENCE`.

        Raises Unreachable where that is not enough. The plugin has limits of its own, which are for tests to judge.
        """
        patience = PATIENCE
        while True:
            answer = super().request(method, address, *args, **options)
            if answer.status_code != 429 or THE_PLUGIN_S in address:
                return answer
            told = answer.headers.get("Retry-After", "")
            wait = int(told) if told.isascii() and told.isdigit() and len(told) < 6 else 1
            patience -= max(wait, 1)
            if patience < 0:
                raise Unreachable(
                    f"{urlsplit(address).netloc} answers 429, too many requests, and asks to wait for {told or '?'} s. "
                    "Have what limits requests there let this machine through."
                )
            answer.close()
            time.sleep(wait)  # noqa: TID251 (the host says how long; nothing else tells when it listens again)
