"""Debian's Chromium without a window, driven through Selenium; it can reach files only."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

WIDTHS = (1400, 820, 390)
HEIGHT = 900
SCHEMES = ("light", "dark")
PROGRAMS = ("chromium", "chromedriver")
MISSING = "needs Debian's packages chromium and chromium-driver: " + ", ".join(
    f"no {name} found" for name in PROGRAMS if shutil.which(name) is None
)
AVAILABLE = all(map(shutil.which, PROGRAMS))
LOCAL = ("file:", "data:", "blob:", "about:")
ARGUMENTS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"),
    *("--hide-scrollbars", "--force-color-profile=srgb", "--no-first-run"),
    # What a page would fetch fails, and is in the log that `requests` reads.
    *("--host-resolver-rules=MAP * ~NOTFOUND", "--disable-background-networking"),
    *("--disable-component-update", "--disable-default-apps", "--disable-sync"),
)


class Event(NamedTuple):
    """What the browser logged of one page."""

    requests: list[str]
    errors: list[str]


class Browser:
    """One window; every page opened starts with empty logs."""

    def __init__(self) -> None:
        options = webdriver.ChromeOptions()
        for argument in ARGUMENTS:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
        options.binary_location = str(shutil.which("chromium"))
        # Named, so that Selenium does not look for a driver on the network.
        service = webdriver.ChromeService(str(shutil.which("chromedriver")))
        self.driver = webdriver.Chrome(options, service)

    def command(self, name: str, **arguments: Any) -> Any:
        return self.driver.execute_cdp_cmd(name, arguments)

    def open(
        self,
        page: Path,
        *,
        address: str = "",
        width: int = WIDTHS[0],
        scheme: str = "light",
        scripts: bool = True,
    ) -> None:
        """Open a file of this machine anew; ``address`` is what follows its name, as ``#part``."""
        self.driver.get("about:blank")
        self.log()
        self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=HEIGHT,
            deviceScaleFactor=1,
            mobile=False,
        )
        wanted = [
            {"name": "prefers-color-scheme", "value": scheme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        self.command("Emulation.setEmulatedMedia", features=wanted)
        self.command("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.driver.get(page.as_uri() + address)

    def log(self) -> Event:
        """Requests made and errors told since the last call."""
        messages = [
            json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")
        ]
        asked = [
            message["params"]["request"]["url"]
            for message in messages
            if message["method"] == "Network.requestWillBeSent"
        ]
        errors = [
            entry["message"]
            for entry in self.driver.get_log("browser")
            if entry["level"] == "SEVERE"
        ]
        return Event(asked, errors)

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def press(self, *keys: str) -> None:
        """Keys one after another, to whatever has the focus."""
        ActionChains(self.driver, duration=0).send_keys(*keys).perform()

    def address(self) -> str:
        """What follows the page's name, decoded."""
        return str(self.run("return decodeURIComponent(location.hash)"))

    def allow(self, permission: str) -> None:
        self.command("Browser.grantPermissions", permissions=[permission])


@contextmanager
def browser() -> Iterator[Browser]:
    opened = Browser()
    try:
        yield opened
    finally:
        opened.driver.quit()
