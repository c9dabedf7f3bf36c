"""The CDN as anybody on the network meets it: signed URLs, what they give, and what a changed one must not give."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from urllib.parse import parse_qs, quote, unquote, urlsplit

import requests
from botocore.signers import CloudFrontSigner
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from tenacity import Retrying, retry_if_exception_type, retry_if_result, stop_after_delay, wait_fixed

from clients import clock, http
from clients.addresses import endpoint
from clients.anonymous_s3 import BROKEN, NO_SUCH_ETAG, NO_SUCH_KEY
from clients.errors import ConfigurationError, NotCheckable, Unreachable, root_of, untrusted
from clients.words import answered, lasting
from media import Clip

SHORT = timedelta(seconds=2)
"""How long a URL lives whose end is waited for; whole seconds are signed, so it may be one less."""

LATE = timedelta(seconds=5)
"""How much later the CDN may refuse it, for clocks that differ."""

ASKED = 3
"""Times that a URL is asked for until it comes from the cache: a CDN has more than one machine."""

CHUNK = 65536
"""Bytes of a video in memory at a time."""

HIT = "hit"
"""Of CloudFront's "Hit from cloudfront" and "RefreshHit from cloudfront", in small letters."""

EXPIRY, INVALIDATION = timedelta(seconds=0.2), timedelta(seconds=2)
"""How often a URL is tried whose time runs out, and one whose video was deleted."""

DAY = timedelta(days=1)


CLOCKS = timedelta(minutes=1)

LECTURE = timedelta(hours=4)
"""How long a video of 5 GB may take to watch, with pauses."""


INVALIDATION_FAILED = re.compile(
    r"(?:fail|error|could not)[^.\n]*(?:invalidat|cloudfront)|(?:invalidat|cloudfront)[^.\n]*(?:fail|error)",
    re.I,
)
"""How a plugin tells that the CDN was not told of a deletion."""


def why_hopeless(said: str, *, stored: bool) -> str:
    """Why the CDN will go on serving a video, by what the plugin `said` at its deletion; empty where it may stop."""
    if stored:
        return "S3 still has it"
    return "the plugin has said that the CDN's invalidation failed" if INVALIDATION_FAILED.search(said) else ""


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
        self._invalidation = invalidation
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
                self._expect_served(answer)
        except requests.exceptions.SSLError as error:
            raise ConfigurationError(untrusted(url, error)) from error
        except requests.RequestException as error:
            raise Unreachable(f"The CDN does not answer at {url}: {root_of(error)}.") from error

    def get(self, url: str, range_: str | None = None) -> requests.Response:
        """The answer to a GET, headers only; `range_` such as `bytes=0-99`. Raises Unreachable."""
        return self._ask("GET", url, {"Range": range_} if range_ else {})

    def _ask(self, method: str, url: str, headers: dict[str, str]) -> requests.Response:
        try:
            answer = self._request(method, url, headers=headers, stream=True, allow_redirects=method == "GET")
        except requests.RequestException as reason:
            raise Unreachable(
                f"The CDN does not answer at {urlsplit(url).netloc}: {type(reason).__name__}."
            ) from reason
        return self._expect_served(answer)

    def _expect_served(self, answer: requests.Response) -> requests.Response:
        """A CDN that is broken neither serves nor refuses anything. Raises Unreachable."""
        if answer.status_code >= BROKEN:
            answer.close()
            raise Unreachable(f"The CDN answers {answer.status_code} at {self.domain}.")
        return answer

    def expect_signed(self, url: str, key: str) -> None:
        """`url` leads to the object `key` on the CDN and carries a canned policy's three parameters."""
        parts = urlsplit(url)
        missing = {"Expires", "Signature", "Key-Pair-Id"} - set(parse_qs(parts.query))
        shown = f"{parts.scheme}://{parts.netloc}{parts.path}"
        if parts.scheme != "https":
            raise AssertionError(f"expected a URL that leads by https, seen {shown}")
        if endpoint(url) != endpoint(self.domain) or unquote(parts.path) != f"/{key}":
            raise AssertionError(f"expected a URL of {key} on {self.domain}, seen {shown}")
        if missing:
            raise AssertionError(f"expected a signed URL, seen {shown} without {', '.join(sorted(missing))}")

    def expect_ranges(self, url: str, clip: Clip) -> None:
        """The CDN answers a part of the file with 206 and just those bytes."""
        first, last = clip.bytes // 2, clip.bytes // 2 + 999
        with self.get(url, f"bytes={first}-{last}") as answer:
            with clip.path.open("rb") as file:
                file.seek(first)
                wanted = file.read(1000)
            if answer.status_code != 206 or answer.content != wanted:
                seen = f"{answered(answer.status_code)} with the range {answer.headers.get('Content-Range', 'none')}"
                raise AssertionError(f"expected just the bytes {first} to {last} of the video, seen {seen}")

    def expect_refused(self, url: str, why: str) -> None:
        """No byte of video for `url`; `why` says what is wrong with it."""
        with self.get(url, "bytes=0-99") as answer:
            if answer.status_code < 400:
                raise AssertionError(f"expected the CDN to refuse a URL {why}, seen {answered(answer.status_code)}")

    def expect_closed(self) -> dict[str, int]:
        """Without a signature the CDN neither serves a path nor takes PUT and DELETE for it; returns the statuses.

        It asks for a path that no object has, and tries to write only where reading needs a signature, under a
        condition that is never true.
        """
        url = f"https://{self.domain}/{NO_SUCH_KEY}"
        with self.get(url) as answer:
            if answer.status_code < 400 or ("MissingKey" not in answer.text and "<Code>" in answer.text):
                seen = f"{answered(answer.status_code)}, {answer.text[:120]}"
                raise AssertionError(f"expected the CDN to ask for a signature, seen {seen}")
            statuses = {"GET": answer.status_code}
        for method in ("PUT", "DELETE"):
            with self._ask(method, url, {"If-Match": NO_SUCH_ETAG}) as answer:
                statuses[method] = answer.status_code
        if taken := [f"{method}: {answered(status)}" for method, status in statuses.items() if status < 400]:
            raise AssertionError(
                f"expected the CDN to refuse whoever comes without a signature, seen {', '.join(taken)}"
            )
        return statuses

    def expect_lifetime(self, url: str) -> int:
        """A signed `url` is good for a day at most; returns how long, in seconds."""
        left = self._left(url, "a URL that ends within a day")
        if left > DAY + CLOCKS:
            raise AssertionError(f"expected a URL that ends within a day, seen one that lives for {lasting(left)}")
        return round(left.total_seconds())

    def expect_lasting(self, url: str, promised: timedelta = LECTURE) -> int:
        """A fresh signed `url` is good for long enough to watch a lecture, and as long as `promised`; returns how long,
        in seconds."""
        wanted = max(promised, LECTURE)
        left = self._left(url, f"a URL that lives for {lasting(wanted)}")
        if left < wanted - CLOCKS:
            raise AssertionError(f"expected a URL that lives for {lasting(wanted)}, seen one for {lasting(left)}")
        return round(left.total_seconds())

    def _left(self, url: str, wanted: str) -> timedelta:
        """How long a signed `url`, which is to be as `wanted`, is good from now on, by the CDN's clock."""
        expires = "".join(parse_qs(urlsplit(url).query).get("Expires", []))
        if not expires.isdigit():
            raise AssertionError(f"expected {wanted}, seen one that does not say when it ends")
        return datetime.fromtimestamp(int(expires), UTC) - datetime.now(UTC) + (self._clock_ahead() or timedelta())

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

    def expect_expiry(self, key: str) -> float:
        """A URL of `key` that is good for two seconds plays, and is refused soon after; returns when, in seconds.

        Raises NotCheckable where the environment has no signing key, or the CDN does not take it.
        """
        ahead = self._clock_ahead()
        signed = datetime.now(UTC)
        url = self._sign(key, signed - (ahead or timedelta()) + SHORT)
        if (status := self._status(url)) >= 400:
            raise NotCheckable(
                f"the CDN answers {status} to a fresh URL signed with the environment's own key: it is not a key of "
                "this distribution, or the clocks differ; correct cdn.private_key and cdn.key_pair_id"
            )
        if (status := self._refused_within(SHORT + LATE, EXPIRY, url)) < 400:
            if ahead is None:
                raise NotCheckable(
                    "the CDN does not say what time it has (Date), and this machine's clock may be wrong"
                )
            raise AssertionError(
                f"expected the CDN to refuse a URL once it has expired, seen {answered(status)} {LATE.seconds} s after"
            )
        return round((datetime.now(UTC) - signed).total_seconds(), 1)

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

    def expect_cached(self, urls: Sequence[str]) -> str:
        """What one person has watched comes to the next one from the CDN's cache; returns what it says (`X-Cache`).

        `urls` are of one video, signed for two people. Raises NotCheckable where the CDN says nothing of its cache.
        """
        first, second = urls
        self.cached(first)
        said = self.cached(second, asked=1)
        if not said:
            raise NotCheckable("the CDN says nothing of its cache (X-Cache)")
        if HIT not in said.casefold():
            raise AssertionError(f"expected the second GET to come from the cache, seen X-Cache: {said}")
        return said

    def throughput(self, url: str) -> float:
        """Mbit/s at which a signed `url` comes, whole, to this machine."""
        started = time.perf_counter()
        with self.get(url) as answer:
            size = sum(map(len, answer.iter_content(CHUNK)))
        return round(size * 8 / 1e6 / (time.perf_counter() - started), 1)

    def expect_withdrawn(self, url: str, cached: str, *, hopeless: str = "") -> None:
        """A signed `url` of an object that was deleted is refused as soon as an invalidation takes.

        `cached` is what `cached` returned before. `hopeless` says why no invalidation can take, where that is known:
        then it is asked once. Raises NotCheckable where the CDN had nothing to withdraw.
        """
        limit = timedelta(seconds=0 if hopeless else self._invalidation)
        if (status := self._refused_within(limit, INVALIDATION, url)) < 400:
            when = f"although {hopeless}" if hopeless else f"{limit.seconds} s later"
            raise AssertionError(f"expected the CDN to refuse a deleted video {when}, seen {answered(status)}")
        if HIT not in cached.casefold():
            raise NotCheckable(
                f"the CDN refuses the deleted video, but did not say before that it had it in its cache (X-Cache: "
                f"{cached or 'none'}): nothing shows that it would have been withdrawn"
            )

    def _clock_ahead(self) -> timedelta | None:
        """How far this machine's clock is ahead of the CDN's; None where that does not say."""
        with self.get(f"https://{self.domain}/{NO_SUCH_KEY}") as answer:
            return clock.ahead(answer.headers)

    def _refused_within(self, limit: timedelta, pause: timedelta, url: str) -> int:
        """The status with which the CDN refuses `url`, tried again and again; the last when `limit` is over."""
        until_refused = Retrying(
            retry=retry_if_result(lambda status: status < 400) | retry_if_exception_type(Unreachable),
            wait=wait_fixed(pause),
            stop=stop_after_delay(limit.total_seconds()),
            retry_error_callback=lambda state: state.outcome and state.outcome.result(),
        )
        status: int = until_refused(self._status, url)
        return status

    def _status(self, url: str) -> int:
        with self.get(url, "bytes=0-99") as answer:
            return answer.status_code

    def signed(self, key: str) -> str:
        """A URL of `key` that is good for an hour. Raises NotCheckable where the environment has no signing key."""
        return self._sign(key, datetime.now(UTC) + timedelta(hours=1))

    def _sign(self, key: str, until: datetime) -> str:
        if not (self._private_key and self._key_pair_id):
            raise NotCheckable("the environment has no signing key of its own ([cdn] private_key and key_pair_id)")
        private = load_pem_private_key(self._private_key.encode(), password=None)
        assert isinstance(private, RSAPrivateKey)
        # CloudFront's canned policies are signed with RSA and SHA-1, whatever one thinks of that.
        signer = CloudFrontSigner(self._key_pair_id, lambda text: private.sign(text, PKCS1v15(), hashes.SHA1()))
        url: str = signer.generate_presigned_url(f"https://{self.domain}/{quote(key)}", date_less_than=until)
        return url


def _changed(text: str) -> str:
    """`text` with the character in its middle replaced by another."""
    middle = len(text) // 2
    return f"{text[:middle]}{'A' if text[middle] != 'A' else 'B'}{text[middle + 1 :]}"
