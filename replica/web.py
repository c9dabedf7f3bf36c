"""The HTTP half of the stack: site and CDN edge by TLS, and the site without, in this process."""

import contextlib
import logging
import ssl
from collections.abc import Iterator
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from replica.cdn_edge import Edge
from replica.control import Control
from replica.front import Front
from replica.moodle.app import App
from replica.moodle.site import Site
from replica.proxy import Proxy
from replica.seeding import Seeding
from replica.storefront import Storefront
from replica.subpath import Below


class Server(uvicorn.Server):
    """uvicorn that leaves signals to the stack."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def build(site: Site, seeding: Seeding, proxy: Proxy | None) -> list[Server]:
    """The servers of site, edge, of the site without TLS, and what may stand in S3's place; not yet serving."""
    edge = Edge(site.settings, site.faults, site.profiles, site.state.invalidations)
    control, pages = Control(site, seeding, proxy), App(site)
    below = site.profiles.below
    tls = {
        "ssl_certfile": str(site.settings.certificate),
        "ssl_keyfile": str(site.settings.certificate_key),
        "ssl_version": ssl.PROTOCOL_TLS_SERVER,
    }
    of_site = tls | {"ssl_certfile": str(site.settings.site_certificate), "ssl_keyfile": None}
    served = Below(pages.asgi(), below) if below else pages.asgi()
    in_place_of_s3 = [Server(_config(Storefront(site).app(), **tls))] if site.profiles.storage else []
    return [
        Server(_config(control.around(Front(served, site)), **of_site)),
        Server(_config(edge.app(), **tls)),
        Server(_config(pages.plain())),
        *in_place_of_s3,
    ]


def _tells(record: logging.LogRecord) -> bool:
    """That a connection was still open at the end is nobody's business: browsers keep theirs."""
    return "timeout graceful shutdown exceeded" not in record.getMessage()


logging.getLogger("uvicorn.error").addFilter(_tells)


def _config(app: ASGIApp, **tls: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        **tls,
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
        timeout_keep_alive=30,
    )
