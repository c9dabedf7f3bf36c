"""An environment file as short as one can be, and what its secrets are: for the tests of environments."""

from collections.abc import Callable

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from runner.configuration.environment import Environment

SITE = """
base_url = "https://moodle.test/"
[accounts]
admin = { username = "admin", password = "S3V_ADMIN_PASSWORD" }
[storage]
bucket = "videos-test"
region = "us-east-1"
access_key = "S3V_STORAGE_KEY"
secret_key = "S3V_STORAGE_SECRET"
[cdn]
domain = "d123.cloudfront.net"
"""
VARIABLES = {
    "S3V_ADMIN_PASSWORD": "admin-password",
    "S3V_STORAGE_KEY": "AKIASTORAGE",
    "S3V_STORAGE_SECRET": "storage-secret",
    "S3V_STUDENT_PASSWORD": "student-password",
    "S3V_SHORT": "abcde",
}

LoadSite = Callable[..., Environment]


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey, passphrase: bytes | None = None) -> str:
    encryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()
