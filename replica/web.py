"""The HTTP half of the stack: site and CDN edge as two TLS servers in this process."""

import contextlib
import ssl
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from replica.control import Control
from replica.edge import Edge
from replica.effects import Effects
from replica.moodle.app import App
from replica.moodle.site import Site
from replica.proxy import Proxy
from replica.settings import Settings


class Server(uvicorn.Server):
    """uvicorn that leaves signals to the stack."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def build(site: Site, effects: Effects, proxy: Proxy | None) -> list[Server]:
    """The servers of site and edge in this order, not yet serving."""
    control = Control(site, effects, proxy)
    edge = Edge(site.settings, site.faults, site.state.invalidations)
    apps: list[ASGIApp] = [control.around(App(site).asgi()), edge.app()]
    return [Server(_config(site.settings, app)) for app in apps]


def _config(settings: Settings, app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        ssl_certfile=str(settings.certificate),
        ssl_keyfile=str(settings.certificate_key),
        ssl_version=ssl.PROTOCOL_TLS_SERVER,
        log_level="warning",
        access_log=False,
        server_header=False,
        lifespan="off",
        timeout_graceful_shutdown=1,
        timeout_keep_alive=30,
    )
