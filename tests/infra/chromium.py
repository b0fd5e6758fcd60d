"""Headless Chromium driven page by page (Chrome DevTools Protocol over pipes): fill forms, press buttons, look."""

import base64
import contextlib
import json
import os
import select
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.browser import FLAGS, Image, find_browser, read_png

TIMEOUT_S = 60
COMPLAINTS = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Page.javascriptDialogOpening")
"""Events by which a page complains; what the browser says of it comes as ``Log.entryAdded``."""


class Page:
    """One tab. ``complaints`` collects what was written to the console, errors of the network and of the page's policy;
    ``requests`` the addresses that it asked for."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to, self._from = to_browser, from_browser
        self._number = 0
        self._rest = b""
        self._session: str | None = None
        self._events: list[dict[str, Any]] = []
        self.complaints: list[str] = []
        self.requests: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def renew(self) -> None:
        """An empty tab that remembers nothing; a new one, or a browser of its own, would take many times as long."""
        self.evaluate("try { localStorage.clear(); sessionStorage.clear(); } catch (error) { /* none on this page */ }")
        self.call("Network.clearBrowserCookies")
        self.open("about:blank")
        self.complaints, self.requests = [], []

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol and its result."""
        self._number += 1
        number = self._number
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == number:
                assert "error" not in answer, f"{method}: {answer['error']}"
                result: dict[str, Any] = answer["result"]
                return result
            self._note(answer)

    def open(self, url: str, *, width: int = 1280) -> None:
        """Load a page and wait until it stands."""
        self.size(width)
        self._events.clear()
        self.call("Page.navigate", url=url)
        self._wait_for("Page.loadEventFired")

    def size(self, width: int) -> None:
        """Make the window so wide."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page; its policy does not bind us."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    @property
    def dom(self) -> str:
        """The document as it stands now."""
        return str(self.evaluate("document.documentElement.outerHTML"))

    @property
    def text(self) -> str:
        """What can be read on the page."""
        return str(self.evaluate("document.body.innerText"))

    def answer(self, expression: str) -> Any:
        """What the promise of a JavaScript expression brings."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def choose(self, selector: str, *paths: Path) -> None:
        """Choose files, or a directory, in a file field."""
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        field = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=field, files=[str(path) for path in paths])

    def type(self, selector: str, text: str) -> None:
        """Type into a field, as a keyboard does."""
        assert self.evaluate(f"!!document.querySelector({json.dumps(selector)})"), f"{selector} is not on the page"
        self.evaluate(f"document.querySelector({json.dumps(selector)}).focus()")
        self.call("Input.insertText", text=text)

    def press(self, selector: str, *, leads_on: bool = True) -> None:
        """Click something; wait for the page that it leads to."""
        assert self.evaluate(f"!!document.querySelector({json.dumps(selector)})"), f"{selector} is not on the page"
        self._events.clear()
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")
        if leads_on:
            self._wait_for("Page.loadEventFired")

    def screenshot(self, target: Path, *, whole: bool = True) -> Image:
        """A picture of the whole page, or of what its window shows (PNG)."""
        shot = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        target.write_bytes(base64.b64decode(shot["data"]))
        return read_png(target)

    def overflows(self) -> bool:
        """Whether the page is wider than its window."""
        return bool(self.evaluate("document.documentElement.scrollWidth > window.innerWidth"))

    def _wait_for(self, method: str) -> None:
        while not any(event.get("method") == method for event in self._events):
            self._note(self._next())

    def _note(self, event: dict[str, Any]) -> None:
        self._events.append(event)
        parameters = event.get("params", {})
        if event.get("method") == "Log.entryAdded":
            self.complaints.append(str(parameters["entry"]["text"]))
        if event.get("method") == "Network.requestWillBeSent":
            self.requests.append(str(parameters["request"]["url"]))
        if event.get("method") in COMPLAINTS:
            self.complaints.append(json.dumps(parameters))

    def _next(self) -> dict[str, Any]:
        ends = time.monotonic() + TIMEOUT_S
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._from], [], [], max(0.0, ends - time.monotonic()))
            assert ready, "Chromium does not answer"
            data = os.read(self._from, 1 << 16)
            assert data, "Chromium has ended"
            self._rest += data
        message, _, self._rest = self._rest.partition(b"\0")
        decoded: dict[str, Any] = json.loads(message)
        return decoded


@contextlib.contextmanager
def chromium_page(profile: Path) -> Iterator[Page]:
    """A browser of its own with one tab, gone afterwards."""
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()
    # Chromium reads commands from descriptor 3 and answers on 4. Not sh: dash knows descriptors of one digit only.
    shell = ["bash", "-c", f'exec "$@" 3<&{to_read} 4>&{from_write}', "chromium"]
    flags = [*FLAGS, "--remote-debugging-pipe", f"--user-data-dir={profile}", "--lang=en"]
    process = subprocess.Popen(
        [*shell, find_browser(), *flags, "about:blank"],
        pass_fds=(to_read, from_write),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(to_read)
    os.close(from_write)
    try:
        yield Page(to_write, from_read)
    finally:
        process.kill()
        process.wait()
        os.close(to_write)
        os.close(from_read)
