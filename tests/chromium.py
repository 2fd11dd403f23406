"""Chromium without a window, by its DevTools protocol over two pipes: opens a page, acts on it, tells what it saw."""

import fcntl
import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM = next((found for name in PROGRAMS if (found := shutil.which(name))), None)
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-pipe")
PATIENCE = 300
"""Seconds after which a browser is taken for dead."""
WATCH = """
const seen = { errors: [] };
addEventListener("error", (event) => seen.errors.push(event.message || "a part was not loaded"), true);
addEventListener("securitypolicyviolation", (event) => seen.errors.push(`refused: ${event.blockedURI}`));
for (const name of ["error", "warn"]) console[name] = (...words) => seen.errors.push(words.join(" "));
const until = async (condition) => {
  for (let turn = 0; turn < 1200; turn += 1) {
    if (condition()) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error(`not within a minute: ${condition}`);
};
"""
ACT = """(async () => {
  try {
    await until(() => document.getElementById("figures")?.textContent !== "");
    %s
  } catch (error) {
    seen.errors.push(String(error));
  }
  return JSON.stringify(seen);
})()"""


def open_page(page: Path, actions: str, *, width: int = 1280) -> dict[str, Any]:
    """What a script of ``actions`` notes in ``seen`` on the page, and under ``errors`` what went wrong."""
    with browsing(page.parent / "profile", width) as tab:
        tab.open(page.as_uri())
        return json.loads(tab.value(ACT % actions))


@contextmanager
def browsing(profile: Path, width: int = 1280) -> Generator["Tab"]:
    """A tab of a new browser, ``width`` pixels wide."""
    assert CHROMIUM is not None
    (read, tell), (hear, write) = os.pipe(), os.pipe()
    # Chromium reads its descriptor 3 and writes to 4, which must not hide the ends that are to be moved there.
    ends = [fcntl.fcntl(end, fcntl.F_DUPFD, 10) for end in (read, write)]
    moved = f'exec "$@" 3<&{ends[0]} 4>&{ends[1]}'
    command = ["bash", "-c", moved, "bash", CHROMIUM, *FLAGS, f"--user-data-dir={profile}"]
    with (profile.with_suffix(".log")).open("wb") as log:
        process = subprocess.Popen(command, pass_fds=ends, stdout=log, stderr=log)
    for end in (read, write, *ends):
        os.close(end)
    guard = threading.Timer(PATIENCE, process.kill)
    guard.start()
    try:
        with os.fdopen(tell, "wb", buffering=0) as into, os.fdopen(hear, "rb") as out:
            yield Tab(into, out, width)
    finally:
        guard.cancel()
        process.kill()
        process.wait()


class RefusedError(Exception):
    """The browser did not do as it was told."""


class Tab:
    """A tab of a browser that listens at ``into`` and answers from ``out``."""

    def __init__(self, into: Any, out: Any, width: int) -> None:
        self.into, self.out, self.number = into, out, 0
        self.session: dict[str, str] = {}
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = {"sessionId": self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]}
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        self.call("Page.enable")
        self.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)

    def open(self, address: str) -> None:
        """Go to an address, and wait until its page is there."""
        self.call("Page.navigate", url=address)
        self.until("document.readyState === 'complete'")

    def value(self, expression: str) -> Any:
        """The value of a JavaScript expression; that of a promise once it is kept."""
        answer = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def until(self, expression: str) -> None:
        """Wait until a JavaScript expression is true, on this page or the next."""
        for _ in range(1200):
            with suppress(RefusedError):  # between two pages there is nothing to ask
                if self.value(f"typeof seen === 'object' && Boolean({expression})"):
                    return
            time.sleep(0.05)
        raise AssertionError(f"not within a minute: {expression}")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The result of a command of the protocol; events that arrive before it are passed over."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters} | self.session
        self.into.write(json.dumps(message).encode() + b"\0")
        while True:
            answer = json.loads(self.heard())
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RefusedError(answer["error"])
                return answer["result"]

    def heard(self) -> bytes:
        text = bytearray()
        while (letter := self.out.read(1)) != b"\0":
            assert letter, "the browser has gone; its words are beside its profile"
            text += letter
        return bytes(text)
