"""What a bucket gives to requests without a signature, which anybody can send."""

from __future__ import annotations

from urllib.parse import quote

import requests

from services.errors import ConfigurationError, Unreachable, root_of


class Unsigned:
    """Requests to the bucket at `url`; `verify` and `timeout` (seconds) as requests takes them.

    Raises ConfigurationError where its certificate is not trusted, Unreachable where S3 does not answer.
    """

    def __init__(self, url: str, verify: bool | str, timeout: float) -> None:
        self.url = url
        self._verify = verify
        self._timeout = timeout

    def get(self, key: str) -> int:
        """HTTP status of fetching an object's first byte."""
        return self._ask("GET", self.url + quote(key), {"Range": "bytes=0-0"}).status_code

    def list(self) -> int:
        """HTTP status of listing the bucket."""
        return self._ask("GET", self.url, {}).status_code

    def allowed_origin(self, origin: str) -> str | None:
        """The origin that a preflight for a POST from `origin` allows: that one, "*", or None."""
        answer = self._ask("OPTIONS", self.url, {"Origin": origin, "Access-Control-Request-Method": "POST"})
        return answer.headers.get("Access-Control-Allow-Origin") if answer.ok else None

    def _ask(self, method: str, url: str, headers: dict[str, str]) -> requests.Response:
        try:
            with requests.request(
                method,
                url,
                headers=headers,
                verify=self._verify,
                timeout=self._timeout,
                stream=True,
                allow_redirects=False,
            ) as answer:
                return answer
        except requests.exceptions.SSLError as error:
            raise ConfigurationError(untrusted(url, error)) from error
        except requests.exceptions.RequestException as error:
            raise Unreachable(f"S3 does not answer at {url}: {root_of(error)}.") from error


def untrusted(url: str, error: Exception) -> str:
    return f"The certificate of {url} is not trusted: {root_of(error)}. Set ca_file to the authority that issued it."
