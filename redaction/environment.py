"""What a run starts knows no secret: the variables of its environment without them."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager

OF_A_JOB = ("S3V_", "AWS_", "ACTIONS_")
OF_A_SECRET = ("_TOKEN", "_SECRET", "_PASSWORD")
"""How names of variables begin, or end, that no browser needs."""


@contextmanager
def without_secrets(secrets: Collection[str]) -> Iterator[None]:
    """Meanwhile the variables of this process hold none, nor does what it starts: browsers, and the driver of them."""
    taken = {name: value for name, value in os.environ.items() if _is_secret(name, value, secrets)}
    for name in taken:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(taken)


def variables_without_secrets(secrets: Collection[str]) -> dict[str, str]:
    """The variables of this process, without what holds a secret."""
    return {name: value for name, value in os.environ.items() if not _is_secret(name, value, secrets)}


def _is_secret(name: str, value: str, secrets: Collection[str]) -> bool:
    return name.startswith(OF_A_JOB) or name.endswith(OF_A_SECRET) or any(secret in value for secret in secrets)
