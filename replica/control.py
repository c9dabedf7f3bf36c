"""/__replica__/: switches faults, site profiles and latency while it runs; shows mail and what the CDN was told."""

import asyncio
import json
import random
from dataclasses import asdict

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from replica.aws import ControlPlane
from replica.moodle.site import Site
from replica.moodle.state import now
from replica.proxy import Proxy
from replica.seeding import Seeding


class Control:
    """The control endpoints, and the random delay put before each answer of the site."""

    def __init__(self, site: Site, seeding: Seeding, proxy: Proxy | None) -> None:
        self.site = site
        self.seeding = seeding
        self.proxy = proxy
        self.faults = site.faults
        self.aws = ControlPlane(site.settings, site.faults)
        self.min_ms = 0
        self.max_ms = 0

    def around(self, pages: ASGIApp) -> ASGIApp:
        """The site's pages with `/__replica__/` in front of them."""
        own = Starlette(
            routes=[
                Route("/__replica__/fault", self._fault, methods=["GET", "PUT"]),
                Route("/__replica__/site", self._profiles, methods=["GET", "PUT"]),
                Route("/__replica__/aws{path:path}", self.aws.serve, methods=["GET", "HEAD", "PUT", "POST", "DELETE"]),
                Route("/__replica__/lies", self._lies, methods=["GET", "PUT"]),
                Route("/__replica__/mail", self._mail),
                Route("/__replica__/upgrade", self._upgrade, methods=["PUT"]),
                Route("/__replica__/proxy", self._proxy),
                Route("/__replica__/latency", self._latency, methods=["GET", "PUT"]),
                Route("/__replica__/invalidations", self._invalidations),
            ]
        )

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and scope["path"].startswith("/__replica__/"):
                await own(scope, receive, send)
                return
            if self.max_ms:
                await asyncio.sleep(random.uniform(self.min_ms, self.max_ms) / 1000)
            await pages(scope, receive, send)

        return app

    async def _fault(self, request: Request) -> Response:
        if request.method == "PUT":
            try:
                self.faults.replace(list((await request.json())["faults"]))
            except (json.JSONDecodeError, KeyError, TypeError):
                return JSONResponse({"error": 'send {"faults": ["name", ...]}'}, 400)
            except ValueError as error:
                return JSONResponse({"error": str(error)}, 400)
            await run_in_threadpool(self.seeding.apply)
        return JSONResponse({"faults": sorted(self.faults.active)})

    async def _profiles(self, request: Request) -> Response:
        if request.method == "PUT":
            try:
                self.site.profiles.replace(dict(await request.json()))
            except (json.JSONDecodeError, TypeError):
                return JSONResponse({"error": 'send {"name": value, ...}; what is not named is off'}, 400)
            except ValueError as error:
                return JSONResponse({"error": str(error)}, 400)
            await run_in_threadpool(self.seeding.apply)
        return JSONResponse(self.site.profiles.on())

    async def _lies(self, request: Request) -> Response:
        if request.method == "PUT":
            try:
                self.site.lies = {str(place): lie for place, lie in dict(await request.json()).items()}
            except (json.JSONDecodeError, TypeError, ValueError):
                return JSONResponse({"error": 'send {"data.s3_key": "videos/1/x.mp4"}; the rest is the truth'}, 400)
        return Response(json.dumps(self.site.lies), media_type="application/json")

    async def _upgrade(self, request: Request) -> Response:
        self.site.state.upgraded = now()
        self.site.plugin_version = str(int(self.site.plugin_version) + 1)
        return JSONResponse({"upgraded": self.site.state.upgraded})

    async def _mail(self, request: Request) -> Response:
        return JSONResponse([asdict(mail) for mail in self.site.mail])

    async def _proxy(self, request: Request) -> Response:
        if self.proxy is None:
            return JSONResponse({"error": "start the replica with --proxy"}, 404)
        return JSONResponse({"hosts": self.proxy.hosts, "refused": self.proxy.refused})

    async def _latency(self, request: Request) -> Response:
        if request.method == "PUT":
            try:
                body = await request.json()
                low, high = int(body["min_ms"]), int(body["max_ms"])
            except (json.JSONDecodeError, KeyError, TypeError, ValueError):
                return JSONResponse({"error": 'send {"min_ms": 0, "max_ms": 400}'}, 400)
            if not 0 <= low <= high:
                return JSONResponse({"error": "0 <= min_ms <= max_ms"}, 400)
            self.min_ms, self.max_ms = low, high
        return JSONResponse({"min_ms": self.min_ms, "max_ms": self.max_ms})

    async def _invalidations(self, request: Request) -> Response:
        return JSONResponse(self.site.state.invalidations)
