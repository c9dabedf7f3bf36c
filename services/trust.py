"""Which authorities certificates are verified against."""

from __future__ import annotations

import atexit
import os
import re
import ssl
import tempfile
from functools import cache
from pathlib import Path

import certifi

NAMED = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
"""Variables in which a machine names authorities of its own."""

CERTIFICATE = re.compile(r"-----BEGIN (?P<kind>[A-Z0-9 ]*CERTIFICATE)-----.+?-----END (?P=kind)-----", re.DOTALL)


@cache
def authorities(own: Path) -> str:
    """A file with the public authorities, this machine's, and those of `own` (PEM), for as long as the process lives.

    Both requests and boto3 take one file, which replaces the public authorities instead of adding to them.
    """
    files = [certifi.where(), ssl.get_default_verify_paths().cafile, *map(os.environ.get, NAMED), own]
    texts = [
        Path(file).read_text(encoding="utf-8", errors="replace") for file in files if file and Path(file).is_file()
    ]
    # boto3 reads them anew for each connection: with the public ones twice that takes half as long again.
    found = dict.fromkeys(match[0] for text in texts for match in CERTIFICATE.finditer(text))
    handle, name = tempfile.mkstemp(prefix="authorities-", suffix=".pem")
    with open(handle, "w", encoding="utf-8") as bundle:
        bundle.writelines(f"{certificate}\n" for certificate in found)
    atexit.register(Path(name).unlink, missing_ok=True)
    return name
