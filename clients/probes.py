"""Whether hosts answer: each is asked again before its silence counts, all at the same time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed

from clients.errors import ConfigurationError, Unreachable

PROBES = 3

APART = 2.0
"""Seconds between two probes of the same host."""


def silence(probes: Iterable[Callable[[], None]], apart: float = APART) -> str:
    """Which hosts do not answer, in a sentence each; empty when all do.

    A probe asks its host, and raises Unreachable when that is silent; it gets `PROBES` tries, `apart` seconds apart.
    """
    with ThreadPoolExecutor() as pool:
        return " ".join(filter(None, pool.map(partial(_silence, apart=apart), probes)))


def _silence(probe: Callable[[], None], apart: float) -> str:
    try:
        persistently(probe, apart)
    except Unreachable as reason:
        return str(reason)
    except ConfigurationError:
        return ""  # it answers, if only to say no
    return ""


def persistently(ask: Callable[[], None], apart: float = APART) -> None:
    """Asks a host, again while that is silent. Raises Unreachable as `ask` does, when it has had all its tries."""
    Retrying(
        retry=retry_if_exception_type(Unreachable),
        stop=stop_after_attempt(PROBES),
        wait=wait_fixed(apart),
        reraise=True,
    )(ask)
