"""Secrets of some kinds, and what the scan says of a file: for the tests of secrecy."""

import io
import tempfile
import zipfile
from pathlib import Path

from hypothesis import settings

from redaction.secrets import scan

SECRET = "Pa$s\"w&rd/1'+é"
PEM = (
    "-----BEGIN PRIVATE KEY-----\n"
    "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7\nabcd\n"
    "-----END PRIVATE KEY-----\n"
)

quick = settings(deadline=None, max_examples=60)


def kinds(content: bytes | str, values: list[str], name: str = "file") -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return [leak.kind for leak in scan(Path(folder), values)]


def zipped(**members: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


KEY = "aB3dE5gH7j"
