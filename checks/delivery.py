"""How the CDN delivers a video: to whoever has a signed URL, for as long as that lives, and to nobody else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

from clients.addresses import endpoint
from clients.cdn import CDN, HIT
from clients.errors import NotCheckable
from clients.steps import step
from clients.waits import waiting
from clients.words import answered, cut, lasting
from media import Clip

SHORT = timedelta(seconds=2)
"""How long a URL lives whose end is waited for; whole seconds are signed, so it may be one less."""

LATE = timedelta(seconds=5)
"""How much later the CDN may refuse it, for clocks that differ."""

EXPIRY, INVALIDATION = timedelta(seconds=0.2), timedelta(seconds=2)
"""How often a URL is tried whose time runs out, and one whose video was deleted."""

DAY = timedelta(days=1)

CLOCKS = timedelta(minutes=1)

LECTURE = timedelta(hours=4)
"""How long a video of 5 GB may take to watch, with pauses."""

INVALIDATION_FAILED = re.compile(
    r"[^.\n]*(?:(?:fail|error|could not)[^.\n]*(?:invalidat|cloudfront)|(?:invalidat|cloudfront)[^.\n]*(?:fail|error))"
    r"[^.\n]*",
    re.I,
)
"""How a plugin tells that the CDN was not told of a deletion."""


def why_hopeless(said: str, *, stored: bool) -> str:
    """Why the CDN will go on serving a video, by what the plugin `said` at its deletion; empty where it may stop."""
    if stored:
        return "S3 still has it"
    failed = INVALIDATION_FAILED.search(said)
    return f"the plugin reported “{cut(failed[0].strip(), 200)}”" if failed else ""


class Delivery:
    """The CDN, judged."""

    def __init__(self, cdn: CDN) -> None:
        self.cdn = cdn

    def expect_signed(self, url: str, key: str) -> None:
        """`url` leads to the object `key` on the CDN and carries a canned policy's three parameters."""
        parts = urlsplit(url)
        missing = {"Expires", "Signature", "Key-Pair-Id"} - set(parse_qs(parts.query))
        shown = f"{parts.scheme}://{parts.netloc}{parts.path}"
        if parts.scheme != "https":
            raise AssertionError(f"expected a URL that leads by https, seen {shown}")
        if endpoint(url) != endpoint(self.cdn.domain) or unquote(parts.path) != f"/{key}":
            raise AssertionError(f"expected a URL of {key} on {self.cdn.domain}, seen {shown}")
        if missing:
            raise AssertionError(f"expected a signed URL, seen {shown} without {', '.join(sorted(missing))}")

    def expect_ranges(self, url: str, clip: Clip) -> None:
        """The CDN answers a part of the file with 206 and just those bytes."""
        first, last = clip.bytes // 2, clip.bytes // 2 + 999
        with self.cdn.get(url, f"bytes={first}-{last}") as answer:
            with clip.path.open("rb") as file:
                file.seek(first)
                wanted = file.read(1000)
            if answer.status_code != 206 or answer.content != wanted:
                seen = f"{answered(answer.status_code)} with the range {answer.headers.get('Content-Range', 'none')}"
                raise AssertionError(f"expected just the bytes {first} to {last} of the video, seen {seen}")

    def expect_refused(self, url: str, why: str) -> None:
        """No byte of video for `url`; `why` says what is wrong with it."""
        if (status := self.cdn.status(url)) < 400:
            raise AssertionError(f"expected the CDN to refuse a URL {why}, seen {answered(status)}")

    def expect_closed(self) -> dict[str, int]:
        """Without a signature the CDN neither serves a path nor takes PUT and DELETE for it; returns the statuses.

        Writing is tried only where reading needs a signature.
        """
        with self.cdn.ask_unsigned("GET") as answer:
            if answer.status_code < 400 or ("MissingKey" not in answer.text and "<Code>" in answer.text):
                seen = f"{answered(answer.status_code)}, {answer.text[:120]}"
                raise AssertionError(f"expected the CDN to ask for a signature, seen {seen}")
            statuses = {"GET": answer.status_code}
        for method in ("PUT", "DELETE"):
            with self.cdn.ask_unsigned(method) as answer:
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

    def left(self, url: str) -> timedelta:
        """How long a signed `url` is good from now on, by the CDN's clock."""
        return self._left(url, "a URL that says when it ends")

    def expect_as_lasting(self, url: str, as_: timedelta) -> int:
        """A fresh signed `url` is good for as long as another one was; returns how long, in seconds."""
        left = self.left(url)
        if abs(left - as_) > CLOCKS:
            raise AssertionError(
                f"expected a URL that lives for {lasting(as_)}, as in the server's time zone, seen one for "
                f"{lasting(left)}"
            )
        return round(left.total_seconds())

    def _left(self, url: str, wanted: str) -> timedelta:
        """How long a signed `url`, which is to be as `wanted`, is good from now on, by the CDN's clock."""
        if (left := self.cdn.lifetime(url)) is None:
            raise AssertionError(f"expected {wanted}, seen one that does not say when it ends")
        return left

    def expect_expiry(self, key: str) -> float:
        """A URL of `key` that is good for two seconds plays, and is refused soon after; returns when, in seconds.

        Raises NotCheckable where the environment has no signing key, or the CDN does not take it.
        """
        ahead = self.cdn.clock_ahead()
        signed = datetime.now(UTC)
        url = self.cdn.signed(key, until=signed - (ahead or timedelta()) + SHORT)
        if (status := self.cdn.status(url)) >= 400:
            raise NotCheckable(
                f"the CDN answers {status} to a fresh URL signed with the environment's own key: it is not a key of "
                "this distribution, or the clocks differ; correct cdn.private_key and cdn.key_pair_id"
            )
        if (status := self.cdn.status_when_refused(url, within=SHORT + LATE, every=EXPIRY)) < 400:
            if ahead is None:
                raise NotCheckable(
                    "the CDN does not say what time it has (Date), and this machine's clock may be wrong"
                )
            raise AssertionError(
                f"expected the CDN to refuse a URL once it has expired, seen {answered(status)} {LATE.seconds} s after"
            )
        return round((datetime.now(UTC) - signed).total_seconds(), 1)

    def expect_cached(self, urls: Sequence[str]) -> str:
        """What one person has watched comes to the next one from the CDN's cache; returns what it says (`X-Cache`).

        `urls` are of one video, signed for two people. Raises NotCheckable where the CDN says nothing of its cache.
        """
        first, second = urls
        self.cdn.cached(first)
        said = self.cdn.cached(second, asked=1)
        if not said:
            raise NotCheckable("the CDN says nothing of its cache (X-Cache)")
        if HIT not in said.casefold():
            raise AssertionError(f"expected the second GET to come from the cache, seen X-Cache: {said}")
        return said

    def expect_withdrawn(self, url: str, cached: str, *, hopeless: str = "") -> None:
        """A signed `url` of an object that was deleted is refused as soon as an invalidation takes.

        `cached` is what `CDN.cached` returned before. `hopeless` says why no invalidation can take, where that is
        known: then it is asked once. Raises NotCheckable where the CDN had nothing to withdraw.
        """
        step("", "Ask the CDN for the deleted video, by its signed URL.")
        limit = timedelta() if hopeless else self.cdn.invalidation
        once = f", asked once: {hopeless}" if hopeless else ""
        with waiting(f"for the CDN to forget a deleted video{once}", limit.total_seconds()):
            status = self.cdn.status_when_refused(url, within=limit, every=INVALIDATION)
        if status < 400:
            when = f" ({hopeless})" if hopeless else f" {limit.seconds} s later"
            how = answered(status).removeprefix("status ")
            raise AssertionError(
                f"expected a deleted video not to play any more, seen that it still plays from the CDN{when}: {how}"
            )
        if HIT not in cached.casefold():
            raise NotCheckable(
                f"the CDN refuses the deleted video, but did not say before that it had it in its cache (X-Cache: "
                f"{cached or 'none'}): nothing shows that it would have been withdrawn"
            )
