"""The plugin's key, tried: what each of S3's answers says of its rights."""

import pytest
from botocore.stub import Stubber

from checks.plugin_key import MAY, MAY_NOT, PluginKey
from clients.boto import new_client
from clients.errors import NotCheckable

SECRET = "secret-of-the-plugin"


def key(*codes: str, calls: tuple[str, ...] = (*MAY, *MAY_NOT)) -> PluginKey:
    """One to which S3 answers with these codes, in the order of the calls."""
    client = new_client("s3", region="us-east-1", access_key="AKIAPLUGIN000000", secret_key=SECRET)
    stubber = Stubber(client)
    for call, code in zip(calls, codes, strict=False):
        if code:
            stubber.add_client_error(call, code, http_status_code=503 if code == "ServiceUnavailable" else 403)
        else:
            stubber.add_response(call, {})
    stubber.activate()
    return PluginKey("videos", client)


def test_it_may_write() -> None:
    assert key("BadDigest", "PreconditionFailed").expect_writing() == {
        "put_object": "BadDigest",
        "delete_object": "PreconditionFailed",
    }
    with pytest.raises(AssertionError, match="to be allowed delete_object, seen it refused"):
        key("NoSuchKey", "AccessDenied").expect_writing()


def test_it_may_nothing_more() -> None:
    calls = tuple(MAY_NOT)
    key("AccessDenied", "AccessDenied", "AccessDenied", calls=calls).expect_nothing_more()
    with pytest.raises(AssertionError, match="to be refused list_objects_v2, get_object_acl, seen it allowed"):
        key("", "AccessDenied", "NoSuchKey", calls=calls).expect_nothing_more()


def test_what_says_nothing_of_rights() -> None:
    with pytest.raises(AssertionError, match="to take the plugin's key, seen InvalidAccessKeyId") as failure:
        key("InvalidAccessKeyId").expect_writing()
    assert SECRET not in str(failure.value)
    with pytest.raises(NotCheckable, match="SlowDown"):
        key("SlowDown").expect_writing()


@pytest.mark.parametrize(("call", "arguments"), [*MAY.items()])
def test_no_attempt_can_change_anything(call: str, arguments: dict[str, str]) -> None:
    assert arguments["IfMatch"].strip('"0') == ""
    assert arguments["Key"].startswith("videos/0/"), call
