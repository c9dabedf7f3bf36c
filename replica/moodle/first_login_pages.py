"""The pages that interrupt a first log-in: policies, the own profile, the second factor.

Sources: admin/tool/policy, user/policy.php, user/edit.php, admin/tool/mfa/auth.php of Moodle 4.5.
"""

import hmac
import secrets

from starlette.responses import Response

from replica.moodle import mail
from replica.moodle.errors import no_permission
from replica.moodle.forms import Field, Form
from replica.moodle.login_interrupts import POLICIES, PROFILE, SECOND_FACTOR
from replica.moodle.web import Web, page, redirect, url

_ONLY_POLICY = 1
"""Version id of the one policy there is."""
_VIEW = "/admin/tool/policy/view.php"
_MINE = "/admin/tool/policy/user.php"


def _go_on(web: Web, otherwise: str) -> Response:
    wanted, web.session.wantsurl = web.session.wantsurl, ""
    return redirect(wanted or otherwise)


@page(POLICIES["tool"])
def policies(web: Web) -> Response:
    """tool_policy's consent page; the policy itself has to be seen before."""
    user = web.user
    if web.has("cancel"):
        return redirect("/")
    if web.posted and web.param("submit", ""):
        web.require_sesskey()
        if web.number(f"status{_ONLY_POLICY}", 0) == 1:
            user.preferences["policyagreed"] = True
    if user.preferences.get("policyagreed"):
        return _go_on(web, _MINE)
    if not web.session.policy_seen:
        web.session.policy_seen = True
        return redirect(url(_VIEW, versionid=_ONLY_POLICY, returnurl=POLICIES["tool"], numpolicy=1, totalpolicies=1))
    web.notify("Before continuing you need to acknowledge all these policies.", "danger")
    return web.render("policy_agree.html", "Policies and agreements", version=_ONLY_POLICY, layout="secure")


@page(_VIEW)
def policy(web: Web) -> Response:
    """The text of the policy, and the way on."""
    web.session.policy_seen = True
    back = web.param("returnurl", POLICIES["tool"])
    return web.render("policy_view.html", "Policies", back=back if back.startswith("/") else "/", layout="secure")


@page(_MINE)
def my_policies(web: Web) -> Response:
    """What somebody has agreed to."""
    web.require_login()
    return web.render("message.html", "Policies and agreements", message="Privacy policy: accepted.", link="/my/")


@page(POLICIES["core"])
def site_policy(web: Web) -> Response:
    """The site policy without tool_policy: yes, or out."""
    user = web.user
    if web.number("agree", 0):
        web.require_sesskey()
        user.preferences["policyagreed"] = True
    if user.preferences.get("policyagreed"):
        return _go_on(web, "/")
    return web.render(
        "confirm.html",
        "Site policy agreement",
        question="Do you understand and agree to the site policy?",
        action=POLICIES["core"],
        hidden={"agree": 1, "sesskey": web.session.sesskey},
        button="Yes",
        back="/login/logout.php",
        back_hidden={"agree": 0, "sesskey": web.session.sesskey},
    )


@page(PROFILE)
def own_profile(web: Web) -> Response:
    """The own profile, with the site's required field."""
    user = web.user
    if web.number("id", user.id) != user.id:
        raise no_permission("Edit user profile")
    required = [Field("profile_field_staffid", "Staff number", value=user.staffid, required=True)]
    form = Form(
        PROFILE,
        "user_edit_form",
        [
            Field("firstname", "First name", value=user.firstname, required=True),
            Field("lastname", "Last name", value=user.lastname, required=True),
            *(required if web.site.profiles.profile else []),
        ],
        hidden={"id": user.id, "course": 1},
        buttons=[("submitbutton", "Update profile", "primary"), ("cancel", "Cancel", "secondary")],
    )
    if web.posted and web.has("cancel"):
        return redirect("/user/profile.php")
    if form.submitted(web):
        for f in form.fields:
            f.error = "" if f.value.strip() else "- Required"
        if not form.failed:
            user.firstname, user.lastname, *staffid = (f.value.strip() for f in form.fields)
            user.staffid = staffid[0] if staffid else user.staffid
            web.notify("Changes saved")
            return redirect(f"/user/profile.php?id={user.id}")
    return web.render("form.html", user.fullname, form=form)


@page(SECOND_FACTOR)
def second_factor(web: Web) -> Response:
    """The code that was sent by e-mail."""
    user = web.user
    session = web.session
    if not session.mfa_code:
        session.mfa_code = f"{secrets.randbelow(10**6):06}"
        mail.send(web.site, user, "Here's your verification code", f"mfa: {session.mfa_code}")
    form = Form(
        SECOND_FACTOR,
        "tool_mfa_local_form_login_form",
        [Field("verificationcode", "Enter code", required=True)],
        hidden={"factor": "email"},
        buttons=[("submitbutton", "Continue", "primary")],
        legend="Verify it's you by e-mail",
    )
    if form.submitted(web):
        if hmac.compare_digest(form.fields[0].value.strip().encode(), session.mfa_code.encode()):
            session.mfa_passed = True
            return _go_on(web, "/my/")
        form.fields[0].error = "Wrong code. Try again."
    return web.render("form.html", "2-step verification", form=form, layout="login")
