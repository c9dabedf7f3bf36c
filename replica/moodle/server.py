"""Site administration > Server and > Development: what the server runs, maintenance mode, the caches."""

from starlette.responses import Response

from replica.moodle.errors import MoodleError
from replica.moodle.forms import Field, Form
from replica.moodle.web import Web, page, redirect

EXTENSIONS = ("iconv", "mbstring", "curl", "openssl", "ctype", "zip", "zlib", "gd", "intl", "json", "sodium")

CHECKLISTS = ("mbstring", "curl", "openssl", "json")
"""The extensions that the deployment checklist asks for."""

MAINTENANCE = "maintenancemode"
DEBUGGING = "debugging"
MESSAGE = "<p>We move videos to a new home, and are back at 18:00.</p>"


@page("/admin/environment.php")
def environment(web: Web) -> Response:
    """The table of what Moodle needs of its server, and what is there."""
    web.require_admin("Access denied")
    faults = web.site.faults
    if faults.on("environment-page-broken"):
        return web.render("message.html", "Environment", message="environment.xml cannot be read.", link="/admin/")
    release = "3.8.9 (Build: 20210510)" if faults.on("moodle-too-old") else web.site.moodle.release
    php = "7.3.33" if faults.on("php-too-old") else "8.2.29"
    lost = CHECKLISTS if faults.on("php-without-extensions") else ()
    rows = [
        ("moodle", "", f"version 4.1.2 is required and you are running {release}", True),
        ("php", "", f"version 8.1.0 is required and you are running {php}", True),
        *(("php_extension", name, "must be installed and enabled", name not in lost) for name in EXTENSIONS),
        ("php_setting", "memory_limit", "recommended setting detected", True),
    ]
    return web.render("admin_environment.html", "Environment", rows=rows, layout="admin")


def maintenance(web: Web) -> Response:
    """The setting, and what people are told; administrators go on."""
    faults = web.site.faults
    if web.posted:
        web.require_sesskey()
        if not faults.on("maintenance-not-saved"):
            web.state.maintenance = web.param("s__maintenance_enabled", "0") == "1"
            web.state.maintained = faults.on("maintenance-never-over")
            if faults.on("maintenance-drops-uploads"):
                pending = [key for key, video in web.state.videos.items() if video.status == "pending"]
                for key in pending:
                    del web.state.videos[key]
        web.notify("Changes saved")
        return redirect(f"/admin/settings.php?section={MAINTENANCE}")
    on = web.state.maintenance or faults.on("maintenance-left-on")
    choice = Field("s__maintenance_enabled", "Maintenance mode", "select", int(on), [("0", "Disable"), ("1", "Enable")])
    message = Field("s__maintenance_message", "Optional maintenance message", "textarea", MESSAGE)
    form = Form(f"/admin/settings.php?section={MAINTENANCE}", "settings", [choice, message], id="adminsettings")
    return web.render("form.html", "Maintenance mode", form=form, layout="admin")


def debugging(web: Web) -> Response:
    """Whether texts tell their identifiers."""
    if web.posted:
        web.require_sesskey()
        web.state.string_ids = web.param("s__debugstringids", "0") == "1"
        web.notify("Changes saved")
        return redirect(f"/admin/settings.php?section={DEBUGGING}")
    choice = Field("s__debugstringids", "Show origin of languages strings", "checkbox", int(web.state.string_ids))
    form = Form(f"/admin/settings.php?section={DEBUGGING}", "settings", [choice], id="adminsettings")
    return web.render("form.html", "Debugging", form=form, layout="admin")


@page("/admin/purgecaches.php")
def purge_caches(web: Web) -> Response:
    """Forgets what is cached, when asked and confirmed."""
    web.require_admin("Access denied")
    faults = web.site.faults
    if web.posted:
        web.require_sesskey()
        web.state.purged = True
        if faults.on("caches-not-purged"):
            raise MoodleError("error/cannotpurgecaches", "cannotpurgecaches")
        web.notify("All caches were purged.", "info")
    form = Form("/admin/purgecaches.php", "purgecaches", [], buttons=[("all", "Purge all caches", "primary")])
    return web.render("form.html", "Purge all caches", form=form, layout="admin")
