"""HTTP with a time limit and a trust, in which an outage has a name."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar

from services.errors import ConfigurationError, SiteError, Unreachable, root_of

IDLE = 4
"""Seconds after which no connection is used again. Servers close those that idle, Apache after 5 s, load balancers
after 60, and a request that is on its way just then is lost."""


def jar(cookies: Iterable[Mapping[str, Any]]) -> RequestsCookieJar:
    """A browser's cookies; a host without a dot has a name of its own in Python's jars."""
    jar = RequestsCookieJar()
    for cookie in cookies:
        domain = str(cookie["domain"])
        place = {"domain": domain if "." in domain else f"{domain}.local", "path": str(cookie["path"])}
        jar.set(str(cookie["name"]), str(cookie["value"]), **place)
    return jar


_CONNECTIONS = HTTPAdapter(pool_maxsize=20)
"""Of all sessions of this process: a new connection reads every authority anew, which takes 50 ms of a processor."""


class Session(requests.Session):
    """Gives every request its time limit in seconds and its trust, and names an outage one."""

    def __init__(self, verify: bool | str, timeout: float) -> None:
        super().__init__()
        self.mount("https://", _CONNECTIONS)
        self.limits = {"verify": verify, "timeout": timeout}
        self._used = time.monotonic()

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        if time.monotonic() - self._used > IDLE:
            self.close()
        options = {**self.limits, **kwargs}
        address = str(url)
        host = urlsplit(address).netloc
        try:
            return super().request(method, address, *args, **options)
        except requests.exceptions.SSLError as error:
            raise ConfigurationError(
                f"The certificate of {host} is not trusted: {root_of(error)}. "
                "Set ca_file in the environment file to the authority that issued it."
            ) from error
        except requests.exceptions.Timeout as error:
            raise Unreachable(f"{host} did not answer within {options['timeout']} s ({address}).") from error
        except (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError) as error:
            raise Unreachable(f"{host} cannot be reached ({address}): {root_of(error)}.") from error
        except requests.exceptions.RequestException as error:
            raise SiteError(f"{host} gives an answer that cannot be followed ({address}): {root_of(error)}.") from error
        finally:
            self._used = time.monotonic()
