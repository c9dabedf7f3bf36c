"""A foreign log-in page in front of Moodle's own, as alternateloginurl, auth_oidc and auth_saml2 put one."""

from starlette.responses import HTMLResponse, Response

from replica.moodle.web import Web, page

FOREIGN = "/auth/sso/login"
WAYS_PAST = {"loginredirect": "0", "noredirect": "1", "saml": "off"}
"""By query parameter: the value with which /login/index.php shows Moodle's own form."""


def in_front(web: Web) -> bool:
    """Whether this request of the log-in page is to be sent away; a way past is remembered in the session."""
    way = web.site.profiles.sso
    if not way:
        return False
    if web.param(way, "") == WAYS_PAST[way]:
        web.session.past_sso = True
    return not web.session.past_sso


@page(FOREIGN)
def foreign(web: Web) -> Response:
    """The identity provider's form; it knows nobody."""
    refused = web.posted
    return HTMLResponse(web.template("sso.html").render(refused=refused), 401 if refused else 200)
