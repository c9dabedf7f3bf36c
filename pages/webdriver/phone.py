"""A file on a phone that Appium drives: Appium puts it there, and it is chosen in the phone's own dialogue.

No real phone was tried: what its dialogue shows is as others tell who drive it so.
https://appium.github.io/appium-xcuitest-driver/latest/guides/file-transfer/
https://github.com/appium/appium-uiautomator2-driver#mobile-pushfile
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

from selenium.common.exceptions import TimeoutException, WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.wait import WebDriverWait

from clients.words import of_selenium

NATIVE = "NATIVE_APP"
"""What Appium calls all that is no web page."""

DOWNLOADS = "/sdcard/Download"

PICKING = 60
"""Seconds that may go by until the file is chosen: a look at a phone's screen takes a second or two."""

LOOK = 0.5
"""Seconds between two looks."""

ANDROID = ("Downloads", "Show roots", "Browse…", "Browse...", "Files", "More options")
IOS = ("On My iPhone", "On My iPad", "Browse", "Choose File", "Choose Files")
"""What leads to the file, the nearest to it first; each is pressed once. These are the words of a phone in English."""

AWAY = ("Cancel", "Close")
"""What closes the dialogue of an iPhone."""

ATTRIBUTES = {"android": ("text", "content-desc"), "ios": ("name", "label")}
"""What an element is called, by the system."""


class NoWay(Exception):
    """The phone has not got the file; the message says what did not work."""


def system_of(driver: WebDriver) -> str:
    """`android` or `ios` where Appium drives a phone, else nothing."""
    told = driver.capabilities
    name = str(told.get("platformName") or "").casefold()
    return name if name in ATTRIBUTES and (told.get("appium:automationName") or told.get("automationName")) else ""


@contextmanager
def chosen(driver: WebDriver, file: Path, press: Callable[[], None]) -> Iterator[None]:
    """`file` is on the phone meanwhile, and chosen in the dialogue that `press` opens. Raises NoWay."""
    system = system_of(driver)
    try:
        with _native(driver):
            folder, way = (DOWNLOADS, ANDROID) if system == "android" else _shared_folder(driver)
            browser = _in_front(driver) if system == "android" else ""
            there = f"{folder}/{file.name}"
            payload = base64.b64encode(file.read_bytes()).decode()
            driver.execute_script("mobile: pushFile", {"remotePath": there, "payload": payload})
    except WebDriverException as error:
        raise NoWay(f"Appium puts no file on this phone ({_first(error)})") from None
    try:
        press()
        try:
            with _native(driver):
                _pick(driver, system, file, way, browser)
        except WebDriverException as error:
            raise NoWay(f"Appium does not reach the phone's dialogue for files ({_first(error)})") from None
        yield
    finally:
        with suppress(WebDriverException), _native(driver):
            driver.execute_script("mobile: deleteFile", {"remotePath": there})


def _shared_folder(driver: WebDriver) -> tuple[str, tuple[str, ...]]:
    """Of an iPhone's app that shows its files to others, and the way there: there is no folder for downloads."""
    apps = driver.execute_script("mobile: listApps", {"applicationType": "User"})
    for bundle, app in sorted(apps.items()):
        if app.get("UIFileSharingEnabled"):
            return f"@{bundle}:documents", (str(app.get("CFBundleDisplayName") or app.get("CFBundleName")), *IOS)
    raise NoWay("this iPhone has no app that takes files from Appium; install one, such as Apple's Keynote")


def _pick(driver: WebDriver, system: str, file: Path, way: tuple[str, ...], browser: str) -> None:
    names = (file.name, f"{file.stem}, {file.suffix[1:]}", file.stem)  # an iPhone hides how names end
    untried = list(way)

    def picked(_: WebDriver) -> bool:
        if _touch(driver, system, *names):
            return True
        if step := next((one for one in untried if _touch(driver, system, one)), ""):
            untried.remove(step)
        return False

    try:
        WebDriverWait(driver, PICKING, LOOK, (WebDriverException,)).until(picked)
    except TimeoutException:
        _close(driver, system, browser)
        raise NoWay(f"the phone's dialogue for files shows no {file.name} within {PICKING} s") from None


def _touch(driver: WebDriver, system: str, *names: str) -> bool:
    """Touch the first element that is called so; whether there was one."""
    called = " or ".join(f'@{attribute}="{name}"' for name in names for attribute in ATTRIBUTES[system])
    if found := driver.find_elements(By.XPATH, f"//*[{called}]"):
        found[0].click()
    return bool(found)


def _close(driver: WebDriver, system: str, browser: str) -> None:
    """Leave no dialogue over the page, which would not play beneath it."""
    for _ in ANDROID:
        if system == "android" and _in_front(driver) != browser:
            driver.back()
        elif system == "android" or not _touch(driver, system, *AWAY):
            return


def _in_front(driver: WebDriver) -> str:
    """The app, by its package."""
    return str(driver.execute_script("mobile: getCurrentPackage"))


@contextmanager
def _native(driver: WebDriver) -> Iterator[None]:
    """Commands go to the phone meanwhile, and afterwards to the page again."""
    commands = cast(RemoteConnection, driver.command_executor)
    commands.add_command("getContext", "GET", "/session/$sessionId/context")  # type: ignore[no-untyped-call]
    commands.add_command("setContext", "POST", "/session/$sessionId/context")  # type: ignore[no-untyped-call]
    page = driver.execute("getContext")["value"]
    driver.execute("setContext", {"name": NATIVE})
    try:
        yield
    finally:
        driver.execute("setContext", {"name": page})


def _first(error: WebDriverException) -> str:
    return of_selenium(str(error.msg or type(error).__name__)).splitlines()[0]
