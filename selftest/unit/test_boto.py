"""The suite's AWS clients listen to the environment file, and to nothing on the machine."""

from pathlib import Path

import pytest

from clients.boto import new_client


@pytest.fixture
def a_developers_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[profile", "utf-8")
    for name, value in {
        "AWS_PROFILE": "of-another-project",
        "AWS_DEFAULT_PROFILE": "of-another-project",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "config"),
        "AWS_ENDPOINT_URL": "http://127.0.0.1:4566",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:4566",
        "AWS_CA_BUNDLE": str(tmp_path / "config"),
        "AWS_REGION": "mars-north-1",
        "AWS_SESSION_TOKEN": "token-of-another-project",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("a_developers_machine")
@pytest.mark.parametrize("service", ["s3", "cloudfront", "iam"])
def test_nothing_of_the_machine_decides(service: str) -> None:
    client = new_client(service, region="eu-west-1", access_key="AKIAEXAMPLE", secret_key="secret-of-the-suite")
    assert client.meta.endpoint_url.endswith("amazonaws.com")
    credentials = client._request_signer._credentials
    assert (credentials.access_key, credentials.token) == ("AKIAEXAMPLE", None)
    assert service != "s3" or client.meta.region_name == "eu-west-1"
