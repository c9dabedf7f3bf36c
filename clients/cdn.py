"""The CDN as anybody on the network meets it: signed URLs, changed copies of them, and what each gives."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import parse_qs, quote, urlsplit

import requests
from botocore.signers import CloudFrontSigner
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from tenacity import Retrying, retry_if_exception_type, retry_if_result, stop_after_delay, wait_fixed

from clients import clock, http
from clients.anonymous_s3 import BROKEN, NO_SUCH_ETAG, NO_SUCH_KEY
from clients.errors import ConfigurationError, NotCheckable, Unreachable, root_of, untrusted

ASKED = 3
"""Times that a URL is asked for until it comes from the cache: a CDN has more than one machine."""

CHUNK = 65536
"""Bytes of a video in memory at a time."""

HIT = "hit"
"""Of CloudFront's "Hit from cloudfront" and "RefreshHit from cloudfront", in small letters."""


class CDN:
    """Canned-policy URLs: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-signed-urls.html"""

    def __init__(
        self,
        domain: str,
        *,
        verify: bool | str = True,
        timeout: float = 10,
        invalidation: float = 300,
        key_pair_id: str | None = None,
        private_key: str | None = None,
    ) -> None:
        """`domain` is `host` or `host:port`; `timeout` and `invalidation` (how long one may take) in seconds.

        With a key pair of the distribution (`private_key` in PEM) URLs can be signed that expire soon.
        """
        self.domain = domain
        self._request = partial(http.request, verify=verify, timeout=timeout)
        self.invalidation = timedelta(seconds=invalidation)
        self._key_pair_id = key_pair_id
        self._private_key = private_key

    def probe(self, key: str = "") -> None:
        """Raises Unreachable when the CDN does not serve, ConfigurationError for its certificate.

        Where there is an object at `key`, and a key to sign its URL, it is asked for that: a CDN that refuses what is
        not signed has not asked its origin yet.
        """
        url = self.signed(key) if key and self._private_key else f"https://{self.domain}/"
        try:
            with self._request("GET", url, headers={"Range": "bytes=0-0"}, stream=True) as answer:
                self._working(answer)
        except requests.exceptions.SSLError as error:
            raise ConfigurationError(untrusted(url, error)) from error
        except requests.RequestException as error:
            raise Unreachable(f"The CDN does not answer at {url}: {root_of(error)}.") from error

    def get(self, url: str, range_: str | None = None) -> requests.Response:
        """The answer to a GET, headers only; `range_` such as `bytes=0-99`. Raises Unreachable."""
        return self._ask("GET", url, {"Range": range_} if range_ else {})

    def ask_unsigned(self, method: str) -> requests.Response:
        """The answer to who comes without a signature, for a path that no object has.

        Only GET reads; what would write does so under a condition that is never true.
        """
        headers = {} if method == "GET" else {"If-Match": NO_SUCH_ETAG}
        return self._ask(method, f"https://{self.domain}/{NO_SUCH_KEY}", headers)

    def _ask(self, method: str, url: str, headers: dict[str, str]) -> requests.Response:
        try:
            answer = self._request(method, url, headers=headers, stream=True, allow_redirects=method == "GET")
        except requests.RequestException as reason:
            raise Unreachable(
                f"The CDN does not answer at {urlsplit(url).netloc}: {type(reason).__name__}."
            ) from reason
        return self._working(answer)

    def _working(self, answer: requests.Response) -> requests.Response:
        """The answer itself. A CDN that is broken neither serves nor refuses anything: raises Unreachable."""
        if answer.status_code >= BROKEN:
            answer.close()
            raise Unreachable(f"The CDN answers {answer.status_code} at {self.domain}.")
        return answer

    def tampered(self, url: str, other: str) -> dict[str, str]:
        """Changed copies of a signed `url`, by what is wrong with them; `other` is the key of another object."""
        address, query = url.split("?", 1)
        given = dict(part.split("=", 1) for part in query.split("&"))
        path = urlsplit(url).path

        def signed(**changed: str | None) -> str:
            kept = {name: value for name, value in (given | changed).items() if value is not None}
            return f"{address}?{'&'.join(f'{name}={value}' for name, value in kept.items())}"

        return {
            "without any signature": address,
            "with the path of another video": url.replace(path, f"/{quote(other)}", 1),
            "whose Expires is a day later": signed(Expires=str(int(given["Expires"]) + 86400)),
            "with one character of its Signature changed": signed(Signature=_changed(given["Signature"])),
            "with another Key-Pair-Id": signed(**{"Key-Pair-Id": _changed(given["Key-Pair-Id"])}),
            **{f"without its {name}": signed(**{name: None}) for name in given},
        }

    def cached(self, url: str, asked: int = ASKED) -> str:
        """What the CDN says of its cache (`X-Cache`) once a signed `url` was asked for before; empty for nothing."""
        said = ""
        for _ in range(asked):
            with self.get(url, "bytes=0-99") as answer:
                answer.content  # noqa: B018 (an answer that is not read may not be kept)
                said = answer.headers.get("X-Cache", "")
            if HIT in said.casefold():
                break
        return said

    def throughput(self, url: str) -> float:
        """Mbit/s at which a signed `url` comes, whole, to this machine."""
        started = time.perf_counter()
        with self.get(url) as answer:
            size = sum(map(len, answer.iter_content(CHUNK)))
        return round(size * 8 / 1e6 / (time.perf_counter() - started), 1)

    def clock_ahead(self) -> timedelta | None:
        """How far this machine's clock is ahead of the CDN's; None where that does not say."""
        with self.ask_unsigned("GET") as answer:
            return clock.ahead(answer.headers)

    def lifetime(self, url: str) -> timedelta | None:
        """How long a signed `url` is good from now on, by the CDN's clock; None where it does not say when it ends."""
        expires = "".join(parse_qs(urlsplit(url).query).get("Expires", []))
        if not expires.isdigit():
            return None
        return datetime.fromtimestamp(int(expires), UTC) - datetime.now(UTC) + (self.clock_ahead() or timedelta())

    def status_when_refused(self, url: str, within: timedelta, every: timedelta) -> int:
        """The status with which the CDN refuses `url`, tried again and again; the last one where it goes on serving."""
        until_refused = Retrying(
            retry=retry_if_result(lambda status: status < 400) | retry_if_exception_type(Unreachable),
            wait=wait_fixed(every),
            stop=stop_after_delay(within.total_seconds()),
            retry_error_callback=lambda state: state.outcome and state.outcome.result(),
        )
        status: int = until_refused(self.status, url)
        return status

    def status(self, url: str) -> int:
        """Of a GET of the first bytes."""
        with self.get(url, "bytes=0-99") as answer:
            return answer.status_code

    def signed(self, key: str, until: datetime | None = None) -> str:
        """A URL of `key` that is good `until` then, for an hour by default.

        Raises NotCheckable where the environment has no signing key.
        """
        if not (self._private_key and self._key_pair_id):
            raise NotCheckable("the environment has no signing key of its own ([cdn] private_key and key_pair_id)")
        private = load_pem_private_key(self._private_key.encode(), password=None)
        assert isinstance(private, RSAPrivateKey)
        # CloudFront's canned policies are signed with RSA and SHA-1, whatever one thinks of that.
        signer = CloudFrontSigner(self._key_pair_id, lambda text: private.sign(text, PKCS1v15(), hashes.SHA1()))
        end = until or datetime.now(UTC) + timedelta(hours=1)
        url: str = signer.generate_presigned_url(f"https://{self.domain}/{quote(key)}", date_less_than=end)
        return url


def _changed(text: str) -> str:
    """`text` with the character in its middle replaced by another."""
    middle = len(text) // 2
    return f"{text[:middle]}{'A' if text[middle] != 'A' else 'B'}{text[middle + 1 :]}"
