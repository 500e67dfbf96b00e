"""A real browser without a screen, by its own protocol: https://chromedevtools.github.io/devtools-protocol/"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
QUIET = ("--headless=new", "--disable-gpu", "--no-sandbox", "--no-first-run", "--disable-extensions",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--mute-audio",
         "--disable-dev-shm-usage", "--hide-scrollbars", "--remote-debugging-pipe")


@dataclass
class Page:
    """heard: what the browser has told meanwhile, such as what was written to the console."""

    to: BinaryIO
    come: BinaryIO
    session: str = ""
    heard: list[dict[str, Any]] = field(default_factory=list)
    asked: int = 0

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        self.asked += 1
        told = {"id": self.asked, "method": method, "params": params}
        self.to.write(json.dumps({**told, "sessionId": self.session} if self.session else told).encode() + b"\0")
        self.to.flush()
        return self.until("id", self.asked)["result"]  # type: ignore[no-any-return]

    def until(self, name: str, value: Any) -> dict[str, Any]:
        while True:
            message: dict[str, Any] = json.loads(self.message())
            self.heard.append(message)
            assert "error" not in message, message
            if message.get(name) == value:
                return message

    def message(self) -> bytes:
        text = b""
        while (one := self.come.read(1)) != b"\0":
            assert one, "the browser is gone"
            text += one
        return text

    def show(self, file: Path, width: int, height: int, scheme: str) -> None:
        """Load it anew. scheme: "light" or "dark"."""
        self.heard.clear()
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                 mobile=width < 600)
        self.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.ask("Page.navigate", url=file.as_uri())
        self.until("method", "Page.loadEventFired")

    def value(self, script: str) -> Any:
        """What an expression comes to."""
        its = self.ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in its, its
        return its["result"].get("value")

    def key(self, name: str) -> None:
        for kind in "keyDown", "keyUp":
            self.ask("Input.dispatchKeyEvent", type=kind, key=name, code=name,
                     windowsVirtualKeyCode={"Enter": 13, "Tab": 9, "Space": 32}[name],
                     text="\r" if (name, kind) == ("Enter", "keyDown") else "")

    def move(self, x: float, y: float) -> None:
        self.ask("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)

    def complaints(self) -> list[dict[str, Any]]:
        """Errors, and whatever was written to the console or asked of the network."""
        return [one for one in self.heard if one.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded",
                                                                    "Runtime.consoleAPICalled")
                or (one.get("method") == "Network.requestWillBeSent"
                    and not one["params"]["request"]["url"].startswith("file:"))]

    def picture(self, file: Path) -> None:
        file.write_bytes(b64decode(self.ask("Page.captureScreenshot", captureBeyondViewport=False)["data"]))


@contextmanager
def browser(home: Path) -> Iterator[Page]:
    assert CHROMIUM
    theirs, to = os.pipe()
    come, their = os.pipe()

    def connect() -> None:
        """What the protocol is spoken over: https://chromium.googlesource.com/chromium/src/ remote-debugging-pipe"""
        first, second = os.dup(theirs), os.dup(their)
        os.dup2(first, 3)
        os.dup2(second, 4)

    process = subprocess.Popen([CHROMIUM, *QUIET, f"--user-data-dir={home}"], preexec_fn=connect, close_fds=False,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(theirs)
    os.close(their)
    try:
        with open(to, "wb") as writes, open(come, "rb") as reads:
            page = Page(writes, reads)
            target = page.ask("Target.createTarget", url="about:blank")["targetId"]
            page.session = page.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in "Page", "Runtime", "Log", "Network":
                page.ask(f"{domain}.enable")
            yield page
    finally:
        process.kill()
        process.wait()
