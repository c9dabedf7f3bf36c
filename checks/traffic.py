"""Which way a video's bytes went, by what a browser's network has counted: past Moodle, from the CDN, or nowhere."""

from __future__ import annotations

from collections.abc import Mapping

from clients.addresses import endpoint
from network.proxy import Traffic

MOODLE_BYTES = 256 * 1024
"""What a browser may send to Moodle while a video is uploaded; the video itself goes elsewhere."""

GOODBYE_BYTES = 256
"""TLS closes each idle connection of an earlier page with an alert of about 40 bytes, and there may be six of them."""


def expect_bypassed(traffic: Traffic, moodle_url: str, size: int, moodle_bytes: int = MOODLE_BYTES) -> dict[str, int]:
    """A file of `size` bytes was sent, and not to Moodle; returns the bytes sent, by `host:port`."""
    moodle = traffic.sent[endpoint(moodle_url)]
    elsewhere = traffic.sent.total() - moodle
    if moodle > moodle_bytes or elsewhere < size:
        raise AssertionError(
            f"expected {size} bytes to go to storage and at most {moodle_bytes} to Moodle, seen {_told(traffic.sent)}"
        )
    return dict(traffic.sent)


def expect_received_from(traffic: Traffic, domain: str, size: int) -> dict[str, int]:
    """At least `size` bytes came from `domain`; returns the bytes received, by `host:port`."""
    if traffic.received[endpoint(domain)] < size:
        raise AssertionError(f"expected {size} bytes of video from {domain}, seen {_told(traffic.received)}")
    return dict(traffic.received)


def expect_nothing_from(traffic: Traffic, *domains: str) -> None:
    """Nothing came from any of `domains` but the end of connections that were open before."""
    received = {domain: traffic.received[endpoint(domain)] for domain in domains}
    if seen := {domain: size for domain, size in received.items() if size > GOODBYE_BYTES}:
        raise AssertionError(f"expected nothing from storage or CDN, seen {_told(seen)}")


def _told(traffic: Mapping[str, int]) -> str:
    """Bytes by `host:port`, the most first."""
    most = sorted(traffic.items(), key=lambda pair: -pair[1])
    return ", ".join(f"{size} bytes with {host}" for host, size in most) or "nothing"
