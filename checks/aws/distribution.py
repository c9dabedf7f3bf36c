"""Steps 1.4 and 1.5: how CloudFront serves the bucket."""

from __future__ import annotations

from functools import cached_property

from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from checks.aws.settings import expect_equal, on_or_off
from clients import names
from clients.aws.account import Access, Json, Service
from clients.errors import NotCheckable, Unreachable

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
"""The managed cache policy's id, from the CloudFront Developer Guide, "Use managed cache policies"."""


CLOUDFRONTS = ".cloudfront.net"
"""The end of the names that CloudFront gives to distributions, and has the certificate of."""


class Distribution(Service):
    """The distribution that serves `domain`."""

    name = "cloudfront"

    def __init__(self, access: Access, domain: str) -> None:
        super().__init__(access)
        self._access = access
        self.domain = domain

    @cached_property
    def distribution(self) -> Json:
        every = self._all("list_distributions", "DistributionList", "Items")
        for one in every:
            if self.domain in (one["DomainName"], *one.get("Aliases", {}).get("Items", [])):
                found: Json = self._ask("get_distribution", Id=one["Id"])["Distribution"]
                return found
        raise AssertionError(f"expected a distribution that serves {self.domain}, seen none among {len(every)}")

    @property
    def arn(self) -> str:
        return str(self.distribution["ARN"])

    def expect_price_class(self, wanted: str) -> None:
        expect_equal("the price class", self._config["PriceClass"], wanted)

    def expect_no_root_object(self) -> None:
        expect_equal("the default root object", self._config.get("DefaultRootObject", ""), "")

    def expect_logging(self, wanted: bool) -> None:
        expect_equal("logging", on_or_off(self._config.get("Logging", {}).get("Enabled", False)), on_or_off(wanted))

    def expect_aliases(self) -> list[str]:
        """Each alternate domain name leads to the distribution, by DNS; returns them. There may be none."""
        own = str(self.distribution["DomainName"])
        for alias in self._aliases:
            try:
                leads = names.leads_to(alias, own)
            except Unreachable as reason:
                raise NotCheckable(str(reason)) from reason
            if not leads:
                seen = "no address" if names.addresses(alias) is None else "addresses of something else"
                raise AssertionError(f"expected the name {alias} to lead to the distribution ({own}), seen {seen}")
        return self._aliases

    def expect_certificate(self) -> list[str]:
        """Whoever asks for an alternate domain name gets a certificate for it; returns these names."""
        shown = self._config.get("ViewerCertificate", {})
        if self._aliases and not (shown.get("ACMCertificateArn") or shown.get("IAMCertificateId")):
            raise AssertionError(
                f"expected a certificate of your own for {', '.join(self._aliases)}, seen CloudFront's default one"
            )
        for alias in self._aliases:
            if self._access.verify is False:
                raise NotCheckable("the environment file trusts any certificate (ignore_https_errors)")
            try:
                why = names.certificate_refusal(alias, self._access.verify, self._access.timeout)
            except Unreachable as reason:
                raise NotCheckable(str(reason)) from reason
            if why:
                raise AssertionError(f"expected a certificate that is good for {alias}, seen: {why}")
        return self._aliases

    def expect_deployed(self) -> None:
        expect_equal("the distribution's status", self.distribution["Status"], "Deployed")

    def expect_enabled(self) -> None:
        expect_equal("the distribution", on_or_off(self._config["Enabled"]), "Enabled")

    @property
    def _config(self) -> Json:
        config: Json = self.distribution["DistributionConfig"]
        return config

    @property
    def _aliases(self) -> list[str]:
        """Without those that stand for many names (`*.example.edu`), which nobody can ask for, and without
        CloudFront's own, for which nobody else has a certificate.
        """
        names = self._config.get("Aliases", {}).get("Items", [])
        return [name for name in names if not name.startswith("*") and not name.endswith(CLOUDFRONTS)]


class Origin(Distribution):
    """Where it takes videos from."""

    @property
    def reader(self) -> str:
        """By what the bucket's policy knows the distribution: its access identity's id, or its ARN."""
        return self._identity.rpartition("/")[2] or self.arn

    def expect_origin(self, bucket: str) -> None:
        """It serves that bucket, by S3's own endpoint, and nothing else."""
        names = [origin["DomainName"] for origin in self._origins]
        wanted = (f"{bucket}.s3.", f"{bucket}.s3-")
        if not names or any(not name.startswith(wanted) or ".s3-website" in name for name in names):
            raise AssertionError(f"expected the bucket {bucket} as the only origin, seen {', '.join(names)}")

    def expect_no_origin_path(self) -> None:
        expect_equal("the origin's path", self._origins[0].get("OriginPath", ""), "")

    def expect_origin_access(self) -> None:
        """Its requests to S3 are signed, by an access identity or by origin access control."""
        if not (self._identity or self._origins[0].get("OriginAccessControlId")):
            raise AssertionError("expected an origin access identity, or origin access control, seen neither")

    def expect_generated_name(self) -> None:
        """Its origin is called as the console proposes: by the domain, or, in older ones, `S3-` and the bucket."""
        for origin in self._origins:
            name, domain = origin["Id"], origin["DomainName"]
            if not name.startswith((domain, f"S3-{domain.partition('.s3')[0]}")):
                raise AssertionError(f"expected the origin's generated name, which begins with {domain}, seen “{name}”")

    def expect_identity_name(self, name: str) -> None:
        """The access identity is called so. Raises NotCheckable for a distribution without one."""
        if not self._identity:
            raise NotCheckable("the distribution has no access identity, so none has that name: 1.4.7 tells more")
        found = self._ask(
            "get_cloud_front_origin_access_identity",
            "NoSuchCloudFrontOriginAccessIdentity",
            Id=self._identity.rpartition("/")[2],
        )
        if not found:
            raise AssertionError(f"expected the access identity's name to be {name}, seen no such identity on AWS")
        identity = found["CloudFrontOriginAccessIdentity"]
        seen = identity.get("CloudFrontOriginAccessIdentityConfig", {}).get("Comment")
        expect_equal("the access identity's name", seen, name)

    @property
    def _origins(self) -> list[Json]:
        origins: list[Json] = self._config["Origins"]["Items"]
        return origins

    @property
    def _identity(self) -> str:
        return str(self._origins[0].get("S3OriginConfig", {}).get("OriginAccessIdentity", ""))


class Viewers(Distribution):
    """Who may watch, and how."""

    def expect_https(self) -> None:
        for behaviour in self._behaviours:
            seen = behaviour["ViewerProtocolPolicy"]
            if seen not in ("redirect-to-https", "https-only"):
                raise AssertionError(f"expected HTTP to be redirected to HTTPS, seen {seen}")

    def expect_methods(self) -> None:
        for behaviour in self._behaviours:
            seen = sorted(behaviour["AllowedMethods"]["Items"])
            expect_equal("the methods that it allows", seen, ["GET", "HEAD", "OPTIONS"])

    def expect_signatures_needed(self) -> None:
        for behaviour in self._behaviours:
            if not any(behaviour.get(who, {}).get("Enabled") for who in ("TrustedKeyGroups", "TrustedSigners")):
                raise AssertionError("expected viewers to need a signature, seen no key group and no trusted signer")

    def expect_trusted(self, key_pair: str) -> None:
        """URLs signed with that key pair are good: it is in a key group, or the account's own."""
        behaviour = self._behaviours[0]
        groups = behaviour.get("TrustedKeyGroups", {}).get("Items", [])
        keys = [
            key
            for group in groups
            for key in self._ask("get_key_group", Id=group)["KeyGroup"]["KeyGroupConfig"]["Items"]
        ]
        for signer in self.distribution.get("ActiveTrustedSigners", {}).get("Items", []):
            keys += signer.get("KeyPairIds", {}).get("Items", [])
        if key_pair not in keys:
            raise AssertionError(
                f"expected the plugin's key pair {key_pair} to be trusted, seen {', '.join(keys) or 'no key'}"
            )

    def expect_public_half(self, key_pair: str, private_key: str) -> None:
        """What CloudFront holds under that id is the public half of the plugin's private key (PEM)."""
        if key_pair.startswith("APKA"):
            raise NotCheckable(f"{key_pair} is a key pair of the root account, whose public half AWS does not show")
        found = self._ask("get_public_key", "NoSuchPublicKey", Id=key_pair)
        if not found:
            raise AssertionError(f"expected CloudFront to hold a public key {key_pair}, seen none")
        theirs = load_pem_public_key(found["PublicKey"]["PublicKeyConfig"]["EncodedKey"].encode())
        try:
            ours = load_pem_private_key(private_key.encode(), password=None).public_key()
        except ValueError as error:
            raise AssertionError("expected the plugin to hold a private key in PEM, seen something else") from error
        form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
        if theirs.public_bytes(*form) != ours.public_bytes(*form):
            raise AssertionError(f"expected {key_pair} to be the public half of the plugin's key, seen another key")

    def expect_cache_policy(self) -> None:
        seen = self._behaviours[0].get("CachePolicyId") or "none"
        expect_equal("the cache policy", {CACHING_OPTIMIZED: "CachingOptimized"}.get(seen, seen), "CachingOptimized")

    @property
    def _behaviours(self) -> list[Json]:
        return [self._config["DefaultCacheBehavior"], *self._config.get("CacheBehaviors", {}).get("Items", [])]
