"""What the replica's edge lets through."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from botocore.signers import CloudFrontSigner
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from selftest.replica.running import VIDEO, Running, fetch
from selftest.replica.visitors import Classroom, flipped


class TestEdge:
    @pytest.fixture
    def signer(self, replica: Running) -> CloudFrontSigner:
        return make_signer(replica.ready["cdn"]["key_pair_id"], key_of(replica))

    @pytest.fixture
    def address(self, replica: Running, classroom: Classroom) -> str:
        return f"https://{replica.ready['cdn']['domain']}/{classroom.video['s3_key']}"

    def test_serves_what_was_signed(self, replica: Running, signer: CloudFrontSigner, address: str) -> None:
        answer = fetch(replica, signed(signer, address))
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "video/mp4"
        assert answer.headers["accept-ranges"] == "bytes"
        assert answer.content == VIDEO

    def test_passes_ranges_through(self, replica: Running, signer: CloudFrontSigner, address: str) -> None:
        answer = fetch(replica, signed(signer, address), Range="bytes=100-199")
        assert answer.status_code == 206
        assert answer.headers["content-range"] == f"bytes 100-199/{len(VIDEO)}"
        assert answer.content == VIDEO[100:200]

    def test_a_range_beyond_the_end_is_416(self, replica: Running, signer: CloudFrontSigner, address: str) -> None:
        assert fetch(replica, signed(signer, address), Range=f"bytes={len(VIDEO)}-").status_code == 416

    @pytest.mark.parametrize("space", ["+", "%20"])
    def test_a_download_has_the_name_that_was_asked_for(
        self, replica: Running, signer: CloudFrontSigner, address: str, space: str
    ) -> None:
        asked = f"{address}?response-content-disposition=attachment%3B{space}filename%3D%22clip.mp4%22"
        answer = fetch(replica, signed(signer, asked))
        assert answer.headers["content-disposition"] == 'attachment; filename="clip.mp4"'
        assert answer.content == VIDEO

    @pytest.mark.parametrize(
        ("wrong", "change"),
        [
            ("unsigned", lambda url: url.partition("?")[0]),
            ("another path", lambda url: url.replace("/videos/", "/videos/1")),
            ("one more slash", lambda url: url.replace("/videos/", "//videos/")),
            ("later expiry", lambda url: re.sub(r"Expires=(\d+)", lambda m: f"Expires={int(m[1]) + 1}", url)),
            ("tampered signature", lambda url: re.sub(r"(Signature=.)(.)", lambda m: m[1] + flipped(m[2]), url)),
            ("wrong key pair id", lambda url: url.replace("Key-Pair-Id=", "Key-Pair-Id=X")),
            ("no expiry", lambda url: re.sub(r"Expires=\d+&", "", url)),
            ("given twice", lambda url: url + "&Expires=99999999999"),
            ("one more parameter", lambda url: url + "&download=1"),
        ],
    )
    def test_refuses(
        self, replica: Running, signer: CloudFrontSigner, address: str, wrong: str, change: Callable[[str], str]
    ) -> None:
        url = signed(signer, address)
        assert change(url) != url
        answer = fetch(replica, change(url))
        assert answer.status_code == 403, wrong
        assert answer.headers["content-type"].startswith("text/xml")
        assert VIDEO[:40] not in answer.content

    def test_refuses_what_has_expired(self, replica: Running, signer: CloudFrontSigner, address: str) -> None:
        assert fetch(replica, signed(signer, address, seconds=-1)).status_code == 403

    def test_refuses_another_private_key(self, replica: Running, address: str) -> None:
        stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        signer = make_signer(replica.ready["cdn"]["key_pair_id"], stranger)
        assert fetch(replica, signed(signer, address)).status_code == 403

    def test_an_absent_object_is_denied_too(self, replica: Running, signer: CloudFrontSigner, address: str) -> None:
        assert fetch(replica, signed(signer, address + "x")).status_code == 403


def key_of(replica: Running) -> rsa.RSAPrivateKey:
    pem = Path(replica.ready["cdn"]["private_key_file"]).read_bytes()
    key = serialization.load_pem_private_key(pem, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def make_signer(key_pair_id: str, key: rsa.RSAPrivateKey) -> CloudFrontSigner:
    return CloudFrontSigner(key_pair_id, lambda message: key.sign(message, padding.PKCS1v15(), hashes.SHA1()))


def signed(signer: CloudFrontSigner, url: str, seconds: int = 60) -> str:
    return str(signer.generate_presigned_url(url, date_less_than=datetime.now(UTC) + timedelta(seconds=seconds)))
