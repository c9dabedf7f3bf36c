"""Browsers that WebDriver drives: by a driver at the target's own address, or by one that is started here on loopback.

https://www.w3.org/TR/webdriver2/
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote, urlsplit

from filelock import FileLock, Timeout
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.options import ArgOptions
from selenium.webdriver.common.proxy import Proxy, ProxyType
from selenium.webdriver.common.utils import free_port, is_connectable
from selenium.webdriver.remote.client_config import ClientConfig
from selenium.webdriver.remote.file_detector import LocalFileDetector, UselessFileDetector
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.remote.webdriver import WebDriver
from tenacity import RetryError, Retrying, retry_if_result, stop_after_delay, wait_fixed
from urllib3 import HTTPResponse
from urllib3.exceptions import HTTPError, ReadTimeoutError

from clients.errors import root_of
from clients.http import CHUNK, LARGEST
from clients.words import of_selenium
from redaction.environment import without_secrets
from runner.configuration.environment_tables import BRANDS, BRANDS_TOLD, Target

ANSWERS = 180
"""Seconds that a driver may take for an answer: clouds start a machine, or find a phone, for a session."""

TURN = 600
"""Seconds that another worker may take with the same browser."""

STARTS = 15
"""Seconds that a driver may take to start on this machine."""

SCRIPTS = 120
"""Seconds that a script in the page may wait for something."""

STUMBLES = (AttributeError, LookupError, TypeError, ValueError)
"""What Selenium raises over an answer that no driver gives."""

SYSTEMS = {"ios": "iOS", "ipados": "iOS", "iphone": "iOS", "ipad": "iOS", "android": "Android"}
"""Of phones and tablets, by what drivers and people call them."""

LOOPBACK = ("localhost", "127.0.0.1", "::1")


class NoEnd(HTTPError):
    """An answer does not come to an end."""


class _Connection(RemoteConnection):
    """To a driver, whose answers are read whole only where they come to an end."""

    def _get_connection_manager(self) -> Any:
        manager = super()._get_connection_manager()  # type: ignore[no-untyped-call]
        ask = manager.request

        def request(method: str, url: str, **options: Any) -> SimpleNamespace:
            answer = ask(method, url, preload_content=False, **options)
            return SimpleNamespace(
                status=answer.status,
                reason=answer.reason,
                headers=answer.headers,
                data=_whole(answer),
                close=answer.close,
            )

        manager.request = request
        return manager


def _whole(answer: HTTPResponse) -> bytes:
    """Raises HTTPError."""
    chunks, begun = bytearray(), time.monotonic()
    over = Timer(ANSWERS, _hang_up, [answer])  # who sends a byte a second is never silent for long
    over.daemon = True
    over.start()
    try:
        while read := answer.read(CHUNK):
            chunks += read
            if len(chunks) > LARGEST:
                raise NoEnd
    except HTTPError:
        if time.monotonic() - begun < ANSWERS:
            raise
    finally:
        over.cancel()
        answer.close()
    if time.monotonic() - begun >= ANSWERS:
        raise NoEnd
    return bytes(chunks)


def _hang_up(answer: HTTPResponse) -> None:
    with suppress(ValueError, OSError):  # it came to its end just now
        answer.shutdown()


class NotAvailable(Exception):
    """No browser can run the target; the message says how to get one."""


@dataclass(frozen=True, slots=True)
class Installed:
    """A driver that is a program of this machine; `needs` are other programs that it takes."""

    program: str
    needs: tuple[str, ...]
    remedy: str
    browser: str
    many: bool = False
    """Whether there may be several sessions at once."""


INSTALLED = {
    "webkitgtk": Installed(
        "WebKitWebDriver", ("Xvfb",), "on Debian, get it with: sh .ci/webkit", "WebKitGTK, not Safari", many=True
    ),
    "safari": Installed("safaridriver", (), "on a Mac, run once: sudo safaridriver --enable", "Safari"),
}


@contextmanager
def session(target: Target, *, proxy: str = "", insecure: bool = False) -> Iterator[WebDriver]:
    """A browser of the target in which nobody has been, until the context ends.

    One that is started here goes through the HTTP proxy at `proxy`; `insecure` asks for one that takes any certificate.
    Raises NotAvailable.
    """
    with ExitStack() as started:
        capabilities: dict[str, Any] = {"acceptInsecureCerts": True} if insecure else {}
        if not (target.channel in INSTALLED and INSTALLED[target.channel].many):
            started.enter_context(_alone(target))
        if target.webdriver:
            address = target.webdriver.get_secret_value()
        else:
            assert target.channel
            address = started.enter_context(started_driver(target.channel))
            capabilities |= _of_its_own(target.channel, proxy)
        browser = _open(target, address, {**capabilities, **target.capabilities})
        started.callback(_quit, browser)
        yield browser


@contextmanager
def _alone(target: Target) -> Iterator[None]:
    """A phone has one session, and so has Safari: workers of a run take turns. Raises NotAvailable."""
    address = target.webdriver.get_secret_value() if target.webdriver else str(target.channel)
    name = hashlib.sha256(address.encode()).hexdigest()[:16]
    lock = FileLock(Path(tempfile.gettempdir()) / f"s3video-acceptance-{name}.lock", timeout=TURN)
    try:
        with lock:
            yield
    except Timeout:
        raise NotAvailable(f"the browser of {target.name} is in use for {TURN} s already; end what uses it") from None


def build_of(target: Target, browser: WebDriver) -> str:
    """What the target runs in, as the browser itself tells, its version at the end."""
    told = browser.capabilities
    name = INSTALLED[target.channel].browser if target.channel in INSTALLED else _name_of(browser)
    platform = str(told.get("platformName") or "")
    where = f" on {platform}" if platform.lower() not in ("", "any", "linux") else ""
    said = f"{name or target.engine}{where}, by WebDriver, {version_of(browser)}"
    return f"{target.real}: {said}" if target.real else said


def _name_of(browser: WebDriver) -> str:
    return str(browser.capabilities.get("browserName") or "")


def version_of(browser: WebDriver) -> str:
    """As the browser itself tells; that of a phone may tell no other than the phone's."""
    keys = ("browserVersion", "appium:platformVersion", "platformVersion")
    return str(next(filter(None, map(browser.capabilities.get, keys)), "of no version"))


def find_build(target: Target) -> str:
    """As `build_of`, of a session that ends with that. Raises NotAvailable."""
    with session(target) as browser:
        if target.webdriver and target.channel in BRANDS:
            expect_named(target, _brands(browser) if target.engine == "chromium" else [_name_of(browser)])
        if target.real:
            expect_real(target, target.real, browser.capabilities)
        return build_of(target, browser)


def _brands(browser: WebDriver) -> list[str]:
    browser.get("chrome://version")
    told: list[str] = browser.execute_script(f"return {BRANDS_TOLD}")
    return told


def expect_named(target: Target, names: Sequence[str]) -> None:
    """A browser elsewhere calls itself what the target's channel says. Raises NotAvailable."""
    name = BRANDS.get(target.channel or "", "")
    if name and name.casefold() not in map(str.casefold, names):
        told = " and ".join(one for one in names if "Not" not in one) or "a browser that does not tell its name"
        raise NotAvailable(
            f"what runs at the address of {target.name} is {told}, not {name}; have {name} run there, or remove the "
            "channel from the target"
        )


def expect_real(target: Target, real: str, told: Mapping[str, Any]) -> None:
    """What driver or browser tells of its device does not contradict what the target calls it. Raises NotAvailable."""
    platform, version, name = (
        str(told.get(f"appium:{key}") or told.get(key) or "")
        for key in ("platformName", "platformVersion", "deviceName")
    )
    system = SYSTEMS.get(platform.casefold(), "")
    called = re.search(r"\b(iPhone|iPad|iOS|iPadOS|Android)\b", real, re.I)
    wanted = SYSTEMS[called[1].casefold()] if called else system
    number = re.search(r"\b(?:iOS|iPadOS|Android) (\d+)", real, re.I)
    seen = ""
    if (
        told.get("isSimulator")
        or told.get("appium:isSimulator")
        or re.search(r"simulator|emulator|\bsdk_|Android SDK", name, re.I)
    ):
        seen = f"a simulator ({name})" if name else "a simulator"
    elif platform and not system:
        seen = f"a browser on {platform}"
    elif (system and system != wanted) or (version and number and version.split(".")[0] != number[1]):
        seen = " ".join(filter(None, (system, version)))
    if seen:
        raise NotAvailable(
            f"what runs at the address of {target.name} is {seen}, not {real}; have that run there, correct real, or "
            "write what is only emulated into device, in place of real"
        )


def _of_its_own(channel: str, proxy: str) -> dict[str, Any]:
    if channel == "safari":  # https://developer.apple.com/documentation/webkit/about-webdriver-for-safari
        host = proxy.removeprefix("http://")
        return {"browserName": "safari"} | ({"proxy": {"proxyType": "manual", "sslProxy": host}} if proxy else {})
    arguments = ["--automation", *([f"--proxy={proxy}"] if proxy else [])]
    return {"browserName": "MiniBrowser", "webkitgtk:browserOptions": {"args": arguments}}


def _open(target: Target, address: str, capabilities: dict[str, Any]) -> WebDriver:
    parts = urlsplit(address)
    here = parts.hostname in LOOPBACK
    config = ClientConfig(
        parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl(),
        proxy=Proxy({"proxyType": ProxyType.DIRECT}) if here else None,
        timeout=ANSWERS,
        username=unquote(parts.username or "") or None,
        password=unquote(parts.password or "") or None,
    )
    options = ArgOptions()
    for name, value in capabilities.items():
        options.set_capability(name, value)
    # A driver on this machine reads the file itself; any other gets a copy, if it takes one.
    detector = UselessFileDetector() if here else LocalFileDetector()
    try:
        browser = WebDriver(_Connection(client_config=config), options=options, file_detector=detector)
        if not isinstance(browser.capabilities, dict):
            raise TypeError
    except (WebDriverException, HTTPError, OSError, *STUMBLES) as error:
        said = _said(error, parts.path)
        for secret in (address, config.remote_server_addr, config.password or ""):
            said = said.replace(secret, "…") if secret else said
        if target.webdriver:
            raise NotAvailable(
                f"no {target.engine} at the target's webdriver ({said}); start the driver there, or correct the "
                "variable or the capabilities"
            ) from None
        assert target.channel
        raise NotAvailable(
            f"no {target.channel} on this machine ({said}); {INSTALLED[target.channel].remedy}"
        ) from None
    browser.set_script_timeout(SCRIPTS)
    return browser


def _said(error: Exception, path: str) -> str:
    """Why there is no session; what comes from anything but a driver, Selenium gives as it is, or stumbles over."""
    if isinstance(error, ReadTimeoutError):  # a grid waits for a node that has such a browser, and is free
        return f"it gives no such browser within {ANSWERS} s"
    told = of_selenium(error.msg or type(error).__name__) if isinstance(error, WebDriverException) else ""
    if isinstance(error, (NoEnd, *STUMBLES)) or told.startswith("<"):
        return f"what answers there is no driver of WebDriver; {_of_path(path)}"
    if "could not be found" in told or "unknown command" in told.casefold():
        return f"{told.splitlines()[0]}; {_of_path(path)}"
    return told.splitlines()[0] if told else f"it does not answer: {root_of(error)}"


def _of_path(path: str) -> str:
    """What may be wrong with an address at which something else answers."""
    if path.rstrip("/").endswith("/wd/hub"):
        return "leave /wd/hub out, which Appium has no more since its version 2"
    return "the address of a hub often ends with /wd/hub"


def _quit(browser: WebDriver) -> None:
    try:
        browser.quit()
    except (WebDriverException, HTTPError, OSError):
        return  # it is gone already


@contextmanager
def started_driver(channel: str) -> Iterator[str]:
    """The address of a driver for an installed browser, which ends with the context. Raises NotAvailable."""
    installed = INSTALLED[channel]
    if absent := [name for name in (installed.program, *installed.needs) if not shutil.which(name)]:
        raise NotAvailable(f"no {channel} on this machine ({absent[0]} is not installed); {installed.remedy}")
    with ExitStack() as started:
        screen = {"DISPLAY": started.enter_context(_screen())} if "Xvfb" in installed.needs else {}
        port = free_port()
        started.enter_context(_program([installed.program, f"--port={port}"], {**screen, "NO_AT_BRIDGE": "1"}))
        address = f"http://127.0.0.1:{port}"
        started_up = Retrying(
            stop=stop_after_delay(STARTS), wait=wait_fixed(0.1), retry=retry_if_result(lambda up: not up)
        )
        try:
            started_up(is_connectable, port, "127.0.0.1")
        except RetryError:
            raise NotAvailable(
                f"no {channel} on this machine ({installed.program} does not start); {installed.remedy}"
            ) from None
        yield address


@contextmanager
def _screen() -> Iterator[str]:
    """A screen that nobody sees: WebKitGTK has no headless mode."""
    reading, telling = os.pipe()
    command = ["Xvfb", "-displayfd", str(telling), "-screen", "0", "1400x1000x24", "-nolisten", "tcp"]
    with os.fdopen(reading) as told, _program(command, {}, [telling]):
        os.close(telling)
        yield f":{told.readline().strip()}"


@contextmanager
def _program(command: Sequence[str], variables: dict[str, str], inherited: Sequence[int] = ()) -> Iterator[None]:
    """Runs meanwhile, in a group of its own: Ctrl-C reaches every process of a terminal, and browsers end in order.

    On Linux it ends with this process, however that ends.
    """
    bound = ["setpriv", "--pdeathsig", "TERM", "--"] if shutil.which("setpriv") else []
    with without_secrets(()):
        program = subprocess.Popen(
            [*bound, *command],
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            pass_fds=inherited,
        )
    try:
        yield
    finally:
        program.terminate()
        try:
            program.wait(5)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()
