"""What pytest and the libraries say by ways of their own, without secrets: logs, warnings, errors of pytest itself."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from checklist.visible import visible
from redaction.secrets import redact


class Redaction:
    """A plugin of every pytest of a run, its workers' too; `values` are the secrets that are known by then."""

    def __init__(self, values: Callable[[], list[str]]) -> None:
        self._values = values

    def _clean(self, text: str) -> str:
        return visible(redact(text, self._values()))

    @pytest.hookimpl(tryfirst=True)
    def pytest_warning_recorded(self, warning_message: Any) -> None:
        said = str(warning_message.message)
        if (clean := self._clean(said)) != said:
            warning_message.message = UserWarning(clean)

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr: Any) -> None:
        clean = self._clean(str(excrepr))
        excrepr.toterminal = lambda writer: writer.line(clean)

    @contextmanager
    def of_logs(self) -> Iterator[None]:
        """Redacts what anybody logs meanwhile, before any handler sees it, in a file or in the terminal."""
        before = logging.getLogRecordFactory()

        def clean(*args: Any, **kwargs: Any) -> logging.LogRecord:
            record = before(*args, **kwargs)
            try:
                said = record.getMessage()
            except Exception:  # logging tells of it itself
                return record
            record.msg, record.args = self._clean(said), ()
            if record.exc_info:
                record.exc_text = self._clean(logging.Formatter().formatException(record.exc_info))
                record.exc_info = None
            return record

        logging.setLogRecordFactory(clean)
        try:
            yield
        finally:
            logging.setLogRecordFactory(before)


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


def _is_secret(name: str, value: str, secrets: Collection[str]) -> bool:
    return name.startswith(OF_A_JOB) or name.endswith(OF_A_SECRET) or any(secret in value for secret in secrets)
