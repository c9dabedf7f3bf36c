"""An AWS account in moto, as steps 1.1 to 1.7 of the checklist leave it; `aws_monitoring` has the later phases.

Importing this imports moto.
"""

import gzip
import json
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import boto3
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from moto.cloudfront.models import cloudfront_backends
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.iam.access_control import IAMPolicy, IAMUserAccessKey, PermissionResult
from moto.iam.models import iam_backends
from moto.moto_api import state_manager
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import FakeKey, s3_backends
from werkzeug.test import Client

from replica import aws_monitoring
from replica.bucket import cors_rule
from replica.faults import Faults
from replica.settings import BUCKET, REGION, Settings

LOGS = f"{BUCKET}-logs"
USER = "moodle-s3video-replica"
POLICY = "MoodleS3VideoPolicy-replica"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CACHING_DISABLED = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
IDENTITY = "E2REPLICAOAI"
HOST = "aws.replica.invalid"
_identity = b""
"""CloudFront's answer about the access identity, which moto lacks."""

_server = Client(DomainDispatcherApplication(create_backend_app))


def ask(
    method: str, path: str, query: str, headers: dict[str, str], body: bytes, faults: Faults
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of AWS's answer."""
    told = parse_qs(body.decode("latin-1")) if b"Action=SimulatePrincipalPolicy" in body else {}
    if told:
        return 200, {"content-type": "text/xml"}, _simulate(told)
    target = next((value for name, value in headers.items() if name.lower() == "x-amz-target"), "")
    if lacking := aws_monitoring.answer(target, body, faults):
        return lacking[0], {"content-type": "application/x-amz-json-1.1"}, lacking[1]
    if path.endswith(f"/origin-access-identity/cloudfront/{IDENTITY}"):
        return 200, {"content-type": "text/xml"}, _identity
    sent = {name: value for name, value in headers.items() if name.lower() != "content-length"}
    answer = _server.open(path, method=method, query_string=query, headers=sent, data=body)
    return answer.status_code, dict(answer.headers), answer.data


def build(settings: Settings, faults: Faults) -> None:
    """Begin anew: bucket, user and distribution."""
    _server.post("/moto-api/reset")
    if not faults.on("bucket-not-in-the-account"):
        _bucket(_client("s3"), settings, faults)
    _user(_client("iam"), settings, faults)
    _distribution(_client("cloudfront"), settings, faults)
    (distribution,) = cloudfront_backends[DEFAULT_ACCOUNT_ID]["aws"].distributions
    _logs(_client("s3"), distribution, faults)
    aws_monitoring.build(_client, distribution, faults)


def _client(service: str) -> Any:
    new_client: Any = boto3.client
    client = new_client(
        service,
        region_name="us-east-1",
        endpoint_url=f"http://{HOST}",
        aws_access_key_id="AKIAREPLICAOWNER",
        aws_secret_access_key="owner",
        config=Config(s3={"addressing_style": "path"}),
    )
    client.meta.events.register("before-send", _without_network)
    return client


def _without_network(request: Any, **_: Any) -> AWSResponse:
    path, _, query = request.url.removeprefix(f"http://{HOST}").partition("?")
    headers = {name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()}
    body = request.body.read() if hasattr(request.body, "read") else request.body or b""
    status, answered, content = ask(
        request.method, path, query, headers, body.encode() if isinstance(body, str) else body, Faults()
    )
    return AWSResponse(request.url, status, HTTPHeaders.from_dict(answered), _Raw(content))


class _Raw(BytesIO):
    def stream(self, **_: Any) -> Any:
        yield self.read()


# -- 1.1 to 1.3 -----------------------------------------------------------------------------------


def _bucket(s3: Any, settings: Settings, faults: Faults) -> None:
    region = "eu-west-3" if faults.on("bucket-in-another-region") else REGION
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=faults.on("bucket-locked"), **place)
    blocks = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    s3.put_public_access_block(
        Bucket=BUCKET,
        PublicAccessBlockConfiguration={
            name: not (faults.on("bucket-not-blocked") and name == "RestrictPublicBuckets") for name in blocks
        },
    )
    if faults.on("bucket-versioned"):
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    if not faults.on("bucket-unencrypted"):
        algorithm = "aws:kms" if faults.on("bucket-encrypted-with-kms") else "AES256"
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": algorithm}}
        s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})
    s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(_bucket_policy(faults)))
    s3.put_bucket_cors(Bucket=BUCKET, CORSConfiguration={"CORSRules": [_cors_rule(settings, faults)]})
    s3.put_object(Bucket=BUCKET, Key="videos/5/1_0a1b2c3d/clip.mp4", Body=b"video")
    for fault, key, size in (
        ("file-larger-than-a-video", "videos/5/2_0a1b2c3d/clip.mp4", 6 * 1024**3),
        ("backup-among-videos", "backup/moodle.sql.gz", 2 * 1024**3),
    ):
        if faults.on(fault):
            s3.put_object(Bucket=BUCKET, Key=key, Body=b"")
            s3_backends[DEFAULT_ACCOUNT_ID]["aws"].get_object(BUCKET, key).__class__ = _of_size(size)
    if not faults.on("lifecycle-missing"):
        rules = {"Rules": [_lifecycle_rule(faults)]}
        s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration=rules)


def _of_size(size: int) -> type[FakeKey]:
    """An object that lists show with that size, in bytes, and that takes no place."""
    return type("Large", (FakeKey,), {"size": property(lambda _: size)})


def _bucket_policy(faults: Faults) -> dict[str, Any]:
    cdn = f"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity {IDENTITY}"
    who: Any = {"AWS": cdn}
    if faults.on("bucket-policy-without-cdn"):
        who = {"AWS": f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:root"}
    statements = [_allow("s3:GetObject", f"arn:aws:s3:::{BUCKET}/*") | {"Principal": who}]
    if faults.on("bucket-public-by-policy"):
        statements.append(_allow("s3:GetObject", f"arn:aws:s3:::{BUCKET}/videos/*") | {"Principal": "*"})
    return {"Version": "2012-10-17", "Statement": statements}


def _allow(action: str | list[str], resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def _cors_rule(settings: Settings, faults: Faults) -> dict[str, Any]:
    rule = cors_rule(settings.base_url)
    if faults.on("cors-without-post"):
        rule["AllowedMethods"] = ["GET", "PUT"]
    if faults.on("cors-with-delete"):
        rule["AllowedMethods"] = ["GET", "POST", "PUT", "DELETE"]
    if faults.on("cors-hides-etag"):
        rule["ExposeHeaders"] = []
    if faults.on("cors-of-the-example"):
        rule["AllowedOrigins"] = ["https://your-moodle-site.com"]
    if faults.on("cors-of-everybody"):
        rule["AllowedOrigins"] = [settings.base_url, "*"]
    return rule


def _lifecycle_rule(faults: Faults) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "ID": "rule-1" if faults.on("lifecycle-under-another-name") else "cleanup-incomplete-uploads",
        "Status": "Disabled" if faults.on("lifecycle-switched-off") else "Enabled",
        "Filter": {"Prefix": "tmp/" if faults.on("lifecycle-of-one-folder") else ""},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 30 if faults.on("lifecycle-too-late") else 7},
    }
    if faults.on("lifecycle-expires-videos"):
        rule["Expiration"] = {"Days": 7}
    return rule


# -- 1.4 and 1.5 ----------------------------------------------------------------------------------


def _distribution(cloudfront: Any, settings: Settings, faults: Faults) -> None:
    backend = cloudfront_backends[DEFAULT_ACCOUNT_ID]["aws"]
    stays = faults.on("distribution-in-progress")
    state_manager.set_transition(
        "cloudfront::distribution",
        {"progression": "manual", "times": 10**6} if stays else {"progression": "immediate"},
    )
    public = settings.cdn_public_key
    if faults.on("public-key-of-another-pair"):
        public = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()
    made = cloudfront.create_public_key(
        PublicKeyConfig={"CallerReference": "replica", "Name": "replica", "EncodedKey": pem}
    )["PublicKey"]["Id"]
    backend.public_keys[settings.key_pair_id] = key = backend.public_keys.pop(made)
    key.id = settings.key_pair_id
    trusted = "KSOMEBODYELSE" if faults.on("key-not-trusted") else settings.key_pair_id
    group = cloudfront.create_key_group(KeyGroupConfig={"Name": "replica", "Items": [trusted]})["KeyGroup"]["Id"]
    groups = [] if faults.on("no-key-group") else [group]
    cloudfront.create_distribution(DistributionConfig=_config(settings, faults, groups))
    identity = "" if faults.on("cdn-without-identity") else f"origin-access-identity/cloudfront/{IDENTITY}"
    global _identity  # noqa: PLW0603 - as all of moto's state it is the process's
    _identity = _identity_called(
        "access-identity-1" if faults.on("identity-under-another-name") else "moodle-videos-oai"
    )
    for distribution in backend.distributions.values():  # moto takes the identity, and does not show it
        distribution.domain_name = settings.cdn_domain
        for origin in vars(distribution.distribution_config)["Origins"]["Items"]:
            origin.s3_origin_config = {"OriginAccessIdentity": identity}


def _identity_called(name: str) -> bytes:
    return (
        '<CloudFrontOriginAccessIdentity xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/">'
        f"<Id>{IDENTITY}</Id><S3CanonicalUserId>0a1b2c3d</S3CanonicalUserId><CloudFrontOriginAccessIdentityConfig>"
        f"<CallerReference>replica</CallerReference><Comment>{name}</Comment>"
        "</CloudFrontOriginAccessIdentityConfig></CloudFrontOriginAccessIdentity>"
    ).encode()


def _config(settings: Settings, faults: Faults, groups: list[str]) -> dict[str, Any]:
    bucket = "somebody-elses-bucket" if faults.on("cdn-of-another-bucket") else BUCKET
    logs = BUCKET if faults.on("logs-among-videos") else f"{LOGS}-to-come" if faults.on("logs-nowhere") else LOGS
    methods = ["GET", "HEAD", "OPTIONS"]
    if faults.on("cdn-takes-every-method"):
        methods += ["PUT", "PATCH", "POST", "DELETE"]
    origin = {
        "Id": "videos" if faults.on("origin-renamed") else f"{bucket}.s3.amazonaws.com",
        "DomainName": f"{bucket}.s3.amazonaws.com",
        "OriginPath": "/videos" if faults.on("cdn-of-one-folder") else "",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    return {
        "CallerReference": "replica",
        "Comment": "",
        "Enabled": not faults.on("distribution-disabled"),
        "Aliases": {"Quantity": 1, "Items": [_alias(settings, faults)]},
        "ViewerCertificate": _certificate(faults),
        "DefaultRootObject": "index.html" if faults.on("cdn-with-a-root-object") else "",
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {
            "TargetOriginId": origin["Id"],
            "ViewerProtocolPolicy": "allow-all" if faults.on("cdn-allows-http") else "redirect-to-https",
            "AllowedMethods": {"Quantity": len(methods), "Items": methods},
            "TrustedKeyGroups": {"Enabled": bool(groups), "Quantity": len(groups), "Items": groups},
            "CachePolicyId": CACHING_DISABLED if faults.on("cdn-caches-nothing") else CACHING_OPTIMIZED,
        },
        "PriceClass": "PriceClass_100" if faults.on("cdn-in-few-places") else "PriceClass_All",
        "Logging": {
            "Enabled": not faults.on("cdn-keeps-no-logs"),
            "IncludeCookies": False,
            "Bucket": f"{logs}.s3.amazonaws.com",
            "Prefix": "",
        },
    }


def _alias(settings: Settings, faults: Faults) -> str:
    if faults.on("alias-leads-nowhere"):
        return "videos.example.invalid"
    return settings.cdn_domain.replace("127.0.0.1", "localhost")


def _certificate(faults: Faults) -> dict[str, Any]:
    if faults.on("alias-without-certificate"):
        return {"CloudFrontDefaultCertificate": True}
    arn = f"arn:aws:acm:us-east-1:{DEFAULT_ACCOUNT_ID}:certificate/replica"
    return {"ACMCertificateArn": arn, "SSLSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1.2_2021"}


def _logs(s3: Any, distribution: str, faults: Faults) -> None:
    """What CloudFront writes: a file of the last hour, of a viewer who was refused once."""
    served, refused = "Expires=1&Signature=x&Key-Pair-Id=K", "-"
    requests = [("198.51.100.7", "206", served)] * 5 + [("198.51.100.7", "403", refused)]
    if faults.on("log-shows-unsigned"):
        requests.append(("198.51.100.9", "200", "-"))
    if faults.on("log-shows-guesses"):
        requests += [("198.51.100.9", "403", refused)] * 1200
    now = datetime.now(UTC)
    lines = [
        f"{now:%Y-%m-%d\t%H:%M:%S}\tFRA1-C1\t9\t{address}\tGET\td1.cloudfront.net\t/videos/5/x.mp4\t{status}\t-\t-\t{query}"
        for address, status, query in requests
    ]
    fields = (
        "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status cs(Referer) cs(User-Agent)"
    )
    text = "\n".join(["#Version: 1.0", f"#Fields: {fields} cs-uri-query", *lines, ""])
    s3.create_bucket(Bucket=LOGS)
    key = f"{distribution}.{now:%Y-%m-%d-%H}.0a1b2c3d.gz"
    s3.put_object(Bucket=LOGS, Key=key, Body=gzip.compress(text.encode()))


# -- 1.6 and 1.7 ----------------------------------------------------------------------------------


def _user(iam: Any, settings: Settings, faults: Faults) -> None:
    user = "moodle" if faults.on("user-under-another-name") else USER
    tags = [("Environment", "Staging"), ("Application", "LMS" if faults.on("tag-of-another-application") else "Moodle")]
    if faults.on("environment-untagged"):
        del tags[0]
    as_iam_has_them = [{"Key": key, "Value": value} for key, value in tags]
    iam.create_user(UserName=user, Tags=[] if faults.on("user-untagged") else as_iam_has_them)
    if faults.on("plugin-user-has-a-password"):
        iam.create_login_profile(UserName=user, Password="Rp-7-replica-console")
    document = json.dumps({"Version": "2012-10-17", "Statement": _statements(faults)})
    name = "videos" if faults.on("policy-under-another-name") else POLICY
    arn = iam.create_policy(PolicyName=name, PolicyDocument=document, Tags=as_iam_has_them)["Policy"]["Arn"]
    if not faults.on("policy-not-attached"):
        iam.attach_user_policy(UserName=user, PolicyArn=arn)
    if faults.on("policy-of-an-administrator"):
        everything = json.dumps({"Version": "2012-10-17", "Statement": [_allow("*", "*")]})
        iam.create_group(GroupName="admins")
        iam.put_group_policy(GroupName="admins", PolicyName="all", PolicyDocument=everything)
        iam.add_user_to_group(GroupName="admins", UserName=user)
    iam.create_access_key(UserName=user)
    key = iam_backends[DEFAULT_ACCOUNT_ID]["aws"].users[user].access_keys[0]
    key.access_key_id = settings.plugin_key.access
    key.create_date = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=3)
    key.status = "Inactive" if faults.on("key-switched-off") else "Active"


def _statements(faults: Faults) -> list[dict[str, Any]]:
    actions = ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:HeadObject"]
    if faults.on("policy-without-delete"):
        actions.remove("s3:DeleteObject")
    if faults.on("policy-with-acls"):
        actions.append("s3:PutObjectAcl")
    resource = "arn:aws:s3:::*" if faults.on("policy-of-every-bucket") else f"arn:aws:s3:::{BUCKET}/*"
    statements = [_allow(actions, resource)]
    if faults.on("policy-with-listing"):
        statements.append(_allow("s3:List*", f"arn:aws:s3:::{BUCKET}"))
    if not faults.on("policy-without-invalidation"):
        statements.append(_allow(["cloudfront:CreateInvalidation"], "arn:aws:cloudfront::*:distribution/*"))
    return statements


def _simulate(told: dict[str, list[str]]) -> bytes:
    """iam:SimulatePrincipalPolicy, which moto lacks: every action on every resource, as moto itself judges requests."""
    user = iam_backends[DEFAULT_ACCOUNT_ID]["aws"].users[told["PolicySourceArn"][0].rpartition("/")[2]]
    policies = IAMUserAccessKey(DEFAULT_ACCOUNT_ID, "aws", user.access_keys[0].access_key_id, {}).collect_policies()
    members = []
    for resource in _many(told, "ResourceArns") or ["*"]:
        for action in _many(told, "ActionNames"):
            found = {IAMPolicy(policy).is_action_permitted(action, resource) for policy in policies}
            allowed = PermissionResult.PERMITTED in found and PermissionResult.DENIED not in found
            members.append(
                f"<member><EvalActionName>{escape(action)}</EvalActionName>"
                f"<EvalResourceName>{escape(resource)}</EvalResourceName>"
                f"<EvalDecision>{'allowed' if allowed else 'implicitDeny'}</EvalDecision></member>"
            )
    return (
        '<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
        f"<SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults>{''.join(members)}"
        "</EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>"
    ).encode()


def _many(told: dict[str, list[str]], name: str) -> list[str]:
    return [values[0] for key, values in sorted(told.items()) if key.startswith(f"{name}.member.")]
