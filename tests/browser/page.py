"""JupyterLab in a browser, by what a person does there."""

from __future__ import annotations

import json
import re
import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import ActionChains, Chrome, ChromeOptions, ChromeService, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

PATIENCE = 180.0
"""Seconds to wait for anything to appear; a busy machine takes its time."""
FLAGS = (
    "--headless=new",
    "--no-sandbox",  # it may be root who runs the tests
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1400,1000",
    # Nothing but this machine: what a lesson shows has to be there without a network.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
T = TypeVar("T")


def open_browser(profile: Path) -> Chrome:
    """Chromium without a window, with a profile of its own; the caller quits it."""
    options = ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return Chrome(options, ChromeService(shutil.which("chromedriver")))


def eventually(look: Callable[[], T | None], what: str) -> T:
    """What ``look`` finds as soon as it finds anything; AssertionError after some minutes."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            found = look()
        except StaleElementReferenceException:  # the page was drawn anew meanwhile
            found = None
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"after {PATIENCE:g} s there was still no {what}")


def requests_of(browser: Chrome) -> list[str]:
    """The addresses that the browser has asked for since, but for what a page's policy stopped."""
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    params = [(event["method"], event["params"]) for event in events]
    blocked = {
        each["requestId"]
        for method, each in params
        if method == "Network.loadingFailed" and each.get("blockedReason") == "csp"
    }
    urls = [
        str(each["request"]["url"])
        for method, each in params
        if method == "Network.requestWillBeSent" and each["requestId"] not in blocked
    ]
    return [url for url in urls if not url.startswith(("data:", "chrome:"))]


class NotebookPage:
    """A notebook open in JupyterLab."""

    def __init__(self, browser: Chrome, title: str) -> None:
        self._browser = browser
        kernel = ".jp-Notebook-ExecutionIndicator[data-status='idle']"
        eventually(lambda: self._shown(kernel), "kernel at rest")
        eventually(lambda: self._shown(".jp-RenderedMarkdown h1", title), f"heading {title!r}")

    def write(self, text: str, solution: str) -> None:
        """Click into the code cell with this text, and put the solution in its place."""
        self._cell(text).find_element(By.CSS_SELECTOR, ".cm-content").click()
        self._press_control("a")
        self._browser.execute_cdp_cmd("Input.insertText", {"text": solution})

    def choose(self, menu: str, item: str) -> None:
        """Click on a menu, and on an item of it."""
        for selector, label in ((".lm-MenuBar-itemLabel", menu), (".lm-Menu-itemLabel", item)):
            self._first(selector, label).click()

    def save(self) -> None:
        """Press Ctrl-S."""
        self._press_control("s")

    def output_of(self, text: str) -> str:
        """What the code cell with this text has put out, once there is something; scrolls there."""

        def look() -> str:
            outputs = self._cell(text).find_elements(By.CSS_SELECTOR, ".jp-OutputArea-output")
            return "\n".join(output.text for output in outputs)

        return eventually(look, f"output of the cell with {text!r}")

    def equation_after(self, text: str) -> WebElement:
        """The first equation in the markdown cell with this text, once it is drawn."""

        def look() -> WebElement | None:
            for cell in self._with_text(".jp-MarkdownCell", text):
                for equation in cell.find_elements(By.CSS_SELECTOR, "mjx-container"):
                    return equation if equation.size["height"] > 0 else None
            return None

        return eventually(look, f"equation in the cell with {text!r}")

    def annotated_lines(self, text: str) -> dict[str, int]:
        """The annotated source below the cell with this text: lines, and how yellow each shows."""

        def look() -> dict[str, int]:
            found = self._cell(text).find_elements(By.CSS_SELECTOR, "pre.cython.line")
            return {line.text: _yellow(line) for line in found if line.is_displayed()}

        return eventually(look, f"annotated source below the cell with {text!r}")

    def c_of_line(self, text: str) -> str:
        """Click on the annotated line with this text, and return the C that then shows."""
        line = eventually(lambda: self._shown("pre.cython.line", text), f"line {text!r}")[0]
        self._browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", line)
        line.click()
        code = line.find_element(By.XPATH, "following-sibling::pre[1]")
        return eventually(lambda: code.text if code.is_displayed() else "", f"C of {text!r}")

    def screenshot(self, path: Path) -> None:
        """Keep what is to be seen."""
        assert self._browser.save_screenshot(path)

    def _cell(self, text: str) -> WebElement:
        """The code cell with this text, in the middle of the window."""
        cells = eventually(lambda: self._with_text(".jp-CodeCell", text), f"cell with {text!r}")
        self._browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", cells[0])
        return cells[0]

    def _with_text(self, selector: str, text: str) -> list[WebElement]:
        found = self._browser.find_elements(By.CSS_SELECTOR, selector)
        return [each for each in found if text in (each.get_attribute("textContent") or "")]

    def _shown(self, selector: str, text: str = "") -> list[WebElement]:
        return [each for each in self._with_text(selector, text) if each.is_displayed()]

    def _first(self, selector: str, label: str) -> WebElement:
        """What is labelled so, and not just with these words in it."""
        look = partial(self._shown, selector, label)
        return eventually(lambda: [e for e in look() if e.text == label], f"{label!r}")[0]

    def _press_control(self, key: str) -> None:
        keys = ActionChains(self._browser).key_down(Keys.CONTROL)
        keys.send_keys(key).key_up(Keys.CONTROL).perform()


def _yellow(element: WebElement) -> int:
    """How much blue is missing in the colour behind an element; 0 for white and for none."""
    channels = re.findall(r"[\d.]+", element.value_of_css_property("background-color"))
    is_seen = len(channels) == 3 or float(channels[3]) > 0
    return 255 - int(channels[2]) if is_seen else 0
