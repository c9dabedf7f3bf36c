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
import trustme

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
    handle, name = _file()
    with open(handle, "w", encoding="utf-8", closefd=False) as bundle:
        bundle.writelines(f"{certificate}\n" for certificate in found)
    return name


def _file() -> tuple[int, str]:
    """A file of this process's own, which nothing is left of even when the process is killed, where Linux has such."""
    if hasattr(os, "memfd_create"):
        handle = os.memfd_create("authorities")
        return handle, f"/proc/{os.getpid()}/fd/{handle}"
    handle, name = tempfile.mkstemp(prefix="authorities-", suffix=".pem")
    atexit.register(Path(name).unlink, missing_ok=True)
    return handle, name


class Ends:
    """What the run's own proxy ends TLS with, so that no browser has to trust an authority of its user's.

    Towards the world it verifies certificates as this machine and `file` (PEM) say; towards the browser, which never
    leaves this machine, it has a certificate that was made for this run, and that the browser need not verify.
    """

    def __init__(self, file: str) -> None:
        self.world = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.world.load_verify_locations(file)
        self.browser = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("proxy.s3video-acceptance.invalid").configure_cert(self.browser)
        for context in (self.world, self.browser):
            context.set_alpn_protocols(["http/1.1"])
