"""Connections as people have them, for the browsers' proxy to behave like."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Link:
    """Mbit/s up and down, the seconds that whatever is sent takes each way, and the share of it that gets lost once and
    is sent again."""

    name: str
    up: float
    down: float
    delay: float
    lost: float

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.up:g} Mbit/s up, {self.down:g} Mbit/s down, {self.delay * 1000:g} ms each way, "
            f"{self.lost:.0%} lost"
        )


THREE_G = Link("3G", up=0.75, down=1.6, delay=0.15, lost=0.01)
"""As browsers' developer tools and WebPageTest have it, regular 3G."""

HOTEL_WIFI = Link("hotel Wi-Fi", up=1, down=2, delay=0.05, lost=0.1)
"""One access point for a corridor."""
