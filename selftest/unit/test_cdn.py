"""A CDN that is asked for what was deleted: withdrawn, still served, and never had."""

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
import requests

from checks.delivery import Delivery
from clients.cdn import CDN
from clients.errors import NotCheckable, Unreachable
from clients.waits import taken

URL = "https://d1.cloudfront.net/videos/7/1_2/clip.mp4?Expires=1&Signature=s&Key-Pair-Id=K"
HIT, MISS = "Hit from cloudfront", "Miss from cloudfront"


@pytest.fixture
def cdn(monkeypatch: pytest.MonkeyPatch) -> Callable[..., CDN]:
    """One whose answers have these states and X-Cache headers, the last one for ever."""

    def cdn(*answers: tuple[int, str]) -> CDN:
        left = list(answers)

        def get(*_: object, **__: object) -> requests.Response:
            answer = requests.Response()
            answer.status_code, said = left.pop(0) if len(left) > 1 else left[0]
            answer.headers.update({"X-Cache": said} if said else {})
            answer._content, answer.raw = b"video", io.BytesIO()
            return answer

        monkeypatch.setattr("clients.http.request", get)
        monkeypatch.setattr("checks.delivery.INVALIDATION", timedelta(seconds=0.01))
        return CDN("d1.cloudfront.net", invalidation=0.1)

    return cdn


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([(206, HIT)], HIT),
        ([(206, MISS), (206, MISS), (206, "RefreshHit from cloudfront")], "RefreshHit from cloudfront"),
        ([(206, MISS)], MISS),
        ([(206, "")], ""),
    ],
)
def test_what_a_cache_says_of_itself(cdn: Callable[..., CDN], answers: list[tuple[int, str]], said: str) -> None:
    assert cdn(*answers).cached(URL) == said


def test_what_was_cached_is_withdrawn(cdn: Callable[..., CDN]) -> None:
    Delivery(cdn((206, HIT), (206, HIT), (403, "Error from cloudfront"))).expect_withdrawn(URL, HIT)


def test_what_is_waited_for_is_told_and_where_nothing_can_take_nothing_is(cdn: Callable[..., CDN]) -> None:
    taken()
    for hopeless in ("S3 still has it", ""):
        with pytest.raises(AssertionError):
            Delivery(cdn((206, HIT))).expect_withdrawn(URL, HIT, hopeless=hopeless)
        (told,) = taken().items()
        once = ", asked once: S3 still has it" if hopeless else ""
        assert told == (f"for the CDN to forget a deleted video{once}", (0.0, 0.0) if hopeless else (0.1, 0.1))
    assert taken() == {}


@pytest.mark.parametrize("before", [HIT, MISS])
def test_what_is_still_served_is_a_finding_whatever_the_cache_said(cdn: Callable[..., CDN], before: str) -> None:
    with pytest.raises(
        AssertionError, match=r"deleted video not to play any more, seen that it still plays from the CDN .*: 206"
    ):
        Delivery(cdn((206, HIT))).expect_withdrawn(URL, before)


@pytest.mark.parametrize(("before", "told"), [(MISS, "X-Cache: Miss from cloudfront"), ("", "X-Cache: none")])
def test_what_was_never_cached_shows_no_withdrawal(cdn: Callable[..., CDN], before: str, told: str) -> None:
    with pytest.raises(NotCheckable, match=told):
        Delivery(cdn((403, "Error from cloudfront"))).expect_withdrawn(URL, before)


def test_a_cdn_that_falls_silent_between_two_attempts_is_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(method: str, *_: object, **__: object) -> requests.Response:
        if method != "GET":
            raise requests.ConnectionError
        answer = requests.Response()
        answer.status_code, answer._content, answer.raw = 403, b"<Code>MissingKey</Code>", io.BytesIO()
        return answer

    monkeypatch.setattr("clients.http.request", ask)
    with pytest.raises(Unreachable, match="does not answer"):
        Delivery(CDN("d1.cloudfront.net")).expect_closed()


@pytest.mark.parametrize("first", [HIT, MISS])
def test_what_one_has_watched_comes_to_the_next_from_the_cache(cdn: Callable[..., CDN], first: str) -> None:
    assert Delivery(cdn((206, first), (206, HIT))).expect_cached([URL, URL]) == HIT


def test_a_cache_that_does_not_help_or_says_nothing(cdn: Callable[..., CDN]) -> None:
    with pytest.raises(AssertionError, match="come from the cache, seen X-Cache: Miss"):
        Delivery(cdn((206, MISS))).expect_cached([URL, URL])
    with pytest.raises(NotCheckable, match="says nothing of its cache"):
        Delivery(cdn((206, ""))).expect_cached([URL, URL])


def test_how_fast_a_video_comes(cdn: Callable[..., CDN]) -> None:
    assert cdn((200, "")).throughput(URL) >= 0


@pytest.mark.parametrize(
    "ask",
    [
        lambda cdn: Delivery(cdn).expect_refused(URL, "without a signature"),
        lambda cdn: Delivery(cdn).expect_closed(),
        lambda cdn: Delivery(cdn).expect_withdrawn(URL, HIT),
        lambda cdn: cdn.cached(URL),
        CDN.probe,
    ],
)
@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_cdn_that_is_broken_has_refused_nothing(
    cdn: Callable[..., CDN], ask: Callable[[CDN], object], status: int
) -> None:
    with pytest.raises(Unreachable, match=rf"The CDN answers {status} at d1\.cloudfront\.net"):
        ask(cdn((status, "")))


def test_a_cdn_that_breaks_for_a_moment_is_asked_again_whether_it_refuses(cdn: Callable[..., CDN]) -> None:
    Delivery(cdn((502, ""), (206, HIT), (403, ""))).expect_withdrawn(URL, HIT)


def test_a_url_that_does_not_say_when_it_ends(cdn: Callable[..., CDN]) -> None:
    with pytest.raises(AssertionError, match="one that does not say when it ends"):
        Delivery(cdn((206, ""))).expect_lifetime("https://d1.cloudfront.net/videos/7/1_2/clip.mp4")
