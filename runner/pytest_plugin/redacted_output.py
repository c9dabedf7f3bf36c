"""What pytest and the libraries say by ways of their own, without secrets: logs, warnings, errors of pytest itself."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from checklist.visible import visible
from redaction.secrets import redact

UNREAD = "(left out: what the run's secrets are cannot be read now)"


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
            record.args = ()
            try:
                record.msg = self._clean(said)
                if record.exc_info:
                    record.exc_text = self._clean(logging.Formatter().formatException(record.exc_info))
            except OSError:  # as where no descriptor is left: whoever logs must not break by it
                record.msg = UNREAD
            record.exc_info = None
            return record

        logging.setLogRecordFactory(clean)
        try:
            yield
        finally:
            logging.setLogRecordFactory(before)
