"""The note in a site's lock, sealed: whoever may write to that course could else have the next run change a setting.

The key is made of the secret of the suite's own storage key, which all runs of an environment share, on whatever
machine, and which nobody can read on the site.
"""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache

from clients.errors import SiteError
from runner.configuration.environment import Environment

LENGTH = 20
"""Hexadecimal digits; a note of 80 bits more still fits an ID number."""


class NotOurs(SiteError):
    """A note that no run of this environment has written; what it asks for is not done."""


class Seal:
    def __init__(self, environment: Environment) -> None:
        self._where = environment.base_url
        self._secret = environment.storage.secret_key.get_secret_value()

    def sealed(self, note: str) -> str:
        return f"{note}:{self._code(note)}"

    def opened(self, text: str) -> str:
        """The note in `text`. Raises NotOurs."""
        note, _, code = text.rpartition(":")
        if not hmac.compare_digest(code.encode(errors="replace"), self._code(note).encode()):
            raise NotOurs(
                f"The lock of {self._where} bears the note “{text[:100]}”, which no run with this environment's "
                "storage key wrote. Nothing was done about it: look whether the plugin is enabled, and whether the "
                "setting that it names is right."
            )
        return note

    def _code(self, note: str) -> str:
        key = _key(self._secret, self._where)
        return hmac.new(key, note.encode(errors="replace"), hashlib.sha256).hexdigest()[:LENGTH]


@lru_cache(maxsize=8)
def _key(secret: str, where: str) -> bytes:
    """Slow on purpose: a code that somebody reads on the site must not lead to a weak secret."""
    return hashlib.scrypt(secret.encode(), salt=f"s3video-acceptance {where}".encode(), n=2**14, r=8, p=1)
