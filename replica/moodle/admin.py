"""Site administration: search with tabs, notifications, plugin settings, plugin list."""

from dataclasses import dataclass, replace
from pathlib import Path

from starlette.responses import PlainTextResponse, Response

from replica.moodle.errors import section_error
from replica.moodle.forms import Field, Form
from replica.moodle.plugin.playback import FOLDER
from replica.moodle.server import DEBUGGING, MAINTENANCE, debugging, maintenance
from replica.moodle.web import Web, page, redirect


@dataclass(frozen=True)
class Setting:
    """One of the plugin's, as its page shows it; `default` None is what shows none."""

    label: str
    description: str
    kind: str = "text"
    default: str | None = ""


STATIC = Path(__file__).parents[1] / "static"
"""What the plugin's release is here."""

MIME_TYPES = "video/mp4,video/quicktime,video/x-msvideo,video/x-matroska,video/webm"

SETTINGS = {
    "aws_access_key": Setting("AWS Access Key ID", "AWS IAM access key with S3 and CloudFront permissions"),
    "aws_secret_key": Setting("AWS Secret Access Key", "AWS IAM secret key", "password", None),
    "s3_bucket": Setting("S3 Bucket Name", "Name of the S3 bucket for video storage"),
    "s3_region": Setting(
        "S3 Region", "AWS region where the S3 bucket is located (e.g., us-east-1)", default="us-east-1"
    ),
    "cloudfront_domain": Setting(
        "CloudFront Domain", "CloudFront distribution domain (e.g., d123456abcdef.cloudfront.net)"
    ),
    "cloudfront_keypair_id": Setting("CloudFront Key Pair ID", "CloudFront trusted signer key pair ID"),
    "cloudfront_private_key": Setting(
        "CloudFront Private Key", "CloudFront private key for signing URLs (PEM format)", "textarea"
    ),
    "retention_days": Setting(
        "Video Retention Period (days)",
        "Number of days to keep videos before automatic deletion (default: 90)",
        default="90",
    ),
    "upload_rate_limit": Setting(
        "Upload Rate Limit (per minute)",
        "Maximum number of upload URL requests per user per minute (default: 10)",
        default="10",
    ),
    "playback_rate_limit": Setting(
        "Playback Rate Limit (per minute)",
        "Maximum number of playback URL requests per user per minute (default: 30)",
        default="30",
    ),
    "max_file_size": Setting(
        "Maximum File Size (bytes)", "Largest video that may be uploaded (default: 5 GB)", default="5368709120"
    ),
    "allowed_mime_types": Setting("Allowed MIME Types", "What a video may be, separated by commas", default=MIME_TYPES),
}
HEADINGS = {
    "aws_access_key": ("AWS S3 Configuration", "Configure AWS S3 bucket settings for video storage"),
    "cloudfront_domain": ("CloudFront Configuration", "Configure CloudFront CDN settings for video delivery"),
    "retention_days": ("Video Retention Configuration", "Configure automatic video cleanup settings"),
    "upload_rate_limit": (
        "Rate Limiting Configuration",
        "Configure rate limits to prevent abuse of upload and playback requests",
    ),
}
"""By the first setting below them."""
OTHER_UNITS = {
    "retention-in-weeks": ("retention_days", "days", "weeks"),
    "upload-limit-by-the-hour": ("upload_rate_limit", "minute", "hour"),
    "playback-limit-by-the-hour": ("playback_rate_limit", "minute", "hour"),
}
"""Faults of what a setting counts in, as its label and its description say."""
FORCED = ("aws_access_key", "aws_secret_key")
SHOWN = {
    "access-key-mistyped": ("aws_access_key", "AKIA SPACE IN BETWEEN"),
    "secret-key-empty": ("aws_secret_key", ""),
    "another-bucket-set": ("s3_bucket", "acme-moodle-videos-dev"),
    "bucket-of-production": ("s3_bucket", "example-moodle-videos-prod"),
    "another-region-set": ("s3_region", "eu-central-1"),
    "another-cdn-set": ("cloudfront_domain", "d000000abcdef8.cloudfront.net"),
    "key-pair-empty": ("cloudfront_keypair_id", ""),
    "private-key-cut": ("cloudfront_private_key", "-----BEGIN RSA PRIVATE KEY-----\nMIIE"),
    "retention-too-long": ("retention_days", "3650"),
    "largest-file-too-small": ("max_file_size", "1073741824"),
    "webm-not-allowed": ("allowed_mime_types", MIME_TYPES.removesuffix(",video/webm")),
    "upload-limit-too-high": ("upload_rate_limit", "1000"),
    "playback-limit-too-high": ("playback_rate_limit", "1000"),
    "upgrade-resets-a-setting": ("retention_days", "30"),
}
"""Faults of what somebody entered: the setting, and what the page of the settings then shows."""
MISSING = {"no-setting-for-the-size": "max_file_size", "no-setting-for-the-types": "allowed_mime_types"}
"""Faults of a setting that the plugin does not have."""
SECTION = "assignsubmission_s3video"
PLUGIN_LINKS = [
    ("Manage assignment submission plugins", "/mod/assign/adminmanageplugins.php?subtype=assignsubmission"),
    ("S3 Video", f"/admin/settings.php?section={SECTION}"),
    ("S3 Video Dashboard", f"{FOLDER}/dashboard.php"),
    ("S3 Video Management", f"{FOLDER}/videomanagement.php"),
]


def _links(web: Web) -> list[tuple[str, str]]:
    missing = {
        f"{FOLDER}/dashboard.php": web.site.faults.on("dashboard-not-in-menu"),
        f"{FOLDER}/videomanagement.php": web.site.faults.on("manage-videos-not-in-menu"),
    }
    return [link for link in PLUGIN_LINKS if not missing.get(link[1])]


@page("/admin/search.php")
def search(web: Web) -> Response:
    """Site administration: one tab a branch, or the settings that match ?query=."""
    web.require_admin("Access denied")
    query = web.param("query", "").casefold()
    found = [link for link in PLUGIN_LINKS if query and query in link[0].casefold()]
    return web.render(
        "admin_search.html", "Administration", plugin_links=PLUGIN_LINKS, query=query, found=found, layout="admin"
    )


@page("/admin/category.php")
def category(web: Web) -> Response:
    """One branch of the administration tree."""
    web.require_admin("Access denied")
    if web.param("category") not in ("assignsubmissionplugins", "modassignfolder"):
        raise section_error()
    return web.render(
        "admin_category.html",
        "Submission plugins",
        plugin_links=_links(web),
        layout="admin",
        body_id="page-admin-setting-assignsubmissionplugins",
    )


@page("/admin/settings.php")
def settings(web: Web) -> Response:
    """The plugin's settings; saving takes effect at the next request to S3."""
    web.require_admin(section_error())
    if web.param("section") == "manageauths":
        return _authentication(web)
    if web.param("section") == MAINTENANCE:
        return maintenance(web)
    if web.param("section") == DEBUGGING:
        return debugging(web)
    if web.param("section") != SECTION:
        raise section_error()
    errors = {}
    forced = FORCED if web.site.profiles.forced_settings else ()
    if web.posted and web.param("action", "") == "save-settings":
        web.require_sesskey()
        changed = False
        whole = sum(web.has(f"s_{SECTION}_{name}") for name in SETTINGS) > len(SETTINGS) // 2
        for name in [name for name in SETTINGS.keys() - set(forced) if web.has(f"s_{SECTION}_{name}")]:
            value = web.param(f"s_{SECTION}_{name}").replace("\r\n", "\n").strip()
            if refusal := _refusal(web, name, value):
                errors[name] = refusal
                continue
            if name == "cloudfront_domain" and whole and web.site.faults.on("saving-empties-another-setting"):
                value = ""
            changed |= value != web.state.settings[name].strip()
            value = _behind(web, name, value)
            if not web.site.faults.on("settings-not-saved"):
                web.state.settings[name] = value
        if errors:
            web.notify("Some settings were not changed due to an error.", "danger")
        elif changed:
            web.notify("Changes saved")
        if not errors:
            return redirect(f"/admin/settings.php?section={SECTION}")
    return web.render(
        "admin_settings.html",
        "S3 Video",
        layout="admin",
        section=SECTION,
        fields=_fields(web),
        headings=HEADINGS,
        errors=errors,
        forced=forced,
        values=web.state.settings | {name: value for name, value in _told(web).items() if name not in web.state.behind},
    )


def _behind(web: Web, name: str, value: str) -> str:
    """What to keep: what a fault only shows is not there when that fault is off again, though somebody saved it."""
    told = _told(web)
    if value == told.get(name):
        return web.state.behind.pop(name, web.state.settings[name])
    if name in told:
        web.state.behind.setdefault(name, web.state.settings[name])
    return value


def _told(web: Web) -> dict[str, str]:
    return {name: value for fault, (name, value) in SHOWN.items() if web.site.faults.on(fault)}


def _refusal(web: Web, name: str, value: str) -> str:
    """What the page says against a value of a setting; nothing of one that it takes."""
    if name.endswith(("_days", "_limit")) and not value.isdigit():
        return "This must be a whole number."
    hyphen = name == "s3_bucket" and "-" in value and web.site.faults.on("hyphen-in-bucket-refused")
    sign = name == "aws_secret_key" and not value.isalnum() and web.site.faults.on("slash-in-secret-refused")
    return "This value is not valid" if hyphen or sign else ""


def _fields(web: Web) -> dict[str, Setting]:
    without = [name for fault, name in MISSING.items() if web.site.faults.on(fault)]
    fields = {name: setting for name, setting in SETTINGS.items() if name not in without}
    for fault, (name, unit, other) in OTHER_UNITS.items():
        if web.site.faults.on(fault):
            said = fields[name]
            label, description = (text.replace(unit, other) for text in (said.label, said.description))
            fields[name] = replace(said, label=label, description=description)
    if web.site.faults.on("two-settings-of-one-label"):
        label = fields["cloudfront_keypair_id"].label
        fields["cloudfront_private_key"] = replace(fields["cloudfront_private_key"], label=label)
    if web.site.faults.on("cleanup-setting-switched-off"):
        fields["enable_automatic_cleanup"] = Setting(
            "Enable Automatic Cleanup", "Delete videos that are past their retention", "checkbox", "No"
        )
    if web.site.faults.on("labels-of-bucket-and-region-swapped"):
        bucket, region = fields["s3_bucket"], fields["s3_region"]
        fields["s3_bucket"] = replace(bucket, label=region.label)
        fields["s3_region"] = replace(region, label=bucket.label)
    if web.site.faults.on("secret-key-in-the-open"):
        fields["aws_secret_key"] = replace(fields["aws_secret_key"], kind="text")
    if web.site.faults.on("private-key-in-one-line"):
        fields["cloudfront_private_key"] = replace(fields["cloudfront_private_key"], kind="text")
    return fields


def _authentication(web: Web) -> Response:
    """How many sessions an account may have at a time; a site profile decides, the form changes nothing."""
    numbers = [("0", "No"), *((str(number), str(number)) for number in (1, 2, 3, 4, 5, 10, 20, 50))]
    chosen = int(web.site.profiles.single_session)
    limit = Field("s__limitconcurrentlogins", "Limit concurrent logins", "select", chosen, numbers)
    form = Form("/admin/settings.php?section=manageauths", "settings", [limit], id="adminsettings")
    return web.render("form.html", "Manage authentication", form=form, layout="admin")


@page("/mod/assign/adminmanageplugins.php")
def manage_plugins(web: Web) -> Response:
    """The submission plugins with the eye that enables and disables."""
    web.require_admin("Access denied")
    if web.param("action", "") in ("hide", "show"):
        web.require_sesskey()
        if web.param("plugin") == "s3video":
            _switch(web, on=web.param("action") == "show")
        return redirect("/mod/assign/adminmanageplugins.php?subtype=assignsubmission")
    core = f"{web.site.moodle.number[:8]}00"
    plugins = [
        ("onlinetext", "Online text submissions", core, True),
        ("file", "File submissions", core, True),
        ("comments", "Submission comments", core, True),
        ("s3video", _name(web), web.site.plugin_version, _shown_enabled(web)),
    ]
    if web.site.faults.on("plugin-moved-to-the-top"):
        plugins.insert(0, plugins.pop())
    if web.site.faults.on("plugin-not-listed") or (
        web.state.purged and web.site.faults.on("purged-caches-lose-the-plugin")
    ):
        plugins.pop()
    return web.render(
        "admin_plugins.html",
        "Manage assignment submission plugins",
        plugins=plugins,
        layout="admin",
        body_id="page-admin-mod-assign-adminmanageplugins",
    )


def _name(web: Web) -> str:
    if web.site.faults.on("plugin-listed-under-another-name"):
        return "Cloud Media Submissions"
    return "[[pluginname]]" if web.site.faults.on("plugin-listed-without-a-name") else "S3 Video Submissions"


def _switch(web: Web, *, on: bool) -> None:
    faults = web.site.faults
    if not on and faults.on("disabling-not-saved"):
        return
    web.state.plugin_enabled = on
    if not on and faults.on("disabling-deletes-objects"):
        for video in web.state.videos.values():
            web.site.storage.remove(video)
    if not on and faults.on("disabling-drops-rows"):
        web.state.videos.clear()
    if not on and faults.on("disabling-forgets-assignments"):
        for assignment in web.state.assignments.values():
            assignment.s3video = False


def _shown_enabled(web: Web) -> bool:
    return web.state.plugin_enabled and not web.site.faults.on("plugin-left-disabled")


@page("/vendor/composer/installed.json", f"{FOLDER}/.git/HEAD")
def not_for_the_web(web: Web) -> Response:
    """Files that the web server keeps to itself, but for two faults."""
    leaks = {"installed.json": "vendor-readable", "HEAD": "git-folder-readable"}
    if not web.site.faults.on(leaks[web.request.url.path.rpartition("/")[2]]):
        return PlainTextResponse("403 Forbidden\n", 403)
    return PlainTextResponse("{}\n")


@page(*(f"{FOLDER}/{file.name}" for file in STATIC.iterdir() if file.suffix in (".js", ".css")))
def served(web: Web) -> Response:
    """The plugin's own scripts and styles, as its release has them."""
    name = web.request.url.path.rpartition("/")[2]
    content = (STATIC / name).read_bytes()
    if name == "player.js" and web.site.faults.on("player-mended-on-the-server"):
        content += b"// mended\n"
    return Response(content, media_type="text/css" if name.endswith(".css") else "text/javascript")


@page("/admin/plugins.php")
def overview(web: Web) -> Response:
    """Plugins overview: the additional plugin with its release and version."""
    web.require_admin("Access denied")
    return web.render("admin_overview.html", "Plugins overview", layout="admin")


@page("/admin/index.php")
def notifications(web: Web) -> Response:
    """Notifications, with Moodle's release."""
    web.require_admin("Access denied")
    return web.render("admin_index.html", "Notifications", layout="admin")
