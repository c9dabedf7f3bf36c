"""Tells an outage of the environment from a defect of the plugin, by asking its three hosts independently."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_fixed

from runner.connect import new_bucket, new_cdn, new_site
from runner.environment import Environment
from services.errors import ConfigurationError, Unreachable

PROBES = 3

APART = 2
"""Seconds between two probes of the same host."""


class Probes:
    """GET of the log-in page, HeadBucket, and any HTTP answer of the CDN; each is repeated before it counts."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def outage(self) -> str:
        """Which hosts do not answer, in a sentence; empty when all do. All are asked at the same time."""
        with ThreadPoolExecutor() as pool:
            return " ".join(filter(None, pool.map(_silence, (self._site, self._storage, self._cdn))))

    def _site(self) -> None:
        new_site(self._environment, self._environment.budgets.probe).probe()

    def _storage(self) -> None:
        new_bucket(self._environment, attempts=1, timeout=self._environment.budgets.probe).probe()

    def _cdn(self) -> None:
        new_cdn(self._environment).probe()


def _silence(ask: Callable[[], None]) -> str:
    try:
        _repeated(ask)
    except Unreachable as reason:
        return str(reason)
    except ConfigurationError:
        return ""  # it answers, if only to say no
    return ""


@retry(
    retry=retry_if_exception_type(Unreachable), stop=stop_after_attempt(PROBES), wait=wait_fixed(APART), reraise=True
)
def _repeated(ask: Callable[[], None]) -> None:
    ask()
