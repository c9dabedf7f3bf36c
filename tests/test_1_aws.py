"""Steps 1.1 to 1.7, AWS account setup: what the console was told, read back with a key that can only read."""

import pytest

from checks.aws.access_logs import AccessLogs
from checks.aws.bucket import CORS, BucketConfiguration, Lifecycle
from checks.aws.distribution import Distribution, Origin, Viewers
from checks.aws.iam import IAM, INVALIDATE, NOTHING_MORE, OBJECT_ACTIONS
from checks.delivery import Delivery
from checks.plugin_key import PluginKey
from checks.video_store import VideoStore
from clients.moodle.model import Settings
from runner.configuration.environment import Environment
from runner.configuration.environment_tables import Decided
from runner.pytest_plugin.lines import Lines

pytestmark = pytest.mark.production

ELSEWHERE = "https://elsewhere.example.invalid"


@pytest.mark.lines("1.1.5", "1.1.6", "1.1.7", "1.1.8", "1.1.9", "1.1.10")
def test_bucket(
    s3: BucketConfiguration, video_store: VideoStore, environment: Environment, decided: Decided, line: Lines
) -> None:
    """The bucket is there, and nobody gets in but by a signature."""
    with line("1.1.5", "The bucket's name follows the naming convention"):
        s3.expect_conventional_name()
    with line("1.1.5", "The bucket is in this AWS account", extra=True):
        s3.expect_there()
    with line("1.1.6", "The bucket is in the region that the site was told"):
        s3.expect_region(environment.storage.region)
    with line("1.1.7", "The bucket blocks all public access"):
        s3.expect_public_access_blocked()
    with line("1.1.7", "No policy of the bucket lets anybody in"):
        s3.expect_not_public()
    with line("1.1.7", "The bucket shows, takes and deletes nothing from outside", extra=True) as evidence:
        evidence["statuses"] = video_store.expect_closed()
    with line("1.1.8", "The bucket's versioning is as decided"):
        s3.expect_versioning(decided.versioning)
    with line("1.1.9", "The bucket encrypts with S3's own keys"):
        s3.expect_encryption()
    with line("1.1.10", "The bucket locks no objects"):
        s3.expect_no_object_lock()


@pytest.mark.lines("1.2.5", "1.2.6", "1.2.7", "1.2.9")
def test_cors(cors: CORS, video_store: VideoStore, environment: Environment, decided: Decided, line: Lines) -> None:
    """Pages of the site may send files to the bucket; those of other sites may not."""
    site = environment.origin
    with line("1.2.5", "The CORS rule has the checklist's methods and headers, and shows the ETag"):
        cors.expect_rules()
    with line("1.2.6", "The CORS rule names the site"):
        cors.expect_origin(site)
    with line("1.2.7", "The CORS rule names no other site but those decided"):
        cors.expect_no_other_origins([site, *decided.other_origins])
    with line("1.2.9", "S3 lets a page of the site upload, and read the ETag"):
        video_store.expect_uploads_from(site)
    with line("1.2.9", "S3 lets no page of another site upload", extra=True):
        video_store.expect_no_uploads_from(ELSEWHERE)


@pytest.mark.lines("1.3.4", "1.3.5", "1.3.6", "1.3.7")
def test_lifecycle(lifecycle: Lifecycle, line: Lines) -> None:
    """Uploads that never ended are dropped after a week, and nothing else is."""
    with line("1.3.4", "The lifecycle rule has its name"):
        lifecycle.expect_name("cleanup-incomplete-uploads")
    with line("1.3.5", "The lifecycle rule is for all objects"):
        lifecycle.expect_all_objects()
    with line("1.3.6", "The lifecycle rule drops incomplete uploads, and leaves videos alone"):
        lifecycle.expect_only_aborted_uploads()
    with line("1.3.7", "The lifecycle rule acts after seven days"):
        lifecycle.expect_days(7)


@pytest.mark.lines("1.4.4", "1.4.5", "1.4.6", "1.4.7", "1.4.9", "1.4.10")
def test_origin(origin: Origin, s3: BucketConfiguration, environment: Environment, line: Lines) -> None:
    """The distribution reads the bucket, and is the only one who may."""
    with line("1.4.4", "The distribution serves the bucket, and nothing else"):
        origin.expect_origin(environment.storage.bucket)
    with line("1.4.5", "The distribution serves the bucket from its root"):
        origin.expect_no_origin_path()
    with line("1.4.6", "The origin has the name that CloudFront proposes"):
        origin.expect_generated_name()
    with line("1.4.7", "The distribution reads the bucket under an identity of its own"):
        origin.expect_origin_access()
    with line("1.4.9", "The access identity has its name"):
        origin.expect_identity_name("moodle-videos-oai")
    with line("1.4.10", "The bucket's policy lets in the distribution, and nobody else"):
        s3.expect_nobody_but(origin.reader)


@pytest.mark.lines("1.4.12", "1.4.13", "1.4.14", "1.4.15", "1.4.16")
def test_viewers(viewers: Viewers, delivery: Delivery, settings: Settings, line: Lines) -> None:
    """Who watches does so by HTTPS and with a signature of the plugin's."""
    with line("1.4.12", "The distribution redirects HTTP to HTTPS"):
        viewers.expect_https()
    with line("1.4.13", "The distribution allows GET, HEAD and OPTIONS alone"):
        viewers.expect_methods()
    with line("1.4.14", "The distribution asks for a signature"):
        viewers.expect_signatures_needed()
    with line("1.4.14", "The CDN serves, takes and deletes nothing without a signature", extra=True) as evidence:
        evidence["statuses"] = delivery.expect_closed()
    with line("1.4.15", "The distribution trusts the plugin's key pair"):
        viewers.expect_trusted(settings["cloudfront_keypair_id"].strip())
    with line("1.4.16", "The distribution's cache policy is CachingOptimized"):
        viewers.expect_cache_policy()


@pytest.mark.lines("1.4.18", "1.4.19", "1.4.20", "1.4.21", "1.4.22", "1.4.23", "1.4.25")
def test_distribution(
    distribution: Distribution, access_logs: AccessLogs, environment: Environment, decided: Decided, line: Lines
) -> None:
    """The distribution's other settings are as decided, and in force."""
    with line("1.4.18", "The distribution's price class is as decided"):
        distribution.expect_price_class(decided.price_class)
    with line("1.4.19", "Each alternate domain name leads to the distribution") as evidence:
        evidence["names"] = distribution.expect_aliases()
    with line("1.4.20", "Each alternate domain name has a certificate that browsers accept") as evidence:
        evidence["names"] = distribution.expect_certificate()
    with line("1.4.21", "The distribution has no default root object"):
        distribution.expect_no_root_object()
    with line("1.4.22", "The distribution's logging is as decided"):
        distribution.expect_logging(decided.logging)
    with line("1.4.23", "The distribution's logs have a bucket of their own") as evidence:
        evidence["bucket"] = access_logs.expect_bucket_other_than(environment.storage.bucket)
    with line("1.4.25", "The distribution's status is Deployed"):
        distribution.expect_deployed()


@pytest.mark.lines("1.5.8")
def test_key_pair(viewers: Viewers, settings: Settings, line: Lines) -> None:
    """The two halves of the key pair are where they belong."""
    with line("1.5.8", "CloudFront holds the public half of the plugin's private key"):
        viewers.expect_public_half(settings["cloudfront_keypair_id"].strip(), settings["cloudfront_private_key"])


@pytest.mark.lines("1.6.3", "1.6.4", "1.6.9", "1.6.10", "1.6.13", "1.6.14", "1.6.16", "1.6.18", "1.6.19")
def test_plugin_user(iam: IAM, distribution: Distribution, environment: Environment, line: Lines) -> None:
    """The plugin's user may what the checklist's policy says, on this bucket, and nothing more."""
    bucket = f"arn:aws:s3:::{environment.storage.bucket}"
    with line("1.6.3", "The plugin's user has a name of appendix A's pattern") as evidence:
        evidence["name"] = iam.expect_name()
    with line("1.6.4", "The plugin's user has access by key only"):
        iam.expect_no_password()
    with line("1.6.18", "A policy is attached to the plugin's user") as evidence:
        evidence["policies"] = iam.expect_policy()
    with line("1.6.16", "A policy of the plugin's user has a name of appendix A's pattern") as evidence:
        evidence["name"] = iam.expect_policy_name()
    with line("1.6.13", "The policy's tags name the environment") as evidence:
        evidence["Environment"] = iam.expect_tag("Environment")
    with line("1.6.14", "The policy's tags name the application, Moodle"):
        iam.expect_tag("Application", "Moodle")
    with line("1.6.19", "The plugin's user has the tags of the policy") as evidence:
        evidence["tags"] = iam.expect_same_tags()
    with line("1.6.9", "The policy grants writing, reading and deleting of objects"):
        iam.expect_allowed(OBJECT_ACTIONS, f"{bucket}/videos/1/clip.mp4")
    with line("1.6.9", "The policy grants invalidations"):
        iam.expect_allowed([INVALIDATE], distribution.arn)
    with line("1.6.9", "No policy of the plugin's user grants more", extra=True):
        iam.expect_nothing_more_granted()
    with line("1.6.9", "The plugin's user is allowed nothing else", extra=True):
        iam.expect_denied(NOTHING_MORE, "*", bucket, f"{bucket}/videos/1/clip.mp4", distribution.arn)
    with line("1.6.10", "The policy grants nothing on another bucket"):
        iam.expect_denied(OBJECT_ACTIONS, f"{bucket}-other/videos/1/clip.mp4")


@pytest.mark.lines("1.6.9", "1.7.3")
@pytest.mark.usefixtures("audit")
def test_plugin_key(plugin_key: PluginKey, line: Lines) -> None:
    """The same, tried with the plugin's key itself, which takes no right to read the account; nothing is changed."""
    with line("1.7.3", "The plugin's key can put and delete objects") as evidence:
        evidence["answers"] = plugin_key.expect_writing()
    with line("1.6.9", "The plugin's key can neither list the bucket nor see who may read") as evidence:
        evidence["answers"] = plugin_key.expect_nothing_more()


@pytest.mark.lines("1.7.2", "1.7.3", "1.7.4")
def test_setup(iam: IAM, distribution: Distribution, environment: Environment, decided: Decided, line: Lines) -> None:
    """Key, bucket and distribution are ready for use."""
    with line("1.7.2", "The plugin's key is active"):
        iam.expect_active_key()
    with line("1.7.2", "The plugin's key is not too old", advice=True) as evidence:
        evidence["days"] = iam.expect_fresh_key(decided.key_days)
    with line("1.7.2", "The plugin's user has no second active key", advice=True):
        iam.expect_one_key()
    with line("1.7.3", "The plugin's user may put, get and delete a file at the bucket's root"):
        iam.expect_allowed(OBJECT_ACTIONS, f"arn:aws:s3:::{environment.storage.bucket}/test.txt")
    with line("1.7.4", "The distribution's status is Deployed"):
        distribution.expect_deployed()
    with line("1.7.4", "The distribution is enabled", extra=True):
        distribution.expect_enabled()
