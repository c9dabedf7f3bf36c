"""What a bucket gives to requests without a signature, which anybody can send."""

from __future__ import annotations

from functools import partial
from urllib.parse import quote

import requests

from clients import http
from clients.errors import ConfigurationError, Unreachable, root_of, untrusted

BROKEN = 500
"""From this status on a host says that it is broken, and nothing of whoever asked: it has not refused them."""

NO_SUCH_KEY = "videos/0/s3video-acceptance-probe"
NO_SUCH_DIGEST = "AAAAAAAAAAAAAAAAAAAAAA=="
"""An MD5 that no empty body has."""
NO_SUCH_ETAG = '"00000000000000000000000000000000"'


class AnonymousS3:
    """Requests to the bucket at `url`; `verify` and `timeout` (seconds) as requests takes them.

    Raises ConfigurationError where its certificate is not trusted, Unreachable where S3 does not answer.
    """

    def __init__(self, url: str, verify: bool | str, timeout: float) -> None:
        self.url = url
        self._request = partial(http.request, verify=verify, timeout=timeout)

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

    def exposed_headers(self, origin: str) -> str:
        """The headers of an answer that pages of `origin` may read, as S3 lists them; empty where it names none."""
        return self._ask("GET", self.url, {"Origin": origin}).headers.get("Access-Control-Expose-Headers", "")

    def try_everything(self) -> dict[str, int]:
        """The statuses of listing, reading, writing and deleting, by what was tried.

        Where S3 lets anybody, nothing changes even so: there is no such key, and no object ever has that ETag.
        """
        url, never = self.url + quote(NO_SUCH_KEY), {"If-Match": NO_SUCH_ETAG}
        tried = {
            "GET of the bucket": self._ask("GET", self.url, {}),
            "GET": self._ask("GET", url, {}),
            "PUT": self._ask("PUT", url, never | {"Content-MD5": NO_SUCH_DIGEST}),
            "DELETE": self._ask("DELETE", url, never),
        }
        return {what: answer.status_code for what, answer in tried.items()}

    def _ask(self, method: str, url: str, headers: dict[str, str]) -> requests.Response:
        try:
            with self._request(method, url, headers=headers, stream=True, allow_redirects=False) as answer:
                return of_working_store(answer)
        except requests.exceptions.SSLError as error:
            raise ConfigurationError(untrusted(url, error)) from error
        except requests.exceptions.RequestException as error:
            raise Unreachable(f"S3 does not answer at {url}: {root_of(error)}.") from error


def of_working_store(answer: requests.Response) -> requests.Response:
    """The answer itself. Raises Unreachable for one of a store that is broken."""
    if answer.status_code >= BROKEN:
        raise Unreachable(f"S3 answers {answer.status_code} at {str(answer.url).partition('?')[0]}.")
    return answer
