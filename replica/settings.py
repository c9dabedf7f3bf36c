"""What one start of the replica is made of: addresses, folders, and keys that are random per start."""

import secrets
import string
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

BUCKET = "s3video-replica"
REGION = "us-east-1"
_UPPER = string.ascii_uppercase + string.digits
_MIXED = string.ascii_letters + string.digits


def _random(prefix: str, alphabet: str, length: int) -> str:
    return prefix + "".join(secrets.choice(alphabet) for _ in range(length - len(prefix)))


def new_password() -> str:
    """A password that satisfies Moodle's default policy: 8+ with lower, upper, digit and punctuation."""
    return _random("Rp-7", _MIXED, 16)


def private_pem(key: rsa.RSAPrivateKey) -> str:
    """The key as AWS gives it in a file."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    ).decode()


@dataclass(frozen=True)
class S3Key:
    """An access key pair in the shape IAM gives them: 20 and 40 characters."""

    access: str = field(default_factory=lambda: _random("AKIA", _UPPER, 20))
    secret: str = field(default_factory=lambda: _random("", _MIXED, 40), repr=False)


@dataclass(eq=False)
class Settings:
    """Addresses, keys and folder of one replica; the S3 server, the CDN and HTTP have the ports after the site's."""

    port: int
    folder: Path
    plugin_key: S3Key = field(default_factory=S3Key)
    suite_key: S3Key = field(default_factory=S3Key)
    audit_key: S3Key = field(default_factory=S3Key)
    edge_key: S3Key = field(default_factory=S3Key)
    root_key: S3Key = field(default_factory=S3Key)
    key_pair_id: str = "KREPLICA"
    admin_password: str = field(default_factory=new_password)
    weed_port: int = 0
    """Where the S3 server listens; its usual port, the one after the site's, unless something stands in its place."""

    def __post_init__(self) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.cdn_public_key = key.public_key()
        self.cdn_private_pem = private_pem(key)

    @property
    def base_url(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def plain_url(self) -> str:
        return f"http://localhost:{self.port + 3}"

    @property
    def s3_endpoint(self) -> str:
        return f"https://127.0.0.1:{self.port + 1}"

    @property
    def aws_endpoint(self) -> str:
        return f"{self.base_url}/__replica__/aws"

    @property
    def cdn_domain(self) -> str:
        return f"127.0.0.1:{self.port + 2}"

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def certificate(self) -> Path:
        return self.folder / "server.pem"

    @property
    def site_certificate(self) -> Path:
        """Of the site alone, with its key."""
        return self.folder / "site.pem"

    @property
    def certificate_key(self) -> Path:
        return self.folder / "server.key"

    @property
    def cdn_private_key_file(self) -> Path:
        return self.folder / "cdn.key"
