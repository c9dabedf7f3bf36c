"""Which browser runs a target: Playwright's own build where it is installed, else the system's, else none."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserType, Error, Playwright
from pydantic import SecretStr

from checklist.verdicts import TargetState
from clients.errors import NotCheckable
from runner.configuration.environment_tables import BRANDS, BRANDS_TOLD, DEVICE_TOLD, Target
from runner.configuration.webdriver import NotAvailable, expect_named, expect_real, find_build

WITHOUT_WINDOWS = "chromium-headless-shell"
"""What Playwright's own build is as well: without a window to draw, a tab costs a third."""

SYSTEM_BROWSERS = {
    "chromium": (WITHOUT_WINDOWS, "chromium", "chromium-browser"),
    "firefox": ("firefox-esr", "firefox"),
}

FIREFOX_PREFERENCES = {
    "fission.bfcacheInParent": False,  # go_back hangs over WebDriver BiDi otherwise
    "network.proxy.allow_hijacking_localhost": True,
    "network.proxy.no_proxies_on": "",
}

NO_AUTOPLAY = "--autoplay-policy=user-gesture-required"

UNREACHED = {
    "ECONNREFUSED": "it does not answer: Connection refused",
    "ENOTFOUND|EAI_AGAIN": "its host is not known",
    r"Timeout \d+ms exceeded": "nothing that a browser says came from there in time",
    "createBrowserContext|Not supported": "it opens no window of its own, so let Appium drive it, by webdriver",
    "Unexpected token|Unexpected status|404 Not Found|200 OK|not valid JSON": "what answers there is something else",
}
"""What Playwright says of an address, and what that means."""

CONNECTED = 60_000
"""Milliseconds that a server may take to have a browser ready; clouds start a machine for it."""

READ_BY_BIDI = range(128 * 1024**2, 2 * 1024**3)
"""Bytes. Over WebDriver BiDi Firefox reads what a request carries into memory before it sends it: that takes seconds
from 128 MiB, never ends from 1 GiB, and is left from 2 GiB on."""

WRAPS = 4 * 1024**3
"""Bytes. Firefox counts what it reads in 32 bits: 5 GiB are read like 1 GiB."""


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start a browser: `options` for Playwright's `launch`, `build` in words for the report."""

    options: dict[str, Any]
    build: str

    def upload_size(self, asked: int) -> int:
        """The size in bytes, `asked` or the nearest, of a file that the browser uploads as it would by hand."""
        if not self._reads_first(asked):
            return asked
        return WRAPS if asked > WRAPS else READ_BY_BIDI.stop

    def expect_sends(self, size: int) -> None:
        """The browser uploads a file of `size` bytes as it would by hand. Raises NotCheckable."""
        if self._reads_first(size):
            raise NotCheckable(
                f"driven from outside, the system's Firefox reads a file of {size} bytes before it sends it, and may "
                "never end; Playwright's own does not: playwright install firefox"
            )

    def _reads_first(self, size: int) -> bool:
        return self.options.get("channel") == "moz-firefox" and size % WRAPS in READ_BY_BIDI


def launch_of(target: Target, playwright: Playwright, headed: bool = False) -> Launch:
    """Decide which browser runs `target`; `headed` asks for one that shows its windows. Raises NotAvailable."""
    if target.by_webdriver:
        return Launch({}, find_build(target))
    if target.ws_endpoint or target.cdp_endpoint:
        _expect_server(target, playwright)
        where = f"{target.real}: a remote" if target.real else "a remote"
        return Launch({}, f"{where} {target.channel or target.engine}")
    # Ctrl-C reaches every process of a terminal; the run closes its browsers itself, in order.
    options: dict[str, Any] = {"handle_sigint": False}
    if target.engine == "chromium":
        options["args"] = ["--disable-background-networking", NO_AUTOPLAY]
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            options["args"].append("--no-sandbox")
    if target.engine == "firefox":
        options["firefox_user_prefs"] = dict(FIREFOX_PREFERENCES)
    if target.channel:
        options["channel"] = target.channel
        _expect_channel(target.channel, options, playwright)
        return Launch(options, f"the installed {target.channel}")
    if Path(getattr(playwright, target.engine).executable_path).exists():
        words = "Playwright's WebKit build, not Safari" if target.engine == "webkit" else "Playwright's build"
        return Launch(options, words)
    for name in SYSTEM_BROWSERS.get(target.engine, ()):
        if (path := shutil.which(name)) and not (headed and name == WITHOUT_WINDOWS):
            if target.engine == "firefox":
                options["channel"] = "moz-firefox"  # stock Firefox, driven over WebDriver BiDi
            return Launch(options | {"executable_path": path}, f"the system's {path}")
    raise NotAvailable(f"no {target.engine} on this machine; get it with: playwright install {target.engine}")


def _expect_channel(channel: str, options: dict[str, Any], playwright: Playwright) -> None:
    try:
        playwright.chromium.launch(**options).close()
    except Error as error:
        if "is not found" in error.message or "not supported" in error.message.casefold():
            raise NotAvailable(f"no {channel} on this machine; get it with: playwright install {channel}") from None
        raise


def connect(target: Target, playwright: Playwright) -> Browser:
    """The browser of a target with a `ws_endpoint` or a `cdp_endpoint`. Raises Error.

    A server of Playwright's that launches browsers on demand goes by the header; clouds and `launch-server` have their
    own options. A browser with a debugging port, such as a phone's, is there already.
    """
    engine: BrowserType = getattr(playwright, target.engine)
    if target.cdp_endpoint:
        return engine.connect_over_cdp(target.cdp_endpoint.get_secret_value(), timeout=CONNECTED)
    assert target.ws_endpoint
    options: dict[str, Any] = {"channel": target.channel} if target.channel else {}
    if target.engine == "chromium":
        options["args"] = [NO_AUTOPLAY]
    headers = {"x-playwright-launch-options": json.dumps(options)}
    return engine.connect(target.ws_endpoint.get_secret_value(), headers=headers, timeout=CONNECTED)


def _expect_server(target: Target, playwright: Playwright) -> None:
    key, remedy = "ws_endpoint", f"start a server of Playwright {version('playwright')} there"
    if target.cdp_endpoint:
        key, remedy = "cdp_endpoint", "start the browser with its debugging port there, on a phone by adb forward"
    address = (target.cdp_endpoint or target.ws_endpoint or SecretStr("")).get_secret_value()
    try:
        browser = connect(target, playwright)
        names = _told(browser, BRANDS_TOLD) if target.channel in BRANDS else []
        device = _told(browser, DEVICE_TOLD) if target.real else {}
        browser.close()
    except Error as error:
        said = _said(error.message.partition("\n")[0]).replace(address, f"its {key}")
        raise NotAvailable(
            f"no {target.engine} at the target's {key} ({said}); {remedy}, or correct the variable"
        ) from None
    expect_named(target, names)
    if target.real:
        expect_real(target, target.real, device)


def _said(message: str) -> str:
    """Why Playwright does not come to a browser elsewhere, in words where these are known."""
    own = re.sub(r"^BrowserType\.\w+: ", "", message)
    return next((told for words, told in UNREACHED.items() if re.search(words, own, re.I)), own)


def _told(browser: Browser, script: str) -> Any:
    """What a script gives on a page that is secure."""
    page = browser.new_page()
    page.route("**/*", lambda route: route.fulfill(content_type="text/html", body=""))
    page.goto("https://brands.invalid/")
    return page.evaluate(script)


def reaches(address: str, target: Target, playwright: Playwright, proxy: str) -> bool:
    """Whether a remote browser gets an answer from `address`, certificate aside, through the HTTP proxy at `proxy`."""
    browser = connect(target, playwright)
    try:
        browser.new_context(proxy={"server": proxy}, ignore_https_errors=True).new_page().goto(address)
    except Error:
        return False
    finally:
        browser.close()
    return True


def with_proxy(launch: Launch, engine: str, proxy: str) -> dict[str, Any]:
    """Launch options that send everything, loopback included, through the HTTP proxy at `proxy`."""
    host, port = proxy.removeprefix("http://").split(":")
    if engine == "firefox":
        # Playwright's proxy option does not reach stock Firefox; its preferences reach both builds.
        preferences = {"network.proxy.type": 1, "network.proxy.ssl": host, "network.proxy.ssl_port": int(port)}
        return launch.options | {"firefox_user_prefs": launch.options["firefox_user_prefs"] | preferences}
    bypass = {"bypass": "<-loopback>"} if engine == "chromium" else {}
    return launch.options | {"proxy": {"server": proxy, **bypass}}


def survey(
    targets: Iterable[Target], chosen: Iterable[str], playwright: Playwright, headed: bool = False
) -> list[TargetState]:
    """What becomes of each target in this run; `chosen` names those that `--target` narrowed it to, or is empty."""
    narrowed = set(chosen)
    states = []
    for target in targets:
        missing, build = "", ""
        if narrowed and target.name not in narrowed:
            missing = "left out on the command line (--target)"
        else:
            try:
                build = launch_of(target, playwright, headed).build
            except NotAvailable as reason:
                missing = str(reason)
        if target.device:
            build = f"{target.device} emulated in {build}" if build else ""
        states.append(
            TargetState(
                target.name,
                target.engine,
                target.required,
                target.channel or "",
                target.device or "",
                missing,
                build,
                target.real or "",
                target.by_webdriver,
            )
        )
    return states
